import { type Mesh } from '../mesh/mesh.ts'

/** For tests: a ring (torus) round z, closed, outside outwards, with 2 · around · across triangles. */
export function ring(around: number, across: number, radius = 30, thickness = 8): Mesh {
  const positions = new Float64Array(3 * around * across)
  const triangles: number[] = []
  for (let i = 0; i < around; i++) {
    for (let k = 0; k < across; k++) {
      const a = (2 * Math.PI * i) / around
      const b = (2 * Math.PI * k) / across
      const r = radius + thickness * Math.cos(b)
      positions.set([r * Math.cos(a), r * Math.sin(a), thickness * Math.sin(b)], 3 * (i * across + k))
      const [here, up] = [i * across + k, i * across + ((k + 1) % across)]
      const next = ((i + 1) % around) * across
      const [beside, beyond] = [next + k, next + ((k + 1) % across)]
      triangles.push(here, beside, beyond, here, beyond, up)
    }
  }
  return { positions, triangles: Uint32Array.from(triangles) }
}

/**
 * The mesh with a new vertex on each `every`-th triangle's first edge, a `share` of the edge away from its start: where
 * the share is tiny, the vertex and the edge's start become one place in 32 bits.
 */
export function withSplitEdges(mesh: Mesh, every: number, share: number): Mesh {
  const positions = [...mesh.positions]
  const triangles = [...mesh.triangles]
  const count = triangles.length
  const byEdge = new Map<string, number>()
  for (let t = 0; t < count; t += 3) {
    for (let k = 0; k < 3; k++) byEdge.set(`${triangles[t + k]} ${triangles[t + ((k + 1) % 3)]}`, t)
  }
  const touched = new Set<number>()
  for (let t = 0; t < count; t += 3 * every) {
    const [a, b, c] = triangles.slice(t, t + 3)
    const other = byEdge.get(`${b} ${a}`)
    if (other === undefined || touched.has(t) || touched.has(other)) continue
    touched.add(t).add(other)
    const d = triangles.slice(other, other + 3).find((v) => v !== a && v !== b) ?? a
    const m = positions.length / 3
    for (let axis = 0; axis < 3; axis++) {
      positions.push(positions[3 * a + axis] + share * (positions[3 * b + axis] - positions[3 * a + axis]))
    }
    triangles.splice(t, 3, a, m, c)
    triangles.splice(other, 3, m, a, d)
    triangles.push(m, b, c, b, m, d)
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) }
}

/** How many directed edges have no partner the other way: 0 for a closed, consistently turned surface. */
export function openEdges({ triangles }: Mesh): number {
  const count = new Map<string, number>()
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const a = triangles[t + k]
      const b = triangles[t + ((k + 1) % 3)]
      const [edge, by] = a < b ? [`${a} ${b}`, 1] : [`${b} ${a}`, -1]
      count.set(edge, (count.get(edge) ?? 0) + by)
    }
  }
  return [...count.values()].filter((sum) => sum !== 0).length
}
