import { distanceGrid } from '../../field/distance.ts'
import { interpolated, latticeOver } from '../../field/grid.ts'
import { opened } from '../../field/opened.ts'
import { corner, type Sdf } from '../../field/shapes.ts'
import { type Box, submesh } from '../../mesh/mesh.ts'
import { besideLens, type Front, offFront, onFront } from './front.ts'
import { ridgeBefore } from './placing.ts'
import type { Skin } from './skin.ts'

type Parameters = Readonly<Record<string, number>>

/** What sits on the nose, canonical pose. */
export interface Bridge {
  readonly body: Sdf
  readonly box: Box
  /** where it is meant to touch the skin */
  touches(x: number, y: number, z: number): boolean
}

const cellMm = 0.35
/** The ridge stays free below the saddle as far to each side as this angle, seen from within the nose, radians. */
const freeAngle = 0.75
/** Bridge and rims meet in a fillet of this radius. */
const filletMm = 1.2
/** So much stays between the arch and a rim, mm. */
const webMm = 2
/** The arch's upper corners are rounded by so much. */
const archMm = 2.5
/** That is seen from a line so far behind the ridge, mm. */
const withinMm = 9

/**
 * Bridge and pads in one: a saddle over the nose's ridge, a plate between the rims that ends at the nose, and a pad on
 * either side that follows the nose backwards. All of it is cut by the skin, so that what faces the nose is the nose's
 * own shape, at the intended offset; below the saddle an arch keeps the ridge free. The rims near it are part of it, so
 * that the fillets between them do not reach into the nose.
 */
export function bridgeOf(front: Front, rim: Sdf, skin: Skin, p: Parameters): Bridge {
  const outline = outlineOf(front, ridgeOf(front, skin, p), p)
  const box = boxOf(front, p)
  const lattice = latticeOver(box, cellMm)
  const reachMm = p.padMm + 2
  const near = submesh(skin.mesh, (t) => touchesBox(skin, t, box, reachMm))
  const distance = distanceGrid(near, lattice, reachMm)
  const values = new Float32Array(distance.values.length)
  const { nx, ny, nz, origin, cell } = lattice
  for (let k = 0, n = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++, n++) {
        const off = distance.values[n] + p.offsetMm
        const x = origin[0] + i * cell
        const y = origin[1] + j * cell
        const z = origin[2] + k * cell
        values[n] = Math.max(-off, filleted(outline(x, y, z, off), rim(x, y, z), filletMm))
      }
    }
  }
  const clear = p.edgeRadiusMm + 0.4
  return {
    body: interpolated(opened({ ...lattice, values }, p.edgeRadiusMm)),
    box,
    touches: (x, y, z) => outline(x, y, z, 0) < -clear,
  }
}

/** How far before the sheet's middle the nose's ridge lies at each height: a straight line through two places. */
function ridgeOf(front: Front, skin: Skin, p: Parameters): (w: number) => number {
  const [low, high] = [-p.padHeightMm, p.saddleMm / 2]
  const [below, above] = [ridgeBefore(front, skin, low), ridgeBefore(front, skin, high)]
  return (w) => below + ((w - low) / (high - low)) * (above - below)
}

/** The outline of all that may be there, given how far a place lies off the nose's side of it. */
function outlineOf(front: Front, ridge: (w: number) => number, p: Parameters) {
  const gap = front.lensAt - p.lensWidthMm / 2
  const ahead = p.frontMm / 2
  const [top, bottom] = [p.saddleMm, -p.padHeightMm]
  const middle = (top + bottom) / 2
  const high = (top - bottom) / 2
  const deep = (p.padDepthMm + ahead) / 2
  const web = gap - (p.rimMm - p.grooveMm) - webMm
  return (x: number, y: number, z: number, off: number): number => {
    const [s, d, w] = onFront(front, x, y, z)
    const beside = Math.abs(s)
    // below the saddle, and no farther round from the ridge than the free angle: planes that meet the skin upright
    const forward = d - ridge(w) + withinMm
    const round = beside * Math.cos(freeAngle) - forward * Math.sin(freeAngle)
    // and a web stays beside the rim
    const arch = filleted(-w, Math.min(-round, web - beside), archMm)
    const within = Math.abs(w - middle) - high
    const plate = Math.max(0.6 - besideLens(front, s, w), beside - front.lensAt, within, Math.abs(d) - ahead, arch)
    const side = corner(Math.abs(d + deep - ahead) - deep, within, 4)
    const pad = Math.max(Math.min(off - p.padMm, beside - gap + 0.8), side, beside - gap - 5, arch)
    return Math.min(plate, pad)
  }
}

/** The distance to what is in either of two half planes at right angles, their inner corner filled by a radius. */
function filleted(u: number, v: number, radiusMm: number): number {
  if (u >= radiusMm || v >= radiusMm) return Math.min(u, v)
  return Math.max(radiusMm, Math.min(u, v)) - Math.hypot(radiusMm - u, radiusMm - v)
}

function boxOf(front: Front, p: Parameters): Box {
  const wide = front.lensAt - p.lensWidthMm / 2 + p.rimMm + 5
  const corners = [-wide, 0, wide].flatMap((s) =>
    [-p.padDepthMm - 2, p.frontMm / 2 + 2].flatMap((d) =>
      [-p.padHeightMm - 2, p.saddleMm + 2].map((w) => offFront(front, s, d, w)),
    ),
  )
  const least = (k: number) => Math.min(...corners.map((at) => at[k]))
  const most = (k: number) => Math.max(...corners.map((at) => at[k]))
  return { min: [least(0), least(1), least(2)], max: [most(0), most(1), most(2)] }
}

function touchesBox({ mesh }: Skin, t: number, { min, max }: Box, marginMm: number): boolean {
  for (let k = 0; k < 3; k++) {
    const at = [0, 1, 2].map((corner) => mesh.positions[3 * mesh.triangles[3 * t + corner] + k])
    if (Math.max(...at) < min[k] - marginMm || Math.min(...at) > max[k] + marginMm) return false
  }
  return true
}
