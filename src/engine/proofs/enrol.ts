import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import { isOfShop } from '../context.ts'
import type { Ctx, Db } from '../context.ts'
import { owedPart } from '../events/events.ts'
import { newId } from '../new-id.ts'
import { Refusal } from '../refusal.ts'
import { hashToken } from '../sealing.ts'
import { enrolmentDocument } from '../../verifier/documents.ts'
import type { Gps } from '../../verifier/documents.ts'
import { goodKey, signAndStore } from './keys.ts'
import type { Signer } from './keys.ts'
import { proofName } from './proofs.ts'
import type { Proofs } from './proofs.ts'
import { appendPart, signStatement } from './statements.ts'
import type { SignedStatement } from './statements.ts'
import { readTap, uidOf } from './tags/tags.ts'
import type { TapMessage } from './tags/tags.ts'

/** What is said of a parcel when it leaves. */
export interface Enrolment {
  /** free text: the order as its sender names it */
  orderRef: string
  nfcUid: string
  nfcToken: string
  photoUrls: string[]
  /** one a photo */
  photoHashes: string[]
  shippingGps: Gps
  warehouseGps: Gps | null
  phoneDigits: string | null
  /** the key under which this tag answers each tap anew; null for a plain tag */
  tagKey: string | null
  /** what such a tag says now, in the warehouse: taps made before it are then refused */
  tap: TapMessage | null
}

export interface Enrolled {
  id: string
  kid: string
  /** the shipped order that it belongs to from now on; null when it moves none */
  orderId: string | null
}

type EnrolParams = SignedStatement &
  Omit<Enrolment, 'nfcToken' | 'shippingGps' | 'warehouseGps' | 'phoneDigits' | 'tap'> & {
    storeId: string
    id: string
    now: Date
    tokenHash: Buffer
    lat: number
    lng: number
    warehouseLat: number | null
    warehouseLng: number | null
    phoneHash: Buffer | null
    mayLink: boolean
    /** when the order is named by its id */
    orderUuid: string | null
    tagUid: Buffer | null
    tagCounter: number | null
    document: string
    signature: Buffer
    kid: string
  }

const insert = statement(
  'proofs.enrol',
  (p: EnrolParams) =>
    sql<{ isKeyGood: boolean; isNew: boolean; orderId: string | null }>`
    with ${goodKey(p)}, enrolled as (
      insert into proof (store_id, id, token_hash, order_ref, nfc_uid, order_id, photo_urls, photo_hashes, shipping_lat,
        shipping_lng, warehouse_lat, warehouse_lng, phone_hash, tag_key, tag_uid, enrolled_at, enrolled_document,
        enrolled_signature, enrolled_kid)
      select ${p.storeId}, ${p.id}, ${p.tokenHash}, ${p.orderRef}, ${p.nfcUid},
        case when ${p.mayLink} then (
          select o.id from orders o
          where o.store_id = ${p.storeId} and (o.number = ${p.orderRef} or o.id = ${p.orderUuid}) and o.state = 'shipped') end,
        ${p.photoUrls}, ${p.photoHashes}, ${p.lat}, ${p.lng}, ${p.warehouseLat}, ${p.warehouseLng}, ${p.phoneHash},
        ${p.tagKey}, ${p.tagUid}, ${p.now}, ${p.document}, ${p.signature}, ${p.kid}
      from good
      on conflict (store_id, token_hash) do nothing
      returning order_id
    ), ${appendPart(p, 'enrolment', sql`${p.id}::uuid`, sql`0`, sql`enrolled`)}, seen as (
      insert into tag as t (store_id, uid, counter, seen_at)
      select ${p.storeId}, ${p.tagUid}, ${p.tagCounter}::int, ${p.now} from enrolled where ${p.tagCounter}::int is not null
      on conflict (store_id, uid) do update set counter = greatest(t.counter, excluded.counter), seen_at = excluded.seen_at
    ), emitted as (
      insert into event (store_id, type, subject_id, at)
      select ${p.storeId}, 'proof.enrolled', ${p.id}, ${p.now} from enrolled
      returning id, type
    ), owed as (${owedPart(p, sql`emitted`)})
    select exists (select from good) as is_key_good, exists (select from enrolled) as is_new,
      (select order_id from enrolled) as order_id`,
)

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Enrols a parcel: keeps what was said of it, signed. It belongs to an order only when somebody of the shop enrols it
 * and names a shipped one: anybody may enrol, and moves nothing by it.
 * @throws Refusal proof.token_taken, tag.key_unknown, tag.message_refused
 */
export async function enrol(ctx: Ctx<Db>, proofs: Proofs, enrolment: Enrolment): Promise<Enrolled> {
  const { store, now, actor } = ctx
  const id = newId()
  const tagUid = enrolment.tagKey === null ? null : uidOf(enrolment.nfcUid)
  const tap = await readTap(ctx, proofs.openTagKey, enrolment.tagKey, tagUid, enrolment.tap)
  const { nfcToken, shippingGps, warehouseGps, phoneDigits, ...kept } = enrolment
  const params = {
    ...kept,
    storeId: store.storeId,
    id,
    now,
    tokenHash: hashToken(nfcToken),
    lat: shippingGps.lat,
    lng: shippingGps.lng,
    warehouseLat: warehouseGps?.lat ?? null,
    warehouseLng: warehouseGps?.lng ?? null,
    phoneHash: phoneDigits === null ? null : proofs.hashDigits(id, phoneDigits),
    mayLink: isOfShop(actor),
    orderUuid: uuid.test(enrolment.orderRef) ? enrolment.orderRef : null,
    tagUid,
    tagCounter: tap?.counter ?? null,
  }
  return signAndStore(ctx, proofs.notary, async (signer) => {
    const stored = one(await insert(ctx.tx, { ...params, ...sign(ctx, signer, id, enrolment) }))
    if (stored.isKeyGood && !stored.isNew) throw new Refusal('proof.token_taken', {})
    return { ...stored, id, kid: signer.kid }
  })
}

/** The published document and our own statement, each with its signature. */
function sign({ store, now, actor }: Ctx<Db>, signer: Signer, id: string, enrolment: Enrolment) {
  const { orderRef, nfcUid, photoUrls, photoHashes, shippingGps, warehouseGps, tagKey } = enrolment
  const at = now.toISOString()
  const document = enrolmentDocument({
    order_id: orderRef,
    nfc_uid: nfcUid,
    photo_hashes: photoHashes,
    shipping_address_gps: shippingGps,
    timestamp: at,
  })
  const signature = signer.sign(document)
  const stated = signStatement(signer, {
    kind: 'enrolment',
    store: store.storeId,
    at,
    proof_id: proofName(id),
    photo_urls: photoUrls,
    photo_hashes: photoHashes,
    shipping_address_gps: shippingGps,
    warehouse_gps: warehouseGps,
    by: isOfShop(actor) ? 'shop' : 'anybody',
    tag: tagKey === null ? 'plain' : 'ntag424',
    signature: signature.toString('hex'),
  })
  return { ...stated, document, signature, kid: signer.kid }
}
