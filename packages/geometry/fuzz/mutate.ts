import { bytesOf, glbChunks } from '../src/read/samples.ts'
import { joined } from '../src/write/bytes.ts'
import { corpus, MOST_BYTES } from './corpus.ts'
import { type Random, randomOf } from './random.ts'

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

/** Numbers at which readers go wrong: ends of types, signs, what is none, what is too long. */
const texts = (
  '0 -0 1 -1 2 3 7 8 9 127 128 255 256 32768 65535 65536 2147483647 2147483648 -2147483648 4294967295 4294967296 ' +
  '1000000000 9007199254740993 99999999999999999999 1e9 1e999 -1e999 1e-400 1e39 1.5 .5 5. 1e --1 0x10 nan -nan inf ' +
  `-inf NaN null true [] {} "" 1.#QNAN 1/1/1 1//1 1// / ${'0'.repeat(300)} ${'9'.repeat(300)} 0.${'3'.repeat(300)} `
).split(' ')

const words = (
  'ply format ascii binary_little_endian binary_big_endian 1.0 element vertex face tristrips property list char uchar ' +
  'ushort int uint float double x red nx vertex_indices label end_header comment v vn vt f g o usemtl l \\ \\\n solid ' +
  'facet normal outer loop endloop endfacet endsolid POSITION NORMAL JOINTS_0 indices count bufferView byteOffset ' +
  'byteStride children mesh skin sparse mode KHR_draco_mesh_compression __proto__'
).split(' ')

const wholes = [0, 1, 3, 127, 128, 255, 256, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const floats = [NaN, Infinity, -Infinity, 3.4e38, 1e-45, -0, 1e30]

const decode = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
const encode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** A random stretch of the bytes. */
function stretch(bytes: Uint8Array, random: Random, most: number): [from: number, to: number] {
  const from = random.below(bytes.length + 1)
  return [from, Math.min(bytes.length, from + random.below(most + 1))]
}

/** One of the pieces of a text that a pattern finds, with another in its place. */
function replaced(bytes: Uint8Array, random: Random, pattern: RegExp, by: (found: string) => string): Uint8Array {
  const text = decode(bytes)
  const found = [...text.matchAll(pattern)]
  if (found.length === 0) return bytes
  const match = random.pick(found)
  return encode(text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length))
}

const flip: Mutation = (bytes, random) => {
  const out = bytes.slice()
  for (let i = 1 + random.below(8); i > 0 && out.length > 0; i--) out[random.below(out.length)] ^= 1 << random.below(8)
  return out
}

const set: Mutation = (bytes, random) => {
  const out = bytes.slice()
  for (let i = 1 + random.below(4); i > 0 && out.length > 0; i--) {
    out[random.below(out.length)] = random.pick([
      0,
      9,
      10,
      13,
      32,
      35,
      45,
      46,
      47,
      57,
      92,
      101,
      127,
      128,
      255,
      random.below(256),
    ])
  }
  return out
}

const cut: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1))

const remove: Mutation = (bytes, random) => {
  const [from, to] = stretch(bytes, random, 64)
  return joined([bytes.subarray(0, from), bytes.subarray(to)])
}

const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1)
  const [from, to] = stretch(bytes, random, 256)
  const piece = random.pick([
    () => bytes.subarray(from, to), // a copy of a part of itself
    () => Uint8Array.from({ length: random.below(64) }, () => random.below(256)),
    () => new Uint8Array(random.below(2048)).fill(random.below(256)),
    () =>
      encode(
        random.pick(['[', '{"a":', '\n', ' ', '-', '"', 'f 1 2 3\n', 'v nan 0 0\n', 'g a\n']).repeat(random.below(500)),
      ),
  ])()
  return joined([bytes.subarray(0, at), piece, bytes.subarray(at)])
}

/** The beginning of one file and the end of another. */
const splice: Mutation = (bytes, random) => {
  const other = random.pick(corpus).bytes
  return joined([bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))])
}

const numberToken: Mutation = (bytes, random) => {
  const number = /-?\d+(\.\d+)?(e[-+]?\d+)?/g
  return replaced(bytes, random, number, (found) =>
    random.share() < 0.3 ? String(Number(found) + random.below(5) - 2) : random.pick(texts),
  )
}

/** Counts that a header promises, wherever each format has them. */
const count: Mutation = (bytes, random) => {
  const text = decode(bytes)
  if (text.startsWith('ply')) return replaced(bytes, random, /(?<=element \w+ )\d+/g, () => random.pick(texts))
  if (text.startsWith('glTF'))
    return replaced(bytes, random, /(?<="(count|byte\w+|componentType)":)\d+/g, () => random.pick(texts))
  const isStl = bytes.length >= 84 && (bytes.length - 84) % 50 === 0
  return isStl ? word32At(bytes, 80, random) : numberToken(bytes, random)
}

function word32At(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const out = bytes.slice()
  const piece = random.share() < 0.5 ? (['u4', random.pick(wholes)] as const) : (['f4', random.pick(floats)] as const)
  out.set(bytesOf([piece], random.share() < 0.8).subarray(0, Math.max(0, out.length - at)), at)
  return out
}

const word32: Mutation = (bytes, random) =>
  bytes.length < 4 ? bytes : word32At(bytes, random.below(bytes.length - 3), random)

const word: Mutation = (bytes, random) => replaced(bytes, random, /[A-Za-z_]{1,40}/g, () => random.pick(words))

/** A line twice, gone, or in another place. */
const line: Mutation = (bytes, random) => {
  const lines = decode(bytes).split('\n')
  const [taken] = lines.splice(random.below(lines.length), 1)
  for (let copies = random.below(3); copies > 0; copies--) lines.splice(random.below(lines.length + 1), 0, taken)
  return encode(lines.join('\n'))
}

const lineEnds: Mutation = (bytes, random) =>
  encode(decode(bytes).replaceAll('\n', random.pick(['\r\n', '\r', ' ', '\n\n'])))

const mutations = [
  flip,
  flip,
  set,
  cut,
  remove,
  insert,
  splice,
  numberToken,
  numberToken,
  count,
  word32,
  word,
  line,
  lineEnds,
]

/** Values that JSON can hold and a reader may not expect. */
const values = [
  null,
  true,
  '',
  'VEC3',
  'SCALAR',
  [],
  {},
  -1,
  0,
  1,
  2,
  3,
  7,
  1.5,
  255,
  5120,
  5121,
  5125,
  5126,
  65536,
  1e9,
  1e308,
  2 ** 53,
]

/** One value of the JSON replaced, removed, or by a copy of another; it stays JSON. */
const jsonValue: Mutation = (bytes, random) => {
  let root: unknown
  try {
    root = JSON.parse(decode(bytes))
  } catch {
    return bytes
  }
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    const holder = value as Record<string, unknown>
    for (const key of Object.keys(holder)) {
      places.push({ holder, key })
      visit(holder[key])
    }
  }
  visit(root)
  if (places.length === 0) return bytes
  const { holder, key } = random.pick(places)
  const other = random.pick(places)
  const old = holder[key]
  const way = random.below(4)
  if (way === 0) delete holder[key]
  else if (way === 1) holder[key] = structuredClone(other.holder[other.key])
  else if (way === 2 && typeof old === 'number') holder[key] = old + random.pick([-1, 1, -4, 4, 0.5, 100])
  else holder[key] = random.pick(values)
  return encode(JSON.stringify(root))
}

/** A mutation of a GLB's JSON or binary chunk alone, with all lengths put right: it reaches further into the reader. */
function inChunk(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const jsonEnd = 20 + view.getUint32(12, true)
  const json = bytes.slice(20, jsonEnd)
  const bin = bytes.slice(jsonEnd + 8)
  if (random.share() < 0.3) return glbChunks(json, random.pick([flip, set, word32, cut])(bin, random))
  return glbChunks(random.pick([jsonValue, jsonValue, jsonValue, numberToken, word, insert])(json, random), bin)
}

/** A mutation behind a PLY's header, which would be refused for most others. */
function behindHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const header = /end_header\r?\n/.exec(decode(bytes))
  if (!header) return bytes
  const at = header.index + header[0].length
  return joined([bytes.subarray(0, at), random.pick(mutations)(bytes.subarray(at), random)])
}

export interface Input {
  readonly flavour: string
  readonly bytes: Uint8Array
}

/** The input of this number: one of the corpus, changed in one to four ways, at most 4 kB of it. */
export function inputOf(seed: number, number: number): Input {
  const random = randomOf(seed, number)
  const { flavour, bytes } = random.pick(corpus)
  let out = bytes
  let framed = flavour.startsWith('GLB')
  for (let times = random.pick([1, 1, 1, 2, 2, 3, 4]); times > 0; times--) {
    if (framed && random.share() < 0.9) out = inChunk(out, random)
    else if (flavour.startsWith('PLY') && random.share() < 0.5) out = behindHeader(out, random)
    else {
      out = random.pick(mutations)(out, random)
      framed = false // the chunks may not be where they were
    }
  }
  return { flavour, bytes: out.slice(0, MOST_BYTES) }
}
