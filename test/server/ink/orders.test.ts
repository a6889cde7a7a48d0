import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { parcelsBehind } from '../../../src/engine/fulfilment/behind.ts'
import { addApiKey } from '../../../src/engine/identity/api-keys.ts'
import { system } from '../../../src/engine/context.ts'
import { admin, moveTo, orderIn, placed, query, shop } from '../../contracts/ionora/shop.ts'
import { enrolment, metresNorth, verification } from '../../support/parcels.ts'

// INK beside a shop's own contract: what a proof means for an order of that shop.

const { store, rival, call } = shop
const apiKey = await addApiKey(shop.engine.direct(store, system), 'warehouse')
const rivalKey = await addApiKey(shop.engine.direct(rival, system), 'warehouse')
const warehouse = { 'x-api-key': apiKey }

let tokens = 0
interface Enrolling {
  token?: string
  headers?: Record<string, string>
}

/** Enrols a parcel of an order. @returns its token, and whether the proof belongs to the order */
async function enrol(orderRef: string, as: Enrolling = {}, of = store) {
  const token = `token_${++tokens}`
  const answer = await call(of, 'POST', '/enroll', { body: enrolment(token, { order_id: orderRef }), ...as })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return { token, proofId: String(answer.body.proof_id), linked: answer.body.linked as boolean | undefined }
}

const verify = async (token: string, more: object = {}, of = store) => {
  const answer = await call(of, 'POST', '/verify', { body: verification(token, more) })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

const first = await placed()
const shipped = async () => {
  const orderId = await orderIn('shipped', first)
  const [[number] = []] = await query('select number from orders where id = $1', [orderId])
  return { orderId, number: String(number) }
}
const stateOf = async (orderId: string) => (await first.buyer.call('GET', `/api/orders/${orderId}`)).body.order.status
const timelineOf = (orderId: string) =>
  query('select kind, actor, note from timeline where order_id = $1 order by serial', [orderId])

test('what the warehouse enrols for a shipped order, and a tap at the door, deliver the order', async () => {
  const { orderId, number } = await shipped()
  const { token, proofId, linked } = await enrol(number, { headers: warehouse })
  assert.equal(linked, true)
  assert.equal(await stateOf(orderId), 'shipped')
  assert.equal((await verify(token)).gps_verdict, 'pass')
  assert.equal(await stateOf(orderId), 'delivered')
  assert.deepEqual((await timelineOf(orderId)).at(-1), ['delivered', 'proof', proofId])
  const [event] = await query(`select count(*)::int from event where type = 'order.delivered' and subject_id = $1`, [
    orderId,
  ])
  assert.deepEqual(event, [1])
})

test('nearby with the right digits, too; enrolled by an administrator, by the order’s id', async () => {
  const { orderId } = await shipped()
  const { token, linked } = await enrol(orderId, { token: admin.token })
  assert.equal(linked, true)
  const near = { delivery_gps: metresNorth(200), phone_last4: '1234' }
  assert.equal((await verify(token, near)).gps_verdict, 'near')
  assert.equal(await stateOf(orderId), 'delivered')
})

test('far away it is left to the shop, which is told', async () => {
  const { orderId, number } = await shipped()
  const { token, proofId } = await enrol(number, { headers: warehouse })
  assert.equal((await verify(token, { delivery_gps: metresNorth(900), phone_last4: '1234' })).gps_verdict, 'flagged')
  assert.equal(await stateOf(orderId), 'shipped')
  assert.deepEqual((await timelineOf(orderId)).at(-1), ['proof_flagged', 'proof', `${proofId}: 900 m away`])
  const told = await query(`select 1 from event where type = 'order.proof_flagged' and subject_id = $1`, [orderId])
  assert.equal(told.length, 1)
  const { stuck } = await parcelsBehind(shop.engine.db, store)
  assert.deepEqual(
    stuck.filter((parcel) => parcel.number === number).map(({ why, note }) => [why, note]),
    [['flagged', `${proofId}: 900 m away`]],
  )
  assert.equal((await moveTo(orderId, 'delivered')).status, 200)
})

test('what anybody enrols moves no order, whatever it names', async () => {
  const { orderId, number } = await shipped()
  const people: Enrolling[] = [{}, { token: first.buyer.token }]
  for (const as of people) {
    const { token, linked } = await enrol(number, as)
    assert.equal(linked, undefined)
    await verify(token)
    assert.equal(await stateOf(orderId), 'shipped')
  }
})

test('nor does what is no shipped order of the same store', async () => {
  const { orderId, number } = await shipped()
  const confirmed = await orderIn('confirmed', first)
  for (const ref of ['ORDER-12345', confirmed, orderId.toUpperCase(), ` ${number}`, 'ION-0000-0000'])
    assert.equal((await enrol(ref, { headers: warehouse })).linked, false, ref)
  const elsewhere = await enrol(number, { headers: { 'x-api-key': rivalKey } }, rival)
  assert.equal(elsewhere.linked, false)
  await verify(elsewhere.token, {}, rival)
  assert.equal(await stateOf(orderId), 'shipped')
})

test('a key of another store, of nobody, or no longer good is refused, and so is a token', async () => {
  const body = (token: string) => enrolment(token)
  const refusedKeys = [rivalKey, 'sk_nothing', '', `${apiKey} `.repeat(3)]
  for (const key of refusedKeys) {
    const answer = await call(store, 'POST', '/enroll', { body: body(`refused_${key}`), headers: { 'x-api-key': key } })
    assert.deepEqual([answer.status, answer.body], [401, { error: 'Invalid token or API key' }], key)
  }
  const { status } = await call(store, 'POST', '/enroll', { body: body('refused'), token: 'a.b.c' })
  assert.equal(status, 401)
})

test('a key for repeats is its sender’s own: two warehouses count alike, and so may strangers', async () => {
  const second = await addApiKey(shop.engine.direct(store, system), 'another warehouse')
  const headers = { 'idempotency-key': '1' }
  const send = (token: string, more: object) =>
    call(store, 'POST', '/enroll', { body: enrolment(token), headers: { ...headers, ...more } })
  const answers = [
    await send('of-one', { 'x-api-key': apiKey }),
    await send('of-two', { 'x-api-key': second }),
    await send('of-somebody', {}),
    await send('of-nobody', {}),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assert.equal(new Set(answers.map(({ body }) => body.proof_id)).size, 4)
  assert.deepEqual((await send('of-somebody', {})).body, answers[2]!.body)
})

test('an order that has moved on meanwhile stays where it is, and the delivery is proved all the same', async () => {
  const { orderId, number } = await shipped()
  const { token, proofId } = await enrol(number, { headers: warehouse })
  assert.equal((await moveTo(orderId, 'returned')).status, 200)
  await verify(token)
  assert.equal(await stateOf(orderId), 'returned')
  assert.deepEqual((await timelineOf(orderId)).at(-1), ['proof_verified', 'proof', proofId])
})

test('two parcels of one order: the first that arrives delivers it', async () => {
  const { orderId, number } = await shipped()
  const parcels = await Promise.all([enrol(number, { headers: warehouse }), enrol(number, { headers: warehouse })])
  await Promise.all(parcels.map(({ token }) => verify(token)))
  assert.equal(await stateOf(orderId), 'delivered')
  const kinds = (await timelineOf(orderId)).map(([kind]) => kind)
  assert.deepEqual(kinds.slice(-2), ['delivered', 'proof_verified'])
  assert.equal(kinds.filter((kind) => kind === 'delivered').length, 1)
})

test('a store may let only its own enrol', async (t) => {
  const { changeStore } = await import('../../../src/engine/stores/stores.ts')
  await changeStore(shop.engine.db, store.storeId, { profile: { ...store.profile, enrolmentNeedsKey: true } })
  await shop.registry.reload()
  t.after(async () => {
    await changeStore(shop.engine.db, store.storeId, { profile: store.profile })
    await shop.registry.reload()
  })
  const body = enrolment('needs-a-key')
  assert.equal((await call(store, 'POST', '/enroll', { body })).status, 401)
  assert.equal((await call(store, 'POST', '/enroll', { body, token: first.buyer.token })).status, 401)
  assert.equal((await call(store, 'POST', '/enroll', { body, headers: warehouse })).status, 200)
  assert.equal((await verify('needs-a-key')).verification_status, 'verified')
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(shop.engine.db)).findings, [])
})
