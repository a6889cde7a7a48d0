import { type Mesh, vertexCount } from '../mesh/mesh.ts'

/** A surface in 32-bit floats, as STL, GLB and most programs that read 3MF hold it. */
export interface Rounded {
  readonly positions: Float32Array<ArrayBuffer>
  readonly triangles: Uint32Array
}

const NANOMETRES = 1e6

/**
 * The surface with its coordinates rounded to whole nanometres and to 32 bits (4 nm apart at 100 mm), closed if it
 * was closed. Nanometres come first because floats are ever finer towards 0, where they would keep apart what is one
 * place anywhere else; and their decimals are short.
 *
 * Equal doubles become equal floats, so that what was joined stays joined. Two ends of an edge that become one float
 * are made one vertex, and the triangles that lose their area by it go: each edge that is left still has both its
 * sides, as collapsing edges takes boundaries to boundaries. Two vertices that no edge joins and that round to one
 * float stay two here; in a format without vertex numbers (STL) the surface then touches itself in that point.
 * @throws RangeError for coordinates that 32 bits do not hold: no file can be written of them
 */
export function roundedToFloat(mesh: Mesh): Rounded {
  const positions = new Float32Array(mesh.positions.length)
  for (let i = 0; i < positions.length; i++) {
    positions[i] = Math.round(mesh.positions[i] * NANOMETRES) / NANOMETRES
    if (!Number.isFinite(positions[i])) throw new RangeError(`coordinate ${i} of the mesh is ${mesh.positions[i]}`)
    positions[i] += 0 // -0 becomes 0: programs that compare bytes would see two places
  }
  const { triangles } = mesh
  const same = (a: number, b: number) =>
    positions[3 * a] === positions[3 * b] &&
    positions[3 * a + 1] === positions[3 * b + 1] &&
    positions[3 * a + 2] === positions[3 * b + 2]
  let collapses = false
  for (let t = 0; t < triangles.length && !collapses; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    collapses = same(a, b) || same(b, c) || same(c, a)
  }
  return collapses ? collapsed(positions, triangles, same) : { positions, triangles }
}

function collapsed(positions: Float32Array, triangles: Uint32Array, same: (a: number, b: number) => boolean): Rounded {
  const leads = Uint32Array.from({ length: positions.length / 3 }, (_, v) => v)
  const lead = (v: number) => {
    let at = v
    while (leads[at] !== at) at = leads[at] = leads[leads[at]]
    return at
  }
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const a = triangles[t + k]
      const b = triangles[t + ((k + 1) % 3)]
      if (same(a, b)) leads[lead(a)] = lead(b)
    }
  }
  const kept: number[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [lead(triangles[t]), lead(triangles[t + 1]), lead(triangles[t + 2])]
    if (a !== b && b !== c && c !== a) kept.push(a, b, c)
  }
  return compact(positions, kept)
}

/** Without the vertices that no triangle has any more. */
function compact(positions: Float32Array, corners: readonly number[]): Rounded {
  const numbers = new Map<number, number>()
  const triangles = Uint32Array.from(corners, (v) => {
    const number = numbers.get(v) ?? numbers.size
    numbers.set(v, number)
    return number
  })
  const out = new Float32Array(3 * numbers.size)
  for (const [v, number] of numbers) out.set(positions.subarray(3 * v, 3 * v + 3), 3 * number)
  return { positions: out, triangles }
}

/** The rounded surface as a mesh, for what is computed from it. */
export const meshOf = ({ positions, triangles }: Rounded): Mesh => ({
  positions: Float64Array.from(positions),
  triangles,
})

/** Points alone, or triangles: what a file is made for. */
export const isPoints = (mesh: Mesh) => mesh.triangles.length === 0 && vertexCount(mesh) > 0
