import type { Statement } from './documents.ts'

/** What a proof file consists of (docs/proofs.md), and how much of it there may be. */

export const format = 'saudagar-proof/v1'

/** A key that signed something in a file, as of when the file was made. Times are whole seconds since 1970. */
export interface FileKey {
  kid: string
  kty: 'OKP'
  crv: 'Ed25519'
  /** the public half, base64url */
  x: string
  use: 'sig'
  /** when it begins to sign; rounded down */
  nbf: number
  /** when it no longer signs; rounded up */
  exp?: number
  revoked?: Revocation
}

/** A key is not believed from a time on, nor for what stands in the log after its revocation. */
export interface Revocation {
  revoked_at: number
  reason?: string
  /** where in the log the revocation stands: who has stolen the key can choose times, but no place before it */
  log_index?: number
}

export interface Entry {
  statement: Statement
  /** Ed25519 over canonical(statement), hex */
  signature: string
  /** 16 bytes, hex; the log holds SHA-256(salt, canonical(statement)) */
  salt: string
  /** in the form of c2sp.org/tlog-proof@v1 */
  log_proof: string
}

export interface ProofFile {
  format: typeof format
  store: string
  proof_id: string
  made_at: string
  keys: FileKey[]
  /** `key` is a verifier key of c2sp.org/signed-note, whose name is the origin */
  log: { origin: string; key: string }
  /** the enrolment, the delivery if there was one, corrections, then what is said of keys */
  entries: Entry[]
  key_id: string
  /** Ed25519 over canonical(file without signature), hex */
  signature: string
}

/** What is longer is no proof. Texts are counted in UTF-16 units, as JavaScript does. */
export const limits = {
  /** of the whole file */
  bytes: 1024 * 1024,
  keys: 32,
  entries: 64,
  photos: 4,
  /** of one text: an address of a photo, a device, a reason */
  text: 4096,
  /** of a proof of inclusion, with its checkpoint */
  logProof: 32 * 1024,
  /** on one checkpoint: c2sp.org/signed-note asks for 16 at least */
  noteSignatures: 32,
  /** hashes of one inclusion proof: enough for 2^53 entries */
  path: 53,
} as const
