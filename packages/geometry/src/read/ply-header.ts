import { remark, unreadable } from './unreadable.ts'
import { lineEnd, nextLine, textOf } from './text.ts'

export type PlyType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64'

export interface PlyProperty {
  readonly name: string
  readonly type: PlyType
  /** The type of a list's count; undefined for a single value. */
  readonly count?: PlyType
}

export interface PlyElement {
  readonly name: string
  readonly count: number
  readonly properties: readonly PlyProperty[]
}

export interface PlyHeader {
  readonly encoding: 'ascii' | 'binary_little_endian' | 'binary_big_endian'
  readonly elements: readonly PlyElement[]
  readonly comments: readonly string[]
  /** The byte at which the first element begins, and in what line that is. */
  readonly bodyAt: number
  readonly bodyLine: number
}

const types: ReadonlyMap<string, PlyType> = new Map([
  ...(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const).map(
    (type): [string, PlyType] => [type, type],
  ),
  ['char', 'int8'],
  ['uchar', 'uint8'],
  ['short', 'int16'],
  ['ushort', 'uint16'],
  ['int', 'int32'],
  ['uint', 'uint32'],
  ['float', 'float32'],
  ['double', 'float64'],
])

export const sizeOf: Record<PlyType, number> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
}

export const isWholeType = (type: PlyType) => type !== 'float32' && type !== 'float64'

const LONGEST_LINE = 4096
/** Names go into refusals; those of CloudCompare's scalars are the longest that are known. */
const LONGEST_NAME = 200
const MOST_PROPERTIES = 1024
const MOST_COMMENTS = 64

/**
 * The header of a PLY file (Turk, The PLY Polygon File Format, 1994), up to the line end behind `end_header`.
 * @throws GeometryRefusal SCAN_UNREADABLE, at "header line n"
 */
export function readHeader(bytes: Uint8Array): PlyHeader {
  const text = textOf(bytes)
  const elements: { name: string; count: number; properties: PlyProperty[] }[] = []
  const comments: string[] = []
  let encoding: PlyHeader['encoding'] | undefined
  let properties = 0
  const refuse = (why: string) => unreadable('ply', `header line ${text.line}`, why)

  nextLine(text) // "ply": what the format was told by
  for (; text.at < bytes.length; nextLine(text)) {
    const end = lineEnd(text)
    if (end - text.at > LONGEST_LINE) throw refuse(`it has more than ${LONGEST_LINE} characters`)
    const line = remark(bytes, text.at, end, LONGEST_LINE)
    const [keyword = '', ...words] = line.split(/\s+/)
    if (keyword === 'end_header') {
      if (!encoding) throw refuse('the header ends without a format line')
      nextLine(text)
      return { encoding, elements, comments, bodyAt: bodyAt(bytes, end, encoding), bodyLine: text.line }
    }
    if (keyword === 'comment' || keyword === 'obj_info') {
      if (comments.length < MOST_COMMENTS) comments.push(line.slice(keyword.length).trim())
    } else if (keyword === 'format') {
      if (encoding) throw refuse('a second format line')
      encoding = encodingOf(words, refuse)
    } else if (keyword === 'element') {
      if (elements.length >= MOST_PROPERTIES) throw refuse(`more than ${MOST_PROPERTIES} elements`)
      elements.push(elementOf(words, elements, refuse))
    } else if (keyword === 'property') {
      const element = elements.at(-1)
      if (!element) throw refuse('a property before the first element')
      if (++properties > MOST_PROPERTIES) throw refuse(`more than ${MOST_PROPERTIES} properties`)
      element.properties.push(propertyOf(words, element.properties, refuse))
    } else if (keyword !== '') throw refuse(`"${keyword.slice(0, 24)}" is no word of a PLY header`)
  }
  throw refuse('the file ends before end_header')
}

type Refuse = (why: string) => Error

function encodingOf([encoding = '', version = '']: string[], refuse: Refuse): PlyHeader['encoding'] {
  if (version !== '1.0') throw refuse(`version "${version.slice(0, 24)}" where there is only 1.0`)
  if (encoding === 'ascii' || encoding === 'binary_little_endian' || encoding === 'binary_big_endian') return encoding
  throw refuse(`"${encoding.slice(0, 24)}" is not ascii, binary_little_endian or binary_big_endian`)
}

function elementOf([name = '', count = '', more]: string[], before: readonly PlyElement[], refuse: Refuse) {
  if (more !== undefined || !/^\d{1,15}$/.test(count)) throw refuse('an element needs a name and a count')
  if (name.length > LONGEST_NAME) throw refuse(`a name of more than ${LONGEST_NAME} characters`)
  if (before.some((element) => element.name === name)) throw refuse(`a second element ${name.slice(0, 24)}`)
  return { name, count: Number(count), properties: [] }
}

function propertyOf(words: string[], before: readonly PlyProperty[], refuse: Refuse): PlyProperty {
  const typed = (word = '') => {
    const type = types.get(word)
    if (!type) throw refuse(`"${word.slice(0, 24)}" is no type of a PLY property`)
    return type
  }
  const list = words[0] === 'list'
  if (words.length !== (list ? 4 : 2)) throw refuse('a property needs a type and a name, a list two types and a name')
  const name = words[list ? 3 : 1]
  if (name.length > LONGEST_NAME) throw refuse(`a name of more than ${LONGEST_NAME} characters`)
  if (before.some((property) => property.name === name)) throw refuse(`a second property ${name.slice(0, 24)}`)
  if (!list) return { name, type: typed(words[0]) }
  const count = typed(words[1])
  if (!isWholeType(count)) throw refuse(`a list cannot be counted in ${count}`)
  return { name, type: typed(words[2]), count }
}

/**
 * Behind end_header stands one line end, and what follows in a binary file may look like another: a lone \r is one
 * only where the file's first line ends in a lone \r too.
 */
function bodyAt(bytes: Uint8Array, end: number, encoding: PlyHeader['encoding']): number {
  if (bytes[end] !== 13) return Math.min(end + 1, bytes.length)
  const lone = bytes[3] === 13 && bytes[4] !== 10
  return bytes[end + 1] === 10 && !(lone && encoding !== 'ascii') ? end + 2 : end + 1
}
