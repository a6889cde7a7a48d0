import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { dokuSign } from '../../../src/providers/payments/doku.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { assertSound } from '../../support/faults.ts'
import { accounts } from '../../support/installation.ts'
import type { Store } from '../../../src/engine/stores/stores.ts'
import { assertFailed, send } from '../toolkit.ts'

const shop = await openFurnitureShop({ after }, { webhooks: false })
const { doku, odoo } = accounts
const path = '/api/checkout/payment-webhook'

/** An order that waits for its money, in one of the stores. */
async function waiting(of: Store = shop.store) {
  const { variants } = await shop.product({}, of)
  const buyer = await shop.buyer(variants[0]!.serial, 1, of)
  const { order, payment } = (await buyer.checkout()).body.data
  return {
    transaction_id: payment.transaction_id as string,
    amount: order.total_amount as number,
    status: async () => (await buyer.orderOf(order.order_number)).payment_status as string,
  }
}

const sign = (text: string, key: string = doku.secretKey) => createHmac('sha256', key).update(text).digest('hex')
const post = (body: string, headers: Record<string, string> = {}, of: Store = shop.store) =>
  shop.call(of, 'POST', path, { body, headers })

const ours = await waiting()
const theirs = await waiting(shop.rival)
const told = { transaction_id: ours.transaction_id, status: 'success', payment_channel: 'bca_va', amount: ours.amount }
const signed = (members: object, key?: string) =>
  JSON.stringify({ ...members, signature: sign(JSON.stringify(members), key) })

async function assertNothingPaid() {
  assert.deepEqual([await ours.status(), await theirs.status()], ['pending', 'pending'])
  assert.deepEqual(await execute(shop.engine.db, 'select count(*)::int from payment'), [[0]])
}

test('a notification that nobody signed, or somebody else did, is refused, and nothing is paid', async () => {
  const good = sign(JSON.stringify(told))
  const forged: unknown[] = [
    undefined,
    null,
    '',
    'x',
    'a'.repeat(64),
    'é'.repeat(32),
    good.toUpperCase(),
    ` ${good}`,
    good.slice(0, 63),
    `${good}0`,
    [good],
    { toString: good },
    true,
    0,
    sign(JSON.stringify(told), ''),
    sign(JSON.stringify(told), 'secret-key-of-another-shop'),
    sign(JSON.stringify({ ...told, amount: 1 })),
    sign(JSON.stringify({ ...told, status: 'failed' })),
    Buffer.from(good, 'hex').toString('base64'),
  ]
  for (const signature of forged)
    assertFailed(await post(JSON.stringify({ ...told, signature })), JSON.stringify([signature]), [401])
  await assertNothingPaid()
})

test('the keys are signed in the order in which they come, and every key is signed', async () => {
  const signature = sign(JSON.stringify(told))
  const { amount, ...others } = told
  assertFailed(await post(JSON.stringify({ amount, ...others, signature })), 'another order', [401])
  assertFailed(await post(JSON.stringify({ ...told, more: 1, signature })), 'one key more', [401])
  assertFailed(await post(JSON.stringify({ ...others, signature })), 'one key less', [401])
  assertFailed(await post(`{"a":1,${JSON.stringify({ ...told, signature }).slice(1)}`), 'a key before', [401])
  await assertNothingPaid()
})

test('of a key that comes twice, what is signed is what is read', async () => {
  const signature = sign(JSON.stringify(told))
  const text = (more: string) => `${JSON.stringify(told).slice(0, -1)}${more},"signature":"${signature}"}`
  // the amount that would be read is the later, and the signature is over the earlier
  assertFailed(await post(text(',"amount":1')), 'another amount', [401])
  assertFailed(await post(text(`,"transaction_id":"${theirs.transaction_id}"`)), 'another transaction', [401])
  assertFailed(await post(text(',"__proto__":{"amount":1}')), '__proto__', [401])
  assertFailed(await post(`${text('').slice(0, -1)},"signature":"x"}`), 'two signatures', [401])
  await assertNothingPaid()
})

test('a signed notification that says something else than the order costs, or nothing that is known, pays nothing', async () => {
  const wrong: [members: object, status: number][] = [
    [{ ...told, amount: told.amount - 1 }, 400],
    [{ ...told, amount: 0 }, 400],
    [{ ...told, amount: -told.amount }, 400],
    [{ ...told, amount: told.amount + 0.5 }, 400],
    [{ ...told, amount: 1e308 }, 400],
    [{ ...told, amount: null }, 400],
    [{ ...told, amount: [told.amount] }, 400],
    [{ ...told, amount: 'all of it' }, 400],
    [{ ...told, status: 'SUCCESS!' }, 400],
    [{ ...told, status: 'constructor' }, 400],
    [{ ...told, status: 1 }, 400],
    [{ ...told, transaction_id: 'x'.repeat(200) }, 400],
    [{ ...told, transaction_id: 1 }, 400],
    [{ ...told, transaction_id: 'TRX-unknown' }, 404],
    [{ ...told, transaction_id: "' or '1'='1" }, 404],
    [{ ...told, transaction_id: theirs.transaction_id, amount: theirs.amount }, 404],
  ]
  for (const [members, status] of wrong) assertFailed(await post(signed(members)), JSON.stringify(members), [status])
  for (const body of ['', '[]', 'null', '5', '"x"', '{"a"', '{}{}', '\0', '['.repeat(50_000)])
    assertFailed(await post(body), body.slice(0, 20), [401])
  await assertNothingPaid()
})

/** As DOKU sends it: signed in its headers, over the path of one store. */
function own(members: object, changes: object = {}, of: Store = shop.store, key = doku.secretKey) {
  const body = JSON.stringify(members)
  const parts = { clientId: doku.clientId, requestId: 'request-1', timestamp: '2026-02-03T10:00:00Z', ...changes }
  const signature = dokuSign(key, { ...parts, target: `/${of.slug}${path}`, body })
  return {
    body,
    headers: {
      'client-id': parts.clientId,
      'request-id': parts.requestId,
      'request-timestamp': parts.timestamp,
      signature,
    },
  }
}
const notification = ({ transaction_id, amount }: typeof ours) => ({
  order: { invoice_number: 'x', amount },
  transaction: { status: 'SUCCESS', original_request_id: transaction_id },
  service: { id: 'VIRTUAL_ACCOUNT' },
  channel: { id: 'VIRTUAL_ACCOUNT_BCA' },
})

test('a notification in DOKU’s own form is good for the address that it was signed for, as it was signed', async () => {
  const good = own(notification(ours))
  assertFailed(await post(good.body.replace('SUCCESS', 'EXPIRED'), good.headers), 'another body', [401])
  assertFailed(await post(`${good.body} `, good.headers), 'one blank more', [401])
  for (const name of Object.keys(good.headers)) {
    const { [name]: _, ...others } = good.headers as Record<string, string>
    assertFailed(await post(good.body, others), `without ${name}`, [401])
    assertFailed(await post(good.body, { ...good.headers, [name]: 'x' }), `another ${name}`, [401])
  }
  const keyed = own(notification(ours), {}, shop.store, 'another key')
  assertFailed(await post(keyed.body, keyed.headers), 'another key', [401])
  const crossed = own(notification(theirs), {}, shop.rival)
  assertFailed(await post(crossed.body, crossed.headers), 'for the other store', [401])
  const named = own(notification(theirs))
  assertFailed(await post(named.body, named.headers), 'of the other store', [404])
  // a signature in the body does not make up for a wrong one in the headers
  assertFailed(await post(signed(told), { ...good.headers }), 'both', [401])
  await assertNothingPaid()
})

test('a signed notification pays its order, and played again as often as one likes it pays nothing more', async () => {
  const body = signed(told)
  for (let i = 0; i < 3; i++) assert.equal((await post(body)).status, 200)
  assert.equal(await ours.status(), 'paid')
  // what was true before does not undo it
  for (const status of ['failed', 'expired']) assert.equal((await post(signed({ ...told, status }))).status, 200)
  const again = own(notification(ours), { requestId: 'request-2' })
  assert.equal((await post(again.body, again.headers)).status, 200)
  assert.equal(await ours.status(), 'paid')
  assertFailed(await post(body, {}, shop.rival), 'in the other store', [404])
  assert.equal(await theirs.status(), 'pending')
  assert.deepEqual(await execute(shop.engine.db, `select count(*)::int from payment`), [[1]])
  await assertSound(shop.engine)
})

test('Odoo’s hint is taken with its secret alone, in the store that has an Odoo, and makes one job', async () => {
  const hint = (headers: Record<string, string>, query = '', of: Store = shop.store) =>
    send(shop.url, {
      method: 'POST',
      path: `/${of.slug}/api/webhooks/odoo${query}`,
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"model":"product.template"}',
    })
  const secret = odoo.webhookSecret
  for (const wrong of [
    '',
    'x',
    secret.slice(1),
    `${secret} x`,
    secret.toUpperCase(),
    'é'.repeat(secret.length),
    odoo.apiKey,
  ]) {
    const header = Buffer.from(wrong).toString('latin1')
    assertFailed(await hint({ 'x-odoo-webhook-secret': header }), `header ${wrong}`, [401])
    assertFailed(await hint({}, `?secret=${encodeURIComponent(wrong)}`), `query ${wrong}`, [401])
  }
  assertFailed(await hint({}, `?secret=${secret}&secret=${secret}`), 'twice', [400, 401])
  assertFailed(await hint({}), 'none', [401])
  assertFailed(
    await hint({ 'x-odoo-webhook-secret': 'x' }, `?secret=${secret}`),
    'a wrong header, a right query',
    [401],
  )
  assertFailed(await hint({ 'x-odoo-webhook-secret': secret }, '', shop.rival), 'the rival has none', [401])
  const jobs = async () =>
    Number(
      (
        await execute(
          shop.engine.db,
          `select count(*)::int from graphile_worker.jobs where task_identifier = 'erp-pull'`,
        )
      )[0]![0],
    )
  assert.equal(await jobs(), 0)
  for (let i = 0; i < 5; i++) assert.equal((await hint({ 'x-odoo-webhook-secret': secret })).status, 200)
  assert.equal((await hint({}, `?secret=${secret}`)).status, 200)
  assert.equal(await jobs(), 1)
})
