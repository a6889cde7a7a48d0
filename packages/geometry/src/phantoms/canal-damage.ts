import { type Mesh, submesh, vertex } from '../mesh/mesh.ts'
import { gaussian, seeded } from '../mesh/random.ts'
import { distance } from '../mesh/vector.ts'

/** The mesh with every coordinate moved by normal noise. @param sigma standard deviation, mm */
export function noisy(mesh: Mesh, sigma: number, seed: number): Mesh {
  const draw = gaussian(seeded(seed))
  return { ...mesh, positions: mesh.positions.map((value) => value + sigma * draw()) }
}

/** The mesh with round holes torn into it at random places (where triangles are dense, more). @param size mm across */
export function torn(mesh: Mesh, holes: number, size: number, seed: number): Mesh {
  const random = seeded(seed)
  const middles = Array.from({ length: holes }, () =>
    vertex(mesh, mesh.triangles[Math.floor(random() * mesh.triangles.length)]),
  )
  return submesh(mesh, (t) => {
    const a = vertex(mesh, mesh.triangles[3 * t])
    return middles.every((middle) => distance(a, middle) > size / 2)
  })
}

/** The same surface with its vertices and triangles in another order, and each triangle starting at another corner. */
export function shuffled({ positions, triangles }: Mesh, seed: number): Mesh {
  const random = seeded(seed)
  const vertexOrder = permutation(positions.length / 3, random)
  const out = new Float64Array(positions.length)
  vertexOrder.forEach((to, from) => out.set(positions.subarray(3 * from, 3 * from + 3), 3 * to))
  const order = permutation(triangles.length / 3, random)
  const corners = new Uint32Array(triangles.length)
  order.forEach((to, t) => {
    const first = Math.floor(random() * 3)
    for (let k = 0; k < 3; k++) corners[3 * to + k] = vertexOrder[triangles[3 * t + ((first + k) % 3)]]
  })
  return { positions: out, triangles: corners }
}

function permutation(size: number, random: () => number): Uint32Array {
  const out = Uint32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[out[i], out[j]] = [out[j], out[i]]
  }
  return out
}
