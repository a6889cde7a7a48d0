import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { system } from '../../../src/engine/context.ts'
import { addTagKey } from '../../../src/engine/proofs/tags/tags.ts'
import { enrolment, metresNorth, openParcels, verification } from '../../support/parcels.ts'
import { createTag } from '../../support/tags.ts'

// Tags that answer each tap anew: what is copied, kept, forged or taken from another tag verifies nothing.

const clock = { aheadMs: 0 }
const parcels = await openParcels({ after }, { now: () => new Date(Date.now() + clock.aheadMs) })
const { post, engine, store, vault } = parcels
const keys = { meta: randomBytes(16), file: randomBytes(16), systemId: Buffer.from('shop') }
const ctx = engine.direct(store, system)
await addTagKey(ctx, vault, 'batch 1', keys)
await addTagKey(ctx, vault, 'batch 2', { ...keys, file: randomBytes(16) })

let tags = 0
const newTag = () => createTag(keys, `04${String(++tags).padStart(12, '0')}`)
type Tag = ReturnType<typeof newTag>

/** @returns its token */
async function enrolled(tag: Tag, more: object = {}) {
  const token = parcels.newToken()
  const answer = await post('/enroll', enrolment(token, { nfc_uid: tag.uid, tag_key: 'batch 1', ...more }))
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return { token, proofId: answer.body.proof_id as string }
}

const nonceFor = async (token: string): Promise<string> =>
  (await post('/verify/nonce', { nfc_token: token })).body.nonce as string
const door = async (token: string, more: object) => {
  const nonce = await nonceFor(token)
  return post('/verify', verification(token, { nonce, ...more }))
}

test('a tap verifies, and the proof says how often the tag was read', async () => {
  const tag = newTag()
  const { token } = await enrolled(tag)
  tag.tap()
  const { status } = await door(token, tag.tap())
  assert.equal(status, 200)
})

test('without a message, or with half of one, it is asked for, and asking changes nothing', async () => {
  const tag = newTag()
  const { token, proofId } = await enrolled(tag)
  for (const more of [
    {},
    { picc_data: tag.tap().picc_data },
    { cmac: tag.tap().cmac },
    { picc_data: null, cmac: null },
  ]) {
    const { status, body } = await door(token, more)
    assert.deepEqual([status, body], [400, { error: 'Tag message required', requires_tag: true }])
  }
  assert.equal((await parcels.retrieve(proofId)).delivery, null)
  assert.equal((await door(token, tag.tap())).status, 200)
})

test('a message that was forged, or is another tag’s or another batch’s', async () => {
  const tag = newTag()
  const { token } = await enrolled(tag)
  const genuine = tag.tap()
  const refused = [
    { ...genuine, cmac: '00'.repeat(8) },
    { ...genuine, picc_data: '00'.repeat(16) },
    { picc_data: tag.tap().picc_data, cmac: tag.tap().cmac },
    newTag().tap(),
    { ...genuine, enc: 'ab'.repeat(16) },
    createTag({ ...keys, systemId: null }, tag.uid).tap(),
  ]
  for (const message of refused) {
    const { status, body } = await door(token, message)
    assert.deepEqual([status, body], [403, { error: 'Tag verification failed' }], JSON.stringify(message))
  }
  const other = newTag()
  const inOtherBatch = await enrolled(other, { tag_key: 'batch 2' })
  assert.equal((await door(inOtherBatch.token, other.tap())).status, 403)
  assert.equal((await door(token, genuine)).status, 200)
})

test('a count is accepted once, and only upwards, over all parcels that the tag was on', async () => {
  const tag = newTag()
  const [early, late] = [tag.tap(), tag.tap()]
  const first = await enrolled(tag)
  assert.equal((await door(first.token, late)).status, 200)
  const second = await enrolled(tag)
  for (const message of [late, early]) {
    const { status, body } = await door(second.token, message)
    assert.deepEqual([status, body], [403, { error: 'Tag verification failed' }])
  }
  assert.equal((await door(second.token, tag.tap())).status, 200)
})

test('of one message at two parcels’ doors at once, one verifies', async () => {
  for (let round = 0; round < 5; round++) {
    const tag = newTag()
    const [a, b] = [await enrolled(tag), await enrolled(tag)]
    const message = tag.tap()
    const answers = await Promise.all([a, b, a, b].map(({ token }) => door(token, message)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  }
})

test('what a tag said before it was enrolled with a tap is refused', async () => {
  const tag = newTag()
  const kept = tag.tap()
  const { token } = await enrolled(tag, tag.tap())
  assert.equal((await door(token, kept)).status, 403)
  assert.equal((await door(token, tag.tap())).status, 200)
})

test('digits that were wrong do not use the tap up', async () => {
  const tag = newTag()
  const { token } = await enrolled(tag)
  const message = tag.tap()
  const near = { delivery_gps: metresNorth(200), ...message }
  assert.equal((await door(token, near)).status, 400)
  assert.equal((await door(token, { ...near, phone_last4: '0000' })).status, 403)
  assert.equal((await door(token, { ...near, phone_last4: '1234' })).status, 200)
})

test('the time to hand a tap in is short, and its nonce is for that parcel alone', async () => {
  const tag = newTag()
  const { token } = await enrolled(tag)
  const other = await enrolled(newTag())
  const message = tag.tap()
  const tooOld = await nonceFor(token)
  const refused = { error: 'Nonce is missing or too old', requires_nonce: true }
  try {
    clock.aheadMs = 121_000
    const made = Buffer.from(await nonceFor(token), 'base64url')
    made.writeUIntBE(made.readUIntBE(0, 6) + 60_000, 0, 6) // longer than it was given for
    const nonces = [
      tooOld,
      await nonceFor(other.token),
      made.toString('base64url'),
      '',
      'x',
      null,
      undefined,
      'A'.repeat(30),
    ]
    for (const nonce of nonces) {
      const { status, body } = await post('/verify', verification(token, { ...message, nonce }))
      assert.deepEqual([status, body], [400, refused], String(nonce))
    }
    assert.equal((await door(token, message)).status, 200)
  } finally {
    clock.aheadMs = 0
  }
})

test('a key or a UID that cannot be', async () => {
  const enrol = async (more: object) => {
    const { status, body } = await post('/enroll', enrolment(parcels.newToken(), more))
    return [status, body.error]
  }
  assert.deepEqual(await enrol({ tag_key: 'batch 3' }), [400, 'Unknown tag_key'])
  for (const nfc_uid of ['04:1A:2B', 'ORDER', `04${'0'.repeat(14)}`])
    assert.deepEqual(await enrol({ tag_key: 'batch 1', nfc_uid }), [
      400,
      'nfc_uid must be the seven bytes of the tag’s UID',
    ])
  assert.deepEqual(await enrol({ tag_key: 'batch 1', ...newTag().tap() }), [403, 'Tag verification failed'])
})

test('plain tokens go on as documented, whatever they bring along', async () => {
  const { token } = await parcels.enrolled()
  assert.equal((await parcels.verify(token, newTag().tap())).status, 200)
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(engine.db)).findings, [])
})
