import { type Scan } from '../mesh/mesh.ts'
import { GeometryRefusal } from '../refusal.ts'

export type Format = Scan['format']

/** What is taken at most; each is checked before anything of that size is allocated. */
export interface Limits {
  readonly maxVertices: number
  readonly maxTriangles: number
  readonly maxBytes: number
}

const names: Record<Format, string> = { ply: 'PLY', obj: 'OBJ', stl: 'STL', glb: 'GLB' }

/** The file breaks a rule of its format. To be thrown: `throw unreadable('ply', 'header line 4', 'no such type')`. */
export const unreadable = (format: Format, at: string, why: string) =>
  new GeometryRefusal('SCAN_UNREADABLE', `This ${names[format]} file cannot be read. At ${at}: ${why}.`, {
    format,
    at,
    why,
  })

/** More than is taken. To be thrown. */
export const tooLarge = (what: 'bytes' | 'vertices' | 'triangles', found: number, limit: number) =>
  new GeometryRefusal(
    'SCAN_TOO_LARGE',
    `The scan has ${found} ${what}; at most ${limit} are taken. A scan reduced to fewer does as well.`,
    { what, found, limit },
  )

/** Nothing in the file to work with. To be thrown. */
export const empty = (why: string) =>
  new GeometryRefusal('SCAN_EMPTY', `There is no scan in the file: ${why}.`, { why })

/**
 * A piece of the file as it may stand in a message: at most 24 characters, the unprintable ones as dots.
 * A message with the file's own bytes in it must not be able to say something else.
 */
export function excerpt(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, bytes.length)
  let text = ''
  for (let i = from; i < end && text.length < 24; i++) {
    text += bytes[i] > 0x20 && bytes[i] < 0x7f ? String.fromCharCode(bytes[i]) : bytes[i] === 0x20 ? ' ' : '.'
  }
  return end - from > 24 ? `${text}…` : text
}

const decoder = new TextDecoder()
const controls = /\p{Cc}+/gu

/** A name or remark out of a file: without control characters, at most `most` bytes of it. */
export const remark = (bytes: Uint8Array, from: number, to: number, most = 500) =>
  decoder
    .decode(bytes.subarray(from, Math.min(to, from + most)))
    .replace(controls, ' ')
    .trim()
