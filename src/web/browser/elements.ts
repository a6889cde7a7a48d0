/** What may stand in an element: texts are data, and never read as HTML. */
export type Content = Node | string | null | undefined | false | readonly Content[]

function fill<E extends Element>(element: E, attributes: Record<string, string>, content: readonly Content[]): E {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  const nodes = content.flat(Infinity as 1) as (Node | string | null | undefined | false)[]
  element.append(
    ...nodes.filter((node) => typeof node === 'object' || typeof node === 'string').filter((n) => n !== null),
  )
  return element
}

/** Makes an HTML element. */
export const html = (name: string, attributes: Record<string, string> = {}, ...content: Content[]): HTMLElement =>
  fill(document.createElement(name), attributes, content)

/** Makes an SVG element. */
export const svg = (name: string, attributes: Record<string, string> = {}, ...content: Content[]): SVGElement =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, content)

/** Somebody else's text, which turns nothing around it even when it is written from right to left. */
export const theirs = (text: string, name = 'bdi'): HTMLElement => html(name, { dir: 'auto', class: 'theirs' }, text)
