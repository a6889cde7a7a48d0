import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Ctx, Db } from '../context.ts'
import { owedPart } from '../events/events.ts'
import { lockOrder, moveIfPossible } from '../orders/moves.ts'
import { tell } from '../orders/timeline.ts'
import { Refusal } from '../refusal.ts'
import { hashToken } from '../sealing.ts'
import { deliveryDocument, distanceBetween, verdictOf } from '../../verifier/documents.ts'
import type { Gps, Verdict } from '../../verifier/documents.ts'
import { goodKey, signAndStore } from './keys.ts'
import type { Signer } from './keys.ts'
import { checkDigits } from './phone.ts'
import { proofName } from './proofs.ts'
import type { Proofs } from './proofs.ts'
import { appendPart, notBefore, signStatement } from './statements.ts'
import type { SignedStatement } from './statements.ts'
import { readTap } from './tags/tags.ts'
import type { TapMessage } from './tags/tags.ts'

/** What a phone says at the door. */
export interface Delivery {
  nfcToken: string
  gps: Gps
  deviceInfo: string | null
  phoneDigits: string | null
  /** of a tag that answers each tap anew; null for a plain one */
  tap: (TapMessage & { nonce: string }) | null
}

/** A delivery that may be written down. */
export interface CheckedDelivery {
  id: string
  orderRef: string
  /** its order, which the delivery moves on */
  orderId: string | null
  enrolledAt: Date
  gps: Gps
  deviceInfo: string | null
  /** from the shipping address, whole metres */
  distanceM: number
  verdict: Verdict
  phoneVerified: boolean
  tag: { uid: Buffer; counter: number } | null
}

export interface Delivered extends CheckedDelivery {
  /** over the published document */
  signature: Buffer
}

interface TokenRow {
  id: string
  orderRef: string
  orderId: string | null
  enrolledAt: Date
  shippingLat: number
  shippingLng: number
  phoneHash: Buffer | null
  tagKey: string | null
  tagUid: Buffer | null
  isVerified: boolean
}

const byToken = statement(
  'proofs.by_token',
  (p: { storeId: string; tokenHash: Buffer }) =>
    sql<TokenRow>`
    select id, order_ref, order_id, enrolled_at, shipping_lat, shipping_lng, phone_hash, tag_key, tag_uid,
      verified_at is not null as is_verified
    from proof where store_id = ${p.storeId} and token_hash = ${p.tokenHash}`,
)

/** What a nonce is good for. */
const subjectOf = (storeId: string, token: string) => `${storeId} ${hashToken(token).toString('hex')}`

/** A nonce for the tap of one tag. It is given for any token, so that nothing is learned by asking. */
export const issueNonce = ({ store, now }: Ctx<Db>, proofs: Proofs, nfcToken: string): string =>
  proofs.nonces.issue(subjectOf(store.storeId, nfcToken), now)

/**
 * Looks whether a delivery may be written down: the tag is known and was not verified before, and what it and the
 * customer say is right. Whatever the request comes to, digits that were wrong stay counted.
 * @throws Refusal proof.token_unknown, proof.verified, proof.phone_required, proof.phone_wrong, tag.message_required,
 *   tag.nonce_refused, tag.message_refused
 */
export async function checkDelivery(ctx: Ctx<Db>, proofs: Proofs, delivery: Delivery): Promise<CheckedDelivery> {
  const { store } = ctx
  const [proof] = await byToken(ctx.tx, { storeId: store.storeId, tokenHash: hashToken(delivery.nfcToken) })
  if (!proof) throw new Refusal('proof.token_unknown', {})
  if (proof.isVerified) throw new Refusal('proof.verified', { proofId: proof.id })
  const tag = await checkTap(ctx, proofs, proof, delivery)
  const metres = distanceBetween({ lat: proof.shippingLat, lng: proof.shippingLng }, delivery.gps)
  const verdict = verdictOf(metres)
  const distanceM = Math.round(metres)
  if (verdict !== 'pass') {
    if (delivery.phoneDigits === null) throw new Refusal('proof.phone_required', { distanceM })
    await checkDigits(ctx, proof, proofs.hashDigits(proof.id, delivery.phoneDigits))
  }
  const { id, orderRef, orderId, enrolledAt } = proof
  const { gps, deviceInfo } = delivery
  return {
    id,
    orderRef,
    orderId,
    enrolledAt,
    gps,
    deviceInfo,
    distanceM,
    verdict,
    phoneVerified: verdict !== 'pass',
    tag,
  }
}

async function checkTap(ctx: Ctx<Db>, proofs: Proofs, { tagKey, tagUid }: TokenRow, { nfcToken, tap }: Delivery) {
  if (tagKey === null) return null
  if (!tap) throw new Refusal('tag.message_required', {})
  if (!proofs.nonces.isGood(subjectOf(ctx.store.storeId, nfcToken), tap.nonce, ctx.now))
    throw new Refusal('tag.nonce_refused', {})
  return readTap(ctx, proofs.openTagKey, tagKey, tagUid, tap)
}

type RecordParams = SignedStatement & {
  storeId: string
  id: string
  now: Date
  lat: number
  lng: number
  deviceInfo: string | null
  verdict: Verdict
  distanceM: number
  phoneVerified: boolean
  tagUid: Buffer | null
  tagCounter: number | null
  document: string
  signature: Buffer
  kid: string
  told: string
}

// The tag's count and the proof are changed together, or neither is: of many taps at once one finds both as they were.
const record = statement(
  'proofs.verify',
  (p: RecordParams) =>
    sql<{ isKeyGood: boolean; isDone: boolean }>`
    with ${goodKey(p)}, counted as (
      insert into tag as t (store_id, uid, counter, seen_at)
      select ${p.storeId}, ${p.tagUid}, ${p.tagCounter}::int, ${p.now} from good
      where ${p.tagCounter}::int is not null and exists (
        select from proof where store_id = ${p.storeId} and id = ${p.id} and verified_at is null)
      on conflict (store_id, uid) do update set counter = excluded.counter, seen_at = excluded.seen_at
        where t.counter < excluded.counter
      returning uid
    ), verified as (
      update proof set verified_at = ${p.now}, delivery_lat = ${p.lat}, delivery_lng = ${p.lng},
        device_info = ${p.deviceInfo}, verdict = ${p.verdict}, distance_m = ${p.distanceM},
        phone_verified = ${p.phoneVerified}, tag_counter = ${p.tagCounter}, verified_document = ${p.document},
        verified_signature = ${p.signature}, verified_kid = ${p.kid}
      where store_id = ${p.storeId} and id = ${p.id} and verified_at is null and exists (select from good)
        and (${p.tagCounter}::int is null or exists (select from counted))
      returning id
    ), ${appendPart(p, 'delivery', sql`id`, sql`1`, sql`verified`)}, emitted as (
      insert into event (store_id, type, subject_id, data, at)
      select ${p.storeId}, 'proof.verified', id, ${p.told}::jsonb, ${p.now} from verified
      returning id, type
    ), owed as (${owedPart(p, sql`emitted`)})
    select exists (select from good) as is_key_good, exists (select from verified) as is_done`,
)

const isVerified = statement(
  'proofs.is_verified',
  (p: { storeId: string; id: string }) =>
    sql<{ isVerified: boolean }>`
    select verified_at is not null as is_verified from proof where store_id = ${p.storeId} and id = ${p.id}`,
)

/**
 * Writes a delivery down, signed, once. Where the proof belongs to an order, the order is delivered, too; far from
 * the address that is left to the shop, which is told.
 * @param verifyUrl of the page where anybody can check it
 * @throws Refusal proof.verified, tag.message_refused (its count is no news)
 */
export async function recordDelivery(
  ctx: Ctx,
  proofs: Proofs,
  checked: CheckedDelivery,
  verifyUrl: string,
): Promise<Delivered> {
  if (checked.orderId !== null) await lockOrder(ctx, checked.orderId) // before its proof, as whoever moves an order does
  const signature = await write(notBefore(ctx, checked.enrolledAt), proofs, checked, verifyUrl)
  if (checked.orderId !== null) await moveOn(ctx, checked.orderId, checked)
  return { ...checked, signature }
}

async function write(ctx: Ctx, proofs: Proofs, checked: CheckedDelivery, verifyUrl: string): Promise<Buffer> {
  const { store, now } = ctx
  const { id, orderRef, gps, deviceInfo, verdict, distanceM, phoneVerified, tag } = checked
  const params = {
    storeId: store.storeId,
    id,
    now,
    lat: gps.lat,
    lng: gps.lng,
    deviceInfo,
    verdict,
    distanceM,
    phoneVerified,
    tagUid: tag?.uid ?? null,
    tagCounter: tag?.counter ?? null,
    told: JSON.stringify({ orderRef, gps, verdict, distanceM, verifyUrl }),
  }
  const stored = await signAndStore(ctx, proofs.notary, async (signer) => {
    const signed = sign(ctx, signer, checked)
    return { ...one(await record(ctx.tx, { ...params, ...signed })), signature: signed.signature }
  })
  if (stored.isDone) return stored.signature
  const [proof] = await isVerified(ctx.tx, { storeId: store.storeId, id })
  if (!tag || proof?.isVerified) throw new Refusal('proof.verified', { proofId: id })
  throw new Refusal('tag.message_refused', { why: 'replayed' })
}

function sign({ store, now }: Ctx, signer: Signer, checked: CheckedDelivery) {
  const { id, orderRef, gps, deviceInfo, verdict, distanceM, phoneVerified, tag } = checked
  const at = now.toISOString()
  const name = proofName(id)
  const document = deliveryDocument({
    proof_id: name,
    order_id: orderRef,
    delivery_gps: gps,
    timestamp: at,
    gps_verdict: verdict,
  })
  const signature = signer.sign(document)
  const stated = signStatement(signer, {
    kind: 'delivery',
    store: store.storeId,
    at,
    proof_id: name,
    delivery_gps: gps,
    distance_meters: distanceM,
    gps_verdict: verdict,
    phone_verified: phoneVerified,
    tag_counter: tag?.counter ?? null,
    device_info: deviceInfo,
    signature: signature.toString('hex'),
  })
  return { ...stated, document, signature, kid: signer.kid }
}

/** What a proof at the door means for the order that it belongs to: as a courier's word does, only signed. */
async function moveOn(ctx: Ctx, orderId: string, { id, verdict, distanceM }: CheckedDelivery): Promise<void> {
  const courier: Ctx = { ...ctx, actor: { kind: 'provider', name: 'proof' } }
  const name = proofName(id)
  if (verdict === 'flagged') return tell(courier, orderId, ['proof_flagged'], `${name}: ${distanceM} m away`)
  const isMoved = await moveIfPossible(courier, orderId, 'delivered', { note: name })
  if (!isMoved) await tell(courier, orderId, ['proof_verified'], name) // somebody's word was quicker
}
