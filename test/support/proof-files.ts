import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import canonicalize from 'canonicalize'
import type {
  CorrectionStatement,
  DeliveryStatement,
  EnrolmentStatement,
  KeyStatement,
} from '../../src/verifier/documents.ts'
import type { Entry, FileKey, ProofFile } from '../../src/verifier/file.ts'

/**
 * Proof files made from nothing but Node's crypto: signatures, Merkle trees and notes are written here a second time, so
 * that the verifier is not tested against itself. Keys come from their names, so that a file is the same each time.
 */

export interface SigningKey {
  kid: string
  secret: KeyObject
  raw: Buffer
}

export const sha256 = (...parts: (Buffer | string)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

export function signingKey(kid: string): SigningKey {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex') // PKCS #8 of an Ed25519 seed (RFC 8410)
  const secret = createPrivateKey({ key: Buffer.concat([prefix, sha256(kid)]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { kid, secret, raw }
}

export const canonicalText = (value: unknown): string => canonicalize(value)!
const signText = (key: SigningKey, text: string | Buffer) => sign(null, Buffer.from(text), key.secret)

export const storeKey = signingKey('key_001')
export const nextKey = signingKey('key_002')
export const logSigner = signingKey('log')
export const witness = signingKey('witness.example/w1')
export const thief = signingKey('key_666')

export const ids = {
  store: '0197a3b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
  proofId: 'proof_abc123def456',
  orderId: 'ORDER-12345',
  nfcUid: '04:1A:2B:3C:4D:5E:6F',
  origin: 'shop.example/ink/log',
}
export const known = { orderId: ids.orderId, nfcUid: ids.nfcUid }

const noteId = (name: string, kind: number, key: SigningKey) =>
  sha256(`${name}\n`, Buffer.from([kind]), key.raw).subarray(0, 4)

export const vkey = (name: string, kind: number, key: SigningKey): string =>
  `${name}+${noteId(name, kind, key).toString('hex')}+${Buffer.from([kind, ...key.raw]).toString('base64')}`

export const logKey = vkey(ids.origin, 1, logSigner)
export const witnessKey = vkey(witness.kid, 4, witness)

const seconds = (time: string) => Math.floor(Date.parse(time) / 1000)

export const fileKey = (key: SigningKey, more: Partial<FileKey> = {}): FileKey => ({
  kid: key.kid,
  kty: 'OKP',
  crv: 'Ed25519',
  x: key.raw.toString('base64url'),
  use: 'sig',
  nbf: seconds('2024-01-01T00:00:00.000Z'),
  ...more,
})

/** RFC 6962, 2.1, as it is written there: by recursion over all leaves. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256('')
  if (leaves.length === 1) return sha256(Buffer.from([0]), leaves[0]!)
  const k = split(leaves.length)
  return sha256(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** RFC 6962, 2.1.1. */
export function auditPath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return []
  const k = split(leaves.length)
  return m < k
    ? [...auditPath(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...auditPath(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))]
}

/** The largest power of two below n. */
const split = (n: number) => 2 ** Math.ceil(Math.log2(n) - 1)

export interface LogView {
  leaves: Buffer[]
  origin?: string
  /** under which the log signs: its origin unless somebody means harm */
  name?: string
  signer?: SigningKey
  /** seconds at which the witness cosigned; absent when it did not */
  seenAt?: number
}

/** A signed checkpoint of a log. */
export function checkpointOf(view: LogView): string {
  const { leaves, origin = ids.origin, name = origin, signer = logSigner, seenAt } = view
  const text = `${origin}\n${leaves.length}\n${treeHash(leaves).toString('base64')}\n`
  const line = (name: string, ...signature: Buffer[]) =>
    `\u2014 ${name} ${Buffer.concat(signature).toString('base64')}\n`
  const signed = line(name, noteId(name, 1, signer), signText(signer, text))
  if (seenAt === undefined) return `${text}\n${signed}`
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(seenAt))
  const cosigned = signText(witness, `cosignature/v1\ntime ${seenAt}\n${text}`)
  return `${text}\n${signed}${line(witness.kid, noteId(witness.kid, 4, witness), time, cosigned)}`
}

export const logProofOf = (index: number, view: LogView): string =>
  [
    'c2sp.org/tlog-proof@v1',
    `index ${index}`,
    ...auditPath(index, view.leaves).map((hash) => hash.toString('base64')),
    '',
    checkpointOf(view),
  ].join('\n')

type Unsigned<S> = Omit<S, 'signature'> & { signature?: string }
/** A statement before it is signed. `corrects` may name what it corrects by its kind. */
export type Draft =
  | Unsigned<EnrolmentStatement>
  | Unsigned<DeliveryStatement>
  | Unsigned<CorrectionStatement>
  | Unsigned<KeyStatement>

const of = { store: ids.store, proof_id: ids.proofId, key_id: storeKey.kid }

export const enrolmentDraft = (): Unsigned<EnrolmentStatement> => ({
  ...of,
  kind: 'enrolment',
  at: '2024-01-01T12:00:00.000Z',
  photo_urls: [1, 2, 3, 4].map((n) => `https://example.com/photo${n}.jpg`),
  photo_hashes: [1, 2, 3, 4].map((n) => sha256(`photo ${n}`).toString('hex')),
  shipping_address_gps: { lat: 40.7128, lng: -74.006 },
  warehouse_gps: { lat: 40.758, lng: -73.9855 },
  by: 'shop',
  tag: 'plain',
})

export const deliveryDraft = (): Unsigned<DeliveryStatement> => ({
  ...of,
  kind: 'delivery',
  at: '2024-01-01T14:30:00.000Z',
  delivery_gps: { lat: 40.7129, lng: -74.0061 },
  distance_meters: 14,
  gps_verdict: 'pass',
  phone_verified: false,
  tag_counter: null,
  device_info: 'iPhone 14 Pro, iOS 17',
})

export const correctionDraft = (): Unsigned<CorrectionStatement> => ({
  ...of,
  kind: 'correction',
  at: '2024-01-02T09:00:00.000Z',
  corrects: 'delivery',
  reason: 'The device was written down wrongly.',
  changes: { device_info: 'Pixel 8, Android 15' },
})

export const revocationDraft = (): Unsigned<KeyStatement> => ({
  store: ids.store,
  key_id: nextKey.kid,
  kind: 'key',
  event: 'revoked',
  at: '2024-01-03T00:00:00.000Z',
  subject: storeKey.kid,
  x: storeKey.raw.toString('base64url'),
  from: '2024-01-03T00:00:00.000Z',
  reason: 'It was on a laptop that is gone.',
})

/** Each step of the making of a file may be changed, by who has the keys that the next steps need. */
export interface Making {
  drafts?: (Draft | object)[]
  /** who signs statements and documents, by `key_id` */
  signers?: SigningKey[]
  orderId?: string
  nfcUid?: string
  /** after signing, before the log */
  entries?: (entries: Pick<Entry, 'statement' | 'signature' | 'salt'>[]) => void
  /** leaves before, and after the entries */
  others?: [before: number, after: number]
  view?: Partial<LogView>
  /** before the file is signed */
  file?: (file: ProofFile) => void
  fileSigner?: SigningKey
  keys?: FileKey[]
  /** after it is signed */
  signed?: (file: ProofFile) => void
}

const leaf = (n: number) => sha256(`somebody else’s statement ${n}`)

/** What the log holds for an entry. */
export const logLeaf = ({ salt, statement }: Pick<Entry, 'salt' | 'statement'>): Buffer =>
  sha256(Buffer.from(salt, 'hex'), canonicalText(statement))

/** Leaves of a log that holds entries, others before and after them. */
export const leavesOf = (entries: Pick<Entry, 'salt' | 'statement'>[], [before, after]: [number, number]): Buffer[] => [
  ...Array.from({ length: before }, (_, n) => leaf(n)),
  ...entries.map(logLeaf),
  ...Array.from({ length: after }, (_, n) => leaf(before + n)),
]

/** Signs a file anew. */
export function resign(file: ProofFile, signer: SigningKey): void {
  const { signature: _, ...unsigned } = file
  file.key_id = signer.kid
  file.signature = signText(signer, canonicalText({ ...unsigned, key_id: signer.kid })).toString('hex')
}

/** Makes a proof file: a genuine one when nothing is changed on the way. */
export function makeProof(making: Making = {}): ProofFile {
  const { orderId = ids.orderId, nfcUid = ids.nfcUid, others = [5, 3], fileSigner = storeKey } = making
  const signers = making.signers ?? [storeKey, nextKey]
  const signer = (kid: string) => signers.find((key) => key.kid === kid) ?? storeKey
  const entries: Pick<Entry, 'statement' | 'signature' | 'salt'>[] = []
  for (const draft of (making.drafts ?? [enrolmentDraft(), deliveryDraft()]) as Draft[]) {
    const statement = structuredClone(draft) as Entry['statement']
    if (statement.kind === 'correction') {
      const target = entries.find((entry) => entry.statement.kind === statement.corrects)?.statement
      if (target) statement.corrects = sha256(canonicalText(target)).toString('hex')
    }
    const document = documentOf(statement, orderId, nfcUid)
    if (document) Object.assign(statement, { signature: signText(signer(statement.key_id), document).toString('hex') })
    entries.push({
      statement,
      signature: signText(signer(statement.key_id), canonicalText(statement)).toString('hex'),
      salt: sha256(`salt ${entries.length}`).subarray(0, 16).toString('hex'),
    })
  }
  making.entries?.(entries)
  const view = { leaves: leavesOf(entries, others), ...making.view }
  const file: ProofFile = {
    format: 'saudagar-proof/v1',
    store: ids.store,
    proof_id: ids.proofId,
    made_at: '2024-01-04T00:00:00.000Z',
    keys: making.keys ?? [fileKey(storeKey)],
    log: { origin: ids.origin, key: logKey },
    entries: entries.map((entry, i) => ({ ...entry, log_proof: logProofOf(others[0] + i, view) })),
    key_id: fileSigner.kid,
    signature: '',
  }
  making.file?.(file)
  resign(file, fileSigner)
  making.signed?.(file)
  return file
}

/** The documents of the published contract, written as it shows them. */
function documentOf(statement: Entry['statement'], order_id: string, nfc_uid: string): string | undefined {
  if (statement.kind === 'enrolment') {
    const { photo_hashes, shipping_address_gps, at } = statement
    return JSON.stringify({ order_id, nfc_uid, photo_hashes, shipping_address_gps, timestamp: at })
  }
  if (statement.kind !== 'delivery') return undefined
  const { proof_id, delivery_gps, gps_verdict, at } = statement
  return JSON.stringify({ proof_id, order_id, delivery_gps, timestamp: at, gps_verdict })
}

export const textOf = (file: object): string => `${canonicalText(file)}\n`
