import { largestBody } from '../../field/bodies.ts'
import { blockedOut } from '../../field/block-out.ts'
import { distanceGrid } from '../../field/distance.ts'
import { interpolated, latticeOver } from '../../field/grid.ts'
import { corner, type Sdf } from '../../field/shapes.ts'
import { tube } from '../../field/strokes.ts'
import { surfaceOfSdf } from '../../field/surface.ts'
import { findEar } from '../../measure/head/ears.ts'
import { applyTo, compose, identity, intoFrame, inverse, type Mat4, turn } from '../../mesh/matrix.ts'
import { type Box, bounds, type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { castRay } from '../../mesh/ray.ts'
import { cross, scale, step, unit, type Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, Generated } from '../module.ts'
import { refusedFor } from '../refused.ts'
import { type Skin, skinOf } from './skin.ts'

type Parameters = Readonly<Record<string, number>>
type Ear = NonNullable<ReturnType<typeof findEar>>
type Ears = Readonly<Record<'left' | 'right', Ear>>

/** A skull bends by 50 mm and more: a surface between points so far apart is right within some hundredths. */
const cellMm = 1.7
/** Where the edge turns up round an ear it is rounded by so much, seen from the side. */
const turnMm = 8

/**
 * A liner for a helmet: a shell of even thickness over the skull, at contact with it or with room for hair between,
 * that ends above brows, ears and nape, with holes for air when wanted. Where the skull gets narrower downwards by
 * more than `undercutMm`, the liner goes straight down, so that it can be put on.
 *
 * It is made in its edge's frame: x forward, y to the left, z away from the edge, which lies at z = 0.
 */
export function helmetLiner(input: DesignInput): Generated {
  const { parameters: p, toCanonical } = input
  input.progress('cutting')
  const skin = skinOf(input)
  const ears = earsOf(skin)
  const toEdge = edgeOf(skin, p)
  const skull = transformed(withoutEars(skin.mesh, ears), toEdge)
  const reachMm = p.thicknessMm - p.offsetMm + 4
  const box = boxOver(skull, reachMm)
  const distance = distanceGrid(near(skull, box, reachMm), latticeOver(box, cellMm), reachMm)
  const skinOff = interpolated(distance)
  const innerOff = interpolated(blockedOut(distance, () => p.undercutMm))
  const ways = airWays.slice(0, p.vents).flatMap((way) => holeAlong(way, skin, toEdge, p))
  const air = holes(ways, p.ventDiameterMm)
  const aroundEars = besideEars(ears, p.earMm, inverse(toEdge))
  const body: Sdf = (x, y, z) => {
    const off = innerOff(x, y, z) + p.offsetMm
    const rim = Math.max(corner(-z, -aroundEars(x, y, z), turnMm), -air(x, y, z))
    return corner(Math.abs(off - p.thicknessMm / 2) - p.thicknessMm / 2, rim, p.edgeRadiusMm)
  }
  input.progress('meshing')
  const made = largestBody(surfaceOfSdf(body, box, cellMm))
  const back = inverse(compose(toEdge, toCanonical))
  const clear = p.edgeRadiusMm + 1
  return {
    body: transformed(made, back),
    intendedOffsetMm: p.offsetMm,
    contact: (x, y, z) => {
      const at = applyTo(toCanonical, [x, y, z])
      const [u, v, w] = applyTo(toEdge, at)
      if (w < clear || air(u, v, w) < clear) return false
      // beside an ear the nearest skin may be the ear's; where it goes straight down it is not meant to touch
      return aroundEars(u, v, w) > clear + 6 + Math.abs(p.offsetMm) && skinOff(u, v, w) - innerOff(u, v, w) < 0.02
    },
    bores: ways.map((path, i) => ({
      name: `vent ${i + 1}`,
      path: path.map((point) => applyTo(back, point)),
      diameterMm: p.ventDiameterMm,
    })),
    genus: ways.length,
    pressMm: p.undercutMm + p.pressMm,
    outward: unit(turn(back, [0, 0, 1])),
    notes: [
      p.offsetMm < 0
        ? `${-p.offsetMm} mm are left between scan and liner for hair and pad`
        : 'it lies on the scan: hair that was under a cap in the scan has no room of its own',
    ],
  }
}

/** What a head lacks for a liner: where its ears end. */
export const missingSkull = (input: DesignInput) => refusedFor(() => earsOf(skinOf(input)))

/** Into the frame of the plane from above the brows to the nape, level from side to side. */
function edgeOf({ glabella, tragions, mesh }: Skin, p: Parameters): Mat4 {
  const front: Vec3 = [glabella[0], 0, glabella[2] + p.browMm]
  const rear: Vec3 = [bounds(mesh).min[0], 0, (tragions.left[2] + tragions.right[2]) / 2 + p.napeMm]
  const forward = unit([front[0] - rear[0], 0, front[2] - rear[2]])
  return intoFrame(forward, [0, 1, 0], cross(forward, [0, 1, 0]), front)
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED: where an ear ends must be known to keep from it */
function earsOf({ bvh }: Skin): Ears {
  const left = findEar(bvh, identity, 1)
  const right = findEar(bvh, identity, -1)
  if (left && right) return { left, right }
  const missing = [left ? [] : ['left ear'], right ? [] : ['right ear']].flat()
  throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', `the scan does not show the ${missing.join(' and the ')}`, {
    missing,
  })
}

/** A liner is to follow the skull where an ear rises from it. */
function withoutEars(mesh: Mesh, { left, right }: Ears): Mesh {
  return submesh(mesh, (t) => {
    const v = 3 * mesh.triangles[3 * t]
    const [x, y, z] = [mesh.positions[v], mesh.positions[v + 1], mesh.positions[v + 2]]
    return Math.abs(y) < 20 || !(y > 0 ? left : right).covers(x, z)
  })
}

/** The distance to the room that the ears need, from below to over their tops, seen from the side. */
function besideEars(ears: Ears, marginMm: number, m: Mat4): Sdf {
  return (u, v, w) => {
    const [x, y, z] = applyTo(m, [u, v, w])
    const ear = y > 0 ? ears.left : ears.right
    const wide = (ear.front - ear.back) / 2 + marginMm
    const across = Math.abs(x - (ear.front + ear.back) / 2) - wide
    return Math.max(corner(across, z - ear.top - marginMm, Math.min(14, wide)), 20 - Math.abs(y))
  }
}

/** Where air holes go, as directions from the middle of the skull: over the crown, then before, behind and beside it. */
const airWays: readonly Vec3[] = [
  [0, 0, 1],
  [0.75, 0.32, 0.8],
  [0.75, -0.32, 0.8],
  [-0.75, 0.32, 0.8],
  [-0.75, -0.32, 0.8],
  [0.05, 0.75, 0.85],
  [0.05, -0.75, 0.85],
  [1, 0, 0.4],
  [-1, 0, 0.45],
]

type Hole = readonly [Vec3, Vec3]

/** The middle line of a hole, from inside the skull outwards; none where the skull is not met. */
function holeAlong(direction: Vec3, { mesh, bvh }: Skin, toEdge: Mat4, p: Parameters): Hole[] {
  const { min, max } = bounds(mesh)
  const back = inverse(toEdge)
  const half = (max[0] - min[0]) / 2
  const rise = applyTo(toEdge, [(max[0] + min[0]) / 2, 0, max[2]])[2]
  const middle: Vec3 = [-half, 0, 0.2 * rise]
  const way = unit(direction)
  const hit = castRay(bvh, applyTo(back, step(middle, way, 200)), turn(back, scale(way, -1)), {
    max: 200,
  })
  if (!hit) return []
  const out = 200 - hit.t - p.offsetMm
  return [[step(middle, way, out - 6), step(middle, way, out + p.thicknessMm + 6)]]
}

/** A little wider: the sides of the many-sided hole that triangles make lie within its round. */
function holes(ways: readonly Hole[], diameterMm: number): Sdf {
  const all = ways.map((path) => tube(path, diameterMm / 2 + cellMm ** 2 / diameterMm))
  return (x, y, z) => {
    let least = Infinity
    for (const one of all) least = Math.min(least, one(x, y, z))
    return least
  }
}

/** What of the skull lies above the edge, and room for the liner round it. */
function boxOver({ positions }: Mesh, marginMm: number): Box {
  const min = [Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i += 3) {
    if (positions[i + 2] < -2) continue
    for (let k = 0; k < 3; k++) {
      if (k < 2) min[k] = Math.min(min[k], positions[i + k])
      max[k] = Math.max(max[k], positions[i + k])
    }
  }
  return {
    min: [min[0] - marginMm, min[1] - marginMm, -3],
    max: [max[0] + marginMm, max[1] + marginMm, max[2] + marginMm],
  }
}

const near = (mesh: Mesh, { min }: Box, reachMm: number): Mesh =>
  submesh(mesh, (t) => [0, 1, 2].some((k) => mesh.positions[3 * mesh.triangles[3 * t + k] + 2] > min[2] - reachMm))
