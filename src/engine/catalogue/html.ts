import type { IOptions } from 'sanitize-html'

const options: IOptions = {
  allowedTags: [
    'p', 'br', 'hr', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'dl', 'dt', 'dd', 'blockquote', 'pre',
    'code', 'strong', 'b', 'em', 'i', 'u', 's', 'sub', 'sup', 'small', 'span', 'div', 'a', 'img', 'table', 'thead',
    'tbody', 'tfoot', 'tr', 'th', 'td', 'caption', 'figure', 'figcaption',
  ],
  allowedAttributes: { a: ['href', 'title'], img: ['src', 'alt', 'width', 'height'], th: ['colspan', 'rowspan'], td: ['colspan', 'rowspan'] },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowProtocolRelative: false,
} // oxfmt-ignore

/**
 * Makes a description safe to show as HTML: scripts, styles, handlers, frames and odd addresses go, plain structure
 * stays. Text without a tag is kept as it was typed.
 */
export async function cleanHtml(text: string): Promise<string> {
  if (!text.includes('<')) return text
  const { default: sanitize } = await import('sanitize-html') // heavy, and few processes ever write a description
  return sanitize(text, options)
}
