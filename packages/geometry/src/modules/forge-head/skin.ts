import { type Bvh, bvhOf } from '../../mesh/bvh.ts'
import { applyTo } from '../../mesh/matrix.ts'
import { type Mesh, submesh, transformed } from '../../mesh/mesh.ts'
import { newSignedNearest, signedDistance } from '../../mesh/nearest.ts'
import { componentsOf } from '../../mesh/topology.ts'
import type { Vec3 } from '../../mesh/vector.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput } from '../module.ts'

/** The skin of a head in its canonical pose: x forward, y to its left, z up, sellion and subnasale at x = y = 0. */
export interface Skin {
  readonly mesh: Mesh
  readonly bvh: Bvh
  /** mm from the skin, positive in the air; `reachMm` where it is farther than that */
  distance(x: number, y: number, z: number, reachMm: number): number
  readonly sellion: Vec3
  readonly glabella: Vec3
  readonly tragions: { readonly left: Vec3; readonly right: Vec3 }
}

/**
 * The largest piece of the scan: eyeballs, lashes and teeth that are pieces of their own carry no product.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED for a head without the landmarks that its products hang on
 */
export function skinOf({ mesh, toCanonical, landmarks }: DesignInput): Skin {
  const names = ['sellion', 'glabella', 'tragion_left', 'tragion_right'] as const
  const missing = names.filter((name) => !landmarks[name])
  if (missing.length > 0) {
    throw new GeometryRefusal('DESIGN_NOT_SUPPORTED', `the scan does not show ${missing.join(', ')}`, { missing })
  }
  const [sellion, glabella, left, right] = names.map((name) => applyTo(toCanonical, landmarks[name]))
  const pieces = componentsOf(mesh)
  const largest = pieces.count > 1 ? submesh(mesh, (t) => pieces.of[t] === 0) : mesh
  const skin = transformed({ positions: largest.positions, triangles: largest.triangles }, toCanonical)
  const bvh = bvhOf(skin)
  const found = newSignedNearest()
  const distance = (x: number, y: number, z: number, reachMm: number) =>
    Math.min(reachMm, signedDistance(bvh, x, y, z, reachMm, found).signed)
  return { mesh: skin, bvh, distance, sellion, glabella, tragions: { left, right } }
}
