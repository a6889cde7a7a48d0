import { glyphs, unknownGlyph } from './glyphs.ts'

/** A line of points, [x, y]; y upwards. */
export type Stroke = readonly (readonly [number, number])[]

export interface Strokes {
  readonly strokes: readonly Stroke[]
  readonly width: number
}

/** Between the edges of two letters, and what a space adds to that; in heights of a capital. */
export const letterGap = 0.27
const spaceWidth = 0.12
/** From one line of text to the next that stands clear of it. */
export const lineStep = 1.75
/** Lowest point of a letter below the line. */
export const descent = 0.28

/** A curve is drawn as this many straight pieces: a quarter circle is then true to 0.5 % of its radius. */
const pieces = 8
/** How far along its tangent a cubic's handle lies for a quarter ellipse. */
const kappa = 0.5523

const drawn = new Map<string, Strokes>()

/**
 * The strokes of one character, 1 high when it is a capital, from x = 0 to `width`, standing on y = 0.
 * An accented letter is drawn without its accent, and a character that is not in the font as an empty frame.
 */
export function strokesOfCharacter(character: string): Strokes {
  const plain = character in glyphs ? character : character.normalize('NFD')[0]
  if (/\s/.test(plain)) return { strokes: [], width: spaceWidth }
  const known = drawn.get(plain)
  if (known) return known
  const made = penned(glyphs[plain] ?? unknownGlyph)
  drawn.set(plain, made)
  return made
}

/**
 * A line of text as strokes of a pen: to be drawn as lines with round ends, or cut as grooves.
 * @returns points in heights of a capital, x from 0 at the first letter's edge to `width` at the last one's, y = 0 on
 *   the line that they stand on
 */
export function strokesOf(text: string): Strokes {
  const strokes: Stroke[] = []
  let x = 0
  for (const character of text) {
    const letter = strokesOfCharacter(character)
    for (const stroke of letter.strokes) strokes.push(stroke.map(([px, py]) => [px + x, py] as const))
    x += letter.width + letterGap
  }
  return { strokes, width: Math.max(0, x - letterGap) }
}

/** The width of a text in heights of a capital, as `strokesOf` gives it. */
export function textWidth(text: string): number {
  let x = 0
  for (const character of text) x += strokesOfCharacter(character).width + letterGap
  return Math.max(0, x - letterGap)
}

/** From the pen's orders (see glyphs.ts) to points. */
function penned(orders: string): Strokes {
  const strokes: [number, number][][] = []
  let width = 0
  for (const order of orders.match(/[A-Z][^A-Z]*/g) ?? []) {
    const values = order
      .slice(1)
      .trim()
      .split(/\s+/)
      .map((value) => Number(value) / 100)
    const [toX, toY] = values.slice(-2)
    if (order[0] === 'M') strokes.push([])
    const line = strokes[strokes.length - 1]
    if (order[0] === 'M' || order[0] === 'L') line.push([toX, toY])
    else {
      const from = line[line.length - 1]
      const handles = order[0] === 'C' ? values : quarter(order[0], from, [toX, toY])
      curve(line, from, handles, [toX, toY])
    }
    width = Math.max(width, ...line.map(([x]) => x))
  }
  return { strokes, width }
}

function quarter(leaves: string, [x, y]: readonly number[], [toX, toY]: readonly number[]): number[] {
  const along = (from: number, to: number) => from + (to - from) * kappa
  return leaves === 'H' ? [along(x, toX), y, toX, along(toY, y)] : [x, along(y, toY), along(toX, x), toY]
}

function curve(line: [number, number][], from: readonly number[], handles: readonly number[], to: readonly number[]) {
  for (let i = 1; i <= pieces; i++) {
    const t = i / pieces
    const u = 1 - t
    const at = (axis: 0 | 1) =>
      u ** 3 * from[axis] + 3 * u * u * t * handles[axis] + 3 * u * t * t * handles[axis + 2] + t ** 3 * to[axis]
    line.push([at(0), at(1)])
  }
}
