import { areEqual, fromBase64, isSignedBy, join, sha256, toHex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'

/**
 * Reads and checks signed notes, the checkpoints that are some, and witnesses' cosignatures: c2sp.org/signed-note,
 * tlog-checkpoint, tlog-cosignature. src/engine/log/notes.ts makes them.
 */

/** By which a signature on a note is known: c2sp.org/signed-note, `Signature types`. */
export const noteKinds = { ed25519: 0x01, cosignature: 0x04 } as const

/** A key by which signatures on notes are checked. */
export interface VerifierKey {
  name: string
  /** four bytes: which of the keys of this name */
  id: Bytes
  kind: number
  /** 32 bytes, Ed25519 */
  key: Bytes
}

/** A name has no white space of Unicode, and no plus, which stands behind it; nor what a terminal would obey. */
export const isKeyName = (name: string): boolean => /^[^\s\p{Cc}+]+$/u.test(name)

/** A key under its name. The same bytes of another kind, or under another name, are another key. */
export async function verifierKey(name: string, kind: number, key: Bytes): Promise<VerifierKey> {
  const hash = await sha256(join(utf8(`${name}\n`), Uint8Array.of(kind), key))
  return { name, id: hash.slice(0, 4), kind, key }
}

/**
 * @param text `name+hash+key`, the one-line form of a key that others are told
 * @returns undefined for what is no Ed25519 key of that kind, or names itself wrongly
 */
export async function readVerifierKey(text: string, kind: number): Promise<VerifierKey | undefined> {
  const [, name = '', hash, encoded = ''] = /^([^+]+)\+([\da-f]{8})\+(.+)$/u.exec(text) ?? []
  const material = fromBase64(encoded)
  if (!isKeyName(name) || material?.length !== 33 || material[0] !== kind) return undefined
  const known = await verifierKey(name, kind, material.slice(1))
  return toHex(known.id) === hash ? known : undefined
}

export interface Signature {
  name: string
  id: Bytes
  signature: Bytes
  /** as it stands in the note, without its newline */
  line: string
}

export interface Note {
  /** what is signed, with the newline at its end */
  text: string
  signatures: Signature[]
}

const mostSignatures = 100 // as Go's notes have it

/** Takes a note apart, and checks none of its signatures. @returns undefined for what is no note */
export function readNote(note: string): Note | undefined {
  const split = note.lastIndexOf('\n\n')
  // no control character but newlines: the specification says so of those of ASCII, and a terminal obeys the others too
  if (split < 1 || !note.endsWith('\n') || /[^\P{Cc}\n]/u.test(note) || !note.isWellFormed()) return undefined
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > mostSignatures) return undefined
  const signatures = lines.map(readSignature)
  if (signatures.some((signature) => signature === undefined)) return undefined
  return { text: note.slice(0, split + 1), signatures: signatures.filter((signature) => signature !== undefined) }
}

function readSignature(line: string): Signature | undefined {
  const [, name = '', encoded = ''] = /^\u2014 (\S+) (\S+)$/u.exec(line) ?? []
  const bytes = fromBase64(encoded)
  if (!isKeyName(name) || !bytes || bytes.length < 5) return undefined
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4), line }
}

const claimedBy = ({ name, id }: VerifierKey, { signatures }: Note) =>
  signatures.filter((signature) => signature.name === name && areEqual(signature.id, id))

/** The line with which a key signed a note. @returns undefined for none, and when one claims to be the key's and is not */
export async function signatureOf(note: Note, key: VerifierKey): Promise<string | undefined> {
  const claimed = claimedBy(key, note)
  for (const { signature } of claimed) {
    if (!(await isSignedBy(key.key, signature, utf8(note.text)))) return undefined
  }
  return claimed[0]?.line
}

export interface Cosignature {
  /** when the witness saw that the checkpoint was an extension of all it had seen before: seconds since 1970 */
  at: number
  line: string
}

/** A witness's cosignatures of a checkpoint: one, or none. @returns undefined when what claims to be its is not */
export async function cosignaturesOf(note: Note, witness: VerifierKey): Promise<Cosignature[] | undefined> {
  const found: Cosignature[] = []
  for (const { signature, line } of claimedBy(witness, note)) {
    if (signature.length !== 72) return undefined
    const time = new DataView(signature.buffer).getBigUint64(0)
    // later than the year 275760 there is no date to tell
    if (time > 8_640_000_000_000n) return undefined
    const at = Number(time)
    if (!(await isSignedBy(witness.key, signature.slice(8), cosigned(note.text, at)))) return undefined
    found.push({ at, line })
  }
  return found
}

/** What a witness signs. @param at in whole seconds since 1970 */
export const cosigned = (text: string, at: number): Bytes => utf8(`cosignature/v1\ntime ${at}\n${text}`)

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

/** The same for who vouches for it: whoever does so must know each line. @returns undefined when there are more than three */
export const readBareCheckpoint = (note: Note): Checkpoint | undefined =>
  note.text.split('\n').length === 4 ? readCheckpoint(note) : undefined

/** @returns undefined for other spellings of a number, and for what is beyond 2^53 */
export function readDecimal(text: string): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
