import type { Mesh } from '../mesh/mesh.ts'

/** A mesh as whoever reads its STL gets it. */
export interface Written {
  readonly mesh: Mesh
  /** vertices that single precision made the same as another one */
  readonly merged: number
  /** triangles that thereby have two corners in one place, left out of the mesh */
  readonly collapsed: number
}

/**
 * Positions rounded to single precision, and vertices in the same place made one: STL has no vertex numbers, its
 * readers join corners by their coordinates. What looks sound in double precision may not be after that.
 * @throws RangeError for a position that is no finite number in single precision
 */
export function asWritten({ positions, triangles }: Mesh): Written {
  const count = positions.length / 3
  const rounded = new Float32Array(positions.length)
  // + 0 turns -0 into 0: they are one place
  for (let i = 0; i < positions.length; i++) {
    rounded[i] = Math.fround(positions[i]) + 0
    if (!Number.isFinite(rounded[i])) throw new RangeError(`vertex ${Math.floor(i / 3)} is nowhere`)
  }
  const bits = new Uint32Array(rounded.buffer)
  let size = 4
  while (size < 2 * count) size *= 2
  const table = new Int32Array(size).fill(-1)
  const first = new Uint32Array(count)
  const kept: number[] = []
  for (let v = 0; v < count; v++) {
    const [x, y, z] = [bits[3 * v], bits[3 * v + 1], bits[3 * v + 2]]
    let slot = (Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ Math.imul(z, 0xc2b2ae35)) >>> 0
    slot = (slot ^ (slot >>> 15)) & (size - 1)
    for (;;) {
      const at = table[slot]
      if (at < 0) {
        table[slot] = kept.length
        first[v] = kept.length
        kept.push(v)
        break
      }
      const w = 3 * kept[at]
      if (bits[w] === x && bits[w + 1] === y && bits[w + 2] === z) {
        first[v] = at
        break
      }
      slot = (slot + 1) & (size - 1)
    }
  }
  const places = new Float64Array(3 * kept.length)
  for (let i = 0; i < kept.length; i++) {
    places[3 * i] = rounded[3 * kept[i]]
    places[3 * i + 1] = rounded[3 * kept[i] + 1]
    places[3 * i + 2] = rounded[3 * kept[i] + 2]
  }
  const corners = new Uint32Array(triangles.length)
  let next = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = first[triangles[t]]
    const b = first[triangles[t + 1]]
    const c = first[triangles[t + 2]]
    if (a === b || b === c || c === a) continue
    corners[next++] = a
    corners[next++] = b
    corners[next++] = c
  }
  return {
    mesh: { positions: places, triangles: corners.slice(0, next) },
    merged: count - kept.length,
    collapsed: (triangles.length - next) / 3,
  }
}
