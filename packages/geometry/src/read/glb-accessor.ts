import { type Json, list, record, referred, whole } from './glb-json.ts'
import { unreadable } from './unreadable.ts'

/** The numbers of an accessor, normalised ones as fractions. */
export interface Accessor {
  readonly values: Float64Array
  /** numbers an element: 1 for SCALAR, 3 for VEC3 … */
  readonly width: number
  readonly count: number
  readonly component: number
}

export interface Accessors {
  read(index: number, types: readonly string[]): Accessor
}

const widths: ReadonlyMap<unknown, number> = new Map([
  ['SCALAR', 1],
  ['VEC2', 2],
  ['VEC3', 3],
  ['VEC4', 4],
  ['MAT4', 16],
])

const BYTE = 5120
const UNSIGNED_BYTE = 5121
const SHORT = 5122
const UNSIGNED_SHORT = 5123
export const UNSIGNED_INT = 5125
export const FLOAT = 5126

const sizes: ReadonlyMap<unknown, number> = new Map([
  [BYTE, 1],
  [UNSIGNED_BYTE, 1],
  [SHORT, 2],
  [UNSIGNED_SHORT, 2],
  [UNSIGNED_INT, 4],
  [FLOAT, 4],
])

/** What a normalised whole number is divided by (glTF 2.0, 3.6.2.2). */
const ones: ReadonlyMap<number, number> = new Map([
  [BYTE, 127],
  [UNSIGNED_BYTE, 255],
  [SHORT, 32767],
  [UNSIGNED_SHORT, 65535],
])

/**
 * Accessors may lie over each other, and a file of a few bytes could name the same ones again and again: together
 * they are read at most this many times over.
 */
const READ_OVER = 4

/**
 * Reads accessors of any component type, interleaved, sparse and normalised ones, each once.
 * @param bin the binary chunk, which is buffer 0
 */
export function accessorsOf(gltf: Json, bin: Uint8Array): Accessors {
  const accessors = list(gltf.accessors, 'accessors')
  const bytesOf = bufferViews(gltf, bin)
  const known = new Map<number, Accessor>()
  let budget = READ_OVER * (bin.length + 1024)

  function read(index: number, types: readonly string[]): Accessor {
    const at = `accessor ${index}`
    const json = record(accessors[index], at)
    const width = widths.get(json.type)
    if (width === undefined || !types.includes(json.type as string)) {
      throw unreadable('glb', at, `its type should be ${types.join(' or ')}`)
    }
    const before = known.get(index)
    if (before) return before
    const component = whole(json.componentType, at)
    const size = sizes.get(component)
    if (!size) throw unreadable('glb', at, `there is no component type ${component}`)
    const count = whole(json.count, at)
    budget -= count * width
    if (budget < 0) throw unreadable('glb', at, `the accessors read the file more than ${READ_OVER} times over`)
    const elements = json.bufferView === undefined ? undefined : bytesOf(json.bufferView, json, width * size, count, at)
    const values = new Float64Array(count * width)
    if (elements) decode(elements, component, width, values)
    if (json.sparse !== undefined) overlay(record(json.sparse, at), component, width, count, values, at)
    if (json.normalized === true) normalise(values, component)
    const accessor = { values, width, count, component }
    known.set(index, accessor)
    return accessor
  }

  /** Sparse: some elements have other values than the rest. */
  function overlay(sparse: Json, component: number, width: number, of: number, values: Float64Array, at: string) {
    const count = whole(sparse.count, at)
    if (count > of) throw unreadable('glb', at, `${count} other values for ${of}`)
    const where = record(sparse.indices, at)
    const whereType = whole(where.componentType, at)
    const whereSize = sizes.get(whereType)
    if (!whereSize || whereType === BYTE || whereType === SHORT || whereType === FLOAT) {
      throw unreadable('glb', at, `component type ${whereType} for sparse indices`)
    }
    const what = record(sparse.values, at)
    const indices = new Float64Array(count)
    decode(bytesOf(where.bufferView, where, whereSize, count, at), whereType, 1, indices)
    const others = new Float64Array(count * width)
    decode(bytesOf(what.bufferView, what, (sizes.get(component) ?? 0) * width, count, at), component, width, others)
    for (let i = 0; i < count; i++) {
      if (indices[i] >= of) throw unreadable('glb', at, `another value for element ${indices[i]} of ${of}`)
      values.set(others.subarray(i * width, (i + 1) * width), indices[i] * width)
    }
  }
  return { read }
}

/** Where elements lie, known to be inside of the file. */
interface Elements {
  readonly view: DataView
  readonly stride: number
}

function bufferViews(gltf: Json, bin: Uint8Array) {
  const buffers = list(gltf.buffers, 'buffers')
  const views = list(gltf.bufferViews, 'bufferViews')

  /** @param from what has the byteOffset: an accessor or one half of a sparse one */
  return function bytesOf(view: unknown, from: Json, size: number, count: number, at: string): Elements {
    const index = referred(views, view, at, 'bufferView')
    const place = `bufferView ${index}`
    const json = record(views[index], place)
    const buffer = referred(buffers, json.buffer, place, 'buffer')
    if (buffer !== 0 || record(buffers[0], 'buffer 0').uri !== undefined) {
      throw unreadable('glb', place, `buffer ${buffer} is not in this file's binary chunk`)
    }
    const start = whole(json.byteOffset, place, 0)
    const length = whole(json.byteLength, place)
    if (start + length > bin.length) {
      throw unreadable('glb', place, `it ends at byte ${start + length} of a binary chunk of ${bin.length}`)
    }
    const stride = whole(json.byteStride, place, size)
    if (stride < size || stride > 252)
      throw unreadable('glb', place, `a stride of ${stride} for elements of ${size} bytes`)
    const offset = whole(from.byteOffset, at, 0)
    const needed = count === 0 ? 0 : (count - 1) * stride + size
    if (offset + needed > length) {
      throw unreadable('glb', at, `${count} elements take ${offset + needed} bytes of the ${length} of ${place}`)
    }
    return { view: new DataView(bin.buffer, bin.byteOffset + start + offset, needed), stride }
  }
}

function decode({ view, stride }: Elements, component: number, width: number, into: Float64Array) {
  const size = sizes.get(component) ?? 0
  let out = 0
  for (let element = 0; out < into.length; element += stride) {
    for (let k = 0; k < width; k++) into[out++] = componentAt(view, element + k * size, component)
  }
}

function componentAt(view: DataView, at: number, component: number): number {
  switch (component) {
    case FLOAT:
      return view.getFloat32(at, true)
    case UNSIGNED_SHORT:
      return view.getUint16(at, true)
    case UNSIGNED_INT:
      return view.getUint32(at, true)
    case UNSIGNED_BYTE:
      return view.getUint8(at)
    case SHORT:
      return view.getInt16(at, true)
    default:
      return view.getInt8(at)
  }
}

function normalise(values: Float64Array, component: number) {
  const one = ones.get(component)
  if (one) for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i] / one, -1)
}
