import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { PoolClient } from 'pg'
import { execute } from '../../src/engine/database.ts'
import { assertSound, available, books, settleRefunds, shoppers, value } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { untilLockIsAwaited } from '../support/wait.ts'

// A payment that waits for its order's lock goes by what it finds when it has it, not by what it saw before.

const shop = await openShop({ after }, { webhooks: false })

/** An order whose payment comes while somebody else holds the order, does this to it, and lets it go. */
async function paidMeanwhile(meanwhile: (client: PoolClient, orderId: string, total: number) => Promise<unknown>) {
  const { id: variantId } = await shop.product({ quantity: 5 })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(variantId, 2)
  const { order, razorpay_order_id, amount } = (await buyer!.checkout()).body
  const back = await shop.pay(razorpay_order_id)
  const client = await shop.pool.connect()
  let paying: Promise<Answer>
  try {
    await execute(client, 'begin')
    await execute(client, 'select from orders where id = $1 for no key update', [order.id])
    paying = buyer!.comeBack(order.id, back)
    await untilLockIsAwaited(shop.engine.db)
    await meanwhile(client, order.id, amount)
    await execute(client, 'commit')
  } finally {
    client.release()
  }
  const answer = await paying
  const seen = await buyer!.order(order.id)
  return { answer, seen, orderId: order.id as string, variantId, amount: amount as number }
}

test('nothing has happened to it: it is paid', async () => {
  const { answer, variantId, seen } = await paidMeanwhile(async () => {})
  assert.equal(answer.status, 200)
  assert.equal(seen.payment_status, 'paid')
  assert.equal(await available(shop, variantId), 3)
  await assertSound(shop.engine)
})

test('another attempt has failed, and given its stock up: it is promised again', async () => {
  const { answer, variantId, orderId } = await paidMeanwhile(async (client, id) => {
    await execute(
      client,
      'update stock s set allocated = allocated - 2 from reservation r where r.order_id = $1 and s.variant_id = r.variant_id',
      [id],
    )
    await execute(client, `update reservation set state = 'released' where order_id = $1`, [id])
    await execute(client, `update orders set payment_state = 'failed' where id = $1`, [id])
  })
  assert.equal(answer.status, 200)
  assert.equal(await value(shop.engine, 'select state from reservation where order_id = $1', orderId), 'committed')
  assert.equal(await available(shop, variantId), 3)
  await assertSound(shop.engine)
})

test('it was cancelled: the money goes back', async () => {
  const { answer, variantId, orderId } = await paidMeanwhile(async (client, id) => {
    await execute(
      client,
      'update stock s set allocated = allocated - 2 from reservation r where r.order_id = $1 and s.variant_id = r.variant_id',
      [id],
    )
    await execute(client, `update reservation set state = 'released' where order_id = $1`, [id])
    await execute(
      client,
      `with o as (update orders set state = 'cancelled', cancel_cause = 'customer', payment_state = 'failed' where id = $1
        returning store_id, id), t as (insert into timeline (store_id, order_id, kind, actor, at)
        select store_id, id, 'cancelled', 'customer', now() from o)
      insert into event (store_id, type, subject_id, at) select store_id, 'order.cancelled', id, now() from o`,
      [id],
    )
  })
  assert.equal(answer.status, 400)
  await settleRefunds(shop)
  assert.equal(await available(shop, variantId), 5)
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': 0 })
  await assertSound(shop.engine)
})

test('a part of its price has come: what is too much goes back', async () => {
  const part = 1000
  const { answer, seen, orderId, amount } = await paidMeanwhile(async (client, id) => {
    // as recordPayment writes it, which touches the order
    await execute(
      client,
      `with s as (select * from payment_session where order_id = $1), p as (
        insert into payment (store_id, order_id, session_id, provider, provider_payment_id, state, amount_minor, currency,
          created_at, captured_at)
        select store_id, order_id, id, provider, 'pay_part', 'captured', ${part}, currency, now(), now() from s returning *
      ), l as (
        insert into ledger_transfer (store_id, order_id, debit, credit, amount_minor, currency, payment_id, at)
        select store_id, order_id, 'gateway.razorpay', 'customer', amount_minor, currency, id, now() from p
      )
      update orders set updated_at = now() where id = $1`,
      [id],
    )
  })
  assert.equal(answer.status, 200)
  assert.equal(seen.payment_status, 'paid')
  const asked = await value(shop.engine, 'select sum(amount_minor)::int from refund where order_id = $1', orderId)
  assert.equal(asked, part)
  assert.equal((await books(shop, orderId))['sales'], -amount)
  await assertSound(shop.engine)
})
