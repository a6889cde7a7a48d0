import { faceVectors, type Mesh } from '../mesh/mesh.ts'
import { meshOf, roundedToFloat } from './rounding.ts'

/**
 * A binary STL file of the mesh: 32-bit floats, millimetres as the mesh has them, normals from the rounded corners
 * (0 0 0 for a triangle without area).
 * @param name the first 80 characters of it become the header, those outside of ASCII as "?"
 * @throws RangeError for coordinates that 32 bits do not hold
 */
export function stlOf(mesh: Mesh, name: string): Uint8Array {
  const rounded = roundedToFloat(mesh)
  const { positions, triangles } = rounded
  const faces = faceVectors(meshOf(rounded))
  const count = triangles.length / 3
  const out = new Uint8Array(84 + 50 * count)
  const view = new DataView(out.buffer)
  out.set(new TextEncoder().encode(headerOf(name)))
  view.setUint32(80, count, true)
  let at = 84
  for (let t = 0; t < triangles.length; t += 3) {
    const size = Math.hypot(faces[t], faces[t + 1], faces[t + 2]) || 1
    for (let axis = 0; axis < 3; axis++) view.setFloat32(at + 4 * axis, faces[t + axis] / size, true)
    at += 12
    for (let corner = t; corner < t + 3; corner++) {
      for (let axis = 0; axis < 3; axis++) {
        view.setFloat32(at, positions[3 * triangles[corner] + axis], true)
        at += 4
      }
    }
    at += 2 // attributes: none
  }
  return out
}

/** Eighty bytes that do not begin with "solid", by which many programs tell the form in words. */
function headerOf(name: string): string {
  const plain = name.replace(/[^ -~]/g, '?')
  return (/^\s*solid/i.test(plain) ? `binary ${plain}` : plain).slice(0, 80).padEnd(80)
}
