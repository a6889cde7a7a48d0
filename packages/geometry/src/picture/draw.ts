import { type Vec3 } from '../mesh/vector.ts'
import { type Camera, project, projectAll } from './camera.ts'
import { print, type Stencil, stroke, write, type Written } from './ink.ts'
import { type Color } from './light.ts'
import { visible } from './marks.ts'
import { type Image } from './png.ts'
import { type Depth } from './render.ts'
import { textWidth } from './stroke-font.ts'

/** What is drawn upon, and with what. */
export interface Canvas {
  readonly image: Image
  readonly ink: Stencil
  /** pixels: how thick a line is, and all else by it */
  readonly pen: number
}

/** A rendered panel, on which lines can lie in space. */
export interface Sheet extends Canvas {
  readonly depth: Depth
  readonly camera: Camera
  /** mm by which lines lie above the surface that they run on, so that its bumps do not hide them */
  readonly slack: number
}

export const dark: Color = [28, 32, 40]
export const grey: Color = [96, 102, 112]
const white: Color = [255, 255, 255]

/** Pieces of a line in the picture: x0 y0 x1 y1, four numbers each. */
interface Pieces {
  readonly seen: number[]
  readonly hidden: number[]
}

/**
 * Draws a line through these points (x y z …): thick with a light border where it is seen, thin and faint where
 * something is in front of it.
 */
export function drawPolyline(sheet: Sheet, points: Float64Array, color: Color): void {
  const { seen, hidden } = piecesOf(sheet, projectAll(sheet.camera, points))
  const { image, ink, pen } = sheet
  lay(ink, hidden, pen * 0.5)
  print(ink, image, color, 0.45)
  lay(ink, seen, pen + 2.5)
  print(ink, image, white, 0.6)
  lay(ink, seen, pen)
  print(ink, image, color)
}

function lay(ink: Stencil, pieces: readonly number[], thick: number) {
  for (let i = 0; i < pieces.length; i += 4) stroke(ink, pieces[i], pieces[i + 1], pieces[i + 2], pieces[i + 3], thick)
}

/** Cuts a line where it goes behind something, at steps of a pixel or two. */
function piecesOf({ depth, slack }: Sheet, flat: Float64Array): Pieces {
  const at: number[] = []
  for (let k = 3; k < flat.length; k += 3) {
    const [x0, y0, n0] = [flat[k - 3], flat[k - 2], flat[k - 1]]
    const long = Math.hypot(flat[k] - x0, flat[k + 1] - y0)
    if (!Number.isFinite(long)) continue
    const steps = Math.max(1, Math.min(4000, Math.ceil(long / 1.5)))
    for (let i = k === 3 ? 0 : 1; i <= steps; i++) {
      const t = i / steps
      at.push(x0 + (flat[k] - x0) * t, y0 + (flat[k + 1] - y0) * t, n0 + (flat[k + 2] - n0) * t)
    }
  }
  const open = calmed(at.length / 3, (i) => visible(depth, at[3 * i], at[3 * i + 1], at[3 * i + 2], slack))
  const seen: number[] = []
  const hidden: number[] = []
  for (let i = 1; i < open.length; i++) {
    const pieces = open[i] === 1 && open[i - 1] === 1 ? seen : hidden
    pieces.push(at[3 * i - 3], at[3 * i - 2], at[3 * i], at[3 * i + 1])
  }
  return { seen, hidden }
}

/** What is seen, without the flicker of a line that just grazes the surface: short runs take the side of the rest. */
function calmed(count: number, test: (i: number) => boolean): Uint8Array {
  const out = Uint8Array.from({ length: count }, (_, i) => Number(test(i)))
  for (const [value, longest] of [
    [0, 6],
    [1, 3],
  ]) {
    let from = 0
    for (let i = 1; i <= count; i++) {
      if (i < count && out[i] === out[from]) continue
      if (out[from] === value && i - from <= longest && from > 0 && i < count) out.fill(1 - value, from, i)
      from = i
    }
  }
  return out
}

/** A disc with a light border; a small ring where something is in front of it. */
export function drawPoint(sheet: Sheet, at: Vec3, color: Color): void {
  const { image, depth, camera, slack, pen, ink } = sheet
  const [x, y, near] = project(camera, at)
  const open = visible(depth, x, y, near, slack)
  const wide = open ? pen * 3.4 : pen * 2.6
  stroke(ink, x, y, x, y, wide + 2.5)
  print(ink, image, white, 0.8)
  stroke(ink, x, y, x, y, wide)
  print(ink, image, color, open ? 1 : 0.7)
  if (open) return
  stroke(ink, x, y, x, y, wide - pen)
  print(ink, image, white, 0.9)
}

/** A dimension: the straight line between two points with a tick at each end, in front of everything. */
export function drawSpan({ image, camera, pen, ink }: Sheet, from: Vec3, to: Vec3, color: Color): void {
  const [x0, y0] = project(camera, from)
  const [x1, y1] = project(camera, to)
  const long = Math.hypot(x1 - x0, y1 - y0)
  const tick = pen * 3.5
  // one that points at the eye has no direction in the picture: its ticks stand upright on each other
  const [dx, dy] = long > 1e-6 ? [(-(y1 - y0) / long) * tick, ((x1 - x0) / long) * tick] : [0, tick]
  for (const [thick, tint, opacity] of [
    [pen + 2.5, white, 0.75],
    [pen, color, 1],
  ] as const) {
    stroke(ink, x0, y0, x1, y1, thick)
    stroke(ink, x0 - dx, y0 - dy, x0 + dx, y0 + dy, thick)
    stroke(ink, x1 - dx, y1 - dy, x1 + dx, y1 + dy, thick)
    print(ink, image, tint, opacity)
  }
}

/**
 * The line from a label to its place: first level, then straight there.
 * @param clear pixels before the place at which it ends, for a disc that is drawn there
 */
export function drawLeader(
  { image, pen, ink }: Canvas,
  label: readonly [number, number],
  place: readonly [number, number],
  color: Color,
  clear = 0,
) {
  const away = place[0] - label[0]
  const level = label[0] + Math.sign(away) * Math.min(pen * 5, Math.abs(away))
  const long = Math.hypot(place[0] - level, place[1] - label[1])
  const share = long > 0 ? Math.max(0, 1 - clear / long) : 0
  const endX = level + (place[0] - level) * share
  const endY = label[1] + (place[1] - label[1]) * share
  const thin = Math.max(1, pen * 0.5)
  for (const [thick, tint, opacity] of [
    [thin + 2, white, 0.6],
    [thin, color, 0.9],
  ] as const) {
    stroke(ink, label[0], label[1], level, label[1], thick)
    stroke(ink, level, label[1], endX, endY, thick)
    print(ink, image, tint, opacity)
  }
}

/** Half of the width that `drawPoint` takes. */
export const discOf = (pen: number) => pen * 1.7 + 1.25

/**
 * A bar of 1, 2 or 5 times a power of ten millimetres, no longer than `longest` pixels, its right end at (x, y).
 * @param scale pixels a millimetre
 * @returns its length in words, as written above it
 */
export function drawScaleBar(
  { image, pen, ink }: Canvas,
  scale: number,
  x: number,
  y: number,
  longest: number,
  size: number,
): Written {
  const most = longest / scale
  const power = 10 ** Math.floor(Math.log10(most))
  const mm = power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1)
  const left = Math.round(x - mm * scale) + 0.5
  const right = Math.round(x) - 0.5
  const line = Math.round(y) - 0.5
  stroke(ink, left, line, right, line, pen)
  stroke(ink, left, line - pen * 2, left, line + pen * 2, pen)
  stroke(ink, right, line - pen * 2, right, line + pen * 2, pen)
  const text = `${Number(mm.toPrecision(1))} mm`
  const middle = Math.min((left + right) / 2, right - (textWidth(text) * size) / 2)
  const written = write(ink, text, middle, line - pen * 2 - size * 0.35, size, 'middle')
  print(ink, image, dark)
  return written
}
