import { unreadable } from './unreadable.ts'

/** An object of the JSON chunk: nothing is known of its values before they are asked for with the functions below. */
export type Json = Record<string, unknown>

/** Beyond these no scene of meshes is meant; JSON in memory takes many times its text. */
const LONGEST_JSON = 16 * 2 ** 20
const DEEPEST = 64
/** An object takes a hundred times the two bytes that it can be written in. */
const MOST_OBJECTS = 2 ** 18

/**
 * The JSON chunk as an object. Its length, its depth and how many objects and lists it has are looked at first. Keys
 * such as __proto__ are plain keys to JSON.parse, and the functions below read only keys that they name.
 */
export function parseJson(bytes: Uint8Array): Json {
  const refuse = (why: string) => unreadable('glb', 'the JSON chunk', why)
  if (bytes.length > LONGEST_JSON) throw refuse(`it has ${bytes.length} bytes; at most ${LONGEST_JSON} are read`)
  const { depth, objects } = shapeOf(bytes)
  if (depth > DEEPEST) throw refuse(`it is nested more than ${DEEPEST} deep`)
  if (objects > MOST_OBJECTS) throw refuse(`it has ${objects} objects and lists; at most ${MOST_OBJECTS} are read`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw refuse('it is not JSON in UTF-8')
  }
  return record(value, 'the JSON chunk')
}

/** How deep brackets are nested and how many are opened, those inside of strings not counted. */
function shapeOf(bytes: Uint8Array): { depth: number; objects: number } {
  let depth = 0
  let deepest = 0
  let objects = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i]
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) inString = true
    else if (c === 0x5b || c === 0x7b) {
      objects++
      deepest = Math.max(deepest, ++depth)
    } else if (c === 0x5d || c === 0x7d) depth--
  }
  return { depth: deepest, objects }
}

export function record(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw unreadable('glb', at, 'an object should be there')
}

/** A list; an empty one where there is none. */
export function list(value: unknown, at: string): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw unreadable('glb', at, 'a list should be there')
}

/** A whole number, 0 or more. */
export function whole(value: unknown, at: string, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw unreadable('glb', at, 'a whole number of 0 or more should be there')
}

/** The item of a list that is referred to by its number, with its number checked. */
export function referred(items: readonly unknown[], value: unknown, at: string, what: string): number {
  const index = whole(value, at)
  if (index < items.length) return index
  throw unreadable('glb', at, `there is no ${what} ${index}`)
}

/** So many finite numbers; undefined where there are none. */
export function numbers(value: unknown, count: number, at: string): readonly number[] | undefined {
  if (value === undefined) return undefined
  const items = list(value, at)
  if (items.length === count && items.every((item) => typeof item === 'number' && Number.isFinite(item))) {
    return items as readonly number[]
  }
  throw unreadable('glb', at, `${count} numbers should be there`)
}

/** A name, without control characters, at most 256 characters; undefined where there is none. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return value.slice(0, 256).replace(/\p{Cc}+/gu, ' ')
}
