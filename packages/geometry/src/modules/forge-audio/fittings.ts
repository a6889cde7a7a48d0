import { inBall, roundSubtract, roundUnion, union } from '../../field/combine.ts'
import { interpolated } from '../../field/grid.ts'
import { type Sdf, sphere } from '../../field/shapes.ts'
import { type Frame, tube } from '../../field/strokes.ts'
import { add, cross, distance, dot, length, scale, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
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

/** Cut a little wider than said: the triangles of a channel stand inside its round. Its rims are rounded. */
export const bored = (body: Sdf, path: readonly Vec3[], radiusMm: number): Sdf =>
  roundSubtract(body, ball(path, tube(path, radiusMm + boreSlackMm), radiusMm + boreSlackMm), boreRimMm)

const boreRimMm = 0.25
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

/** The stem's and its head's radius, mm. */
const stemMm = 1.1
const headMm = 2

/** So far into the skin, and no farther, a handle may stand where there is no better place: it is bent aside, mm. */
const leastRoomMm = -0.5

/** A stem with a round head, to pull the product out by. */
export function handled(body: Sdf, { origin, normal }: { origin: Vec3; normal: Vec3 }, lengthMm: number): Sdf {
  const stem = tube([step(origin, normal, -2), step(origin, normal, lengthMm - headMm)], stemMm)
  const head = sphere(step(origin, normal, lengthMm - headMm), headMm)
  return roundUnion(body, union(stem, head), 0.8)
}

/**
 * Where a handle stands on the face: below the words, on material all round, off the mouth of a vent, where stem and
 * head are farthest from the skin (half a millimetre is enough); of places alike the one nearest to the middle.
 * @param vent its path and how wide it is
 * @returns null where there is no room for one
 */
export function handlePlace(
  fill: Fill,
  lengthMm: number,
  mirrored: boolean,
  vent: { path: readonly Vec3[]; radiusMm: number },
) {
  const skin = interpolated(fill.skin)
  let best: ReturnType<typeof frameOfFace> | null = null
  let most = leastRoomMm
  for (let u = -6; u <= 6; u += 0.5) {
    for (let v = -6; v <= -1.5; v += 0.5) {
      const frame = frameOfFace(fill, [u, v], mirrored)
      const at = (up: number) => step(frame.origin, frame.normal, up)
      if (fill.solid(...at(-stemMm - 0.3)) > -stemMm - 0.2) continue
      const off = [-2, -1, 0, 1, 2, 3].map((up) => ({ point: at(up), clear: stemMm + 1.2 }))
      off.push({ point: at(lengthMm - headMm), clear: headMm + 0.3 })
      const inVent = ({ point, clear }: { point: Vec3; clear: number }) =>
        vent.path.some((one) => distance(one, point) < clear + vent.radiusMm)
      if (off.some(inVent)) continue
      const room = Math.min(
        0.5,
        skin(...at(lengthMm - headMm)) - headMm,
        ...[0.5, 2, 3.5].map((up) => skin(...at(up)) - stemMm),
      )
      const worth = room - 0.01 * Math.hypot(u, v + 2.5)
      if (worth <= most) continue
      most = worth
      best = frame
    }
  }
  return best
}
