import { type Scan } from '../mesh/mesh.ts'
import { finished, isPlace } from './finish.ts'
import { grown } from './grow.ts'
import { faultOf, nextLine, nextNumber, nextWord, skipEmptyLines, type Text, textOf, tokenEnd } from './text.ts'
import { empty, excerpt, type Limits, remark, tooLarge, unreadable } from './unreadable.ts'
import { type Weld, welded, weldFor } from './weld.ts'

/** 80 bytes of anything, the number of triangles, and 50 bytes for each of them. */
export const STL_HEADER = 84
export const STL_TRIANGLE = 50

/**
 * A binary STL file. Corners of exactly equal coordinates become one vertex; the triangles' own normals are not read,
 * as the order of the corners says the same.
 * @throws GeometryRefusal SCAN_UNREADABLE at "triangle 17, byte 934", SCAN_TOO_LARGE, SCAN_EMPTY
 */
export function readBinaryStl(bytes: Uint8Array, limits: Limits): Scan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = view.getUint32(80, true)
  if (count > limits.maxTriangles) throw tooLarge('triangles', count, limits.maxTriangles)
  const held = Math.floor((bytes.length - STL_HEADER) / STL_TRIANGLE)
  if (held < count) throw unreadable('stl', 'byte 80', `the header promises ${count} triangles, the file holds ${held}`)
  if (count === 0) throw empty('it has no triangles')

  const weld = weldFor(3 * count)
  const triangles = new Uint32Array(3 * count)
  for (let t = 0; t < count; t++) {
    const from = STL_HEADER + STL_TRIANGLE * t + 12
    for (let k = 0; k < 3; k++) {
      const at = from + 12 * k
      const x = view.getFloat32(at, true)
      const y = view.getFloat32(at + 4, true)
      const z = view.getFloat32(at + 8, true)
      if (!(isPlace(x) && isPlace(y) && isPlace(z))) throw nowhere(`triangle ${t}, byte ${at}`, x, y, z)
      triangles[3 * t + k] = corner(weld, x, y, z, t, limits)
    }
  }
  const notes: string[] = []
  const name = remark(bytes, 0, 80)
  if (name !== '') notes.push(name)
  const rest = bytes.length - STL_HEADER - STL_TRIANGLE * count
  if (rest > 0) notes.push(`bytes behind the last triangle, not read: ${rest}`)
  return scanOf(weld, triangles, notes)
}

function corner(weld: Weld, x: number, y: number, z: number, triangle: number, limits: Limits): number {
  const vertex = welded(weld, x, y, z)
  if (vertex < 0)
    throw unreadable('stl', `triangle ${triangle}`, 'the corners are chosen so that welding takes for ever')
  if (weld.count > limits.maxVertices) throw tooLarge('vertices', weld.count, limits.maxVertices)
  return vertex
}

const nowhere = (at: string, x: number, y: number, z: number) =>
  unreadable('stl', at, `the corner ${x} ${y} ${z} is no place`)

const scanOf = (weld: Weld, triangles: Uint32Array, notes: string[], parts?: Scan['parts']) =>
  finished(
    {
      format: 'stl',
      positions: weld.positions.slice(0, 3 * weld.count),
      triangles,
      ...(parts && { parts }),
      notes,
    },
    (vertex) => `vertex ${vertex}`,
  )

const MOST_NOTES = 32

/**
 * An STL file in words: solid … facet normal … outer loop, three vertices, endloop, endfacet … endsolid. Several
 * solids become parts. Line ends count as blanks, except behind `solid`, where the rest of the line is the name.
 * @throws GeometryRefusal SCAN_UNREADABLE at "line 88", SCAN_TOO_LARGE, SCAN_EMPTY
 */
export function readAsciiStl(bytes: Uint8Array, from: number, limits: Limits): Scan {
  const text = textOf(bytes, from)
  // the shortest triangle in words: its keywords and nine digits
  const weld = weldFor(3 * Math.ceil(bytes.length / 70))
  const parts: { name: string; from: number; to: number }[] = []
  let triangles = new Uint32Array(192)
  let count = 0
  while (skipEmptyLines(text)) {
    expect(text, 'solid')
    const name = solidName(text)
    const first = count
    for (let word = keyword(text); word !== 'endsolid'; word = keyword(text)) {
      if (word !== 'facet') throw refusal(text, `"${word}" where a facet or the solid's end should be`)
      if (count >= limits.maxTriangles) throw tooLarge('triangles', count + 1, limits.maxTriangles)
      triangles = grown(triangles, 3 * count + 3)
      readFacet(text, weld, triangles, count++, limits)
    }
    nextLine(text) // behind endsolid the name stands once more
    parts.push({ name, from: first, to: count })
  }
  if (count === 0) throw empty('it has no triangles')
  const filled = parts.filter((part) => part.to > part.from)
  const notes = filled.map((part) => part.name).filter((name) => name !== '')
  return scanOf(weld, triangles.slice(0, 3 * count), notes.slice(0, MOST_NOTES), filled.length > 1 ? filled : undefined)
}

const refusal = (text: Text, why: string) => unreadable('stl', `line ${text.line}`, why)

function readFacet(text: Text, weld: Weld, triangles: Uint32Array, t: number, limits: Limits) {
  expect(text, 'normal')
  for (let axis = 0; axis < 3; axis++) coordinate(text)
  expect(text, 'outer')
  expect(text, 'loop')
  for (let k = 0; k < 3; k++) {
    expect(text, 'vertex')
    const x = coordinate(text)
    const y = coordinate(text)
    const z = coordinate(text)
    if (!(isPlace(x) && isPlace(y) && isPlace(z))) throw nowhere(`line ${text.line}`, x, y, z)
    triangles[3 * t + k] = corner(weld, x, y, z, t, limits)
  }
  expect(text, 'endloop')
  expect(text, 'endfacet')
}

function coordinate(text: Text): number {
  if (!skipEmptyLines(text)) throw refusal(text, 'the file ends before a coordinate')
  const value = nextNumber(text)
  if (value !== value && text.fault !== 'none') throw refusal(text, faultOf(text))
  return value
}

/** The next word, in lower case; a file that ends instead is refused. */
function keyword(text: Text): string {
  if (!skipEmptyLines(text)) throw refusal(text, 'the file ends before endsolid')
  return nextWord(text)
}

/** Past the word that has to stand here, in letters of either case; no string is made of it. */
function expect(text: Text, word: string) {
  if (!skipEmptyLines(text)) throw refusal(text, `the file ends before "${word}"`)
  const { bytes, at } = text
  let same = at + word.length >= bytes.length || bytes[at + word.length] <= 32
  for (let i = 0; same && i < word.length; i++) same = (bytes[at + i] | 32) === word.charCodeAt(i)
  if (!same) {
    throw refusal(text, `"${excerpt(bytes, at, tokenEnd(bytes, at))}" where "${word}" should be`)
  }
  text.at = at + word.length
}

/** The rest of the line behind `solid`. */
function solidName(text: Text): string {
  const from = text.at
  nextLine(text)
  return remark(text.bytes, from, text.at, 256)
}
