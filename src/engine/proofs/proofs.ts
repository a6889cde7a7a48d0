import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Ctx, Db } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { Vault } from '../sealing.ts'
import type { CorrectionStatement, Gps, Verdict } from '../../verifier/documents.ts'
import { createNotary } from './keys.ts'
import type { Notary } from './keys.ts'
import { digitsHasher } from './phone.ts'
import { createNonces } from './tags/nonces.ts'
import type { Nonces } from './tags/nonces.ts'
import type { TagKeys } from './tags/sun.ts'
import { tagKeyOpener } from './tags/tags.ts'

/** What is secret about proofs of delivery: who signs, and what digits, tags and nonces are made with. */
export interface Proofs {
  notary: Notary
  hashDigits(proofId: string, digits: string): Buffer
  openTagKey(storeId: string, name: string, sealed: Buffer): TagKeys
  nonces: Nonces
}

export const createProofs = (vault: Vault): Proofs => ({
  notary: createNotary(vault),
  hashDigits: digitsHasher(vault),
  openTagKey: tagKeyOpener(vault),
  nonces: createNonces(vault),
})

/** The name by which the world knows a proof, and which is part of what is signed. */
export const proofName = (id: string) => `proof_${id.replaceAll('-', '')}`

/** @returns the id behind a name; null for what is none */
export function proofIdOf(name: string): string | null {
  const [, a, b, c, d, e] =
    /^proof_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(name) ?? []
  return a === undefined ? null : [a, b, c, d, e].join('-')
}

/** A correction that was made of a proof, with the signature it can be checked by. */
export interface Correction {
  stated: CorrectionStatement
  signature: string
}

/** All that is told of a proof to whoever knows its name. */
export interface ProofRecord {
  id: string
  orderRef: string
  photoUrls: string[]
  photoHashes: string[]
  shippingGps: Gps
  warehouseGps: Gps | null
  enrolledAt: Date
  delivery: {
    at: Date
    gps: Gps
    deviceInfo: string | null
    verdict: Verdict
    phoneVerified: boolean
  } | null
  /** of the delivery once there is one, else of the enrolment: with the key that made it */
  signature: Buffer
  kid: string
  publicKey: Buffer
  corrections: Correction[]
}

interface Row {
  id: string
  orderRef: string
  photoUrls: string[]
  photoHashes: string[]
  shippingLat: number
  shippingLng: number
  warehouseLat: number | null
  warehouseLng: number | null
  enrolledAt: Date
  verifiedAt: Date | null
  deliveryLat: number
  deliveryLng: number
  deviceInfo: string | null
  verdict: Verdict
  phoneVerified: boolean
  signature: Buffer
  kid: string
  publicKey: Buffer
  corrections: { statement: string; signature: string }[]
}

const byId = statement(
  'proofs.one',
  (p: { storeId: string; id: string }) =>
    sql<Row>`
    select p.id, p.order_ref, p.photo_urls, p.photo_hashes, p.shipping_lat, p.shipping_lng, p.warehouse_lat, p.warehouse_lng,
      p.enrolled_at, p.verified_at, p.delivery_lat, p.delivery_lng, p.device_info, p.verdict, p.phone_verified,
      coalesce(p.verified_signature, p.enrolled_signature) as signature, k.kid, k.public_key,
      coalesce((
        select json_agg(json_build_object('statement', e.statement, 'signature', encode(e.signature, 'hex')) order by e.position)
        from log_entry e where e.store_id = p.store_id and e.proof_id = p.id and e.position >= 2), '[]') as corrections
    from proof p join proof_key k on k.store_id = p.store_id and k.kid = coalesce(p.verified_kid, p.enrolled_kid)
    where p.store_id = ${p.storeId} and p.id = ${p.id}`,
)

/** @param name as the world knows it. @throws Refusal proof.unknown */
export async function getProof({ tx, store }: Ctx<Db>, name: string): Promise<ProofRecord> {
  const id = proofIdOf(name)
  const [row] = id ? await byId(tx, { storeId: store.storeId, id }) : []
  if (!row) throw new Refusal('proof.unknown', { proofId: name })
  return {
    ...row,
    shippingGps: { lat: row.shippingLat, lng: row.shippingLng },
    warehouseGps: row.warehouseLat === null ? null : { lat: row.warehouseLat, lng: row.warehouseLng! },
    delivery: row.verifiedAt && {
      at: row.verifiedAt,
      gps: { lat: row.deliveryLat, lng: row.deliveryLng },
      deviceInfo: row.deviceInfo,
      verdict: row.verdict,
      phoneVerified: row.phoneVerified,
    },
    corrections: row.corrections.map(({ statement: text, signature }) => ({
      stated: JSON.parse(text) as CorrectionStatement,
      signature,
    })),
  }
}
