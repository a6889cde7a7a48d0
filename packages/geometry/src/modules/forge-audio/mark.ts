import { engraved, inBall } from '../../field/combine.ts'
import type { Detail } from '../../field/detailed.ts'
import { gradientAt } from '../../field/grid.ts'
import { extruded } from '../../field/outline.ts'
import type { Sdf } from '../../field/shapes.ts'
import type { Frame } from '../../field/strokes.ts'
import { add, cross, dot, scale, step, subtract, type Vec3 } from '../../mesh/vector.ts'
import { cutPens, inked, type Lettering, letterings, raisedPens, textOf, type Words } from './lettering.ts'

/** Words on a product: as walls that stand through its surface, and the place that is to be drawn finely for them. */
export interface Mark {
  /** what of the words found room */
  text: string
  column: Sdf
  detail: Detail
  /** the hollow in which they stand up, when they do */
  hollow?: Sdf
}

/** How large words may be, and how deep they are cut or how far they stand up, mm. */
export interface MarkSize {
  capMm: number
  widthMm: number
  depthMm: number
}

/**
 * Words to cut into a flat place of a body, near the frame's origin: no taller and no wider than said, as large as there
 * is room for clear of the body's sides, and never smaller than is legible. What does not fit is left away.
 * @returns null for no words, and for no room
 */
export function markOn(body: Sdf, frame: Frame, words: Words, size: MarkSize): Mark | null {
  const normal = cross(frame.x, frame.y)
  const at = (up: number) => body(...step(frame.origin, normal, up))
  const outward = at(2) < at(-2) ? scale(normal, -1) : normal
  const clear = (u: number, v: number) => {
    const point = onFrame(frame, u, v)
    const under = body(...step(point, outward, -besideMm - 0.1))
    return under < -besideMm && body(...step(point, outward, 0.6)) > 0.4 ? 0 : NaN
  }
  return placed(frame, normal, clear, letterings(words, cutPens, size.capMm, size.widthMm), size.depthMm)
}

/**
 * Words to stand up from the ground of a hollow, where they are read through its open face.
 * @param frame its origin lies about on the ground, and x × y or its opposite is `outward`
 * @param offMm how far a place is from what the words have to keep off, such as a channel's wall
 */
export function markWithin(
  body: Sdf,
  hollow: Sdf,
  frame: Frame,
  outward: Vec3,
  words: Words,
  size: MarkSize,
  offMm: Sdf,
): Mark | null {
  const sign = dot(cross(frame.x, frame.y), outward)
  const ground = (u: number, v: number) => {
    const point = onFrame(frame, u, v)
    let up = deepestMm
    if (hollow(...step(point, outward, up)) > 0) return NaN
    while (up > -deepestMm && body(...step(point, outward, up)) > 0) up -= 0.1
    const there = step(point, outward, up)
    const level = up > -deepestMm && dot(gradientAt(body, ...there), outward) > leastLevel && offMm(...there) > 0
    return level ? sign * up : NaN
  }
  const found = letterings(words, raisedPens, size.capMm, size.widthMm)
  const mark = placed(frame, scale(outward, sign), ground, found, size.depthMm)
  return mark && { ...mark, hollow }
}

/** The ground is looked for so far above and below the frame. */
const deepestMm = 4
/** Letters stand where the ground slopes by less than 45°: the cosine. */
const leastLevel = 0.7

/** What is said of words that found no room. */
export function leftAway(mark: Mark | null, words: Words): string[] {
  const text = textOf(words)
  if (text === (mark?.text ?? '')) return []
  return mark
    ? [`of "${text}" only "${mark.text}" finds room on it, and the rest is left away`]
    : [`"${text}" finds no room on it and is left away`]
}

/** The body with the words cut into it. */
export const marked = (body: Sdf, mark: Mark | null, depthMm: number): Sdf =>
  mark ? engraved(body, mark.column, depthMm, 0.05) : body

/** The body with the words standing up from its hollow's ground. */
export const standing = (body: Sdf, { column, hollow }: Mark, heightMm: number): Sdf => {
  const within = hollow ?? (() => -Infinity)
  return (x, y, z) => {
    const under = body(x, y, z)
    const letters = column(x, y, z)
    return letters < under ? Math.min(under, Math.max(letters, under - heightMm, within(x, y, z) - 0.05)) : under
  }
}

/** Whether a place lies among the letters: ridges between those that are cut, and those that stand up, are no walls. */
export function amongLetters({ detail: { frame, half }, hollow }: Mark, [x, y, z]: Vec3): boolean {
  const away = subtract([x, y, z], frame.origin)
  return (
    Math.abs(dot(away, frame.x)) < half[0] &&
    Math.abs(dot(away, frame.y)) < half[1] &&
    Math.abs(dot(away, cross(frame.x, frame.y))) < half[2] - 0.1 &&
    (!hollow || hollow(x, y, z) < 0.1)
  )
}

/** What stands between letters and the body's sides, mm. */
const besideMm = 0.9
/** Cells that a pen's stroke is three to four wide in, mm. */
const letterCellMm = 0.1
/** The surface is looked at so far from the frame's origin, at places so far apart, mm. */
const lookMm = 10
const everyMm = 0.25

const onFrame = ({ origin, x, y }: Frame, u: number, v: number): Vec3 => add(origin, add(scale(x, u), scale(y, v)))

/**
 * The first of the letterings that finds room, at the place for it nearest to the frame's origin.
 * @param normal x × y
 * @param surface how far along it the surface lies at a place of the frame; NaN where no letter may stand
 */
function placed(
  frame: Frame,
  normal: Vec3,
  surface: (u: number, v: number) => number,
  found: Iterable<Lettering>,
  depthMm: number,
): Mark | null {
  let ground: Ground | null = null
  for (const lettering of found) {
    ground ??= groundOver(surface)
    const [wide, tall] = [lettering.width, lettering.height].map((size) => Math.ceil(size / everyMm))
    const place = placeIn(ground, wide, tall)
    if (!place) continue
    const { u, v, low, high } = place
    const origin = step(onFrame(frame, u, v), normal, (low + high) / 2)
    return wordsOn({ ...frame, origin }, lettering, (high - low) / 2 + depthMm + 0.2)
  }
  return null
}

/** Heights over the frame's plane, in rows, and how many of them are not known in all rows and columns up to each. */
interface Ground {
  heights: Float64Array
  unknown: Int32Array
}
const count = Math.round((2 * lookMm) / everyMm) + 1

function groundOver(surface: (u: number, v: number) => number): Ground {
  const heights = Float64Array.from({ length: count * count }, (_, n) =>
    surface((n % count) * everyMm - lookMm, Math.floor(n / count) * everyMm - lookMm),
  )
  const row = count + 1
  const unknown = new Int32Array(row * row)
  for (let j = 0; j < count; j++) {
    for (let i = 0; i < count; i++) {
      const n = (j + 1) * row + i + 1
      const here = Number.isNaN(heights[j * count + i]) ? 1 : 0
      unknown[n] = unknown[n - 1] + unknown[n - row] - unknown[n - row - 1] + here
    }
  }
  return { heights, unknown }
}

/** The middle of the rectangle of so many cells that is known all over and nearest to the origin, and its heights. */
function placeIn({ heights, unknown }: Ground, wide: number, tall: number) {
  const row = count + 1
  let best: { u: number; v: number; i: number; j: number } | null = null
  for (let j = 0; j + tall < count; j++) {
    const [low, high] = [j * row, (j + tall + 1) * row]
    for (let i = 0; i + wide < count; i++) {
      const end = i + wide + 1
      if (unknown[high + end] - unknown[high + i] !== unknown[low + end] - unknown[low + i]) continue
      const [u, v] = [(i + wide / 2) * everyMm - lookMm, (j + tall / 2) * everyMm - lookMm]
      if (!best || Math.hypot(u, v) < Math.hypot(best.u, best.v)) best = { u, v, i, j }
    }
  }
  if (!best) return null
  const { u, v, i, j } = best
  let [low, high] = [Infinity, -Infinity]
  for (let n = j; n <= j + tall; n++) {
    const line = heights.subarray(n * count + i, n * count + i + wide + 1)
    low = Math.min(low, ...line)
    high = Math.max(high, ...line)
  }
  return { u, v, low, high }
}

/** Letters as walls that stand on the frame, centred. */
export function wordsOn(frame: Frame, lettering: Lettering, halfDepthMm: number): Mark {
  const { text, width, height } = lettering
  // no farther: a channel's wall that stands over the letters is not to carry them too
  const column = extruded(inked(lettering), frame, -halfDepthMm, halfDepthMm)
  return {
    text,
    column: inBall(column, frame.origin, Math.hypot(width / 2 + 1, height / 2 + 1, halfDepthMm), 1),
    detail: { frame, half: [width / 2 + 0.2, height / 2 + 0.2, halfDepthMm], cell: letterCellMm },
  }
}
