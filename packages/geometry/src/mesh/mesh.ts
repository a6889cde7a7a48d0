import { isMirror, type Mat4 } from './matrix.ts'
import { type Vec3 } from './vector.ts'

/**
 * A surface of triangles, or points alone when `triangles` is empty. Corners run anticlockwise seen from outside.
 * Nothing changes a mesh once it is made: what cleans, cuts or moves one returns another.
 */
export interface Mesh {
  /** x0 y0 z0 x1 y1 z1 …, millimetres (as in the file, until its unit is known) */
  readonly positions: Float64Array
  /** three vertex numbers a triangle */
  readonly triangles: Uint32Array
}

/** What a file held, in the file's own unit. */
export interface Scan extends Mesh {
  readonly format: 'ply' | 'obj' | 'stl' | 'glb'
  /** The file's unit where its format fixes one (glTF is in metres); otherwise it has to be found. */
  readonly unit?: 'm'
  /** r g b, 0 to 255, three a vertex */
  readonly colors?: Uint8Array
  /** nx ny nz, three a vertex, as the file has them */
  readonly normals?: Float64Array
  /** Named parts (OBJ groups, GLB meshes): triangles `from` to `to` (not included). */
  readonly parts?: readonly { name: string; from: number; to: number }[]
  /** One whole number a triangle (teeth that somebody labelled). */
  readonly labels?: Int32Array
  /** What the file says of itself and is wanted later: PLY comments, the OBJ's or STL's name. */
  readonly notes: readonly string[]
}

export const vertexCount = (mesh: Mesh) => mesh.positions.length / 3
export const triangleCount = (mesh: Mesh) => mesh.triangles.length / 3
export const vertex = (mesh: Mesh, i: number): Vec3 => [
  mesh.positions[3 * i],
  mesh.positions[3 * i + 1],
  mesh.positions[3 * i + 2],
]

export interface Box {
  readonly min: Vec3
  readonly max: Vec3
}

/** The smallest upright box round all vertices; of none, a box turned inside out. */
export function bounds({ positions }: Mesh): Box {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3
    if (positions[i] < min[axis]) min[axis] = positions[i]
    if (positions[i] > max[axis]) max[axis] = positions[i]
  }
  return { min, max }
}

/** The mesh moved by a transform; one that mirrors also turns the triangles, so that outside stays outside. */
export function transformed<M extends Mesh>(mesh: M, m: Mat4): M {
  const positions = new Float64Array(mesh.positions.length)
  for (let i = 0; i < positions.length; i += 3) {
    const x = mesh.positions[i]
    const y = mesh.positions[i + 1]
    const z = mesh.positions[i + 2]
    positions[i] = m[0] * x + m[1] * y + m[2] * z + m[3]
    positions[i + 1] = m[4] * x + m[5] * y + m[6] * z + m[7]
    positions[i + 2] = m[8] * x + m[9] * y + m[10] * z + m[11]
  }
  return { ...mesh, positions, triangles: isMirror(m) ? turned(mesh.triangles) : mesh.triangles }
}

/** The same triangles seen from the other side. */
export function turned(triangles: Uint32Array): Uint32Array {
  const out = triangles.slice()
  for (let t = 0; t < out.length; t += 3) [out[t + 1], out[t + 2]] = [out[t + 2], out[t + 1]]
  return out
}

/**
 * A figure of a mesh that is worked out when it is first asked for, and kept for as long as that mesh is: several steps
 * ask for it, and nothing changes a mesh. Nothing may change the figure either.
 */
export function perMesh<T>(of: (mesh: Mesh) => T): (mesh: Mesh) => T {
  const known = new WeakMap<Mesh, { figure: T }>()
  return (mesh) => {
    const before = known.get(mesh)
    if (before) return before.figure
    const figure = of(mesh)
    known.set(mesh, { figure })
    return figure
  }
}

/** Twice the area of each triangle along its outward direction: nx ny nz, three a triangle, not of length 1. */
export const faceVectors = perMesh(({ positions, triangles }): Float64Array => {
  const out = new Float64Array(triangles.length)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    out[t] = uy * vz - uz * vy
    out[t + 1] = uz * vx - ux * vz
    out[t + 2] = ux * vy - uy * vx
  }
  return out
})

/** Outward directions of length 1 at each vertex: its triangles weighted by their area. */
export const vertexNormals = perMesh((mesh): Float64Array => {
  const faces = faceVectors(mesh)
  const out = new Float64Array(mesh.positions.length)
  for (let corner = 0; corner < mesh.triangles.length; corner++) {
    const v = 3 * mesh.triangles[corner]
    const t = corner - (corner % 3)
    out[v] += faces[t]
    out[v + 1] += faces[t + 1]
    out[v + 2] += faces[t + 2]
  }
  for (let i = 0; i < out.length; i += 3) {
    const size = Math.sqrt(out[i] ** 2 + out[i + 1] ** 2 + out[i + 2] ** 2) || 1
    out[i] /= size
    out[i + 1] /= size
    out[i + 2] /= size
  }
  return out
})

/** The surface's area, mm². */
export function area(mesh: Mesh): number {
  const faces = faceVectors(mesh)
  let sum = 0
  for (let i = 0; i < faces.length; i += 3) sum += Math.hypot(faces[i], faces[i + 1], faces[i + 2])
  return sum / 2
}

/** The volume that a closed surface holds, mm³ (divergence theorem); negative when it is inside out. */
export function volume({ positions, triangles }: Mesh): number {
  let sum = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    sum +=
      positions[a] * (positions[b + 1] * positions[c + 2] - positions[b + 2] * positions[c + 1]) +
      positions[a + 1] * (positions[b + 2] * positions[c] - positions[b] * positions[c + 2]) +
      positions[a + 2] * (positions[b] * positions[c + 1] - positions[b + 1] * positions[c])
  }
  return sum / 6
}

/** The triangles for which `keep` holds, with the vertices they use, in their old order. */
export function submesh(mesh: Mesh, keep: (triangle: number) => boolean): Mesh {
  const triangles = new Uint32Array(mesh.triangles.length)
  let kept = 0
  for (let t = 0; t < triangleCount(mesh); t++) {
    if (!keep(t)) continue
    for (let corner = 3 * t; corner < 3 * t + 3; corner++) triangles[kept++] = mesh.triangles[corner]
  }
  return compact({ positions: mesh.positions, triangles: triangles.slice(0, kept) })
}

/** The mesh without the vertices that no triangle uses, the others in their old order. */
export function compact({ positions, triangles }: Mesh): Mesh {
  const number = new Uint32Array(positions.length / 3)
  for (let i = 0; i < triangles.length; i++) number[triangles[i]] = 1
  const kept = new Float64Array(positions.length)
  let used = 0
  for (let v = 0; v < number.length; v++) {
    if (number[v] === 0) continue
    number[v] = used
    kept[3 * used] = positions[3 * v]
    kept[3 * used + 1] = positions[3 * v + 1]
    kept[3 * used + 2] = positions[3 * v + 2]
    used++
  }
  return { positions: kept.slice(0, 3 * used), triangles: triangles.map((v) => number[v]) }
}
