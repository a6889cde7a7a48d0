import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { correctProof } from '../../engine/proofs/correct.ts'
import { getProof } from '../../engine/proofs/proofs.ts'
import type { Correction, ProofRecord } from '../../engine/proofs/proofs.ts'
import { change } from '../toolkit/change.ts'
import type { Services } from '../toolkit/contract.ts'
import { TextOrNull, Time } from '../toolkit/fields.ts'
import { BadRequest } from './errors.ts'
import { Gps, GpsOrNull, PhotoHashes, PhotoUrls, Text, Verdict, isAddress, refusals } from './fields.ts'

const ChangesBody = Type.Object(
  {
    photo_urls: Type.Optional(PhotoUrls),
    photo_hashes: Type.Optional(PhotoHashes),
    shipping_address_gps: Type.Optional(Gps),
    warehouse_gps: Type.Optional(Gps),
    delivery_gps: Type.Optional(Gps),
    gps_verdict: Type.Optional(Verdict),
    device_info: Type.Optional(Text(1000)),
  },
  { additionalProperties: false },
)

const CorrectionBody = Type.Object({
  corrects: Type.Union([Type.Literal('enrollment'), Type.Literal('delivery')]),
  reason: Text(1000),
  changes: Type.Optional(ChangesBody),
})

const Corrected = Type.Object({
  timestamp: Time,
  corrects: Type.String({ description: 'of the statement that was wrong: SHA-256, hex' }),
  reason: Type.String(),
  changes: ChangesBody,
  signature: Type.String(),
  key_id: Type.String(),
})

const toCorrection = ({ stated, signature }: Correction) => ({
  timestamp: stated.at,
  corrects: stated.corrects,
  reason: stated.reason,
  changes: stated.changes,
  signature,
  key_id: stated.key_id,
})

const Proof = Type.Object({
  proof_id: Type.String(),
  order_id: Type.String({ description: 'its first four and last three characters' }),
  enrollment: Type.Object({
    timestamp: Time,
    shipping_address_gps: Gps,
    warehouse_gps: GpsOrNull,
    photo_urls: Type.Array(Type.String()),
    photo_hashes: Type.Array(Type.String()),
  }),
  delivery: Type.Union([
    Type.Object({
      timestamp: Time,
      delivery_gps: Gps,
      device_info: TextOrNull,
      gps_verdict: Verdict,
      phone_verified: Type.Boolean(),
    }),
    Type.Null(),
  ]),
  signature: Type.String(),
  public_key: Type.String(),
  key_id: Type.String(),
  corrections: Type.Array(Corrected),
})

/** Whole characters: half a surrogate pair is none. */
export function maskOrder(orderRef: string): string {
  const letters = Array.from(orderRef)
  return letters.length <= 7 ? '***' : `${letters.slice(0, 4).join('')}***${letters.slice(-3).join('')}`
}

const toProof = (name: string, proof: ProofRecord) => ({
  proof_id: name,
  order_id: maskOrder(proof.orderRef),
  enrollment: {
    timestamp: proof.enrolledAt.toISOString(),
    shipping_address_gps: proof.shippingGps,
    warehouse_gps: proof.warehouseGps,
    photo_urls: proof.photoUrls,
    photo_hashes: proof.photoHashes,
  },
  delivery: proof.delivery && {
    timestamp: proof.delivery.at.toISOString(),
    delivery_gps: proof.delivery.gps,
    device_info: proof.delivery.deviceInfo,
    gps_verdict: proof.delivery.verdict,
    phone_verified: proof.delivery.phoneVerified,
  },
  signature: proof.signature.toString('hex'),
  public_key: proof.publicKey.toString('hex'),
  key_id: proof.kid,
  corrections: proof.corrections.map(toCorrection),
})

const params = Type.Object({ proofId: Type.String() })

export const retrieval: FastifyPluginAsyncTypebox<Services> = async (app, { engine, proofs }) => {
  app.get(
    '/retrieve/:proofId',
    {
      config: { access: 'public' },
      schema: { summary: 'A proof, as far as it is public', params, response: { 200: Proof, ...refusals(404) } },
    },
    async (request) => {
      const { proofId } = request.params
      return toProof(proofId, await getProof(engine.direct(request.store, request.actor), proofId))
    },
  )

  app.post(
    '/retrieve/:proofId/corrections',
    {
      config: { access: 'shop' },
      schema: {
        summary: 'Say that what was stated was wrong; it stays, and both are shown',
        params,
        body: CorrectionBody,
        response: { 200: Corrected, ...refusals(400, 401, 403, 404) },
      },
    },
    async (request, reply) => {
      const { corrects, reason, changes = {} } = request.body
      if (changes.photo_urls?.length !== changes.photo_hashes?.length)
        throw new BadRequest('Number of photo_hashes must match number of photo_urls')
      if (!(changes.photo_urls ?? []).every(isAddress)) throw new BadRequest('photo_urls must be addresses')
      const kind = corrects === 'enrollment' ? 'enrolment' : 'delivery'
      return change(engine, request, reply, 200, async (ctx) =>
        toCorrection(await correctProof(ctx, proofs, request.params.proofId, kind, reason, changes)),
      )
    },
  )
}
