import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { fromBase64, fromBase64Url, join, toBase64, toHex } from '../../verifier/bytes.ts'
import { cosigned, isKeyName, verifierKey } from '../../verifier/notes.ts'
import type { VerifierKey } from '../../verifier/notes.ts'

/**
 * Makes signed notes (C2SP signed-note), checkpoints as their text (tlog-checkpoint), and cosignatures of those
 * (tlog-cosignature). src/verifier/notes.ts reads and checks them.
 */

export interface Signer extends VerifierKey {
  privateKey: KeyObject
}

/** A new private key, as it is kept: 32 random bytes, of which all else follows (RFC 8032). */
export const newSeed = () => randomBytes(32)

const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex') // what stands before an Ed25519 key of 32 bytes

/** @param kind one of `noteKinds`: whether it signs notes, or cosigns checkpoints with their time */
export async function signerOf(name: string, kind: number, seed: Uint8Array): Promise<Signer> {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { ...(await verifierKey(name, kind, fromBase64Url(x!)!)), privateKey }
}

/** A key in one word, as it is handed on: `name+id+key`. */
export const vkey = (key: VerifierKey): string => keyWord(key, key.key)

const keyWord = ({ name, id, kind }: VerifierKey, bytes: Uint8Array) =>
  `${name}+${toHex(id)}+${toBase64(join(Uint8Array.of(kind), bytes))}`

/** A private key in one line, as Go's signed notes write it: `PRIVATE+KEY+name+id+seed`. */
export const secretKey = (key: VerifierKey, seed: Uint8Array): string => `PRIVATE+KEY+${keyWord(key, seed)}`

/** @returns undefined for what is no private key in that form, or whose id is not its own */
export async function parseSecretKey(text: string): Promise<Signer | undefined> {
  const [, name = '', encoded = ''] = /^PRIVATE\+KEY\+([^+]+)\+[\da-f]{8}\+(.+)$/.exec(text) ?? []
  const bytes = fromBase64(encoded)
  if (bytes?.length !== 33 || !isKeyName(name)) return undefined
  const key = await signerOf(name, bytes[0]!, bytes.slice(1))
  return secretKey(key, bytes.slice(1)) === text ? key : undefined
}

const signatureLine = ({ name, id }: VerifierKey, ...bytes: Uint8Array[]) => `— ${name} ${toBase64(join(id, ...bytes))}`

/** A text, its end of line included, with a signature. */
export const signNote = (text: string, key: Signer): string =>
  `${text}\n${signatureLine(key, sign(null, Buffer.from(text), key.privateKey))}\n`

/** The line that says that a checkpoint is consistent with all before it. @param at in whole seconds of Unix time */
export function cosign(text: string, key: Signer, at: number): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(at))
  return signatureLine(key, time, sign(null, cosigned(text, at), key.privateKey))
}

/** What a log says of a tree, in the one spelling that it has. */
export const checkpointText = ({ origin, size, root }: { origin: string; size: number; root: Uint8Array }): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`
