import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { base, finish, sandbox, send, step, waitFor } from './script.ts'
import type { Answer, Wire } from './script.ts'

const ink = (method: string, path: string, body?: object) => send(`${base}/ink${path}`, method, body)

const token = `demo-tag-${Date.now()}`
const order = `ORDER-${Date.now()}`
const tag = '04:1A:2B:3C:4D:5E:6F'
const home = { lat: -6.2088, lng: 106.8456 }
const north = (metres: number) => ({ lat: home.lat + metres / 111_195, lng: home.lng })

await step('the server runs', 200, ink('GET', '/health'), ({ status, timestamp }) => `${status}, ${timestamp}`)
const { keys } = await step('the keys are published', 200, ink('GET', '/.well-known/jwks.json'), (body) => {
  assert.equal(body.keys[0].kid, 'key_001')
  return body.keys.map((key: Wire) => key.kid).join(', ')
})

const enrolment = {
  order_id: order,
  nfc_uid: tag,
  nfc_token: token,
  photo_urls: ['https://example.com/box.jpg', 'https://example.com/label.jpg'],
  photo_hashes: [
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
  ],
  shipping_address_gps: home,
  customer_phone_last4: '1234',
  warehouse_gps: { lat: -6.1214, lng: 106.7741 },
}
const { proof_id: proofId } = await step(
  'the warehouse enrols a parcel’s tag',
  200,
  ink('POST', '/enroll', enrolment),
  (body) => {
    assert.match(body.proof_id, /^proof_/)
    return `${body.proof_id}, signed with ${body.key_id}`
  },
)
await step('the same tag once more is refused', 400, ink('POST', '/enroll', enrolment), ({ error }) => error)

const tap = (metres: number, phone?: string) =>
  ink('POST', '/verify', {
    nfc_token: token,
    delivery_gps: north(metres),
    device_info: 'Demo phone',
    phone_last4: phone,
  })
await step('a tap in the wrong place: who are you?', 400, tap(200), ({ error, requires_phone }) => {
  assert.equal(requires_phone, true)
  return error
})
await step('wrong digits', 403, tap(200, '9999'), ({ error }) => error)
const verified = await step('the right digits', 200, tap(200, '1234'), (body) => {
  assert.deepEqual([body.gps_verdict, body.distance_meters], ['near', 200])
  return `${body.verification_status}: ${body.gps_verdict}, ${body.distance_meters} m`
})
await step('a second tap is refused', 400, tap(0), ({ error }) => error)

await step('anybody may read the proof', 200, ink('GET', `/retrieve/${proofId}`), (body) => {
  assert.equal(body.signature, verified.signature)
  assert.equal(Buffer.from(keys[0].x, 'base64url').toString('hex'), body.public_key)
  assert.doesNotMatch(JSON.stringify(body), new RegExp(order))
  return `order ${body.order_id}, delivered ${body.delivery.timestamp}`
})

const received = await waitFor(
  'the webhook',
  10,
  () => send(`${sandbox}/shopify/webhooks`, 'GET'),
  (webhooks) => webhooks.some(({ body }: Wire) => body?.proof_ref === proofId),
)
const webhook = received.body.find(({ body }: Wire) => body?.proof_ref === proofId)
await step(
  'Shopify was told, and checked both signatures',
  200,
  Promise.resolve({ ...received, body: webhook }),
  (it) => {
    assert.deepEqual([it.inkSignature, it.standardSignature, it.body.order_id], ['valid', 'valid', order])
    return `${it.body.order_id} ${it.body.status}, ${it.id}`
  },
)

const folder = mkdtempSync(join(tmpdir(), 'saudagar-proof-'))
const file = join(folder, `${proofId}.json`)
const command = fileURLToPath(new URL('../bin/saudagar.mjs', import.meta.url))
/** The verifier, as a process of its own that knows nothing of the server. The exit code is its status here. */
const verify = (...more: string[]): Promise<Answer> =>
  new Promise((resolve) => {
    const args = [command, 'verify', file, ...more]
    execFile(process.execPath, args, { cwd: folder, env: { PATH: process.env['PATH'] } }, (error, stdout) => {
      const status = error ? Number(error.code) : 0
      resolve({ status, body: stdout.trim().split('\n').at(-1), headers: new Headers() })
    })
  })

const proof = await fetch(`${base}/ink/retrieve/${proofId}/proof`)
const text = await proof.text()
writeFileSync(file, text)
await step(
  'one file proves it',
  200,
  Promise.resolve({ status: proof.status, body: text, headers: proof.headers }),
  (body) => {
    const { size } = /\n(?<size>\d+)\n/.exec(JSON.parse(body).entries[0].log_proof)!.groups!
    return `${(body.length / 1024).toFixed(1)} kB, in a log of ${size} entries`
  },
)
await step(
  'checked offline, with what the customer knows',
  0,
  verify('--order-id', order, '--nfc-uid', tag),
  (line) => line,
)
await step('without that, some checks are left out', 3, verify(), (line) => line)
await step('for another order it does not hold', 1, verify('--order-id', `${order}0`, '--nfc-uid', tag), (line) => line)
const place = text.indexOf('"distance_meters":') + 18
writeFileSync(file, `${text.slice(0, place)}1${text.slice(place + 1)}`)
await step('one byte changed: 200 m are 100 m', 1, verify('--order-id', order, '--nfc-uid', tag), (line) => line)
rmSync(folder, { recursive: true })

finish()
process.stdout.write(`     ${base}/ink/verify/${proofId} shows it in a browser.\n`)
