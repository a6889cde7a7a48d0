import { createPrivateKey, createPublicKey, hash, randomBytes, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Signed notes (C2SP signed-note), checkpoints as their text (tlog-checkpoint), and cosignatures of those (tlog-cosignature). */

/** What a key signs, by its byte: notes, or cosignatures of checkpoints with their time. */
export const signatureTypes = { note: 1, cosignature: 4 } as const

/** A key by which signatures are checked. */
export interface Verifier {
  name: string
  type: number
  /** 32 bytes, Ed25519 */
  publicKey: Buffer
}

export interface Signer extends Verifier {
  privateKey: KeyObject
}

/** A new private key, as it is kept: 32 random bytes, of which all else follows (RFC 8032). */
export const newSeed = () => randomBytes(32)

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex') // what stands before an Ed25519 key of 32 bytes

export function signerOf(name: string, type: number, seed: Buffer): Signer {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url')
  return { name, type, publicKey, privateKey }
}

/** The four bytes by which a signature tells which key made it. */
const keyId = ({ name, type, publicKey }: Verifier): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'buffer').subarray(0, 4)

/** A key in one word, as it is handed on: `name+id+key`. */
export const vkey = (key: Verifier): string => keyWord(key, key.publicKey)

const keyWord = (key: Verifier, bytes: Buffer) =>
  `${key.name}+${keyId(key).toString('hex')}+${Buffer.concat([Buffer.of(key.type), bytes]).toString('base64')}`

// no control character, no white space of Unicode, no plus
const nameForm = /^[^\s\p{Cc}+]+$/u

export const isKeyName = (name: string) => nameForm.test(name)

/** @returns undefined for what is no Ed25519 key in that form, or whose id is not its own */
export function parseVkey(text: string): Verifier | undefined {
  const [, name = '', , coded = ''] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(coded, 'base64')
  const key = { name, type: bytes[0] ?? 0, publicKey: bytes.subarray(1) }
  const isKnown = key.type === signatureTypes.note || key.type === signatureTypes.cosignature
  return isKnown && isKeyName(name) && vkey(key) === text ? key : undefined
}

const secretPrefix = 'PRIVATE+KEY+'

/** A private key in one line, as Go's signed notes write it: `PRIVATE+KEY+name+id+seed`. */
export const secretKey = (key: Signer, seed: Buffer): string => secretPrefix + keyWord(key, seed)

export function parseSecretKey(text: string): Signer | undefined {
  const [, name = '', coded = ''] = /^PRIVATE\+KEY\+([^+]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(coded, 'base64')
  if (bytes.length !== 33 || !isKeyName(name)) return undefined
  const key = signerOf(name, bytes[0]!, bytes.subarray(1))
  return secretKey(key, bytes.subarray(1)) === text ? key : undefined
}

export interface Signature {
  name: string
  /** of the key, four bytes */
  id: Buffer
  bytes: Buffer
  /** as it stands in the note, without its end of line */
  line: string
}

export interface Note {
  /** what is signed, its last end of line included */
  text: string
  signatures: Signature[]
}

const maxSignatures = 100

/** Takes a note apart, and checks none of its signatures. @returns undefined for what is none */
export function parseNote(note: string): Note | undefined {
  const end = note.lastIndexOf('\n\n')
  if (end === -1 || /[^\P{Cc}\n]/u.test(note) || !note.isWellFormed()) return undefined
  const signatures = parseSignatures(note.slice(end + 2))
  return signatures && { text: note.slice(0, end + 1), signatures }
}

/** @param lines of signatures, each with its end of line */
export function parseSignatures(lines: string): Signature[] | undefined {
  const all = lines.split('\n')
  if (all.pop() !== '' || all.length === 0 || all.length > maxSignatures) return undefined
  const signatures: Signature[] = []
  for (const line of all) {
    const [, name = '', coded = ''] = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
    const bytes = Buffer.from(coded, 'base64')
    if (!isKeyName(name) || bytes.length < 5 || bytes.toString('base64') !== coded) return undefined
    signatures.push({ name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4), line })
  }
  return signatures
}

const signatureLine = (key: Verifier, bytes: Buffer) =>
  `— ${key.name} ${Buffer.concat([keyId(key), bytes]).toString('base64')}`

/** A text, its end of line included, with a signature. */
export const signNote = (text: string, key: Signer): string =>
  `${text}\n${signatureLine(key, sign(null, Buffer.from(text), key.privateKey))}\n`

/** The line that says that a checkpoint is consistent with all before it. @param at in whole seconds of Unix time */
export function cosign(text: string, key: Signer, at: number): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(at))
  return signatureLine(key, Buffer.concat([time, sign(null, cosigned(text, BigInt(at)), key.privateKey)]))
}

const cosigned = (text: string, at: bigint) => Buffer.from(`cosignature/v1\ntime ${at}\n${text}`)

/**
 * Looks for a key's signature in a note.
 * @returns undefined when there is none of this key's; else whether it is genuine, and for a cosignature its time
 */
export function checkSignature(
  { text, signatures }: Note,
  key: Verifier,
): { isGenuine: boolean; line: string; at: Date | null } | undefined {
  const id = keyId(key)
  const found = signatures.find((signature) => signature.name === key.name && signature.id.equals(id))
  if (!found) return undefined
  const { bytes, line } = found
  const x = key.publicKey.toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  if (key.type === signatureTypes.note) {
    return { isGenuine: verify(null, Buffer.from(text), publicKey, bytes), line, at: null }
  }
  if (bytes.length !== 72) return { isGenuine: false, line, at: null }
  const at = bytes.readBigUInt64BE(0)
  const isGenuine = verify(null, cosigned(text, at), publicKey, bytes.subarray(8))
  return { isGenuine, line, at: new Date(Number(at) * 1000) }
}

export interface Checkpoint {
  origin: string
  size: number
  root: Buffer
}

export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`

/** @returns undefined for a text that is no checkpoint, or has lines that nobody here knows */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root, 'base64') }
  const isOne = origin !== '' && Number.isSafeInteger(checkpoint.size) && checkpoint.root.length === 32
  return isOne && checkpointText(checkpoint) === text ? checkpoint : undefined
}
