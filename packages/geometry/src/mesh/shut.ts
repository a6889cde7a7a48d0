import type { Mesh } from './mesh.ts'
import { boundaryLoops, nextHalf } from './topology.ts'

/** The mesh with a fan from its middle over each of its openings. */
export function shut(mesh: Mesh): Mesh {
  const loops = boundaryLoops(mesh)
  if (loops.length === 0) return mesh
  const { positions, triangles } = mesh
  const middles: number[] = []
  const fans: number[] = []
  for (const loop of loops) {
    const sum = [0, 0, 0]
    for (const h of loop) for (let k = 0; k < 3; k++) sum[k] += positions[3 * triangles[h] + k] / loop.length
    for (const h of loop) fans.push(triangles[nextHalf(h)], triangles[h], (positions.length + middles.length) / 3)
    middles.push(...sum)
  }
  const all = new Float64Array(positions.length + middles.length)
  all.set(positions)
  all.set(middles, positions.length)
  const faces = new Uint32Array(triangles.length + fans.length)
  faces.set(triangles)
  faces.set(fans, triangles.length)
  return { positions: all, triangles: faces }
}
