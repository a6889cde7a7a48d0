import { type Scan } from '../mesh/mesh.ts'
import { colorsOf, finished } from './finish.ts'
import { grown } from './grow.ts'
import { type Naming, named, namings, partsOf } from './obj-parts.ts'
import { type Fans, noFans, rememberFan, unfoldFans } from './polygon.ts'
import {
  atEnd,
  atLineEnd as atEndOfLine,
  faultOf,
  lineEnd,
  nextLine,
  nextNumber,
  nextWhole,
  nextWord,
  skipBlanks,
  skipEmptyLines,
  type Text,
  textOf,
  tokenEnd,
} from './text.ts'
import { excerpt, type Limits, remark, tooLarge, unreadable } from './unreadable.ts'

/** What is read of an OBJ file: `count` numbers of each array are in use. */
interface Draft {
  readonly text: Text
  /** where the text begins, behind a byte order mark */
  readonly from: number
  readonly limits: Limits
  positions: Float64Array<ArrayBuffer>
  vertices: number
  /** r g b of each vertex; in use for the first `colored` vertices */
  colors: Float32Array<ArrayBuffer>
  colored: number
  normals: Float64Array<ArrayBuffer>
  normalCount: number
  corners: Uint32Array<ArrayBuffer>
  triangles: number
  /** number of its vn + 1 for each corner, 0 for none; in use up to the last corner that had one */
  cornerNormals: Uint32Array<ArrayBuffer>
  normalled: number
  fans: Fans
  /** faces of two corners */
  thin: number
  /** The largest numbers that faces used before the file came to define them, and the lines where. */
  ahead: { vertex: number; line: number; normal: number; normalLine: number }
  readonly namings: readonly Naming[]
  readonly notes: string[]
}

const MOST_NOTES = 32

/** Statements that say nothing of points and triangles: the rest of the format, to be passed over. */
const passedOver = new Set(
  (
    'vt vp cstype deg bmat step p l curv curv2 surf parm trim hole scrv sp end con s mg bevel c_interp d_interp lod ' +
    'mtllib maplib usemap shadow_obj trace_obj ctech stech call csh bsp bzp cdc cdp res'
  ).split(' '),
)

/**
 * An OBJ file (Wavefront Advanced Visualizer, appendix B1): v with or without colours, vn, f of any number of corners
 * in each of its forms, numbers counted backwards, groups, continued lines, remarks behind a statement. A statement
 * outside of the format is refused: passed over it could be a vertex lost, and each face behind it another than meant.
 * @throws GeometryRefusal SCAN_UNREADABLE at "line 88", SCAN_TOO_LARGE, SCAN_EMPTY
 */
export function readObj(bytes: Uint8Array, from: number, limits: Limits): Scan {
  const draft = emptyDraft(textOf(bytes, from), limits)
  const { text } = draft
  while (skipEmptyLines(text)) {
    statement(draft)
    if (!nextLine(text)) break
  }
  return scanOf(draft)
}

const emptyDraft = (text: Text, limits: Limits): Draft => ({
  text,
  from: text.at,
  limits,
  positions: new Float64Array(192),
  vertices: 0,
  colors: new Float32Array(),
  colored: 0,
  normals: new Float64Array(),
  normalCount: 0,
  corners: new Uint32Array(192),
  triangles: 0,
  cornerNormals: new Uint32Array(),
  normalled: 0,
  fans: noFans(),
  thin: 0,
  ahead: { vertex: 0, line: 0, normal: 0, normalLine: 0 },
  namings: namings(),
  notes: [],
})

const refusal = ({ text }: Draft, why: string, line = text.line) => unreadable('obj', `line ${line}`, why)

const isBlank = (byte: number | undefined) => byte === 32 || byte === 9

/** Nothing but blanks and perhaps a remark is left of the line. */
function atLineEnd(text: Text): boolean {
  if (atEndOfLine(text)) return true
  if (text.bytes[text.at] !== 35) return false
  text.at = lineEnd(text)
  return true
}

function statement(draft: Draft) {
  const { text } = draft
  const { bytes, at } = text
  if (bytes[at] === 118 && isBlank(bytes[at + 1])) {
    text.at = at + 1
    readVertex(draft)
  } else if (bytes[at] === 102 && isBlank(bytes[at + 1])) {
    text.at = at + 1
    readFace(draft)
  } else if (bytes[at] === 118 && bytes[at + 1] === 110 && isBlank(bytes[at + 2])) {
    text.at = at + 2
    readNormal(draft)
  } else if (bytes[at] === 35) {
    if (draft.vertices === 0) note(draft, at + 1)
  } else seldom(draft)
}

function seldom(draft: Draft) {
  const { text } = draft
  const { bytes, at } = text
  const word = nextWord(text)
  if (passedOver.has(word)) {
    while (!atLineEnd(text)) text.at = tokenEnd(bytes, text.at) // continued lines belong to it
  } else if (word === 'o' || word === 'g' || word === 'usemtl') {
    skipBlanks(text)
    const name = remark(bytes, text.at, lineEnd(text), 256)
    if (word === 'o' && draft.notes.length < MOST_NOTES) draft.notes.push(name)
    named(draft.namings, word, name, draft.triangles)
  } else if (word === 'v' || word === 'vn' || word === 'f') throw refusal(draft, 'the line ends before its numbers')
  else throw refusal(draft, `"${excerpt(bytes, at, tokenEnd(bytes, at))}" is no statement of an OBJ file`)
}

/** What the file says of itself before its first vertex. */
function note(draft: Draft, from: number) {
  const text = remark(draft.text.bytes, from, lineEnd(draft.text))
  if (/\w/.test(text) && draft.notes.length < MOST_NOTES) draft.notes.push(text)
}

function number(draft: Draft): number {
  const value = nextNumber(draft.text)
  if (value !== value && draft.text.fault !== 'none') throw refusal(draft, faultOf(draft.text))
  return value
}

/** x y z, perhaps a weight, or a colour behind them as several programs write it: x y z r g b, perhaps with alpha. */
function readVertex(draft: Draft) {
  const { text } = draft
  if (draft.vertices >= draft.limits.maxVertices) {
    throw tooLarge('vertices', draft.vertices + 1, draft.limits.maxVertices)
  }
  const at = 3 * draft.vertices++
  if (at + 3 > draft.positions.length) draft.positions = grown(draft.positions, at + 3)
  const { positions } = draft
  positions[at] = number(draft)
  positions[at + 1] = number(draft)
  positions[at + 2] = number(draft)
  if (atLineEnd(text)) return
  const first = number(draft)
  if (atLineEnd(text)) return
  draft.colors = grown(draft.colors, at + 3)
  draft.colors[at] = first
  draft.colors[at + 1] = number(draft)
  draft.colors[at + 2] = number(draft)
  draft.colored++
  if (!atLineEnd(text)) number(draft)
  if (!atLineEnd(text)) throw refusal(draft, 'a vertex of more than seven numbers')
}

function readNormal(draft: Draft) {
  const at = 3 * draft.normalCount++
  draft.normals = grown(draft.normals, at + 3)
  for (let axis = 0; axis < 3; axis++) draft.normals[at + axis] = number(draft)
  if (!atLineEnd(draft.text)) throw refusal(draft, 'a normal of more than three numbers')
}

/** The corner that was read last: vertex number, and vn number + 1 or 0. Two numbers of one function, without an array. */
const corner = { vertex: 0, normal: 0 }

function readFace(draft: Draft) {
  const { text, fans } = draft
  const firstTriangle = draft.triangles
  nextCorner(draft)
  const { vertex: a, normal: aNormal } = corner
  nextCorner(draft)
  let { vertex: b, normal: bNormal } = corner
  let n = 2
  for (; !atLineEnd(text); n++) {
    nextCorner(draft)
    const { vertex: c, normal: cNormal } = corner
    const at = 3 * draft.triangles++
    if (draft.triangles > draft.limits.maxTriangles) {
      throw tooLarge('triangles', draft.triangles, draft.limits.maxTriangles)
    }
    if (at + 3 > draft.corners.length) draft.corners = grown(draft.corners, at + 3)
    const { corners } = draft
    corners[at] = a
    corners[at + 1] = b
    corners[at + 2] = c
    if (cNormal > 0) {
      draft.cornerNormals = grown(draft.cornerNormals, at + 3)
      draft.cornerNormals[at] = aNormal
      draft.cornerNormals[at + 1] = bNormal
      draft.cornerNormals[at + 2] = cNormal
      draft.normalled = at + 3
    }
    b = c
    bNormal = cNormal
  }
  if (n < 3) draft.thin++
  if (n > 3) rememberFan(fans, firstTriangle, n)
}

/** v, v/vt, v//vn or v/vt/vn into `corner`; behind a slash there may be nothing. */
function nextCorner(draft: Draft) {
  const { text, ahead } = draft
  const { bytes } = text
  skipBlanks(text)
  const v = nextWhole(text)
  if (v !== v) throw refusal(draft, faultOf(text))
  corner.vertex = v < 0 ? draft.vertices + v : v - 1
  corner.normal = 0
  if (v === 0 || corner.vertex < 0 || corner.vertex >= draft.limits.maxVertices) {
    throw refusal(draft, `there is no vertex ${v}`)
  }
  if (corner.vertex >= draft.vertices && corner.vertex >= ahead.vertex) {
    ahead.vertex = corner.vertex + 1
    ahead.line = text.line
  }
  if (bytes[text.at] !== 47) return
  text.at++
  if (endsCorner(text)) return
  if (bytes[text.at] !== 47) {
    const vt = nextWhole(text) // texture: of no use here, but it has to be a number
    if (vt !== vt) throw refusal(draft, faultOf(text))
    if (bytes[text.at] !== 47) return
  }
  text.at++
  if (endsCorner(text)) return
  const vn = nextWhole(text)
  if (vn !== vn) throw refusal(draft, faultOf(text))
  if (bytes[text.at] === 47) throw refusal(draft, 'a corner of more than three numbers')
  corner.normal = vn < 0 ? draft.normalCount + vn + 1 : vn
  if (corner.normal < 1 || corner.normal > 2 ** 31) throw refusal(draft, `there is no normal ${vn}`)
  if (corner.normal > draft.normalCount && corner.normal > ahead.normal) {
    ahead.normal = corner.normal
    ahead.normalLine = text.line
  }
}

const endsCorner = ({ bytes, at }: Text) => at >= bytes.length || bytes[at] <= 32 || bytes[at] === 92

function scanOf(draft: Draft): Scan {
  const { ahead, vertices, notes } = draft
  if (ahead.vertex > vertices) throw refusal(draft, `there is no vertex ${ahead.vertex}`, ahead.line)
  if (ahead.normal > draft.normalCount) throw refusal(draft, `there is no normal ${ahead.normal}`, ahead.normalLine)
  const positions = draft.positions.slice(0, 3 * vertices)
  const triangles = draft.corners.slice(0, 3 * draft.triangles)
  const normals = normalsOf(draft) // before polygons are cut anew, while corners are as the file has them
  const folded = unfoldFans(positions, triangles, draft.fans)
  if (folded > 0) notes.push(`concave polygons that could only be cut into fans: ${folded}`)
  if (draft.thin > 0) notes.push(`faces of fewer than three corners, left out: ${draft.thin}`)
  const parts = partsOf(draft.namings, draft.triangles)
  const scan: Scan = {
    format: 'obj',
    positions,
    triangles,
    ...(draft.colored === vertices && vertices > 0 && { colors: colorsOf(draft.colors.subarray(0, 3 * vertices)) }),
    ...(normals && { normals }),
    ...(parts.length > 0 && { parts }),
    notes,
  }
  return finished(scan, (vertex) => `line ${lineOfVertex(draft, vertex)}`)
}

/**
 * Of each vertex the sum of the normals at its corners, made as long as 1; 0 0 0 where there is none. Points without
 * faces have them in the order of the vertices.
 */
function normalsOf({ vertices, normals, normalCount, corners, cornerNormals, normalled, triangles }: Draft) {
  if (triangles === 0) return normalCount === vertices ? normals.slice(0, 3 * vertices) : undefined
  if (normalled === 0) return undefined
  const out = new Float64Array(3 * vertices)
  for (let i = 0; i < normalled; i++) {
    const from = 3 * (cornerNormals[i] - 1)
    const to = 3 * corners[i]
    if (from >= 0) for (let axis = 0; axis < 3; axis++) out[to + axis] += normals[from + axis]
  }
  for (let i = 0; i < out.length; i += 3) {
    const size = Math.hypot(out[i], out[i + 1], out[i + 2])
    if (size > 0) for (let axis = 0; axis < 3; axis++) out[i + axis] /= size
  }
  return out
}

/** For a refusal, by going through the file again: no line is kept for each vertex of a good file. */
function lineOfVertex({ text: { bytes }, from }: Draft, vertex: number): number {
  const text = textOf(bytes, from)
  let left = vertex
  while (!atEnd(text)) {
    skipBlanks(text)
    if (bytes[text.at] === 118 && isBlank(bytes[text.at + 1]) && left-- === 0) return text.line
    nextLine(text)
  }
  return text.line
}
