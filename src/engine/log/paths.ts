import { tileWidth } from './tree.ts'
import type { Tile } from './tree.ts'

/** Where tiles lie below a log's address, and in a folder that a web server serves: C2SP tlog-tiles. */

/** `entries` stands where the level would: the entries themselves, as many in a bundle as hashes in a tile. */
export interface Resource extends Omit<Tile, 'level'> {
  level: number | 'entries'
}

/** The path below the log's address: `tile/0/x001/x234/067`, or `tile/entries/000.p/7`. */
export function tilePath({ level, index, width }: Resource): string {
  const groups = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  return `tile/${level}/${groups.join('/')}${width === tileWidth ? '' : `.p/${width}`}`
}

/** The resource that a path names. @returns undefined unless it is spelled in the one way that there is */
export function parseTilePath(path: string): Resource | undefined {
  const parts = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (!parts) return undefined
  const level = parts[1] === 'entries' ? 'entries' : Number(parts[1])
  const index = Number(parts[2]!.replaceAll(/[x/]/g, ''))
  const width = parts[3] === undefined ? tileWidth : Number(parts[3])
  const resource = { level, index, width } as const
  const isOne = (level === 'entries' || level < 64) && width > 0 && (width < tileWidth || parts[3] === undefined)
  return isOne && Number.isSafeInteger(index) && tilePath(resource) === path ? resource : undefined
}

/** A bundle of entries: each behind its length, two bytes, big-endian. @param entries of 32 bytes */
export const entryBundle = (entries: Buffer[]): Buffer =>
  Buffer.concat(entries.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]))
