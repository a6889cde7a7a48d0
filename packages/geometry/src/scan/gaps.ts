import { faceVectors, type Mesh } from '../mesh/mesh.ts'
import { boundaryLoops, nextHalf, triangleOf } from '../mesh/topology.ts'

/** How far the surface round a border has to lie as its lid does for a hole: within 60°, on the mean. */
const along = 0.5

/**
 * The borders of a surface that are holes in it, but for the widest border, which may be where the scan was cropped.
 * In a hole's lid the surface would go on; a lid on the end of a limb or of a canal stands across it, and one under a
 * piece cut out of a body lies on its back.
 * @param mesh cleaned: its triangles agree
 * @returns the area of each hole's lid, in the mesh's unit squared
 */
export function gapsOf(mesh: Mesh): number[] {
  const faces = faceVectors(mesh)
  const lids = boundaryLoops(mesh).map((loop) => lidOver(mesh, loop, faces))
  const widest = lids.reduce((most, lid, i) => (lid.area > lids[most].area ? i : most), 0)
  return lids.filter(({ flush }, i) => i !== widest && flush > along).map(({ area }) => area)
}

/** A border's lid, and the mean cosine between it and the triangles at the border. */
function lidOver({ positions, triangles }: Mesh, loop: Uint32Array, faces: Float64Array) {
  // from a point of the border, since from far away the sums cancel
  const first = 3 * triangles[loop[0]]
  const from = (v: number, axis: number) => positions[3 * v + axis] - positions[first + axis]
  const lid = [0, 0, 0]
  const rim = [0, 0, 0]
  let length = 0
  for (const h of loop) {
    // the lid sees the border from the other side
    const [a, b] = [triangles[nextHalf(h)], triangles[h]]
    const t = 3 * triangleOf(h)
    const side = Math.hypot(from(b, 0) - from(a, 0), from(b, 1) - from(a, 1), from(b, 2) - from(a, 2))
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2])
    length += side
    for (let axis = 0; axis < 3; axis++) {
      const [next, last] = [(axis + 1) % 3, (axis + 2) % 3]
      lid[axis] += (from(a, next) * from(b, last) - from(a, last) * from(b, next)) / 2
      if (size > 0) rim[axis] += (side * faces[t + axis]) / size
    }
  }
  const area = Math.hypot(...lid)
  const flush = area > 0 ? (lid[0] * rim[0] + lid[1] * rim[1] + lid[2] * rim[2]) / (area * length) : 0
  return { area, flush }
}
