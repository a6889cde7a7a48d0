import { convexHull } from '../mesh/outline.ts'
import type { FootSolid } from './foot.ts'

/** What is true of a foot-like solid, worked out from its formulas, mm, mm², degrees. */
export interface FootTruth {
  /** radians: the long axis against the solid's own x */
  readonly axis: number
  readonly foot_length: number
  readonly ball_width: number
  readonly ball_width_anatomical: number
  readonly ball_girth: number
  readonly ball_length: number
  readonly outer_ball_length: number
  readonly heel_width: number
  readonly instep_height: number
  readonly instep_girth: number
  readonly arch_height: number
  readonly arch_index: number
  readonly toe_angle: number
  readonly toe_height: number
}

export function footTruth(solid: FootSolid): FootTruth {
  const { outline } = solid
  const axis = axisOf(solid)
  const back = -outline.reach(axis + Math.PI)
  const length = outline.reach(axis) - back
  const c = Math.cos(axis)
  const s = Math.sin(axis)
  const alongOf = ([x, y]: readonly [number, number]) => c * x + s * y - back
  const acrossOf = ([x, y]: readonly [number, number]) => c * y - s * x
  /** a point of the plan by its place along and across the axis */
  const at = (along: number, across: number): [number, number] => [
    c * (along + back) - s * across,
    s * (along + back) + c * across,
  ]
  const sides = (along: number) => outline.across(along + back, axis)!
  const inner = outline.touch(axis - Math.PI / 2)
  const outer = outline.touch(axis + Math.PI / 2)
  const slice = (from: readonly [number, number], to: readonly [number, number]) => sliceOf(solid, from, to)
  const instepSides = sides(length / 2)
  const instep = slice(at(length / 2, instepSides[0]), at(length / 2, instepSides[1]))
  const toeSides = sides(0.9 * length)
  const toe = slice(at(0.9 * length, toeSides[0]), at(0.9 * length, (toeSides[0] + toeSides[1]) / 2))
  const heelSides = sides(0.16 * length)
  // the upright plane through both sides of the ball meets the outline again where it leaves it
  const ballChord = chordThrough(solid, inner, outer)
  const bend = (from: [number, number], to: [number, number]) => Math.atan2(to[1] - from[1], to[0] - from[0])
  return {
    axis,
    foot_length: length,
    ball_width: acrossOf(outer) - acrossOf(inner),
    ball_width_anatomical: Math.hypot(outer[0] - inner[0], outer[1] - inner[1]),
    ball_girth: girthOf(slice(ballChord[0], ballChord[1])),
    ball_length: alongOf(inner),
    outer_ball_length: alongOf(outer),
    heel_width: heelSides[1] - heelSides[0],
    instep_height: Math.max(...instep.map(([, , top]) => top)),
    instep_girth: girthOf(instep),
    arch_height: archHeight(solid, {
      sides,
      at,
      from: 0.12 * length,
      to: alongOf(inner),
      aside: 0.1 * (acrossOf(outer) - acrossOf(inner)),
    }),
    arch_index: archIndex(solid, { axis, back, length, inner, outer }),
    toe_angle:
      ((bend(inner, at(0.9 * length, toeSides[0])) - bend(at(0.16 * length, heelSides[0]), inner)) * 180) / Math.PI,
    toe_height: Math.max(...toe.map(([, , top]) => top)) - Math.min(...toe.map(([, bottom]) => bottom)),
  }
}

/** The direction in which the area within the outline spreads most, by sums over strips across the solid's own x. */
function axisOf({ outline }: FootSolid): number {
  const strips = 20000
  const from = -outline.reach(Math.PI)
  const wide = (outline.reach(0) - from) / strips
  let area = 0
  const sum = { x: 0, y: 0, xx: 0, xy: 0, yy: 0 }
  for (let i = 0; i < strips; i++) {
    const x = from + (i + 0.5) * wide
    const [right, left] = outline.across(x)!
    const w = wide * (left - right)
    const y = (left + right) / 2
    area += w
    sum.x += w * x
    sum.y += w * y
    sum.xx += w * x * x
    sum.xy += w * x * y
    sum.yy += w * (y * y + (left - right) ** 2 / 12)
  }
  const [mx, my] = [sum.x / area, sum.y / area]
  return Math.atan2(2 * (sum.xy / area - mx * my), sum.xx / area - mx * mx - (sum.yy / area - my * my)) / 2
}

/** Where the line through two points of the outline enters and leaves it. */
function chordThrough({ outline }: FootSolid, p: readonly [number, number], q: readonly [number, number]) {
  const angle = Math.atan2(q[1] - p[1], q[0] - p[0]) - Math.PI / 2
  const c = Math.cos(angle)
  const s = Math.sin(angle)
  const along = c * p[0] + s * p[1]
  const [right, left] = outline.across(along, angle)!
  return [right, left].map((y): [number, number] => [c * along - s * y, s * along + c * y])
}

/** Place, sole and back over a straight line in plan; dense at its ends, where the surface stands upright. */
function sliceOf(solid: FootSolid, from: readonly [number, number], to: readonly [number, number]) {
  const steps = 6000
  const size = Math.hypot(to[0] - from[0], to[1] - from[1])
  const rows: [place: number, bottom: number, top: number][] = []
  for (let i = 0; i <= steps; i++) {
    const t = (1 - Math.cos((Math.PI * i) / steps)) / 2
    const found = solid.heights(from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]))
    if (found) rows.push([t * size, found.bottom, found.top])
  }
  return rows
}

/** Round the convex hull of a slice. */
function girthOf(rows: [number, number, number][]): number {
  const flat = Float64Array.from(rows.flatMap(([place, bottom, top]) => [place, bottom, place, top]))
  const hull = convexHull(flat)
  return hull.reduce((sum, i, k) => {
    const j = hull[(k + 1) % hull.length]
    return sum + Math.hypot(flat[2 * i] - flat[2 * j], flat[2 * i + 1] - flat[2 * j + 1])
  }, 0)
}

interface InnerCurve {
  sides(along: number): readonly [number, number]
  at(along: number, across: number): [number, number]
  readonly from: number
  readonly to: number
  readonly aside: number
}

/** The highest point of the sole's inner curve over the line between its lowest points at heel and ball. */
function archHeight(solid: FootSolid, { sides, at, from, to, aside }: InnerCurve): number {
  const length = to / 0.73
  const curve = Array.from({ length: 4001 }, (_, i): [number, number] => {
    const x = from + ((to - from) * i) / 4000
    return [x, solid.heights(...at(x, sides(x)[0] + aside))!.bottom]
  })
  const lowest = (part: typeof curve) => part.reduce((p, q) => (q[1] < p[1] ? q : p))
  const heel = lowest(curve.filter(([x]) => x < 0.3 * length))
  const ball = lowest(curve.filter(([x]) => x > 0.6 * length))
  return Math.max(
    ...curve.map(([x, z]) =>
      x > heel[0] && x < ball[0] ? z - heel[1] - ((ball[1] - heel[1]) * (x - heel[0])) / (ball[0] - heel[0]) : 0,
    ),
  )
}

interface Lie {
  readonly axis: number
  readonly back: number
  readonly length: number
  readonly inner: readonly [number, number]
  readonly outer: readonly [number, number]
}

/** By sums over fine strips along and across the axis. */
function archIndex(solid: FootSolid, { axis, back, length, inner, outer }: Lie): number {
  const c = Math.cos(axis)
  const s = Math.sin(axis)
  const place = ([x, y]: readonly [number, number]) => [c * x + s * y - back, c * y - s * x]
  const [ix, iy] = place(inner)
  const [ox, oy] = place(outer)
  const front = 0.08 * length
  const strips = 1200
  const end = ix + front
  const areas = Array.from({ length: strips }, (_, i) => {
    const x = (end * (i + 0.5)) / strips
    const sides = solid.outline.across(x + back, axis)
    if (!sides) return 0
    const cells = 1500
    const cell = (sides[1] - sides[0]) / cells
    let wide = 0
    for (let k = 0; k < cells; k++) {
      const y = sides[0] + (k + 0.5) * cell
      if (x > ix + front + ((y - iy) * (ox - ix)) / (oy - iy)) continue
      const found = solid.heights(c * (x + back) - s * y, s * (x + back) + c * y)
      if (found && found.bottom <= 2) wide += cell
    }
    return wide
  })
  const first = (end * areas.findIndex((wide) => wide > 0)) / strips
  const third = (end - first) / 3
  let all = 0
  let middle = 0
  areas.forEach((wide, i) => {
    const x = (end * (i + 0.5)) / strips
    all += wide
    if (x > first + third && x < first + 2 * third) middle += wide
  })
  return middle / all
}
