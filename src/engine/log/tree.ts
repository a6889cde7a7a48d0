import { hash } from 'node:crypto'
import { areEqual } from '../../verifier/bytes.ts'

/**
 * A log's tree (RFC 6962, section 2.1, SHA-256), kept as tiles (C2SP tlog-tiles): runs of up to 256 hashes of one level,
 * each hash of level 1 and above being that of a full tile below. Pure arithmetic: who calls says where tiles lie.
 */

/** Which hashes are wanted: the first `width` of a tile. */
export interface Tile {
  level: number
  index: number
  width: number
}

/** Reads tiles, all of one question together. Of each it answers exactly `width` hashes, 32 bytes a hash. */
export type ReadTiles = (tiles: Tile[]) => Promise<Buffer[]>

export const hashSize = 32
export const tileWidth = 256

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer')
const leafPrefix = Buffer.of(0)

export const emptyRoot = sha256(Buffer.alloc(0))
export const leafHash = (entry: Uint8Array) => sha256(Buffer.concat([leafPrefix, entry]))

const scratch = Buffer.alloc(1 + 2 * hashSize, 1)
function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  scratch.set(left, 1)
  scratch.set(right, 1 + hashSize)
  return sha256(scratch)
}

/** How many hashes a level has in a tree of this size: subtrees of 256 ** level leaves that are full. */
const countAt = (size: number, level: number) => Math.floor(size / tileWidth ** level)

/** The tiles in which leaves may still be added: the last one of each level, where it is not full. */
export function edgeTiles(size: number): Tile[] {
  const tiles: Tile[] = []
  for (let level = 0, count = size; count > 0; level++, count = countAt(size, level)) {
    const width = count % tileWidth
    if (width > 0) tiles.push({ level, index: Math.floor(count / tileWidth), width })
  }
  return tiles
}

export interface Grown {
  size: number
  root: Buffer
  /** the hashes of each tile that changed or is new: what was there before, and what was added */
  tiles: { level: number; index: number; hashes: Buffer }[]
  /** of `edgeTiles(size)`, for the next time */
  edge: Buffer[]
}

/**
 * Adds leaves at the right edge. Costs what the leaves cost and a few tiles, however large the tree is.
 * @param edge the hashes of `edgeTiles(size)`, in that order
 * @param leaves their hashes, one after the other
 */
export function append(size: number, edge: readonly Buffer[], leaves: Buffer): Grown {
  const open = new Map(edgeTiles(size).map(({ level }, i) => [level, edge[i]!]))
  const tiles: Grown['tiles'] = []
  let fresh = leaves
  for (let level = 0; fresh.length > 0; level++) {
    let index = Math.floor(countAt(size, level) / tileWidth)
    const hashes = Buffer.concat([open.get(level) ?? Buffer.alloc(0), fresh])
    const roots: Buffer[] = []
    open.delete(level)
    for (let at = 0; at < hashes.length; at += tileWidth * hashSize, index++) {
      const tile = hashes.subarray(at, at + tileWidth * hashSize)
      tiles.push({ level, index, hashes: tile })
      if (tile.length === tileWidth * hashSize) roots.push(perfectRoot(tile))
      else open.set(level, tile)
    }
    fresh = Buffer.concat(roots)
  }
  const grown = size + leaves.length / hashSize
  const root = combine(nodesOf(0, grown), ({ level }) => open.get(level)!)
  return { size: grown, root, tiles, edge: edgeTiles(grown).map(({ level }) => open.get(level)!) }
}

/** The root of the tree of the first `size` leaves. */
export async function rootOf(size: number, readTiles: ReadTiles): Promise<Buffer> {
  if (size === 0) return emptyRoot
  return (await hashesOf(size, [[0, size]], readTiles))[0]!
}

/**
 * The audit paths of leaves (RFC 6962, 2.1.1), each from the leaf's sibling up.
 * @param indexes each below `size`
 */
export async function inclusionPaths(indexes: number[], size: number, readTiles: ReadTiles): Promise<Buffer[][]> {
  const paths = indexes.map((index) => inclusionRanges(index, size))
  const hashes = await hashesOf(size, paths.flat(), readTiles)
  return paths.map((path) => hashes.splice(0, path.length))
}

/**
 * The proof that a tree grew out of an earlier one of its sizes (RFC 6962, 2.1.2).
 * @param from above 0, up to `size`; when both are the same there is nothing to prove, and no hash
 */
export const consistencyPath = (from: number, size: number, readTiles: ReadTiles): Promise<Buffer[]> =>
  hashesOf(size, consistencyRanges(from, size), readTiles)

/** Leaves from the first up to, and without, the second. */
type Range = readonly [from: number, to: number]

function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + largestPowerBelow(to - from)
    if (index < middle) {
      ranges.push([middle, to])
      to = middle
    } else {
      ranges.push([from, middle])
      from = middle
    }
  }
  return ranges.toReversed()
}

function consistencyRanges(old: number, size: number): Range[] {
  const ranges: Range[] = []
  let [from, to] = [0, size]
  while (old !== to) {
    const middle = from + largestPowerBelow(to - from)
    if (old <= middle) {
      ranges.push([middle, to])
      to = middle
    } else {
      ranges.push([from, middle])
      from = middle
    }
  }
  if (from > 0) ranges.push([from, to]) // else it is the old root, which who asks has
  return ranges.toReversed()
}

function largestPowerBelow(n: number): number {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/** A full subtree's root, and where its leaves lie: `count` hashes of a tile, which begin at `offset`. */
interface Node extends Pick<Tile, 'level' | 'index'> {
  offset: number
  count: number
}

/** The full subtrees that a range consists of, the largest first: RFC 6962 splits so that each range begins at one. */
function nodesOf(from: number, to: number): Node[] {
  const nodes: Node[] = []
  for (let at = from; at < to;) {
    const leaves = largestPowerBelow(to - at + 1)
    let level = 0
    while (tileWidth ** (level + 1) <= leaves) level++
    const first = at / tileWidth ** level
    nodes.push({
      level,
      index: Math.floor(first / tileWidth),
      offset: first % tileWidth,
      count: leaves / tileWidth ** level,
    })
    at += leaves
  }
  return nodes
}

/** The hash over a range's subtrees. */
const combine = (nodes: Node[], tileOf: (node: Node) => Buffer): Buffer =>
  nodes
    .map((node) => {
      const start = node.offset * hashSize
      return perfectRoot(tileOf(node).subarray(start, start + node.count * hashSize))
    })
    .reduceRight((right, left) => nodeHash(left, right))

/** The root over 2 ** n hashes, n from 0 to 8. */
function perfectRoot(hashes: Buffer): Buffer {
  let level = hashes
  while (level.length > hashSize) {
    const above = Buffer.allocUnsafe(level.length / 2)
    for (let at = 0; at < above.length; at += hashSize) {
      const left = level.subarray(2 * at, 2 * at + hashSize)
      above.set(nodeHash(left, level.subarray(2 * at + hashSize, 2 * at + 2 * hashSize)), at)
    }
    level = above
  }
  return level
}

async function hashesOf(size: number, ranges: Range[], readTiles: ReadTiles): Promise<Buffer[]> {
  const nodes = ranges.map(([from, to]) => nodesOf(from, to))
  const wanted = new Map<string, Tile>()
  const key = ({ level, index }: Pick<Tile, 'level' | 'index'>) => `${level}/${index}`
  for (const { level, index } of nodes.flat()) {
    const width = Math.min(tileWidth, countAt(size, level) - index * tileWidth)
    wanted.set(key({ level, index }), { level, index, width })
  }
  if (wanted.size === 0) return []
  const tiles = [...wanted.values()]
  const read = await readTiles(tiles)
  const byKey = new Map(tiles.map((tile, i) => [key(tile), read[i]!]))
  return nodes.map((parts) => combine(parts, (node) => byKey.get(key(node))!))
}

/**
 * Whether a proof shows that a tree grew out of an earlier one: that both roots follow from it.
 * @param from the earlier, not empty
 */
export function isConsistent(
  from: { size: number; root: Uint8Array },
  to: { size: number; root: Uint8Array },
  proof: Uint8Array[],
): boolean {
  if (from.size < 1 || from.size > to.size) return false
  const ranges = consistencyRanges(from.size, to.size)
  if (ranges.length !== proof.length) return false
  // the proof begins with the last full subtree of the old tree, unless that is all of it
  const begins = ranges[0]?.[1] === from.size ? 1 : 0
  let [old, grown] = begins === 1 ? [proof[0]!, proof[0]!] : [from.root, from.root]
  for (let i = begins; i < proof.length; i++) {
    const hash = proof[i]!
    if (ranges[i]![0] >= from.size) grown = nodeHash(grown, hash)
    else {
      old = nodeHash(hash, old)
      grown = nodeHash(hash, grown)
    }
  }
  return areEqual(old, from.root) && areEqual(grown, to.root)
}
