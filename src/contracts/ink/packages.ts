import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { isOfShop } from '../../engine/context.ts'
import { enrol } from '../../engine/proofs/enrol.ts'
import { proofName } from '../../engine/proofs/proofs.ts'
import { nonceSeconds } from '../../engine/proofs/tags/nonces.ts'
import { checkDelivery, issueNonce, recordDelivery } from '../../engine/proofs/verify.ts'
import { Refusal } from '../../engine/refusal.ts'
import { changeAfter, changeAtOnce } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { BadRequest } from './errors.ts'
import { Gps, GpsOrNull, PhotoHashes, PhotoUrls, Tap, Text, Verdict, isAddress, refusals } from './fields.ts'

const Token = Text(500)
const ShortOrNull = (maxLength: number) => Type.Union([Type.String({ maxLength }), Type.Null()])

const Enrolment = Type.Object({
  order_id: Text(255),
  nfc_uid: Text(100),
  nfc_token: Token,
  photo_urls: PhotoUrls,
  photo_hashes: PhotoHashes,
  shipping_address_gps: Gps,
  customer_phone_last4: Type.Optional(Type.Union([Type.String({ pattern: '^([0-9]{4})?$' }), Type.Null()])),
  warehouse_gps: Type.Optional(GpsOrNull),
  tag_key: Type.Optional(
    Type.Union([Text(100), Type.Null()], { description: 'of a tag that answers each tap anew (NTAG 424 DNA)' }),
  ),
  ...Tap,
})

const Delivery = Type.Object({
  nfc_token: Token,
  delivery_gps: Gps,
  device_info: Type.Optional(ShortOrNull(1000)),
  phone_last4: Type.Optional(ShortOrNull(100)),
  nonce: Type.Optional(ShortOrNull(100)),
  ...Tap,
})

interface SentTap {
  picc_data?: string | null
  cmac?: string | null
  enc?: string | null
}

const toTap = ({ picc_data: picc, cmac, enc }: SentTap) => (picc && cmac ? { picc, cmac, file: enc ?? null } : null)

export const packages: FastifyPluginAsyncTypebox<Services> = async (app, { engine, proofs, verifyUrl }) => {
  app.post(
    '/enroll',
    {
      config: { access: 'optional-shop' },
      schema: {
        summary: 'Enrol a parcel’s tag at the warehouse',
        body: Enrolment,
        response: {
          200: Type.Object({
            proof_id: Type.String(),
            enrollment_status: Type.Literal('enrolled'),
            key_id: Type.String(),
            linked: Type.Optional(
              Type.Boolean({ description: 'for who is of the shop: whether the proof belongs to a shipped order' }),
            ),
          }),
          ...refusals(400, 401),
        },
      },
    },
    async (request, reply) => {
      const { body, actor, store } = request
      if (store.profile.enrolmentNeedsKey && !isOfShop(actor)) throw new Refusal('session.refused', {})
      if (body.photo_hashes.length !== body.photo_urls.length)
        throw new BadRequest('Number of photo_hashes must match number of photo_urls')
      if (!body.photo_urls.every(isAddress)) throw new BadRequest('photo_urls must be addresses')
      const enrolment = {
        orderRef: body.order_id,
        nfcUid: body.nfc_uid,
        nfcToken: body.nfc_token,
        photoUrls: body.photo_urls,
        photoHashes: body.photo_hashes,
        shippingGps: body.shipping_address_gps,
        warehouseGps: body.warehouse_gps ?? null,
        phoneDigits: body.customer_phone_last4 || null,
        tagKey: body.tag_key ?? null,
        tap: toTap(body),
      }
      return changeAtOnce(engine, request, reply, 200, async (ctx) => {
        const { id, kid, orderId } = await enrol(ctx, proofs, enrolment)
        const answer = { proof_id: proofName(id), enrollment_status: 'enrolled' as const, key_id: kid }
        return isOfShop(actor) ? { ...answer, linked: orderId !== null } : answer
      })
    },
  )

  app.post(
    '/verify',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Verify a delivery where the tag is tapped',
        body: Delivery,
        response: {
          200: Type.Object({
            proof_id: Type.String(),
            verification_status: Type.Literal('verified'),
            gps_verdict: Verdict,
            distance_meters: Type.Integer({ minimum: 0 }),
            signature: Type.String(),
            verify_url: Type.String(),
          }),
          ...refusals(400, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const { body } = request
      const tap = toTap(body)
      const delivery = {
        nfcToken: body.nfc_token,
        gps: body.delivery_gps,
        deviceInfo: body.device_info ?? null,
        phoneDigits: body.phone_last4 || null,
        tap: tap && { ...tap, nonce: body.nonce ?? '' },
      }
      return changeAfter(
        engine,
        request,
        reply,
        200,
        (ctx) => checkDelivery(ctx, proofs, delivery),
        async (ctx, checked) => {
          const name = proofName(checked.id)
          const { signature } = await recordDelivery(ctx, proofs, checked, verifyUrl + name)
          return {
            proof_id: name,
            verification_status: 'verified' as const,
            gps_verdict: checked.verdict,
            distance_meters: checked.distanceM,
            signature: signature.toString('hex'),
            verify_url: verifyUrl + name,
          }
        },
      )
    },
  )

  app.post(
    '/verify/nonce',
    {
      config: { access: 'public' },
      schema: {
        summary: 'What has to be handed in with a tap of a tag that answers each tap anew, and soon',
        body: Type.Object({ nfc_token: Token }),
        response: { 200: Type.Object({ nonce: Type.String(), expires_in: Type.Integer() }), ...refusals(400) },
      },
    },
    async (request) => {
      const ctx = engine.direct(request.store, request.actor)
      return { nonce: issueNonce(ctx, proofs, request.body.nfc_token), expires_in: nonceSeconds }
    },
  )
}
