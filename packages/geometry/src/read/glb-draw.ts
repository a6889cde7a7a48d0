import { isMirror, type Mat4 } from '../mesh/matrix.ts'
import { isPlace } from './finish.ts'
import { type Accessor, type Accessors, FLOAT } from './glb-accessor.ts'
import { type Json, list, record, referred, whole } from './glb-json.ts'
import { type Influences, mixed } from './glb-skin.ts'
import { grown } from './grow.ts'
import { type Limits, tooLarge, unreadable } from './unreadable.ts'
import { type Weld, welded, weldFor } from './weld.ts'

/** A mesh at one node. */
export interface Draw {
  readonly name: string
  readonly mesh: number
  readonly primitives: readonly unknown[]
  readonly matrix: Mat4
  /** What the joints of its skin do, for a skinned mesh: its node's own matrix is of no meaning then. */
  readonly joints: readonly Mat4[] | undefined
}

/** The scene as far as it has been drawn. */
export interface Drawing {
  readonly accessors: Accessors
  readonly accessorList: readonly unknown[]
  readonly limits: Limits
  positions: Float64Array<ArrayBuffer>
  vertices: number
  corners: Uint32Array<ArrayBuffer>
  triangles: number
  /** Sums of the normals at each vertex; undefined as soon as a primitive has none. */
  normals: Float64Array<ArrayBuffer> | undefined
  /** r g b, 0 to 1; undefined as soon as a primitive has none. */
  colors: Float32Array<ArrayBuffer> | undefined
  /** Primitives of lines, and points without a place, that were left out. */
  lines: number
  nowhere: number
  morphed: boolean
  primitives: number
  points: number
  /** Triangles gone through, those without area too: what time goes by. */
  tried: number
  draws: number
  /** By POSITION accessor: which vertex each of its elements became, and in the draw of what number. */
  readonly became: Map<number, Became>
}

interface Became {
  readonly vertex: Int32Array
  readonly draw: Int32Array
}

const MOST_PRIMITIVES = 65_536

export const emptyDrawing = (gltf: Json, accessors: Accessors, limits: Limits): Drawing => ({
  accessors,
  accessorList: list(gltf.accessors, 'accessors'),
  limits,
  positions: new Float64Array(),
  vertices: 0,
  corners: new Uint32Array(),
  triangles: 0,
  normals: new Float64Array(),
  colors: new Float32Array(),
  lines: 0,
  nowhere: 0,
  morphed: false,
  primitives: 0,
  points: 0,
  tried: 0,
  draws: 0,
  became: new Map(),
})

const POINTS = 0
const TRIANGLES = 4
const TRIANGLE_STRIP = 5
const TRIANGLE_FAN = 6

/** One primitive of a draw, with all that its vertices are made from. */
interface Primitive {
  readonly at: string
  readonly draw: Draw
  /** Of the whole draw, so that its primitives meet where they touch. */
  readonly weld: Weld
  /** The draw's first vertex: number 0 of the weld. */
  readonly first: number
  readonly isPoints: boolean
  readonly position: Accessor
  readonly indices: Accessor | undefined
  readonly normal: Accessor | undefined
  readonly color: Accessor | undefined
  readonly influences: Influences
  readonly became: Became
}

/** Adds a mesh's triangles and points to the drawing. */
export function drawMesh(drawing: Drawing, draw: Draw) {
  const first = drawing.vertices
  let weld: Weld | undefined
  drawing.draws++
  for (const [p, value] of draw.primitives.entries()) {
    const at = `mesh ${draw.mesh}, primitive ${p}`
    if (++drawing.primitives > MOST_PRIMITIVES) throw unreadable('glb', at, `more than ${MOST_PRIMITIVES} are shown`)
    const json = record(value, at)
    const mode = whole(json.mode, at, TRIANGLES)
    if (mode > TRIANGLE_FAN) throw unreadable('glb', at, `there is no mode ${mode}`)
    if (mode !== POINTS && mode < TRIANGLES) {
      drawing.lines++
      continue
    }
    if (json.targets !== undefined) drawing.morphed = true
    const attributes = attributesOf(drawing, draw, json, at)
    const count = (attributes.indices ?? attributes.position).count
    weld ??= weldFor(count, drawing.limits.maxVertices)
    const primitive: Primitive = { at, draw, weld, first, isPoints: mode === POINTS, ...attributes }
    if (!primitive.normal) drawing.normals = undefined
    if (!primitive.color) drawing.colors = undefined
    if (mode === POINTS) drawPoints(drawing, primitive, count)
    else drawTriangles(drawing, primitive, count, mode)
  }
  if (!weld) return
  drawing.positions = grown(drawing.positions, 3 * drawing.vertices)
  drawing.positions.set(weld.positions.subarray(0, 3 * weld.count), 3 * first)
}

function attributesOf(drawing: Drawing, draw: Draw, json: Json, at: string) {
  const { accessors, accessorList } = drawing
  const attributes = record(json.attributes, at)
  const accessor = (value: unknown, types: readonly string[]) =>
    value === undefined ? undefined : accessors.read(referred(accessorList, value, at, 'accessor'), types)
  const index = referred(accessorList, attributes.POSITION, at, 'accessor')
  const source = record(accessorList[index], `accessor ${index}`)
  if (source.bufferView === undefined && source.sparse === undefined) {
    const names = json.extensions === undefined ? [] : Object.keys(record(json.extensions, at))
    const why = names.length > 0 ? `it is compressed by ${names[0].slice(0, 64)}` : 'it has no bytes'
    throw unreadable('glb', `accessor ${index}`, `the positions of ${at} cannot be read: ${why}`)
  }
  const position = accessors.read(index, ['VEC3'])
  const indices = accessor(json.indices, ['SCALAR'])
  if (indices?.component === FLOAT) throw unreadable('glb', at, 'its indices are no whole numbers')
  const perVertex = (value: unknown, types: readonly string[]) => {
    const found = accessor(value, types)
    if (!found || found.count === position.count) return found
    throw unreadable('glb', at, `${found.count} values for ${position.count} vertices`)
  }
  const influences: { joints: Accessor; weights: Accessor }[] = []
  for (let set = 0; draw.joints && set < 4; set++) {
    const joints = perVertex(attributes[`JOINTS_${set}`], ['VEC4'])
    const weights = perVertex(attributes[`WEIGHTS_${set}`], ['VEC4'])
    if (!joints || !weights) break
    influences.push({ joints, weights })
  }
  return {
    position,
    indices,
    normal: perVertex(attributes.NORMAL, ['VEC3']),
    color: perVertex(attributes.COLOR_0, ['VEC3', 'VEC4']),
    influences,
    became: becameOf(drawing, index, position.count),
  }
}

function becameOf({ became }: Drawing, accessor: number, count: number): Became {
  const before = became.get(accessor)
  if (before) return before
  const made = { vertex: new Int32Array(count), draw: new Int32Array(count) }
  became.set(accessor, made)
  return made
}

function drawPoints(drawing: Drawing, primitive: Primitive, count: number) {
  drawing.points += count
  if (drawing.points > drawing.limits.maxVertices) {
    throw tooLarge('vertices', drawing.points, drawing.limits.maxVertices)
  }
  for (let i = 0; i < count; i++) vertexAt(drawing, primitive, i)
}

/** Strips turn each second triangle, fans share their first corner (glTF 2.0, 3.7.2.1). */
function drawTriangles(drawing: Drawing, primitive: Primitive, count: number, mode: number) {
  if (mode === TRIANGLES && count % 3 !== 0) {
    throw unreadable('glb', primitive.at, `${count} corners do not make whole triangles`)
  }
  const triangles = mode === TRIANGLES ? count / 3 : Math.max(count - 2, 0)
  drawing.tried += triangles
  if (drawing.tried > drawing.limits.maxTriangles) {
    throw tooLarge('triangles', drawing.tried, drawing.limits.maxTriangles)
  }
  drawing.corners = grown(drawing.corners, 3 * (drawing.triangles + triangles))
  const { corners } = drawing
  const { joints, matrix } = primitive.draw
  const mirrored = isMirror(joints ? joints[0] : matrix)
  for (let t = 0; t < triangles; t++) {
    const start = mode === TRIANGLES ? 3 * t : t
    const odd = mode === TRIANGLE_STRIP && t % 2 === 1
    const a = vertexAt(drawing, primitive, mode === TRIANGLE_FAN ? 0 : start)
    const b = vertexAt(drawing, primitive, start + (odd ? 2 : 1))
    const c = vertexAt(drawing, primitive, start + (odd ? 1 : 2))
    // a strip turns a corner by naming one element twice: no triangle there
    if (mode !== TRIANGLES && (a === b || b === c || a === c)) continue
    const at = 3 * drawing.triangles++
    corners[at] = a
    corners[at + 1] = mirrored ? c : b
    corners[at + 2] = mirrored ? b : c
  }
}

const skinned: number[] = Array.from({ length: 12 }, () => 0)

/** The drawing's vertex for corner i of the primitive; made when the draw has none at this place yet. */
function vertexAt(drawing: Drawing, primitive: Primitive, i: number): number {
  const { indices, position, became, draw, weld, first, at } = primitive
  const element = indices ? indices.values[i] : i
  if (element >= position.count) throw unreadable('glb', at, `there is no vertex ${element} of ${position.count}`)
  if (became.draw[element] === drawing.draws) return became.vertex[element]
  let m: readonly number[] = draw.matrix
  if (draw.joints) {
    mixed(draw.joints, primitive.influences, element, at, skinned)
    m = skinned
  }
  const { values } = position
  const px = values[3 * element]
  const py = values[3 * element + 1]
  const pz = values[3 * element + 2]
  const x = m[0] * px + m[1] * py + m[2] * pz + m[3]
  const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
  const z = m[8] * px + m[9] * py + m[10] * pz + m[11]
  if (!(isPlace(x) && isPlace(y) && isPlace(z))) {
    if (!primitive.isPoints) throw unreadable('glb', at, `vertex ${element} lies at ${x} ${y} ${z}`)
    drawing.nowhere++
    return -1
  }
  const number = welded(weld, x, y, z)
  if (number < 0) throw unreadable('glb', at, 'the vertices are chosen so that welding takes for ever')
  const vertex = first + number
  if (vertex >= drawing.limits.maxVertices) throw tooLarge('vertices', vertex + 1, drawing.limits.maxVertices)
  const isNew = vertex >= drawing.vertices
  if (isNew) drawing.vertices = vertex + 1
  if (primitive.normal && drawing.normals) addNormal(drawing, m, primitive.normal.values, element, vertex)
  if (primitive.color && drawing.colors && isNew) addColor(drawing, primitive.color, element, vertex)
  became.draw[element] = drawing.draws
  became.vertex[element] = vertex
  return vertex
}

/** Normals turn by the cofactors of the matrix, which keeps them upright on the surface under any scale. */
function addNormal(drawing: Drawing, m: readonly number[], normals: Float64Array, element: number, vertex: number) {
  const x = normals[3 * element]
  const y = normals[3 * element + 1]
  const z = normals[3 * element + 2]
  const nx = (m[5] * m[10] - m[6] * m[9]) * x + (m[6] * m[8] - m[4] * m[10]) * y + (m[4] * m[9] - m[5] * m[8]) * z
  const ny = (m[2] * m[9] - m[1] * m[10]) * x + (m[0] * m[10] - m[2] * m[8]) * y + (m[1] * m[8] - m[0] * m[9]) * z
  const nz = (m[1] * m[6] - m[2] * m[5]) * x + (m[2] * m[4] - m[0] * m[6]) * y + (m[0] * m[5] - m[1] * m[4]) * z
  const size = Math.hypot(nx, ny, nz) * (isMirror(m) ? -1 : 1)
  const sums = grown(drawing.normals ?? new Float64Array(), 3 * vertex + 3)
  drawing.normals = sums
  if (size === 0 || !isPlace(size)) return
  sums[3 * vertex] += nx / size
  sums[3 * vertex + 1] += ny / size
  sums[3 * vertex + 2] += nz / size
}

function addColor(drawing: Drawing, { values, width }: Accessor, element: number, vertex: number) {
  drawing.colors = grown(drawing.colors ?? new Float32Array(), 3 * vertex + 3)
  for (let k = 0; k < 3; k++) drawing.colors[3 * vertex + k] = values[width * element + k]
}
