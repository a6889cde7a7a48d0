import { ease } from '../../field/ease.ts'
import type { Plan } from '../../field/plan.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import { unit, type Vec3 } from '../../mesh/vector.ts'
import type { CuspSurface } from './cusps.ts'

/** Where a row of teeth ends, and the way out of it there, of length 1 and level. */
export interface RowEnd {
  at: Vec3
  out: Vec3
}

/** A splint's rim stays clear of the gum behind the last tooth by this; the trade asks for 1 to 2 mm. */
const clearMm = 1.5
/** Fissures are no deeper than this: what rises again behind a deeper place is gum. */
const fissureMm = 2
/** How far to either side of the row's middle, and out of its end, the back of the last tooth is looked for. */
const besideMm = 3
const behindMm = 4
/** It is looked for in lanes out of the row, in steps that hold a point of a coarse scan too. */
const laneMm = 1
const stepMm = 0.5
/** The rim comes down to its full depth over this length. */
const rampMm = 7

/** As the row's curve was measured; none for a curve of a few points. */
export function endsOf(arch: readonly Vec3[]): RowEnd[] {
  if (arch.length < 8) return []
  return [arch, arch.toReversed()].map(([at, , , , , before]) => ({
    at,
    out: unit([at[0] - before[0], at[1] - before[1], 0]),
  }))
}

/** Without the gum behind the last teeth, however high it stands. */
export function withinEnds(plan: Plan, ends: readonly RowEnd[]): Plan {
  const { x0, y0, cell, columns } = plan
  const inside = plan.inside.map((has, n) => {
    const [x, y] = [x0 + (n % columns) * cell, y0 + Math.floor(n / columns) * cell]
    return ends.some((end) => beyond(end, x, y) > 0.5) ? 0 : has
  })
  return { ...plan, inside }
}

/**
 * How far down from the cusps the rim of a splint lies: `coverMm`, and less at the back of a last tooth that does not
 * stand so far out of the gum, or is not seen so far down.
 */
export function coverOver(teeth: Mesh, cusps: CuspSurface, ends: readonly RowEnd[], coverMm: number) {
  const short = ends.map((end) => ({ end, byMm: coverMm - Math.max(1, shownDepth(teeth, cusps, end) - clearMm) }))
  const near = short.filter(({ byMm }) => byMm > 0)
  return (x: number, y: number) => {
    let less = 0
    for (const { end, byMm } of near) {
      less = Math.max(less, byMm * ease(-rampMm, 0, beyond(end, x, y)))
    }
    return coverMm - less
  }
}

/** How far a place lies out of the row's end, mm; negative before it, and at the other end of the row. */
function beyond({ at, out }: RowEnd, x: number, y: number): number {
  const [dx, dy] = [x - at[0], y - at[1]]
  return Math.hypot(dx, dy) < 20 ? dx * out[0] + dy * out[1] : -Infinity
}

/**
 * How far under the cusps the last tooth's back goes down into the groove before the gum, or to where the scan ends:
 * the middle one of several lanes out of the row.
 */
function shownDepth({ positions: p }: Mesh, cusps: CuspSurface, { at, out }: RowEnd): number {
  const lanes = Array.from({ length: (2 * besideMm) / laneMm }, (): number[] => [])
  for (let v = 0; v < p.length; v += 3) {
    const [x, y] = [p[v] - at[0], p[v + 1] - at[1]]
    const along = x * out[0] + y * out[1]
    const lane = Math.floor((x * out[1] - y * out[0] + besideMm) / laneMm)
    if (along < -2 || along > behindMm || !lanes[lane]) continue
    const deep = cusps.height(p[v], p[v + 1]) - p[v + 2]
    const step = Math.floor((along + 2) / stepMm)
    const steps = lanes[lane]
    steps[step] = Math.max(steps[step] ?? -Infinity, deep)
  }
  const depths = lanes
    .filter((steps) => steps.length > 0)
    .map(deepestBeforeGum)
    .sort((a, b) => a - b)
  return depths[depths.length >> 1] ?? Infinity
}

function deepestBeforeGum(steps: readonly number[]): number {
  let deepest = -Infinity
  for (const deep of steps) {
    if (deep === undefined) continue
    if (deepest > fissureMm && deep < deepest - 0.3) break
    deepest = Math.max(deepest, deep)
  }
  return deepest
}
