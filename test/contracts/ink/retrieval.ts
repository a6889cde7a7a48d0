import assert from 'node:assert/strict'
import { verification } from '../../support/parcels.ts'
import { anybody, parcels, whileWithout } from './table.ts'
import type { RowTests } from './table.ts'

const { enrolled, post } = parcels

export const retrieval: RowTests = {
  'health.get': {
    'it runs, and knows what time it is': async (row) => {
      const before = Date.now()
      const { timestamp } = await row.ok(anybody)
      assert.ok(Date.parse(timestamp) >= before - 1 && Date.parse(timestamp) <= Date.now() + 1)
    },
  },

  'jwks.get': {
    'the key, and nothing secret of it': async (row) => {
      const { keys } = await row.ok(anybody)
      assert.equal(keys.length, 1)
      const [key] = keys
      assert.equal(key.kid, 'key_001')
      assert.match(key.x, /^[\w-]{43}$/)
      assert.equal(key.d, undefined)
      assert.deepEqual(Object.keys(key).toSorted(), ['crv', 'kid', 'kty', 'nbf', 'use', 'x'])
    },
  },

  'proofs.retrieve': {
    'from its enrolment on': async (row) => {
      const { proofId } = await enrolled()
      const body = await row.ok(anybody, { params: { proofId } })
      assert.equal(body.delivery, null)
      assert.equal(body.order_id, 'ORDE***345')
      assert.deepEqual(body.enrollment.shipping_address_gps, { lat: 40.7128, lng: -74.006 })
      assert.deepEqual(body.enrollment.warehouse_gps, { lat: 40.758, lng: -73.9855 })
      assert.deepEqual(
        body.enrollment.photo_urls,
        [1, 2, 3, 4].map((n) => `https://example.com/photo${n}.jpg`),
      )
      assert.deepEqual(body.corrections, [])
    },
    'and with its delivery once that is verified': async (row) => {
      const { token, proofId } = await enrolled()
      const { body: verified } = await post('/verify', verification(token, { phone_last4: '1234' }))
      const body = await row.ok(anybody, { params: { proofId } })
      assert.deepEqual(
        { ...body.delivery, timestamp: null },
        {
          timestamp: null,
          delivery_gps: { lat: 40.7129, lng: -74.0061 },
          device_info: 'iPhone 14 Pro, iOS 17',
          gps_verdict: 'pass',
          phone_verified: false,
        },
      )
      assert.equal(body.signature, verified.signature)
      const { body: jwks } = await anybody.call('GET', '/.well-known/jwks.json')
      assert.equal(body.public_key, Buffer.from(jwks.keys[0].x, 'base64url').toString('hex'))
      assert.equal(body.key_id, jwks.keys[0].kid)
    },
    'a device that says nothing of itself is null': async (row) => {
      const { token, proofId } = await enrolled()
      await post('/verify', verification(token, { device_info: undefined }))
      assert.equal((await row.ok(anybody, { params: { proofId } })).delivery.device_info, null)
    },
    'order numbers of every length are masked': async (row) => {
      for (const [order_id, masked] of [
        ['1', '***'],
        ['1234567', '***'],
        ['12345678', '1234***678'],
        ['🧡🧡🧡🧡 and a long one 🧡', '🧡🧡🧡🧡***e 🧡'],
      ]) {
        const { proofId } = await enrolled({ order_id })
        assert.equal((await row.ok(anybody, { params: { proofId } })).order_id, masked)
      }
    },
    'what is no proof is not found': async (row) => {
      for (const proofId of ['proof_abc123def456', `proof_${'0'.repeat(32)}`, 'x', "' or 1=1 --", '%00', 'é'])
        await row.no('no proof has this proofId', anybody, { params: { proofId } })
    },
    'a failure of ours tells nothing of the inside': async (row) => {
      const { proofId } = await enrolled()
      await whileWithout('proof_key', () => row.no('server error', anybody, { params: { proofId } }))
    },
  },
}
