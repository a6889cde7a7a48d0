import { STL_HEADER, STL_TRIANGLE } from './stl.ts'
import { excerpt } from './unreadable.ts'

/** What a file is, and where its text begins (behind a byte order mark). */
export type Detected =
  | { readonly kind: 'ply' | 'obj' | 'ascii stl' | 'binary stl' | 'glb'; readonly from: number }
  | { readonly kind: 'unknown'; readonly found: string }

/** How other files begin, so that a refusal can say what they are. */
const others: readonly (readonly [start: string, found: string])[] = [
  ['PK\u0003\u0004', 'a zip archive (3MF and USDZ are such; the mesh in it has to be saved as PLY, OBJ, STL or GLB)'],
  ['PK\u0005\u0006', 'an empty zip archive'],
  ['\u001f\u008b', 'a gzip archive'],
  ['7z\u00bc\u00af\u0027\u001c', 'a 7z archive'],
  ['Rar!', 'a RAR archive'],
  ['\u0028\u00b5\u002f\u00fd', 'a Zstandard archive'],
  ['\u0089PNG', 'a PNG picture'],
  ['\u00ff\u00d8\u00ff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['RIFF', 'a RIFF file (a picture, sound or film)'],
  ['%PDF', 'a PDF'],
  ['Kaydara FBX Binary', 'an FBX file'],
  ['\u00ff\u00fe', 'text in UTF-16'],
  ['\u00fe\u00ff', 'text in UTF-16'],
  ['OFF', 'an OFF file'],
  ['COFF', 'an OFF file'],
  ['# .PCD', 'a point cloud of PCL (PCD)'],
  ['# vtk DataFile', 'a VTK file'],
  ['{', 'JSON (a glTF in words; its binary form GLB is read)'],
  ['[', 'JSON'],
]

const objWord = /^(v|vn|vt|f|o|g|s|usemtl|mtllib|vp|l|p)$/

/**
 * The format by the content alone; names are never looked at.
 *
 * A binary STL has no mark: it is told by its length, which is exactly what the count at byte 80 says, or, when it was
 * cut short, by words before a count that is not 0. No text is taken for one: four of its characters read as a count would mean
 * 151 million triangles, gigabytes, and more than is ever taken.
 */
export function detect(bytes: Uint8Array): Detected {
  const from = starts(bytes, 0, '\u00ef\u00bb\u00bf') ? 3 : 0
  if (starts(bytes, 0, 'glTF')) return { kind: 'glb', from: 0 }
  if (starts(bytes, 0, 'ply') && bytes[3] <= 32) return { kind: 'ply', from: 0 }
  if (promised(bytes) === bytes.length) return { kind: 'binary stl', from: 0 }
  const begin = pastBlanks(bytes, from)
  const other = others.find(([start]) => starts(bytes, begin, start))
  if (other) return { kind: 'unknown', found: other[1] }
  if (bytes[begin] === 0x3c) return { kind: 'unknown', found: 'HTML or XML' }
  if (isText(bytes, 0, STL_HEADER)) {
    if (/^solid$/i.test(word(bytes, begin))) return { kind: 'ascii stl', from: begin }
    if (objWord.test(word(bytes, firstStatement(bytes, begin)))) return { kind: 'obj', from }
    return { kind: 'unknown', found: `text of no known format, beginning with "${excerpt(bytes, begin, begin + 24)}"` }
  }
  if (starts(bytes, 257, 'ustar')) return { kind: 'unknown', found: 'a tar archive' }
  if (isWide(bytes)) return { kind: 'unknown', found: 'text in UTF-16' }
  const isCut = promised(bytes) > STL_HEADER && isText(bytes, 0, 80, true) && !isText(bytes, 80, STL_HEADER)
  return isCut ? { kind: 'binary stl', from: 0 } : { kind: 'unknown', found: 'binary data of no known format' }
}

/** The length that a binary STL of this header has; NaN for what is shorter than a header. */
function promised(bytes: Uint8Array): number {
  if (bytes.length < STL_HEADER) return NaN
  return STL_HEADER + STL_TRIANGLE * new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(80, true)
}

function starts(bytes: Uint8Array, from: number, start: string): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[from + i] !== start.charCodeAt(i)) return false
  return true
}

function pastBlanks(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] === 32 || (bytes[at] >= 9 && bytes[at] <= 13))) at++
  return at
}

/** Past the lines that are empty or remarks. */
function firstStatement(bytes: Uint8Array, from: number): number {
  let at = pastBlanks(bytes, from)
  while (bytes[at] === 35) {
    while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++
    at = pastBlanks(bytes, at)
  }
  return at
}

/** The word there, at most eight letters of it. */
function word(bytes: Uint8Array, from: number): string {
  let out = ''
  for (let at = from; at < bytes.length && bytes[at] > 32 && out.length < 8; at++) out += String.fromCharCode(bytes[at])
  return out
}

/** Every second byte is NUL and none of those between: Latin letters in UTF-16, where no byte order mark tells it. */
function isWide(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false
  const zero = bytes[0] === 0 ? 0 : 1
  for (let at = 0; at < Math.min(bytes.length, STL_HEADER); at++)
    if ((bytes[at] === 0) !== (at % 2 === zero)) return false
  return true
}

/** No control characters but blanks in there, and NUL only where a header is filled up with it. */
function isText(bytes: Uint8Array, from: number, to: number, filled = false): boolean {
  for (let at = from; at < Math.min(to, bytes.length); at++) {
    const c = bytes[at]
    if (c < 32 && !(c >= 9 && c <= 13) && !(filled && c === 0)) return false
  }
  return true
}
