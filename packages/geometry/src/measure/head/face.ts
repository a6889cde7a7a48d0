import { applyTo, inverse, turn } from '../../mesh/matrix.ts'
import { section } from '../../mesh/section.ts'
import { castRay } from '../../mesh/ray.ts'
import { scale, step, type Vec3 } from '../../mesh/vector.ts'
import { extremeAlong } from '../fit/extreme.ts'
import { patchAt, patchPoint } from '../fit/patch.ts'
import { type HeadScan, within } from './cranium.ts'
import { interpolated, vertexOfParabola, walked } from './profile.ts'

/** The menton, and whether the outline really turns there (a chin) or only leaves off. */
interface Menton {
  readonly point: Vec3
  readonly turns: boolean
}

/**
 * The menton: the point of the chin's outline in the midplane that is lowest when the head is bent back by 20°. Level,
 * the fold of a double chin or the neck would often be lower, and where a chin's underside is level the place would be
 * a matter of chance. It is searched from where the chin is foremost and lowest (bent back by 35°), and at most 14 mm
 * of outline from there.
 */
export function menton({ pose }: HeadScan): Menton | null {
  const { face, frame } = pose
  if (!face) return null
  const { points } = face.profile
  const from = Math.round(face.subnasaleAt)
  const to = walked(points, from, -110)
  if (from - to < 10) return null
  const flat = points.slice(to, from + 1).map((p) => applyTo(frame, p)) // from the neck up to the nose
  const depthsAt = (angle: number) => flat.map(([x, , z]) => -z * Math.cos(angle) + x * Math.sin(angle))
  const bent = depthsAt(0.61)
  let chin = bent.length - 1
  for (let i = bent.length - 1; i >= 0; i--) {
    if (bent[i] > bent[chin]) chin = i
    // past the chin: 30 mm and more below the nose, and receding; lips recede too, but higher up
    if (bent[chin] - bent[i] > 2 && flat[flat.length - 1][2] - flat[chin][2] > 30) break
  }
  const depths = depthsAt(0.35)
  let best = chin
  const limit = walked(points, to + chin, -14) - to
  for (let i = chin; i >= limit; i--) if (depths[i] > depths[best]) best = i
  const turns = best > 2 && bent[chin] - Math.min(...bent.slice(0, best)) > 1.5
  return { point: interpolated(points, to + vertexOfParabola(depths, best, 6).at), turns }
}

/** The foremost point of the nose. */
export function pronasale({ pose }: HeadScan): Vec3 | null {
  const { face, frame } = pose
  if (!face) return null
  const { points, tip } = face.profile
  const from = Math.max(0, Math.round(face.subnasaleAt))
  const reach = points.slice(from, Math.round(face.sellionAt) + 1).map((p) => applyTo(frame, p)[0])
  const most = reach.reduce((best, x, i) => (x > reach[best] ? i : best), 0)
  if (most === 0 || most === reach.length - 1) return points[tip]
  return interpolated(points, from + vertexOfParabola(reach, most, 4).at)
}

/** A place on one side of the face, and how far it lies from the midplane, mm. */
interface Cheek {
  readonly point: Vec3
  readonly away: number
}

/** x of the place up to which cheeks are searched where no tragion tells where the ears begin, mm */
const earless = -85

/**
 * Largest breadth of the face in front of the ears, between the heights of subnasale and sellion; null where the scan
 * ends before the cheeks have turned to the side, and where without a tragion they go on widening.
 */
export function faceWidth(scan: HeadScan): { left: Vec3; right: Vec3; value: number } | null {
  const { face, ears } = scan.pose
  if (!face) return null
  const tragions = [ears.left?.tragion, ears.right?.tragion].filter((t) => t !== null && t !== undefined)
  const ahead = tragions.length > 0 ? Math.max(...tragions.map((t) => t[0])) + 12 : null
  const left = cheek(scan, 1, ahead)
  const right = cheek(scan, -1, ahead)
  return left && right ? { left: left.point, right: right.point, value: left.away + right.away } : null
}

/**
 * The widest place of one cheek: where it turns in again, or, where it goes on widening to the ear, in front of that.
 * @param ahead x of the place in front of the ear; null when there is no ear to tell
 */
function cheek(scan: HeadScan, side: 1 | -1, ahead: number | null): Cheek | null {
  const { bvh, patches, pose } = scan
  const face = pose.face!
  const { frame } = pose
  const inverted = inverse(frame)
  const out = turn(inverted, [0, side, 0])
  const radius = Math.max(7, 2.4 * patches.edge)
  const back = ahead ?? earless
  const top = applyTo(frame, face.sellion)[2]
  const bottom = applyTo(frame, face.subnasale)[2]
  const region = within(frame, (x, _y, z) => x > back && x < -15 && z > bottom && z < top)
  const widest = extremeAlong(patches, out, radius, region)
  if (!widest) return null
  const summit = widest.smooth ? { point: widest.point, away: side * applyTo(frame, widest.point)[1] } : null
  if (ahead === null) return summit
  const places: Vec3[] = []
  for (let z = bottom; z <= top; z += (top - bottom) / 16) {
    const from = applyTo(inverted, [back, 160 * side, z])
    const hit = castRay(bvh, from, scale(out, -1), { max: 160 })
    const rough = hit && step(from, out, -hit.t)
    const patch = rough && patchAt(patches, rough, out, radius)
    if (patch && Math.abs(patch.c[0]) < 2) places.push(patchPoint(patch))
  }
  if (places.length < 12) return summit
  const away = places.map((p) => side * applyTo(frame, p)[1])
  const most = away.reduce((best, value, i) => (value > away[best] ? i : best), 0)
  const rim = vertexOfParabola(away, most, 3)
  return summit && summit.away > rim.value ? summit : { point: interpolated(places, rim.at), away: rim.value }
}

/** The bridge of the nose in the level section through the sellion. */
export interface Bridge {
  readonly height: number
  readonly width: number
  /** the section from foot to foot, scan's frame */
  readonly line: Vec3[]
  /** ends of the width, scan's frame */
  readonly ends: [Vec3, Vec3]
}

/** Height of the bridge over its feet, and its width at half that height; null where the scan has gaps beside it. */
export function noseBridge(scan: HeadScan): Bridge | null {
  const { bvh, patches, pose } = scan
  const { face, frame } = pose
  if (!face) return null
  const back = inverse(frame)
  const forward = turn(back, [1, 0, 0])
  const lines = section(bvh.mesh, { point: face.sellion, normal: turn(back, [0, 0, 1]) }, { bvh })
  const z = applyTo(frame, face.sellion)[2]
  const reach = 32
  const front = new Float64Array(2 * reach + 1).fill(NaN) // x of the foremost point at each mm of y
  for (const { points, closed } of lines) {
    const n = points.length / 3
    const flat = Array.from({ length: n }, (_, i) =>
      applyTo(frame, [points[3 * i], points[3 * i + 1], points[3 * i + 2]]),
    )
    for (let i = 0; i < (closed ? n : n - 1); i++) {
      const [ax, ay] = flat[i]
      const [bx, by] = flat[(i + 1) % n]
      const [from, to] = ay < by ? [ay, by] : [by, ay]
      for (let y = Math.max(-reach, Math.ceil(from)); y <= Math.min(reach, to); y++) {
        const x = ay === by ? Math.max(ax, bx) : ax + ((y - ay) / (by - ay)) * (bx - ax)
        if (x > -60 && !(x <= front[y + reach])) front[y + reach] = x
      }
    }
  }
  // the bridge bends within 5 mm: on coarse triangles their section is followed as it is
  const radius = Math.min(5, Math.max(3, 1.6 * patches.edge))
  const smooth = Array.from(front, (x, i) => {
    const rough = applyTo(back, [x, i - reach, z])
    const patch = Number.isNaN(x) ? null : patchAt(patches, rough, forward, radius, 0.15, 6)
    return patch && Math.abs(patch.c[0]) < 1.5 ? applyTo(frame, patchPoint(patch))[0] : x
  })
  const ridge = vertexOfParabola(smooth, smooth.slice(reach - 5, reach + 6).reduce((b, x, i, all) => (x > all[b] ? i : b), 0) + reach - 5, 2) // prettier-ignore
  const sides = [1, -1].map((sense) => footBeside(smooth, Math.round(ridge.at), sense))
  const [left, right] = sides
  if (!left || !right) return null
  const height = ridge.value - (left.value + right.value) / 2
  if (!(height > 1.5)) return null
  const level = ridge.value - height / 2
  const ends = [1, -1].map((sense) => {
    for (let k = Math.round(ridge.at); k >= 1 && k < smooth.length - 1; k += sense) {
      if (smooth[k + sense] <= level) return k + (sense * (smooth[k] - level)) / (smooth[k] - smooth[k + sense])
    }
    return NaN
  })
  if (!(ends[0] > ends[1])) return null
  const place = (y: number, x: number) => applyTo(back, [x, y - reach, z])
  return {
    height,
    width: ends[0] - ends[1],
    line: smooth.map((x, i) => place(i, x)).filter((_, i) => i >= right.at && i <= left.at && !Number.isNaN(smooth[i])),
    ends: [place(ends[0], level), place(ends[1], level)],
  }
}

/**
 * Where the flank of the bridge ends on one side: going out from the ridge, past where the section falls back by more
 * than 0.5 mm per mm, the first place where it falls back by less than 0.2 (11°), taken over 4 mm.
 */
function footBeside(front: readonly number[], ridge: number, sense: number): { at: number; value: number } | null {
  let steep = false
  let before = NaN
  for (let i = ridge + 2 * sense; i - 2 >= 0 && i + 2 < front.length; i += sense) {
    const fall = (front[i - 2 * sense] - front[i + 2 * sense]) / 4
    if (Number.isNaN(fall)) return null
    if (fall > 0.5) steep = true
    if (steep && fall < 0.2) {
      const share = (before - 0.2) / (before - fall)
      const [a, b] = [front[i - sense], front[i]]
      return { at: i - sense + sense * share, value: a + (b - a) * share }
    }
    before = fall
  }
  return null
}
