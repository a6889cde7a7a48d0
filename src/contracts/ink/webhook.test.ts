import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { webhookForm } from './webhook.ts'

const published = JSON.parse(readFileSync(new URL('../../../test/contracts/ink.json', import.meta.url), 'utf8'))
const { sample } = published.events.find(({ id }: { id: string }) => id === 'webhook.delivery-verified')

const event = {
  type: 'proof.verified',
  subjectId: '0190f3a2-1b2c-7def-8a9b-0c1d2e3f4a5b',
  at: new Date('2024-01-01T14:30:00.000Z'),
  data: {
    // as PostgreSQL gives JSON back: its keys in an order of their own
    gps: { lng: -74.0061, lat: 40.7129 },
    verdict: 'pass',
    orderRef: 'ORDER-12345',
    verifyUrl: 'https://in.ink/verify/proof_abc123def456',
  },
}

/** The receiver's code, as ink.md prints it. */
function verifyWebhookSignature(payload: unknown, signature: string, secret: string) {
  const hmac = createHmac('sha256', secret)
  hmac.update(JSON.stringify(payload))
  return hmac.digest('hex') === signature
}

test('the body is the published sample, key by key in its order', () => {
  const body = JSON.stringify(webhookForm.body(event))
  assert.equal(body, JSON.stringify({ ...sample, proof_ref: 'proof_0190f3a21b2c7def8a9b0c1d2e3f4a5b' }))
})

test('a receiver that checks as documented takes it, and no other body or secret', () => {
  const body = JSON.stringify(webhookForm.body(event))
  const { 'X-INK-Signature': signature } = webhookForm.headers!(body, 'ink-demo-secret')
  assert.match(signature!, /^[0-9a-f]{64}$/)
  assert.ok(verifyWebhookSignature(JSON.parse(body), signature!, 'ink-demo-secret'))
  assert.ok(!verifyWebhookSignature({ ...JSON.parse(body), gps_verdict: 'near' }, signature!, 'ink-demo-secret'))
  assert.ok(!verifyWebhookSignature(JSON.parse(body), signature!, 'ink-demo-secreT'))
})

test('what is told of an order whose name is any text is signed as the bytes that are sent', () => {
  const body = JSON.stringify(webhookForm.body({ ...event, data: { ...event.data, orderRef: 'Ö/"☕" ' } }))
  const { 'X-INK-Signature': signature } = webhookForm.headers!(body, 'geheim-mit-ümlaut')
  assert.equal(signature, createHmac('sha256', 'geheim-mit-ümlaut').update(Buffer.from(body)).digest('hex'))
})
