import { add, scale, type Vec3 } from '../mesh/vector.ts'
import type { CanalKey, CanalShape } from './canal-shape.ts'

/** Where the centre line is, where it goes, and two directions at right angles to it that turn with it but never about it. */
export interface Frame {
  readonly centre: Vec3
  readonly tangent: Vec3
  readonly first: Vec3
  readonly second: Vec3
}

/** The true surface of a canal phantom, by its own coordinates. */
export interface CanalPath {
  /** mm along all pieces, without a round end */
  readonly length: number
  /** mm, the half ellipsoid's share of the length */
  readonly capLength: number
  frameAt(s: number): Frame
  sectionAt(s: number): CanalKey
  /** the wall, s from 0 to length; near an oblique mouth, sheared so that s = 0 lies on it */
  wall(s: number, theta: number): Vec3
  /** outside the entrance: `depth` mm inwards along the first tangent, the first section made wider by `wider` */
  mouth(depth: number, wider: number, theta: number): Vec3
  /** beyond the end: `depth` mm along the last tangent, the last section made smaller by `share` */
  cap(depth: number, share: number, theta: number): Vec3
}

export function pathOf({ path, keys, mouth, end }: CanalShape): CanalPath {
  const starts: { s: number; frame: Frame }[] = []
  let s = 0
  let frame: Frame = { centre: [0, 0, 0], tangent: [0, 0, 1], first: [1, 0, 0], second: [0, 1, 0] }
  for (const piece of path) {
    starts.push({ s, frame })
    const size = 'straight' in piece ? piece.straight : piece.length
    frame = advance(frame, piece, size)
    s += size
  }
  const length = s
  const frameAt = (at: number) => {
    let i = path.length - 1
    while (i > 0 && starts[i].s > at) i--
    return advance(starts[i].frame, at > length ? { straight: 0 } : path[i], at - starts[i].s)
  }
  const oblique = mouth?.kind === 'plate' ? Math.tan(((mouth.obliqueDeg ?? 0) * Math.PI) / 180) : 0
  const straight = 'straight' in path[0] ? path[0].straight : 0
  if (oblique !== 0 && straight === 0) throw new RangeError('an oblique mouth needs a straight piece behind it')
  const sectionAt = (at: number) => sectionOf(keys, at)
  const on = ({ centre, first, second }: Frame, x: number, y: number, along: Vec3): Vec3 =>
    add(add(centre, along), add(scale(first, x), scale(second, y)))
  const last = sectionAt(length)
  const lastFrame = frameAt(length)
  return {
    length,
    capLength: end === 'round' ? (last.axes[0] + last.axes[1]) / 4 : 0,
    frameAt,
    sectionAt,
    wall(at, theta) {
      const sheared = at < straight ? (1 - at / straight) * oblique : 0
      const to = at + sheared * around(sectionAt(at), theta)[0]
      // the section where the point comes to lie, which differs from the first one only in a canal that tapers
      const [x, y] = around(sectionAt(to), theta)
      const back = frameAt(Math.max(0, to))
      return on(back, x, y, scale(back.tangent, Math.min(0, to)))
    },
    mouth(depth, wider, theta) {
      const [x, y] = around(sectionAt(0), theta)
      return on(starts[0].frame, wider * x, wider * y, scale(starts[0].frame.tangent, depth + oblique * wider * x))
    },
    cap(depth, share, theta) {
      const [x, y] = around(last, theta)
      return on(lastFrame, share * x, share * y, scale(lastFrame.tangent, depth))
    },
  }
}

/** The frame `by` mm further on along a piece. */
function advance(from: Frame, piece: CanalShape['path'][number], by: number): Frame {
  const { centre, tangent, first, second } = from
  if ('straight' in piece || piece.bendDeg === 0) return { ...from, centre: add(centre, scale(tangent, by)) }
  const plane = ((piece.planeDeg ?? 0) * Math.PI) / 180
  const total = (piece.bendDeg * Math.PI) / 180
  const radius = piece.length / total
  const angle = by / radius
  const inwards = add(scale(first, Math.cos(plane)), scale(second, Math.sin(plane)))
  const sideways = add(scale(first, -Math.sin(plane)), scale(second, Math.cos(plane)))
  const turned = add(scale(inwards, Math.cos(angle)), scale(tangent, -Math.sin(angle)))
  return {
    centre: add(centre, add(scale(tangent, radius * Math.sin(angle)), scale(inwards, radius * (1 - Math.cos(angle))))),
    tangent: add(scale(tangent, Math.cos(angle)), scale(inwards, Math.sin(angle))),
    first: add(scale(turned, Math.cos(plane)), scale(sideways, -Math.sin(plane))),
    second: add(scale(turned, Math.sin(plane)), scale(sideways, Math.cos(plane))),
  }
}

/** A point of the ellipse, in the frame's first and second direction; theta is its parameter. */
function around({ axes, turnDeg = 0 }: CanalKey, theta: number): [number, number] {
  const turn = (turnDeg * Math.PI) / 180
  const u = (axes[0] / 2) * Math.cos(theta - turn)
  const v = (axes[1] / 2) * Math.sin(theta - turn)
  return [u * Math.cos(turn) - v * Math.sin(turn), u * Math.sin(turn) + v * Math.cos(turn)]
}

function sectionOf(keys: readonly CanalKey[], s: number): CanalKey {
  const next = keys.findIndex((key) => key.s > s)
  if (next === 0) return { ...keys[0], s }
  if (next < 0) return { ...keys[keys.length - 1], s }
  const [a, b] = [keys[next - 1], keys[next]]
  const share = (s - a.s) / (b.s - a.s)
  const mix = (p: number, q: number) => p + (q - p) * share
  return {
    s,
    axes: [mix(a.axes[0], b.axes[0]), mix(a.axes[1], b.axes[1])],
    turnDeg: mix(a.turnDeg ?? 0, b.turnDeg ?? 0),
  }
}
