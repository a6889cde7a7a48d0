import type { Mesh } from '../mesh/mesh.ts'
import { submesh } from '../mesh/mesh.ts'
import { componentsOf } from '../mesh/topology.ts'

/**
 * The closed pieces of a surface that are worth making: bodies and voids (pieces turned inside out) of less than a
 * volume are left out. Crumbs come from cutting near an edge, tiny voids from hollows that pinch off.
 * @param leastMm3 bodies smaller than this go; their voids, smaller still, go with them
 * @param leastVoidMm3 voids smaller than this are filled; Infinity fills all
 */
export function withoutCrumbs(mesh: Mesh, leastMm3: number, leastVoidMm3 = leastMm3): Mesh {
  const pieces = componentsOf(mesh)
  if (pieces.count < 2) return mesh
  const volumes = pieceVolumes(mesh, pieces)
  const kept = volumes.map((v) => (v > 0 ? v >= leastMm3 : -v >= leastVoidMm3) && v !== 0)
  return submesh(mesh, (t) => kept[pieces.of[t]])
}

/** The largest body alone, with its voids of at least a volume. */
export function largestBody(mesh: Mesh, leastVoidMm3 = Infinity): Mesh {
  const pieces = componentsOf(mesh)
  if (pieces.count < 2) return mesh
  const volumes = pieceVolumes(mesh, pieces)
  const most = volumes.reduce((a, b) => Math.max(a, b), -Infinity)
  return withoutCrumbs(mesh, most, leastVoidMm3)
}

/** The signed volume within each piece, mm³. */
function pieceVolumes({ positions, triangles }: Mesh, pieces: { count: number; of: Uint32Array }): number[] {
  const sums: number[] = Array.from({ length: pieces.count }, () => 0)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    sums[pieces.of[t / 3]] +=
      (positions[a] * (positions[b + 1] * positions[c + 2] - positions[b + 2] * positions[c + 1]) +
        positions[a + 1] * (positions[b + 2] * positions[c] - positions[b] * positions[c + 2]) +
        positions[a + 2] * (positions[b] * positions[c + 1] - positions[b + 1] * positions[c])) /
      6
  }
  return sums
}
