import { type Mesh, triangleCount, vertexCount } from '../mesh/mesh.ts'

/**
 * A binary little-endian PLY file of the mesh, or of points alone: doubles, so that reading it gives the same mesh bit
 * for bit.
 * @param comments one line each
 */
export function plyOf(mesh: Mesh, comments: readonly string[] = []): Uint8Array {
  const vertices = vertexCount(mesh)
  const triangles = triangleCount(mesh)
  const header = new TextEncoder().encode(
    [
      'ply',
      'format binary_little_endian 1.0',
      ...comments.map((comment) => `comment ${comment.replace(/\s+/g, ' ')}`),
      `element vertex ${vertices}`,
      ...['x', 'y', 'z'].map((axis) => `property double ${axis}`),
      ...(triangles > 0 ? [`element face ${triangles}`, 'property list uchar int vertex_indices'] : []),
      'end_header\n',
    ].join('\n'),
  )
  const out = new Uint8Array(header.length + 24 * vertices + 13 * triangles)
  out.set(header)
  const view = new DataView(out.buffer)
  let at = header.length
  for (let i = 0; i < mesh.positions.length; i++, at += 8) view.setFloat64(at, mesh.positions[i], true)
  for (let t = 0; t < mesh.triangles.length; t += 3, at += 13) {
    view.setUint8(at, 3)
    for (let k = 0; k < 3; k++) view.setUint32(at + 1 + 4 * k, mesh.triangles[t + k], true)
  }
  return out
}
