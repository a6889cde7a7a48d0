import { type Scan } from '../mesh/mesh.ts'
import { colorsOf, finished } from './finish.ts'
import { grown } from './grow.ts'
import { isWholeType, type PlyElement, type PlyHeader, type PlyProperty, readHeader, sizeOf } from './ply-header.ts'
import { binaryValues, type PlyValues, textValues, type Where } from './ply-values.ts'
import { type Fans, noFans, rememberFan, unfoldFans } from './polygon.ts'
import { type Limits, tooLarge, unreadable } from './unreadable.ts'

/**
 * A PLY file: ascii or binary of either byte order, properties in any order and type, other elements before, between
 * and behind, faces of any number of corners or triangle strips, and a whole number a face that labels it.
 * Elements are counted from 0, as the file's own faces do.
 * @throws GeometryRefusal SCAN_UNREADABLE at "header line 4", "vertex 17, property y, line 29", "face 3, …, byte 212";
 * SCAN_TOO_LARGE, SCAN_EMPTY
 */
export function readPly(bytes: Uint8Array, limits: Limits): Scan {
  const header = readHeader(bytes)
  const where: Where = { element: 'header', item: 0, property: '' }
  const values = valuesOf(bytes, header, where)
  const vertices = header.elements.find(({ name }) => name === 'vertex')
  if (!vertices) throw unreadable('ply', 'the header', 'it names no element "vertex"')
  if (vertices.count > limits.maxVertices) throw tooLarge('vertices', vertices.count, limits.maxVertices)
  slotsOf(vertices.properties)

  const surface = noSurface(vertices.count, limits.maxTriangles)
  let points: Points = { positions: new Float64Array() }
  for (const element of header.elements) {
    where.element = element.name
    if (element.count === 0 || element.properties.length === 0) continue
    if (element.name === 'face' && element.count > limits.maxTriangles) {
      throw tooLarge('triangles', element.count, limits.maxTriangles)
    }
    where.item = 0
    where.property = element.properties[0].name
    if (!hasRoom(values, element)) throw values.refuse(`the header promises ${element.count}, and the file ends before`)
    if (element === vertices) points = readVertices(values, element, where)
    else if (element.name === 'face') readFaces(values, element, where, surface)
    else if (element.name === 'tristrips') readStrips(values, element, where, surface)
    else skipItems(values, element, where)
  }
  return scanOf(points, surface, [...header.comments, ...remains(values, points, surface)])
}

const valuesOf = (bytes: Uint8Array, header: PlyHeader, where: Where) =>
  header.encoding === 'ascii'
    ? textValues(bytes, header.bodyAt, header.bodyLine, where)
    : binaryValues(bytes, header.bodyAt, header.encoding === 'binary_little_endian', where)

/** Whether the rest of the file can hold as many items as the header says, were all its lists empty. */
function hasRoom(values: PlyValues, { count, properties }: PlyElement): boolean {
  const least = properties.reduce((sum, property) => sum + sizeOf[property.count ?? property.type], 0)
  return values.hasRoom(count, properties.length, least)
}

interface Points {
  positions: Float64Array<ArrayBuffer>
  colors?: Uint8Array
  normals?: Float64Array<ArrayBuffer>
}

/** What a vertex property is for: x y z, nx ny nz, r g b. */
const roles: ReadonlyMap<string, number> = new Map([
  ...['x', 'y', 'z', 'nx', 'ny', 'nz', 'red', 'green', 'blue'].map((name, slot): [string, number] => [name, slot]),
  ...['diffuse_red', 'diffuse_green', 'diffuse_blue'].map((name, k): [string, number] => [name, 6 + k]),
  ...['r', 'g', 'b'].map((name, k): [string, number] => [name, 6 + k]),
])

/** For each property its role, -1 for none. @throws GeometryRefusal when a coordinate is not among them */
function slotsOf(properties: readonly PlyProperty[]): readonly number[] {
  const slots = properties.map((property) => (property.count ? -1 : (roles.get(property.name) ?? -1)))
  const missing = ['x', 'y', 'z'].find((_, slot) => !slots.includes(slot))
  if (missing) throw unreadable('ply', 'the header', `its vertices have no single ${missing}`)
  return slots
}

function readVertices(values: PlyValues, { count, properties }: PlyElement, where: Where): Points {
  const slots = slotsOf(properties)
  const has = (first: number) => [0, 1, 2].every((k) => slots.includes(first + k))
  const positions = new Float64Array(3 * count)
  const normals = has(3) ? new Float64Array(3 * count) : undefined
  const colors = has(6) ? new Float32Array(3 * count) : undefined
  for (let i = 0; i < count; i++) {
    where.item = i
    values.begin()
    for (let p = 0; p < properties.length; p++) {
      const property = properties[p]
      const slot = slots[p]
      where.property = property.name
      if (property.count) skipList(values, property)
      else {
        const value = values.next(property.type)
        if (slot >= 6) {
          if (colors) colors[3 * i + slot - 6] = value
        } else if (slot >= 3) {
          if (normals) normals[3 * i + slot - 3] = value
        } else if (slot >= 0) positions[3 * i + slot] = value
      }
    }
    values.end()
  }
  const shade = properties[slots.indexOf(6)]?.type
  const full = shade === undefined || !isWholeType(shade) ? undefined : shade === 'uint16' ? 65535 : 255
  return { positions, ...(colors && { colors: colorsOf(colors, full) }), ...(normals && { normals }) }
}

interface Surface {
  readonly vertices: number
  readonly maxTriangles: number
  triangles: Uint32Array<ArrayBuffer>
  /** triangles so far */
  count: number
  fans: Fans
  /** one a triangle, when the faces have them; strips have none */
  labels?: Int32Array<ArrayBuffer>
  /** faces of one or two corners */
  thin: number
  striped: boolean
}

const noSurface = (vertices: number, maxTriangles: number): Surface => ({
  vertices,
  maxTriangles,
  triangles: new Uint32Array(),
  count: 0,
  fans: noFans(),
  thin: 0,
  striped: false,
})

/** Room for so many more triangles. */
function makeRoom(surface: Surface, more: number) {
  const needed = surface.count + more
  if (needed > surface.maxTriangles) throw tooLarge('triangles', needed, surface.maxTriangles)
  surface.triangles = grown(surface.triangles, 3 * needed)
}

const isIndices = (property: PlyProperty) =>
  property.count !== undefined && (property.name === 'vertex_indices' || property.name === 'vertex_index')

/** Names that programs give to "which part is this face of"; CloudCompare puts scalar_ before its own. */
const labelName = /^(scalar_)?(face_?)?(labels?|class|classification|segment|segmentation|category)$/i

function readFaces(values: PlyValues, { count, properties }: PlyElement, where: Where, surface: Surface) {
  const indices = properties.findIndex(isIndices)
  if (indices < 0 || !isWholeType(properties[indices].type)) {
    throw unreadable('ply', 'the header', 'its faces have no list vertex_indices of whole numbers')
  }
  const label = properties.findIndex((property) => !property.count && labelName.test(property.name))
  let labels = label < 0 ? undefined : new Int32Array(count)
  makeRoom(surface, count)
  for (let f = 0; f < count; f++) {
    where.item = f
    values.begin()
    const from = surface.count
    let value = 0
    for (let p = 0; p < properties.length; p++) {
      const property = properties[p]
      where.property = property.name
      if (p === indices) readPolygon(values, property, surface)
      else if (property.count) skipList(values, property)
      else {
        const single = values.next(property.type)
        if (p === label) value = single
      }
    }
    values.end()
    if (labels && (value | 0) !== value) labels = undefined // a score, not a label
    if (labels) {
      labels = grown(labels, surface.count)
      labels.fill(value, from, surface.count)
    }
  }
  surface.labels = labels
}

/** A list's count, once the file has been seen to hold as many values. */
function listCount(values: PlyValues, { count, type }: PlyProperty): number {
  const n = values.next(count ?? 'uint8')
  if (!(n >= 0) || n !== Math.floor(n)) throw values.refuse(`a list of ${n} values`)
  if (!values.hasRoom(n, 1, sizeOf[type])) throw values.refuse(`a list of ${n} values, and the file ends before`)
  return n
}

const skipList = (values: PlyValues, property: PlyProperty) => values.skip(property.type, listCount(values, property))

function nextCorner(values: PlyValues, property: PlyProperty, surface: Surface): number {
  const v = values.next(property.type)
  if (v >= 0 && v < surface.vertices && v === Math.floor(v)) return v
  throw values.refuse(`there is no vertex ${v}: the last is ${surface.vertices - 1}`)
}

function readPolygon(values: PlyValues, property: PlyProperty, surface: Surface) {
  const n = listCount(values, property)
  if (n < 3) {
    values.skip(property.type, n)
    surface.thin++
    return
  }
  makeRoom(surface, n - 2)
  if (n > 3) rememberFan(surface.fans, surface.count, n)
  const { triangles } = surface
  const a = nextCorner(values, property, surface)
  let b = nextCorner(values, property, surface)
  let at = 3 * surface.count
  for (let k = 2; k < n; k++) {
    const c = nextCorner(values, property, surface)
    triangles[at++] = a
    triangles[at++] = b
    triangles[at++] = c
    b = c
  }
  surface.count += n - 2
}

/** Strips one after another in a list, with -1 between them: each further corner makes a triangle with the last two. */
function readStrips(values: PlyValues, { count, properties }: PlyElement, where: Where, surface: Surface) {
  const indices = properties.findIndex(isIndices)
  if (indices < 0) throw unreadable('ply', 'the header', 'its tristrips have no list vertex_indices')
  surface.striped = true
  for (let i = 0; i < count; i++) {
    where.item = i
    values.begin()
    for (let p = 0; p < properties.length; p++) {
      const property = properties[p]
      where.property = property.name
      if (p === indices) readStrip(values, property, surface)
      else if (property.count) skipList(values, property)
      else values.next(property.type)
    }
    values.end()
  }
}

function readStrip(values: PlyValues, property: PlyProperty, surface: Surface) {
  const n = listCount(values, property)
  makeRoom(surface, n)
  let a = -1
  let b = -1
  let even = true
  for (let k = 0; k < n; k++) {
    const v = values.next(property.type)
    if (v === -1) {
      a = b = -1
      even = true
      continue
    }
    if (!(v >= 0 && v < surface.vertices && v === Math.floor(v))) {
      throw values.refuse(`there is no vertex ${v}: the last is ${surface.vertices - 1}`)
    }
    if (a >= 0) {
      // a strip turns a corner by naming one vertex twice: no triangle there
      if (a !== b && b !== v && a !== v) surface.triangles.set(even ? [a, b, v] : [b, a, v], 3 * surface.count++)
      even = !even
    }
    a = b
    b = v
  }
}

function skipItems(values: PlyValues, { count, properties }: PlyElement, where: Where) {
  for (let i = 0; i < count; i++) {
    where.item = i
    values.begin()
    for (const property of properties) {
      where.property = property.name
      if (property.count) skipList(values, property)
      else values.skip(property.type, 1)
    }
    values.end()
  }
}

/** What there is to say of the file beside its comments; unfolds the polygons, as all vertices are known now. */
function remains(values: PlyValues, { positions }: Points, surface: Surface): string[] {
  const notes: string[] = []
  const folded = unfoldFans(positions, surface.triangles, surface.fans)
  const left = values.left()
  if (surface.thin > 0) notes.push(`faces of fewer than three corners, left out: ${surface.thin}`)
  if (folded > 0) notes.push(`concave polygons that could only be cut into fans: ${folded}`)
  if (left > 0) notes.push(`bytes behind the last element, not read: ${left}`)
  return notes
}

function scanOf(points: Points, surface: Surface, notes: string[]): Scan {
  const { count, labels } = surface
  const triangles = surface.triangles.slice(0, 3 * count)
  const labelled = labels && !surface.striped ? { labels: labels.slice(0, count) } : {}
  return finished({ format: 'ply', ...points, triangles, ...labelled, notes }, (v) => `vertex ${v}`)
}
