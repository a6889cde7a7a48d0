import assert from 'node:assert/strict'
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { distanceBetween } from '../../../src/verifier/documents.ts'
import { accounts } from '../../support/installation.ts'
import { enrolment, home, metresNorth, verification } from '../../support/parcels.ts'
import { until } from '../../support/wait.ts'
import { anybody, clock, opened, parcels, query, whileWithout } from './table.ts'
import type { EventTests, RowTests } from './table.ts'

const { enrolled, newToken, retrieve } = parcels

/** Whether a signature is over exactly this text, by the key that the answer names. */
export async function isSigned(text: string, signature: string, kid: string): Promise<boolean> {
  const { body } = await anybody.call('GET', '/.well-known/jwks.json')
  const jwk = body.keys.find((key: { kid: string }) => key.kid === kid)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex'))
}

const required = ['order_id', 'nfc_uid', 'nfc_token', 'photo_urls', 'photo_hashes', 'shipping_address_gps'] as const
const without = (body: object, name: string) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))

export const packages: RowTests = {
  'packages.enroll': {
    'a parcel is enrolled with the documented request': async (row) => {
      const body = await row.ok(anybody, { body: enrolment(newToken()) })
      assert.match(body.proof_id, /^proof_[0-9a-f]{32}$/)
      assert.deepEqual([body.enrollment_status, body.key_id], ['enrolled', 'key_001'])
      assert.equal(body.linked, undefined)
    },
    'what is optional may be left out, or be null': async (row) => {
      const short = without(without(enrolment(newToken()), 'customer_phone_last4'), 'warehouse_gps')
      const { proof_id } = await row.ok(anybody, { body: short })
      assert.equal((await retrieve(proof_id)).enrollment.warehouse_gps, null)
      await row.ok(anybody, { body: enrolment(newToken(), { warehouse_gps: null, customer_phone_last4: null }) })
    },
    'what is missing is said first': async (row) => {
      for (const name of required) {
        const body = without(enrolment(newToken()), name)
        await row.no('a required field', anybody, { body })
        await row.no('a required field', anybody, { body: { ...body, [name]: null } })
        if (name.startsWith('photo_'))
          await row.no('a required field', anybody, { body: { ...body, photo_urls: [], [name]: null } })
      }
      for (const name of ['order_id', 'nfc_uid', 'nfc_token'])
        await row.no('a required field', anybody, { body: enrolment(newToken(), { [name]: '' }) })
      await row.no('a required field', anybody, { body: {} })
      await row.no('a required field', anybody)
    },
    'one to four photos, with a hash each': async (row) => {
      const photos = (urls: number, hashes: number) =>
        enrolment(newToken(), {
          photo_urls: Array.from({ length: urls }, (_, i) => `https://example.com/${i}.jpg`),
          photo_hashes: Array.from({ length: hashes }, (_, i) => `hash${i}`),
        })
      await row.no('photo_urls holds', anybody, { body: photos(0, 0) })
      await row.no('photo_urls holds', anybody, { body: photos(5, 5) })
      await row.no('photo_urls holds', anybody, { body: photos(5, 1) })
      await row.no('photo_hashes and photo_urls', anybody, { body: photos(1, 0) })
      await row.no('photo_hashes and photo_urls', anybody, { body: photos(4, 5) })
      await row.ok(anybody, { body: photos(1, 1) })
      await row.ok(anybody, { body: photos(4, 4) })
    },
    'a token is enrolled once, also when its parcel has arrived': async (row) => {
      const token = newToken()
      const first = await row.ok(anybody, { body: enrolment(token) })
      const was = await retrieve(first.proof_id)
      await row.no('nfc_token was enrolled before', anybody, { body: enrolment(token, { order_id: 'ANOTHER-1' }) })
      assert.deepEqual(await retrieve(first.proof_id), was)
      assert.equal((await parcels.verify(token)).status, 200)
      await row.no('nfc_token was enrolled before', anybody, { body: enrolment(token) })
    },
    'positions are on the earth, and numbers': async (row) => {
      for (const gps of [
        { lat: 90.001, lng: 0 },
        { lat: -91, lng: 0 },
        { lat: 0, lng: 180.5 },
        { lat: 0, lng: -181 },
        { lat: '40.7', lng: 0 },
        { lat: 40.7 },
        { lat: null, lng: null },
        [40.7, -74],
      ]) {
        await row.no('lat outside', anybody, { body: enrolment(newToken(), { shipping_address_gps: gps }) })
        await row.no('lat outside', anybody, { body: enrolment(newToken(), { warehouse_gps: gps }) })
      }
      await row.ok(anybody, { body: enrolment(newToken(), { shipping_address_gps: { lat: -90, lng: 180 } }) })
    },
    'a failure of ours tells nothing of the inside': async (row) => {
      await whileWithout('log_entry', () => row.no('server error', anybody, { body: enrolment(newToken()) }))
    },
    'a repeat under a key is given the first answer': async (row) => {
      const body = enrolment(newToken())
      const headers = { 'idempotency-key': 'enrol-once' }
      const first = await row.ok(anybody, { body, headers })
      assert.deepEqual(await row.ok(anybody, { body, headers }), first)
    },
  },

  'packages.verify': {
    'the documented request is verified within 100 m, whatever digits it brings': async (row) => {
      for (const more of [{}, { phone_last4: '1234' }, { phone_last4: '9999' }]) {
        const { token, proofId } = await enrolled()
        const body = await row.ok(anybody, { body: verification(token, more) })
        assert.deepEqual(
          [body.proof_id, body.gps_verdict, body.verify_url],
          [proofId, 'pass', `https://in.ink/verify/${proofId}`],
        )
        assert.equal(body.distance_meters, Math.round(distanceBetween(home, { lat: 40.7129, lng: -74.0061 })))
        assert.equal((await retrieve(proofId)).delivery.phone_verified, false)
      }
    },
    'pass up to 100 m, near up to 300 m, flagged beyond': async (row) => {
      for (const [metres, verdict] of [
        [0, 'pass'],
        [99, 'pass'],
        [101, 'near'],
        [299, 'near'],
        [301, 'flagged'],
        [5_000_000, 'flagged'],
      ] as const) {
        const { token, proofId } = await enrolled()
        const body = await row.ok(anybody, {
          body: verification(token, { delivery_gps: metresNorth(metres), phone_last4: '1234' }),
        })
        assert.equal(body.gps_verdict, verdict, `${metres} m`)
        assert.ok(Math.abs(body.distance_meters - metres) <= Math.max(1, metres / 1000), `${metres} m`)
        assert.equal((await retrieve(proofId)).delivery.phone_verified, metres > 100)
      }
    },
    'what is missing is said first': async (row) => {
      const { token } = await enrolled()
      for (const body of [
        {},
        { nfc_token: token },
        { delivery_gps: home },
        { nfc_token: '', delivery_gps: home },
        { nfc_token: token, delivery_gps: null },
      ])
        await row.no('nfc_token or delivery_gps', anybody, { body })
    },
    'beyond 100 m the digits are asked for, and asking changes nothing': async (row) => {
      const { token, proofId } = await enrolled()
      const far = { delivery_gps: metresNorth(200) }
      await row.no('distance over 100 m and no phone', anybody, { body: verification(token, far) })
      await row.no('distance over 100 m and phone_last4 is not', anybody, {
        body: verification(token, { ...far, phone_last4: '4321' }),
      })
      assert.equal((await retrieve(proofId)).delivery, null)
      await row.ok(anybody, { body: verification(token, { ...far, phone_last4: '1234' }) })
      assert.equal((await retrieve(proofId)).delivery.gps_verdict, 'near')
    },
    'without digits at its enrolment, none are right': async (row) => {
      const { token } = await enrolled({ customer_phone_last4: undefined })
      const far = { delivery_gps: metresNorth(200), phone_last4: '1234' }
      await row.no('distance over 100 m and phone_last4 is not', anybody, { body: verification(token, far) })
    },
    'five wrong tries, then an hour of rest, also for the right digits': async (row) => {
      const { token } = await enrolled()
      const far = (phone_last4: string) => ({
        body: verification(token, { delivery_gps: metresNorth(200), phone_last4 }),
      })
      const refused = 'distance over 100 m and phone_last4 is not'
      for (let i = 0; i < 5; i++) await row.no(refused, anybody, far(`000${i}`))
      const answer = await row.send(anybody, far('1234'))
      row.refuses(refused, answer)
      assert.ok(Number(answer.headers.get('retry-after')) > 3500)
      try {
        clock.aheadMs = 3_590_000
        await row.no(refused, anybody, far('1234'))
        clock.aheadMs = 3_610_000
        await row.no(refused, anybody, far('9999'))
        await row.ok(anybody, far('1234'))
      } finally {
        clock.aheadMs = 0
      }
    },
    'once, whatever is said the second time': async (row) => {
      const { token } = await enrolled()
      await row.ok(anybody, { body: verification(token) })
      const verified = 'the proof of this nfc_token was verified before'
      await row.no(verified, anybody, { body: verification(token) })
      await row.no(verified, anybody, { body: verification(token, { delivery_gps: metresNorth(2000) }) })
    },
    'a token that nobody enrolled': async (row) => {
      await row.no('no enrolment has this nfc_token', anybody, { body: verification('never') })
    },
    'a position that is none': async (row) => {
      const { token } = await enrolled()
      for (const gps of [{ lat: 91, lng: 0 }, { lat: 0, lng: '0' }, {}])
        await row.no('lat outside', anybody, { body: verification(token, { delivery_gps: gps }) })
    },
    'a failure of ours tells nothing of the inside, and verifies nothing': async (row) => {
      const { token, proofId } = await enrolled()
      await whileWithout('log_entry', () => row.no('server error', anybody, { body: verification(token) }))
      assert.equal((await retrieve(proofId)).delivery, null)
      await row.ok(anybody, { body: verification(token) })
    },
    'a repeat under a key is given the first answer, wrong digits count in both': async (row) => {
      const { token } = await enrolled()
      const headers = { 'idempotency-key': `door ${token}`.replace(' ', '-') }
      const body = verification(token, { delivery_gps: metresNorth(200), phone_last4: '0000' })
      for (let i = 0; i < 2; i++) await row.no('distance over 100 m and phone_last4 is not', anybody, { body, headers })
      const tries = await query(`select phone_tries from proof order by enrolled_at desc limit 1`)
      assert.deepEqual(tries, [[2]])
      const right = { ...body, phone_last4: '1234' }
      const first = await row.ok(anybody, { body: right, headers })
      assert.deepEqual(await row.ok(anybody, { body: right, headers }), first)
    },
  },
}

interface Received {
  id: string
  body: Record<string, unknown>
  raw: string
  headers: Record<string, string>
  inkSignature: string
  standardSignature: string
}

/** What Shopify was told of a proof, once the worker has told it. */
const toldOf = (proofId: string): Promise<Received[]> =>
  until('Shopify is told', async () => {
    const { body } = await parcels.sandboxCall('GET', '/shopify/webhooks')
    const told = (body as Received[]).filter((one) => one.body['proof_ref'] === proofId)
    return told.length > 0 && told
  })

export const webhook: EventTests = {
  'webhook.delivery-verified': {
    'tells Shopify what was verified, in compact JSON whose HMAC is in X-INK-Signature': async () => {
      for (const [metres, verdict] of [
        [14, 'pass'],
        [200, 'near'],
        [900, 'flagged'],
      ] as const) {
        const { token, proofId } = await enrolled()
        const { body: answer } = await parcels.verify(token, { delivery_gps: metresNorth(metres), phone_last4: '1234' })
        const [told, ...more] = await toldOf(proofId)
        assert.equal(more.length, 0)
        opened.checkEvent('webhook.delivery-verified', told!.body)
        const { delivery } = await retrieve(proofId)
        const expected = {
          order_id: 'ORDER-12345',
          status: 'verified',
          delivery_gps: metresNorth(metres),
          gps_verdict: verdict,
          proof_ref: proofId,
          timestamp: delivery.timestamp,
          verify_url: answer.verify_url,
        }
        assert.equal(told!.raw, JSON.stringify(expected))
        assert.equal(told!.headers['content-type'], 'application/json')
        const hmac = createHmac('sha256', accounts.ink.webhookSecret).update(told!.raw).digest('hex')
        assert.equal(told!.headers['x-ink-signature'], hmac)
        assert.deepEqual([told!.inkSignature, told!.standardSignature], ['valid', 'valid'])
      }
    },
    'does not make an answer wait or fail when Shopify does, and comes later': async () => {
      await parcels.sandboxCall('POST', '/shopify/sandbox/answer', { status: 500 })
      const { token, proofId } = await enrolled()
      assert.equal((await parcels.verify(token)).status, 200)
      assert.equal((await toldOf(proofId)).length, 1)
    },
    'is not sent for what was refused': async () => {
      const { token, proofId } = await enrolled()
      await parcels.verify(token, { delivery_gps: metresNorth(200) })
      const other = await enrolled()
      await parcels.verify(other.token)
      await toldOf(other.proofId)
      const { body } = await parcels.sandboxCall('GET', '/shopify/webhooks')
      assert.equal((body as Received[]).filter((one) => one.body['proof_ref'] === proofId).length, 0)
    },
  },
}

/** What is signed, rebuilt from what the parties know: keys in the documented order, and no white space. */
export const signedData: EventTests = {
  'signed-data.enrolment': {
    'is the documented object, to the byte': async () => {
      const sent = enrolment(newToken())
      const { body } = await parcels.post('/enroll', sent)
      const proof = await retrieve(body.proof_id)
      const document = opened.eventSample('signed-data.enrolment')
      for (const name of ['order_id', 'nfc_uid', 'photo_hashes', 'shipping_address_gps'] as const)
        document[name] = sent[name]
      document.timestamp = proof.enrollment.timestamp
      const text = JSON.stringify(opened.checkEvent('signed-data.enrolment', document))
      assert.equal(await isSigned(text, proof.signature, body.key_id), true)
      assert.equal(await isSigned(text.replace('ORDER-12345', 'ORDER-12346'), proof.signature, body.key_id), false)
    },
    'has numbers in the one spelling that JSON.stringify gives them': async () => {
      const token = newToken()
      const sent = JSON.stringify(enrolment(token)).replace(
        '"lat":40.7128,"lng":-74.006}',
        '"lat":4071.28e-2,"lng":-74.00600}',
      )
      const { status, body } = await parcels.post('/enroll', sent)
      assert.equal(status, 200)
      const proof = await retrieve(body.proof_id)
      const document = { ...opened.eventSample('signed-data.enrolment'), timestamp: proof.enrollment.timestamp }
      assert.match(JSON.stringify(document), /"lat":40.7128,"lng":-74.006}/)
      assert.equal(await isSigned(JSON.stringify(document), proof.signature, body.key_id), true)
    },
  },
  'signed-data.delivery': {
    'is the documented object, to the byte': async () => {
      const { token, proofId } = await enrolled()
      const { body } = await parcels.verify(token)
      const proof = await retrieve(proofId)
      const { timestamp, delivery_gps, gps_verdict } = proof.delivery
      const document = { ...opened.eventSample('signed-data.delivery'), proof_id: proofId }
      Object.assign(document, { order_id: 'ORDER-12345', delivery_gps, timestamp, gps_verdict })
      const text = JSON.stringify(opened.checkEvent('signed-data.delivery', document))
      assert.match(body.signature, /^[0-9a-f]{128}$/)
      assert.equal(proof.signature, body.signature)
      assert.equal(await isSigned(text, body.signature, proof.key_id), true)
      assert.equal(await isSigned(text.replace('"pass"', '"near"'), body.signature, proof.key_id), false)
    },
  },
}
