import { engraved, inBall, roundUnion, subtract as cutOut, union } from '../../field/combine.ts'
import { gradientAt } from '../../field/grid.ts'
import { type Sdf, sphere } from '../../field/shapes.ts'
import { extruded, type Sdf2 } from '../../field/outline.ts'
import { closedPlan, planDistance } from '../../field/plan.ts'
import { type Frame, strokeBars, type Stroke, tube } from '../../field/strokes.ts'
import {
  add,
  between,
  cross,
  distance,
  dot,
  length,
  scale,
  step,
  subtract,
  unit,
  type Vec3,
} from '../../mesh/vector.ts'
import type { Side } from '../../measure/measurement.ts'
import { strokesOf } from '../../picture/stroke-font.ts'
import type { Fill } from './fill.ts'

/** A place on the face, in its own plane: x backwards, y up, as nearly as the plane allows. */
export function frameOfFace(
  { face }: Fill,
  at: readonly [number, number],
  mirrored: boolean,
): Frame & { normal: Vec3 } {
  const up: Vec3 = [0, 1, 0]
  const y = unit(step(up, face.outward, -dot(up, face.outward)))
  const x = cross(y, face.outward)
  const origin = add(face.through, add(scale(x, at[0]), scale(y, at[1])))
  // what is mirrored back with the ear is written mirrored here
  return { origin, x: mirrored ? scale(x, -1) : x, y, normal: face.outward }
}

/**
 * A channel through the body: from in front of the face along the path to beyond the tip. Between its ends it keeps
 * `wallMm` of material to the skin, towards which it is led: a vent down, as in the trade's shells, a sound bore up.
 */
export function channel(
  fill: Fill,
  { radiusMm, wallMm, beyondMm, led: way }: { radiusMm: number; wallMm: number; beyondMm: number; led: 'down' | 'up' },
): Vec3[] {
  const dense = densified(fill.path, 0.5)
  const along = (i: number) => unit(subtract(dense[Math.min(dense.length - 1, i + 1)], dense[Math.max(0, i - 1)]))
  const clearance = radiusMm + wallMm + 0.15
  const ways = dense.map((point, i) => wayToWall(fill.untipped, point, along(i), clearance, way === 'down' ? -1 : 1))
  const first = ways.findIndex((way) => way !== null)
  if (first < 0) return dense
  const last = ways.findLastIndex((way) => way !== null)
  const led = dense.slice(first, last + 1).map((point, i) => add(point, ways[first + i] ?? [0, 0, 0]))
  const smooth = smoothed(led, 8)
  const [start, end] = [smooth[0], smooth[smooth.length - 1]]
  const onward = fill.tipAlong ?? wayOut(fill.solid, end, along(last))
  const room = radiusMm + wallMm + beyondMm
  return [
    ...straight(step(start, fill.face.outward, room + 8), start),
    ...smooth,
    ...straight(end, step(end, onward, room)),
  ]
}

/** At the end of a stub a channel has no room on any side: it leaves by the shortest way, square to the surface. */
function wayOut(body: Sdf, end: Vec3, inward: Vec3): Vec3 {
  const shortest = unit(gradientAt(body, ...end))
  return dot(shortest, inward) > 0.5 ? shortest : inward
}

/** The points between two, half a millimetre apart, without the nearer end that the neighbours have. */
const straight = (from: Vec3, to: Vec3): Vec3[] => densified([from, to], 0.5)

/** From a point of the path sideways, up or down, as far as the material allows; null where even the point lies too near. */
function wayToWall(body: Sdf, point: Vec3, along: Vec3, clearance: number, sign: 1 | -1): Vec3 | null {
  const upOrDown: Vec3 = [0, sign, 0]
  const side = unit(step(upOrDown, along, -dot(upOrDown, along)))
  let best: Vec3 | null = null
  for (let far = 0; far <= 6; far += 0.25) {
    const there = step(point, side, far)
    if (body(there[0], there[1], there[2]) > -clearance) break
    best = scale(side, far)
  }
  return best
}

/** A path with points so far apart, mm. */
export function densified(path: readonly Vec3[], every: number): Vec3[] {
  const out: Vec3[] = [path[0]]
  for (let i = 1; i < path.length; i++) {
    const pieces = Math.max(1, Math.round(distance(path[i], path[i - 1]) / every))
    for (let k = 1; k <= pieces; k++) out.push(between(path[i - 1], path[i], k / pieces))
  }
  return out
}

/** Each point at the mean of its neighbours, so often; the ends stay. */
function smoothed(path: readonly Vec3[], times: number): Vec3[] {
  let out = [...path]
  for (let round = 0; round < times; round++) {
    out = out.map((point, i) =>
      i === 0 || i === out.length - 1 ? point : between(between(out[i - 1], out[i + 1], 0.5), point, 0.5),
    )
  }
  return out
}

/** Cut a little wider than said: the triangles of a channel stand inside its round. */
export const bored = (body: Sdf, path: readonly Vec3[], radiusMm: number): Sdf =>
  cutOut(body, ball(path, tube(path, radiusMm + boreSlackMm), radiusMm + boreSlackMm))

const boreSlackMm = 0.06

/** A channel's own wall inside a hollow body. */
export const walled = (path: readonly Vec3[], radiusMm: number): Sdf => ball(path, tube(path, radiusMm), radiusMm)

function ball(path: readonly Vec3[], sdf: Sdf, radiusMm: number): Sdf {
  const middle = scale(
    path.reduce((sum, point) => add(sum, point), [0, 0, 0] as Vec3),
    1 / path.length,
  )
  const far = Math.max(...path.map((point) => length(subtract(point, middle))))
  return inBall(sdf, middle, far + radiusMm + 0.1, 3)
}

/** A stem with a round head, to pull the product out by. */
export function handled(body: Sdf, { origin, normal }: { origin: Vec3; normal: Vec3 }, lengthMm: number): Sdf {
  const stem = tube([step(origin, normal, -2), step(origin, normal, lengthMm - 2)], 1.1)
  const head = sphere(step(origin, normal, lengthMm - 2), 2)
  return roundUnion(body, union(stem, head), 0.8)
}

/** Words cut into a surface near the frame, as tall as fits. */
export function marked(body: Sdf, frame: Frame, text: string, capMm: number, widthMm: number, depthMm: number): Sdf {
  const column = markColumn(frame, text, capMm, widthMm)
  return column ? engraved(body, column, depthMm, 0.1) : body
}

/** Words as walls that stand on the frame, centred, no wider and no taller than said; null for no words. */
export function markColumn(frame: Frame, text: string, capMm: number, widthMm: number): Sdf | null {
  const { strokes, width } = strokesOf(text)
  if (strokes.length === 0) return null
  const tall = Math.min(capMm, widthMm / width)
  const placed = strokes.map((stroke) => stroke.map(([u, v]) => [(u - width / 2) * tall, (v - 0.5) * tall] as const))
  const across = (width * tall) / 2 + 1
  const region = grooves(placed, across, tall / 2 + 1)
  return inBall(extruded(region, frame, -3, 3), frame.origin, Math.hypot(across, tall / 2 + 1, 3), 1)
}

/** The pen's width, mm: what SLA engraves reliably is 0.4. */
const penMm = 0.5
/** Ridges between strokes that are thinner than a wall may be are cut away with them. */
const ridgeMm = 0.7

/** Strokes as a flat region, narrow gaps between them closed. */
function grooves(strokes: readonly Stroke[], halfWidth: number, halfHeight: number): Sdf2 {
  const pen = strokeBars({ origin: [0, 0, 0], x: [1, 0, 0], y: [0, 1, 0] }, strokes, penMm / 2)
  const cell = 0.05
  const columns = Math.ceil((2 * halfWidth) / cell) + 1
  const rows = Math.ceil((2 * halfHeight) / cell) + 1
  const inside = Uint8Array.from({ length: columns * rows }, (_, i) =>
    pen((i % columns) * cell - halfWidth, Math.floor(i / columns) * cell - halfHeight, 0) < 0 ? 1 : 0,
  )
  return planDistance(closedPlan({ x0: -halfWidth, y0: -halfHeight, cell, columns, rows, inside }, ridgeMm / 2))
}

/** What stands on a product: the customer's or order's id, and the side. */
export const markOf = (id: string | undefined, side: Side | null): string =>
  [id, side === null ? '' : side === 'left' ? 'L' : 'R'].filter(Boolean).join(' ')
