import { parse as secureParse } from 'secure-json-parse'

/** Why a body was refused, fit for its sender. */
export class UnreadableBody extends Error {}

/**
 * Reads a JSON body strictly. JSON.parse keeps the last of two equal keys, so that two readers of one body may see two
 * things (RFC 8259, 4); that, `__proto__`, a NUL and half a surrogate pair (neither is text to PostgreSQL) are refused.
 * @throws UnreadableBody
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown
  try {
    value = secureParse(text, null, { protoAction: 'error', constructorAction: 'error' })
  } catch {
    throw new UnreadableBody('The body is not valid JSON')
  }
  if (countKeys(value) !== countColons(text)) throw new UnreadableBody('The body has a key twice')
  return value
}

/** Whether text can be stored as it is. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0')

const maxDepth = 64

function countKeys(value: unknown, depth = 0): number {
  if (typeof value === 'string' && !isStorable(value))
    throw new UnreadableBody('The body has a character that is not text')
  if (typeof value !== 'object' || value === null) return 0
  if (depth > maxDepth) throw new UnreadableBody('The body is nested too deeply')
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item, depth + 1), 0)
  let sum = 0
  for (const [key, item] of Object.entries(value)) {
    if (!isStorable(key)) throw new UnreadableBody('The body has a character that is not text')
    sum += 1 + countKeys(item, depth + 1)
  }
  return sum
}

/** In valid JSON, each colon outside a string stands for one key. */
function countColons(text: string): number {
  let colons = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 58) colons++
    else if (char === 34) {
      for (i++; text.charCodeAt(i) !== 34; i++) if (text.charCodeAt(i) === 92) i++
    }
  }
  return colons
}
