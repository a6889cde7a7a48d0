import { areEqual, fromBase64, isSignedBy, join, sha256, toBase64, toHex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { limits } from './file.ts'

/** Signed notes, the checkpoints that are some, and witnesses' cosignatures: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature. */

/** By which a signature on a note is known: c2sp.org/signed-note, `Signature types`. */
export const noteKinds = { ed25519: 0x01, cosignature: 0x04 } as const

export interface VerifierKey {
  name: string
  /** four bytes: which of the keys of this name */
  id: Bytes
  kind: number
  key: Bytes
}

// a name has no white space of Unicode, and no plus: it stands before one
const isName = (name: string) => /^[^\s+\u0085]+$/u.test(name)

/** @returns `name+hash+key`, the one-line form of a key that others are told */
export async function verifierKey(name: string, kind: number, key: Bytes): Promise<string> {
  const { id } = await identify(name, kind, key)
  return `${name}+${toHex(id)}+${toBase64(join(Uint8Array.of(kind), key))}`
}

async function identify(name: string, kind: number, key: Bytes): Promise<VerifierKey> {
  const hash = await sha256(join(utf8(`${name}\n`), Uint8Array.of(kind), key))
  return { name, id: hash.slice(0, 4), kind, key }
}

/** @returns undefined for what is no Ed25519 key of that kind, or names itself wrongly */
export async function readVerifierKey(text: string, kind: number): Promise<VerifierKey | undefined> {
  const [, name = '', hash, encoded = ''] = /^([^+]+)\+([\da-f]{8})\+(.+)$/u.exec(text) ?? []
  const material = fromBase64(encoded)
  if (!isName(name) || material?.length !== 33 || material[0] !== kind) return undefined
  const known = await identify(name, kind, material.slice(1))
  return toHex(known.id) === hash ? known : undefined
}

export interface Note {
  /** what is signed, with the newline at its end */
  text: string
  signatures: { name: string; id: Bytes; signature: Bytes }[]
}

/** @returns undefined for what is no note */
export function readNote(note: string): Note | undefined {
  const split = note.lastIndexOf('\n\n')
  // oxlint-disable-next-line no-control-regex -- none but newlines may be in a note
  if (split < 1 || !note.endsWith('\n') || /[\0-\t\v-\u001F]/.test(note) || !note.isWellFormed()) return undefined
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > limits.noteSignatures) return undefined
  const signatures = lines.map((line) => {
    const [, name = '', encoded = ''] = /^\u2014 (\S+) (\S+)$/u.exec(line) ?? []
    const bytes = fromBase64(encoded)
    return isName(name) && bytes && bytes.length > 4 ? { name, id: bytes.slice(0, 4), signature: bytes.slice(4) } : null
  })
  if (signatures.some((signature) => signature === null)) return undefined
  return { text: note.slice(0, split + 1), signatures: signatures.filter((signature) => signature !== null) }
}

const ofKey = ({ signatures }: Note, { name, id }: VerifierKey) =>
  signatures.filter((signature) => signature.name === name && areEqual(signature.id, id))

/** Whether a note has a key's signature, and none that claims to be and is not. */
export async function isNoteOf(note: Note, key: VerifierKey): Promise<boolean> {
  const claimed = ofKey(note, key)
  for (const { signature } of claimed) {
    if (!(await isSignedBy(key.key, signature, utf8(note.text)))) return false
  }
  return claimed.length > 0
}

/**
 * When a witness saw that a checkpoint was an extension of all it had seen before.
 * @returns seconds since 1970; undefined when it is not on the note; `wrong` when what claims to be its is not
 */
export async function cosignedAt(note: Note, witness: VerifierKey): Promise<number | 'wrong' | undefined> {
  let seen: number | undefined
  for (const { signature } of ofKey(note, witness)) {
    if (signature.length !== 72) return 'wrong'
    const time = new DataView(signature.buffer).getBigUint64(0)
    const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`)
    // later than the year 275760 there is no date to tell
    if (time > 8_640_000_000_000n || !(await isSignedBy(witness.key, signature.slice(8), message))) return 'wrong'
    seen = Math.min(Number(time), seen ?? Infinity)
  }
  return seen
}

export interface Checkpoint {
  origin: string
  size: number
  root: Bytes
}

/** Reads what a log says of itself in a note. @returns undefined for what is no checkpoint */
export function readCheckpoint({ text }: Note): Checkpoint | undefined {
  const lines = text.split('\n').slice(0, -1)
  const [origin, decimal = '', encoded = ''] = lines
  const size = readDecimal(decimal)
  const root = fromBase64(encoded)
  if (!origin || size === undefined || root?.length !== 32 || lines.includes('')) return undefined
  return { origin, size, root }
}

/** @returns undefined for other spellings of a number, and for what is beyond 2^53 */
export function readDecimal(text: string): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
