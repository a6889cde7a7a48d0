import { type Mesh, vertexNormals } from '../mesh/mesh.ts'
import { isPoints, meshOf, roundedToFloat } from './rounding.ts'

export interface GlbPart {
  /** A surface, or points alone. One of neither is left out. */
  readonly mesh: Mesh
  readonly name: string
  /** Red, green, blue as screens have them (sRGB) and opacity, each 0 to 1. */
  readonly color: readonly [r: number, g: number, b: number, a: number]
}

export interface GlbOptions {
  /** Which axis of the mesh points upwards; glTF's is y. */
  readonly up?: 'y' | 'z'
}

const FLOAT = 5126
const UNSIGNED_SHORT = 5123
const UNSIGNED_INT = 5125
const ARRAY_BUFFER = 34962
const ELEMENT_ARRAY_BUFFER = 34963

/**
 * A GLB file (glTF 2.0) of the parts for a preview: one mesh with smooth normals and one material each. Coordinates
 * stay millimetres; the root node makes them metres and turns what is up into y, as glTF demands.
 * @throws RangeError for coordinates that 32 bits do not hold, and when no part has anything to show
 */
export function glbOf(parts: readonly GlbPart[], { up = 'z' }: GlbOptions = {}): Uint8Array {
  const shown = parts.filter(({ mesh }) => mesh.triangles.length > 0 || isPoints(mesh))
  if (shown.length === 0) throw new RangeError('none of the parts has anything to show')
  const store = emptyStore()
  const meshes = shown.map(({ mesh, name }, material) => {
    const primitive = isPoints(mesh) ? pointsOf(store, mesh) : surfaceOf(store, mesh)
    return { name, primitives: [{ ...primitive, material }] }
  })
  const mm = 0.001
  const upright = up === 'y' ? [0, mm, 0, 0, 0, 0, mm, 0] : [0, 0, -mm, 0, 0, mm, 0, 0]
  const matrix = [mm, 0, 0, 0, ...upright, 0, 0, 0, 1] // in columns
  const root = shown.length
  return fileOf(
    {
      asset: { version: '2.0', generator: 'Saudagar' },
      scene: 0,
      scenes: [{ nodes: [root] }],
      nodes: [
        ...shown.map(({ name }, mesh) => ({ name, mesh })),
        { name: 'millimetres', matrix, children: shown.map((_, node) => node) },
      ],
      meshes,
      materials: shown.map(materialOf),
      accessors: store.accessors,
      bufferViews: store.bufferViews,
      buffers: [{ byteLength: store.bytes }],
    },
    store,
  )
}

/** Plastic seen from both sides: scans are open, and transparent parts show their backs. */
const materialOf = ({ name, color: [r, g, b, a] }: GlbPart) => ({
  name,
  pbrMetallicRoughness: {
    baseColorFactor: [linear(r), linear(g), linear(b), a],
    metallicFactor: 0,
    roughnessFactor: 0.6,
  },
  doubleSided: true,
  ...(a < 1 && { alphaMode: 'BLEND' }),
})

/** From what a screen shows to the share of light (IEC 61966-2-1), in which glTF counts. */
const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)

/** The binary chunk as it grows, and what says where in it what is. */
interface Store {
  readonly pieces: { at: number; data: Uint8Array }[]
  readonly accessors: object[]
  readonly bufferViews: object[]
  bytes: number
}

const emptyStore = (): Store => ({ pieces: [], accessors: [], bufferViews: [], bytes: 0 })

/** Adds an array as a buffer view and an accessor of its own; returns the accessor's number. */
function put(store: Store, data: Float32Array | Uint32Array | Uint16Array, target: number, accessor: object): number {
  store.pieces.push({ at: store.bytes, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) })
  store.bufferViews.push({ buffer: 0, byteOffset: store.bytes, byteLength: data.byteLength, target })
  store.accessors.push({ bufferView: store.bufferViews.length - 1, ...accessor })
  store.bytes = roundUp(store.bytes + data.byteLength)
  return store.accessors.length - 1
}

const roundUp = (bytes: number) => bytes + ((4 - (bytes % 4)) % 4)

function putPositions(store: Store, positions: Float32Array): number {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    min[i % 3] = Math.min(min[i % 3], positions[i])
    max[i % 3] = Math.max(max[i % 3], positions[i])
  }
  const accessor = { componentType: FLOAT, count: positions.length / 3, type: 'VEC3', min, max }
  return put(store, positions, ARRAY_BUFFER, accessor)
}

const pointsOf = (store: Store, mesh: Mesh) => ({
  attributes: { POSITION: putPositions(store, roundedToFloat(mesh).positions) },
  mode: 0,
})

function surfaceOf(store: Store, mesh: Mesh) {
  const rounded = roundedToFloat(mesh)
  const count = rounded.positions.length / 3
  const POSITION = putPositions(store, rounded.positions)
  const normals = Float32Array.from(vertexNormals(meshOf(rounded)))
  for (let i = 0; i < normals.length; i += 3) {
    // a vertex without a triangle of any area: glTF wants a direction nevertheless
    if (normals[i] === 0 && normals[i + 1] === 0 && normals[i + 2] === 0) normals[i + 2] = 1
  }
  const NORMAL = put(store, normals, ARRAY_BUFFER, { componentType: FLOAT, count, type: 'VEC3' })
  const short = count <= 65_535 // the largest number of each type must not be used
  const triangles = short ? Uint16Array.from(rounded.triangles) : rounded.triangles
  const indices = put(store, triangles, ELEMENT_ARRAY_BUFFER, {
    componentType: short ? UNSIGNED_SHORT : UNSIGNED_INT,
    count: triangles.length,
    type: 'SCALAR',
  })
  return { attributes: { POSITION, NORMAL }, indices }
}

/** Header and two chunks, each filled up to whole words: JSON with spaces, binary with zeros. */
function fileOf(json: object, store: Store): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json))
  const jsonLength = roundUp(text.length)
  const out = new Uint8Array(12 + 8 + jsonLength + 8 + store.bytes)
  const view = new DataView(out.buffer)
  const word = (at: number, value: number) => view.setUint32(at, value, true)
  word(0, 0x46546c67) // glTF
  word(4, 2)
  word(8, out.length)
  word(12, jsonLength)
  word(16, 0x4e4f534a) // JSON
  out.fill(0x20, 20, 20 + jsonLength)
  out.set(text, 20)
  word(20 + jsonLength, store.bytes)
  word(24 + jsonLength, 0x004e4942) // BIN
  for (const { at, data } of store.pieces) out.set(data, 28 + jsonLength + at)
  return out
}
