import { areEqual, fromBase64, join, sha256, toHex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { limits } from './file.ts'
import { readCheckpoint, readDecimal, readNote } from './notes.ts'
import type { Checkpoint, Note } from './notes.ts'

/** The log's Merkle tree (RFC 6962, section 2.1), and proofs that an entry is in it (c2sp.org/tlog-proof). */

/** What stands in the log for a statement, which tells nothing of it to who has not the salt. */
export const logEntry = (salt: Bytes, statement: string): Promise<Bytes> => sha256(join(salt, utf8(statement)))

export const leafHash = (entry: Bytes): Promise<Bytes> => sha256(join(Uint8Array.of(0), entry))

export const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(join(Uint8Array.of(1), left, right))

/** A part of the tree that is full, and so the same for ever: its leaves are [index * 2^level, (index + 1) * 2^level). */
export type Subtrees = Map<string, string>

/**
 * The root that a path leads to from a leaf (RFC 9162, section 2.1.3.2).
 * @param path from the leaf's sibling up
 * @param met every full subtree on the way is added: `level:index` to its hash in hex
 * @returns undefined when a tree of this size has no such path
 */
export async function rootOf(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  met?: Subtrees,
): Promise<Bytes | undefined> {
  if (index >= size) return undefined
  let [level, node, last] = [0, index, size - 1]
  const meet = (at: number, hash: Bytes) => {
    if ((at + 1) * 2 ** level <= size) met?.set(`${level}:${at}`, toHex(hash))
  }
  const above = () => [level + 1, Math.floor(node / 2), Math.floor(last / 2)] as const
  let hash = leaf
  meet(node, hash)
  for (const sibling of path) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      while (node % 2 === 0) [level, node, last] = above() // a node without a sibling is its own parent
      meet(node - 1, sibling)
      hash = await nodeHash(sibling, hash)
    } else {
      meet(node + 1, sibling)
      hash = await nodeHash(hash, sibling)
    }
    ;[level, node, last] = above()
    meet(node, hash)
  }
  return last === 0 ? hash : undefined
}

export interface LogProof {
  index: number
  path: Bytes[]
  note: Note
  checkpoint: Checkpoint
}

const firstLine = 'c2sp.org/tlog-proof@v1'

/** @returns undefined for what is not in the form of c2sp.org/tlog-proof@v1, without extra data */
export function readLogProof(text: string): LogProof | undefined {
  const end = text.indexOf('\n\n')
  if (end === -1 || text.length > limits.logProof) return undefined
  const [first, second = '', ...encoded] = text.slice(0, end).split('\n')
  const index = second.startsWith('index ') ? readDecimal(second.slice(6)) : undefined
  const path = encoded.map((line) => fromBase64(line))
  const note = readNote(text.slice(end + 2))
  const checkpoint = note && readCheckpoint(note)
  if (first !== firstLine || index === undefined || !note || !checkpoint) return undefined
  if (path.length > limits.path || note.signatures.length > limits.noteSignatures) return undefined
  if (!path.every((hash) => hash?.length === 32)) return undefined
  return { index, path: path as Bytes[], note, checkpoint }
}

/** Whether two trees hold the same where both are full: a log that was forked does not. */
export function agree(a: Subtrees, b: Subtrees): boolean {
  for (const [place, hash] of a) if ((b.get(place) ?? hash) !== hash) return false
  return true
}

/** Whether a proof leads from an entry to the root of its checkpoint. @param met as in `rootOf` */
export async function isIncluded(entry: Bytes, proof: LogProof, met: Subtrees): Promise<boolean> {
  const { index, path, checkpoint } = proof
  const root = await rootOf(await leafHash(entry), index, checkpoint.size, path, met)
  return root !== undefined && areEqual(root, checkpoint.root)
}
