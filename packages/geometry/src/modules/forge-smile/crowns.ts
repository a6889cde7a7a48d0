import { closedPlan, type Plan, planDistance } from '../../field/plan.ts'
import { type HeightMap, heightMap } from '../../mesh/height-map.ts'
import { applyTo, compose, identity, intoFrame, inverse, type Mat4 } from '../../mesh/matrix.ts'
import { type Box, faceVectors, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { angleDeg, cross, perpendicular, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'
import { type CuspSurface, cuspSurface } from './cusps.ts'
import { coverOver, endsOf, withinEnds } from './ends.ts'

/** The crowns of one jaw, in a frame whose z is the way on which a splint comes off them. */
export interface Crowns {
  /** crowns and the gum next to them */
  teeth: Mesh
  toFrame: Mat4
  fromFrame: Mat4
  cusps: CuspSurface
  /** how high the rim of what covers them stands */
  rim(x: number, y: number): number
  /** how far down it reaches at the back of the last teeth, mm */
  leastCoverMm: number
  /** how far the way is tilted against the cusps' plane */
  tiltDeg: number
  /** the flat plane that best fits the cusps, raised to the highest: points on or below it have level(x, y) >= z */
  level(x: number, y: number): number
  /** how far a place lies outside the crowns as seen along z, mm, gaps between teeth closed; negative inside */
  outline(x: number, y: number): number
  /** where a gap that parts the row is spanned, likewise; null for a row without one */
  span: ((x: number, y: number) => number) | null
  /** round the crowns down to `coverMm` under the cusps */
  box: Box
}

/** A way in that is tilted by no more than this against the cusps' plane can still be found with the fingers. */
const mostTilt = (12 * Math.PI) / 180

/** A disc of this breadth closes the place of one missing tooth to a bar that is not much narrower than its neighbours. */
const spannedMm = 24

/**
 * @param coverMm how far down from the cusps the crowns count
 * @param closesMm gaps of up to twice this are closed by the splint's own thickness
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a scan that shows no row of crowns
 */
export function crownsOf({ mesh, toCanonical, curves }: DesignInput, coverMm: number, closesMm: number): Crowns {
  const posed = transformed({ positions: mesh.positions, triangles: mesh.triangles }, toCanonical)
  const first = cuspSurface(posed) ?? refuse()
  const way = easiestWay(crownsIn(posed, first, coverMm), first.normal)
  // the canonical x stays where it is, as nearly as the tilt allows
  const x = unit(step([1, 0, 0], way, -way[0]))
  const tilt = intoFrame(x, cross(way, x), way, [0, 0, 0])
  const whole = transformed(posed, tilt)
  const cusps = cuspSurface(whole) ?? refuse()
  const teeth = near(whole, cusps, coverMm + 5)
  const box = boundsOfCrowns(teeth, cusps, coverMm)
  const ends = endsOf((curves.arch ?? []).map((point) => applyTo(compose(tilt, toCanonical), point)))
  const view = viewOf(teeth, box)
  const cover = coverOver(teeth, cusps, ends, coverMm)
  const rim = (x: number, y: number) => cusps.height(x, y) - cover(x, y)
  const plan = withoutStrips(withinEnds(planOf(view, rim), ends))
  const row = closedPlan(plan, Math.min(4, closesMm))
  const toFrame = compose(tilt, toCanonical)
  return {
    teeth,
    toFrame,
    fromFrame: inverse(toFrame),
    cusps,
    rim,
    leastCoverMm: Math.min(coverMm, ...ends.map(({ at }) => cover(at[0], at[1]))),
    tiltDeg: angleDeg(way, first.normal),
    level: levelOver(cusps, teeth),
    outline: planDistance(row),
    span: isParted(row) ? spanOver(plan, row) : null,
    box,
  }
}

function refuse(): never {
  throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', 'the scan shows no row of crowns with cusps to cover', {
    missing: ['crowns'],
  })
}

const near = (mesh: Mesh, cusps: CuspSurface, depthMm: number) => {
  const { positions: p, triangles } = mesh
  return submesh(mesh, (t) => {
    const v = 3 * triangles[3 * t]
    return p[v + 2] > cusps.height(p[v], p[v + 1]) - depthMm
  })
}

const crownsIn = (mesh: Mesh, cusps: CuspSurface, coverMm: number) => near(mesh, cusps, coverMm)

/**
 * The direction near `normal` in which the crowns have the least undercut: the least area turned away from it, by
 * how much it is. What the trade calls the path of insertion.
 */
function easiestWay(crowns: Mesh, normal: Vec3): Vec3 {
  const faces = faceVectors(crowns)
  const undercut = ([x, y, z]: Vec3) => {
    let sum = 0
    for (let i = 0; i < faces.length; i += 3) {
      const along = faces[i] * x + faces[i + 1] * y + faces[i + 2] * z
      if (along < 0) sum -= along
    }
    return sum
  }
  const u = perpendicular(normal)
  const v = cross(normal, u)
  let best = normal
  let least = undercut(normal)
  for (let ring = 1; ring <= 4; ring++) {
    const radius = Math.tan((mostTilt * ring) / 4)
    for (let k = 0; k < 6 * ring; k++) {
      const angle = (2 * Math.PI * k) / (6 * ring)
      const way = unit(step(step(normal, u, radius * Math.cos(angle)), v, radius * Math.sin(angle)))
      const found = undercut(way)
      if (found >= least) continue
      least = found
      best = way
    }
  }
  return best
}

/** The plane of the cusps, raised until nothing stands out of it. */
function levelOver({ normal }: CuspSurface, { positions }: Mesh) {
  let highest = -Infinity
  for (let v = 0; v < positions.length; v += 3) {
    const along = positions[v] * normal[0] + positions[v + 1] * normal[1] + positions[v + 2] * normal[2]
    if (along > highest) highest = along
  }
  return (x: number, y: number) => (highest - normal[0] * x - normal[1] * y) / normal[2]
}

/** The row of teeth as it is seen along its way in, with room round it. */
function viewOf(teeth: Mesh, { min, max }: Box): HeightMap {
  const margin = spannedMm / 2 + 2
  const around = { x0: min[0] - margin, y0: min[1] - margin, x1: max[0] + margin, y1: max[1] + margin }
  return heightMap(teeth, identity, around, 0.4)
}

/** Where crowns are seen from above the rim. */
function planOf({ x0, y0, cell, columns, rows, heights }: HeightMap, rim: Crowns['rim']): Plan {
  const inside = new Uint8Array(columns * rows)
  for (let n = 0; n < inside.length; n++) {
    if (heights[n] > rim(x0 + (n % columns) * cell, y0 + Math.floor(n / columns) * cell)) inside[n] = 1
  }
  return { x0, y0, cell, columns, rows, inside }
}

/** Without what is narrower than any crown: threads and flaps at the edge of a scan. */
function withoutStrips(plan: Plan, radiusMm = 1): Plan {
  const turned = (one: Plan): Plan => ({ ...one, inside: one.inside.map((has) => 1 - has) })
  return turned(closedPlan(turned(plan), radiusMm))
}

/** Whether the plan is in several pieces, specks aside. */
function isParted({ columns, inside, cell }: Plan): boolean {
  const seen = Uint8Array.from(inside, (has) => 1 - has)
  let pieces = 0
  for (let first = 0; first < seen.length; first++) {
    if (seen[first]) continue
    const piece = [first]
    seen[first] = 1
    for (let q = 0; q < piece.length; q++) {
      for (const next of [piece[q] - 1, piece[q] + 1, piece[q] - columns, piece[q] + columns]) {
        if (seen[next] !== 0) continue
        seen[next] = 1
        piece.push(next)
      }
    }
    if (piece.length * cell * cell > leastPieceMm2) pieces++
  }
  return pieces > 1
}

/** The place of a bar over the gaps of a row: between its pieces, and a bit into them. */
function spanOver(plan: Plan, row: Plan) {
  const whole = closedPlan(plan, spannedMm / 2)
  const gaps = withoutStrips({ ...whole, inside: whole.inside.map((has, n) => has & (1 - row.inside[n])) }, 1.5)
  const inWhole = planDistance(whole)
  const toGap = planDistance(gaps)
  return (x: number, y: number) => Math.max(inWhole(x, y), toGap(x, y) - 3)
}

/** Half a premolar. */
const leastPieceMm2 = 25

function boundsOfCrowns({ positions }: Mesh, cusps: CuspSurface, coverMm: number): Box {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (let v = 0; v < positions.length; v += 3) {
    if (positions[v + 2] < cusps.height(positions[v], positions[v + 1]) - coverMm) continue
    for (let k = 0; k < 3; k++) {
      min[k] = Math.min(min[k], positions[v + k])
      max[k] = Math.max(max[k], positions[v + k])
    }
  }
  return { min, max }
}
