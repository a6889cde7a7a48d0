import { distanceGrid } from '../../field/distance.ts'
import { gradientAt, type Grid, interpolated, latticeOver } from '../../field/grid.ts'
import { polygon, type Sdf2 } from '../../field/outline.ts'
import { opened } from '../../field/opened.ts'
import { coarser, depthOnWayOut } from '../../field/retract.ts'
import type { Sdf } from '../../field/shapes.ts'
import { halfSpace } from '../../field/shapes.ts'
import { tube } from '../../field/strokes.ts'
import { heightAt } from '../../mesh/height-map.ts'
import type { Box } from '../../mesh/mesh.ts'
import { between, distance, dot, step, subtract, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { Cavity } from './cavity.ts'

/**
 * The parameters that shape the fill, as parameters.ts has them: offsetMm, recessMm, canalDepthMm, tipTaperMm,
 * tipTaperLengthMm, edgeRadiusMm (what is thinner than twice this is left away).
 */
export type FillParameters = Readonly<Record<string, number>>

/** The hollow of an ear as a solid body: cut, tip shortened and tapered, pressed into the skin, edges rounded. */
export interface Fill {
  /** canonical pose; true distances up to 4 mm from the surface: channels keep clear of it by them */
  solid: Sdf
  /** the same hollow as far as the scan's walls go, not closed by the face; negative inside, not a true distance */
  open: Grid
  /** the distance to the skin, positive in the air */
  skin: Grid
  box: Box
  /** the path from the face to the tip, canonical pose */
  path: readonly Vec3[]
  /** the way in which it ends in the canal, where the body is tapered; null for a tip in the concha */
  tipAlong: Vec3 | null
  /** the body as if it went on beyond a tip in the canal: what channels keep clear of there */
  untipped: Sdf
  /** the plane of the face: a point and the direction out of the ear */
  face: { through: Vec3; outward: Vec3 }
  /** the straight way out of the ear that leaves most of the body, canonical pose */
  out: Vec3
  /** where the body is meant to touch the skin, canonical pose */
  touches(x: number, y: number, z: number): boolean
}

/** Cells of this size follow an ear within some hundredths of a millimetre: its tightest folds have radii of 1 mm. */
export const cellMm = 0.35
/** Farther than this behind the skin nothing is told apart, mm: more than a body may press into it on its way. */
const deepMm = 2
/** A body with channels is meshed finer. */
export const fineMm = 0.25

/**
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a body that would press into the skin by more than skin and material
 * give way while it is put in
 */
export function fillOf(cavity: Cavity, p: FillParameters): Fill {
  refuseTooTight(p)
  const face = { through: step(cavity.mouth.through, cavity.mouth.outward, -p.recessMm), outward: cavity.mouth.outward }
  const path = trimmed(cavity, p)
  const tip = tipOf(cavity, path)
  const inPrism = cavity.rim ? outlineDistance(cavity.rim) : null
  const inside = region(inPrism, path, tip)
  const under = halfSpace(face.through, face.outward)

  const box = boxOver(cavity, path)
  const lattice = latticeOver(box, cellMm, 0)
  const skin = distanceGrid(cavity.skin, lattice, deepMm, 3.5)
  const room = new Float32Array(skin.values.length)
  const values = new Float32Array(skin.values.length)
  const unclosed = new Float32Array(skin.values.length)
  const { nx, ny, nz, origin, cell } = lattice
  const each = (visit: (n: number, x: number, y: number, z: number) => void) => {
    for (let k = 0, n = 0; k < nz; k++) {
      for (let j = 0; j < ny; j++) {
        for (let i = 0; i < nx; i++, n++) visit(n, origin[0] + i * cell, origin[1] + j * cell, origin[2] + k * cell)
      }
    }
  }
  each((n, x, y, z) => {
    const pressed = -skin.values[n] - offsetAt(x, y, z, tip, p)
    // deep in the skin nothing else is asked
    room[n] = pressed > deepMm / 2 ? pressed : Math.max(pressed, inside(x, y, z))
    values[n] = Math.max(room[n], under(x, y, z))
  })
  const out = bestWayOut(skin, { ...lattice, values }, face.outward, p.pressMm - pressMarginMm)
  const depth = depthOnWayOut(skin, out)
  for (let n = 0; n < values.length; n++) {
    const blocked = depth.values[n] - (p.pressMm - pressMarginMm)
    unclosed[n] = Math.max(room[n], blocked)
    values[n] = Math.max(values[n], blocked)
  }
  const solid = interpolated(opened({ ...lattice, values }, p.edgeRadiusMm, 4))
  const clear = p.edgeRadiusMm + 0.4
  const depthThere = interpolated(depth)
  const skinThere = interpolated(skin)
  // what was blocked out does not touch, nor does the rounding beside it
  const free = Math.max(Math.min(p.offsetMm + 0.1, p.pressMm - pressMarginMm - 0.05), p.pressMm - pressMarginMm - 0.3)
  const touches = (x: number, y: number, z: number) => {
    if (Math.max(inside(x, y, z), under(x, y, z)) >= -clear) return false
    if (tip && back(x, y, z, tip) <= p.tipTaperLengthMm + p.edgeRadiusMm) return false
    // asked where the surface is meant to be, and not where it came out
    const outOfSkin = unit(gradientAt(skinThere, x, y, z))
    return depthThere(...step([x, y, z], outOfSkin, -p.offsetMm - skinThere(x, y, z))) < free
  }
  const untipped: Sdf = (x, y, z) =>
    tip && back(x, y, z, tip) < p.tipTaperLengthMm
      ? Math.max(-skinThere(x, y, z) - offsetAt(x, y, z, tip, p), depthThere(x, y, z) - (p.pressMm - pressMarginMm))
      : solid(x, y, z)
  const open = { ...lattice, values: unclosed }
  return { solid, open, skin, box, path, tipAlong: tip?.along ?? null, untipped, face, out, touches }
}

/** A body is cut back to a little less than the press that is allowed: cells and triangles take their share. */
const pressMarginMm = 0.2
/** By so much less than the press a body may lie in the skin: nearer to it its own surface would be cut back. */
const belowPressMm = 0.3

function refuseTooTight({ offsetMm, pressMm }: FillParameters) {
  const most = pressMm - belowPressMm
  if (offsetMm <= most + 1e-9) return
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `it cannot press ${offsetMm} mm into the skin where skin and material give way by ${pressMm} mm while it is put in: ` +
      `${most.toFixed(2)} mm are the most`,
    { missing: ['a material that gives way more'] },
  )
}

/**
 * The way out, among some round the face's direction and straight sideways, on which most of the body comes out
 * without pressing deeper than allowed. Looked for on a coarse grid.
 */
function bestWayOut(skin: Grid, body: Grid, outward: Vec3, allowedMm: number): Vec3 {
  const [coarseSkin, coarseBody] = [coarser(skin, 3), coarser(body, 3)]
  const within = Uint32Array.from(coarseBody.values.keys()).filter((n) => coarseBody.values[n] < 0)
  let best = outward
  let most = -1
  const sideways: Vec3 = [0, 0, 1]
  for (let toFace = 0; toFace <= 1; toFace += 0.5) {
    for (let x = -0.6; x <= 0.61; x += 0.3) {
      for (let y = -0.3; y <= 0.31; y += 0.3) {
        const middle = between(sideways, outward, toFace)
        const out = unit([middle[0] + x, middle[1] + y, middle[2]])
        const depth = depthOnWayOut(coarseSkin, out)
        let free = 0
        for (let i = 0; i < within.length; i++) if (depth.values[within[i]] < allowedMm) free++
        if (free <= most) continue
        most = free
        best = out
      }
    }
  }
  return best
}

interface Tip {
  at: Vec3
  /** the way in which the path ends */
  along: Vec3
}

/** The path cut to the wanted depth in the canal; the canal's last millimetre is not trusted. */
function trimmed(cavity: Cavity, { canalDepthMm }: FillParameters): Vec3[] {
  if (cavity.canalMm === 0) return [...cavity.path]
  const total = cavity.path.slice(1).reduce((sum, point, i) => sum + distance(point, cavity.path[i]), 0)
  const wanted = total - cavity.canalMm + Math.min(canalDepthMm, cavity.canalMm - 1)
  const out: Vec3[] = [cavity.path[0]]
  let passed = 0
  for (let i = 1; i < cavity.path.length; i++) {
    const length = distance(cavity.path[i], cavity.path[i - 1])
    if (passed + length >= wanted) {
      out.push(between(cavity.path[i - 1], cavity.path[i], (wanted - passed) / length))
      break
    }
    passed += length
    out.push(cavity.path[i])
  }
  return out
}

function tipOf({ canalMm }: Cavity, path: readonly Vec3[]): Tip | null {
  if (canalMm === 0) return null
  const at = path[path.length - 1]
  const before = path[Math.max(0, path.length - 4)]
  return { at, along: unit(subtract(at, before)) }
}

/** How far a place lies before the tip's plane, mm. */
const back = (x: number, y: number, z: number, { at, along }: Tip) => -dot(subtract([x, y, z], at), along)

function offsetAt(x: number, y: number, z: number, tip: Tip | null, p: FillParameters): number {
  if (!tip) return p.offsetMm
  const share = Math.max(0, Math.min(1, 1 - back(x, y, z, tip) / p.tipTaperLengthMm))
  return p.offsetMm - share * (p.offsetMm + p.tipTaperMm)
}

/** The distance to the rim's outline, mm, negative inside: asked often, so it is laid on a grid once. */
function outlineDistance(rim: readonly (readonly [number, number])[]): Sdf2 {
  const exact = polygon(rim)
  const margin = 12
  const [x0, y0] = [0, 1].map((k) => Math.min(...rim.map((point) => point[k])) - margin)
  const [x1, y1] = [0, 1].map((k) => Math.max(...rim.map((point) => point[k])) + margin)
  const cell = cellMm
  const columns = Math.ceil((x1 - x0) / cell) + 1
  const rows = Math.ceil((y1 - y0) / cell) + 1
  const heights = Float64Array.from({ length: columns * rows }, (_, i) =>
    exact(x0 + (i % columns) * cell, y0 + Math.floor(i / columns) * cell),
  )
  const map = { x0, y0, cell, columns, rows, heights }
  // beyond the grid, which reaches a centimetre past the outline, anything above a centimetre will do
  return (x, y) => {
    const value = heightAt(map, x, y)
    return Number.isNaN(value) ? margin : value
  }
}

/** Where the body may be besides the face: below the concha's rim or round the path, before the tip. */
function region(inPrism: Sdf2 | null, path: readonly Vec3[], tip: Tip | null): Sdf {
  const widths = path.map((_, i) => (i < 2 ? 4.5 : 8))
  const along = path.length > 1 ? tube(path.slice(inPrism ? 1 : 0), widths.slice(inPrism ? 1 : 0)) : null
  const before = tip ? halfSpace(tip.at, tip.along) : null
  return (x, y, z) => {
    const prism = inPrism ? inPrism(x, y) : Infinity
    // well within the outline the path adds nothing
    const d = along && prism > -3 ? Math.min(prism, along(x, y, z)) : prism
    return before ? Math.max(d, before(x, y, z)) : d
  }
}

/** Round the rim a little; round the path, below the rim, as wide as canals are; without a rim as the body may be. */
function boxOver({ rim }: Cavity, path: readonly Vec3[]): Box {
  const outline = (rim ?? []).map(([x, y]): Vec3 => [x, y, path[0][2]])
  const [beside, round] = rim ? [2.5, 5] : [8, 11.5]
  const low = (k: number) => Math.min(...outline.map((p) => p[k] - beside), ...path.map((p) => p[k] - round))
  const high = (k: number) => Math.max(...[...outline, ...path].map((p) => p[k] + beside))
  return { min: [low(0), low(1), low(2)], max: [high(0), high(1), high(2)] }
}
