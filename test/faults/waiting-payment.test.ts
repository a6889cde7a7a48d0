import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Ctx } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { releaseStock } from '../../src/engine/inventory/inventory.ts'
import { lockOrder, moveOrder } from '../../src/engine/orders/moves.ts'
import { assertSound, available, books, settleRefunds, shoppers, value } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import { whileItWaits } from '../support/wait.ts'

// A payment that waits for its order's lock goes by what it finds when it has it, not by what it saw before.

const shop = await openShop({ after }, { webhooks: false })

/** An order whose payment comes while somebody else holds the order, does this to it, and lets it go. */
async function paidMeanwhile(meanwhile: (ctx: Ctx, orderId: string) => Promise<unknown>) {
  const { id: variantId } = await shop.product({ quantity: 5 })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(variantId, 2)
  const { order, razorpay_order_id, amount } = (await buyer!.checkout()).body
  const back = await shop.pay(razorpay_order_id)
  const answer = await whileItWaits(
    shop,
    (ctx) => lockOrder(ctx, order.id),
    () => buyer!.comeBack(order.id, back),
    (ctx) => meanwhile(ctx, order.id),
  )
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
  const { answer, variantId, orderId } = await paidMeanwhile(async (ctx, id) => {
    await releaseStock(ctx, id)
    await execute(ctx.tx, `update orders set payment_state = 'failed' where id = $1`, [id])
  })
  assert.equal(answer.status, 200)
  assert.equal(await value(shop.engine, 'select state from reservation where order_id = $1', orderId), 'committed')
  assert.equal(await available(shop, variantId), 3)
  await assertSound(shop.engine)
})

test('it was cancelled: the money goes back', async () => {
  const { answer, variantId, orderId } = await paidMeanwhile((ctx, id) => moveOrder(ctx, id, 'cancelled'))
  assert.equal(answer.status, 400)
  await settleRefunds(shop)
  assert.equal(await available(shop, variantId), 5)
  assert.deepEqual(await books(shop, orderId), { customer: 0, 'gateway.razorpay': 0 })
  await assertSound(shop.engine)
})

test('a part of its price has come: what is too much goes back', async () => {
  const part = 1000
  const { answer, seen, orderId, amount } = await paidMeanwhile(async (ctx, id) => {
    // as recordPayment writes it, which touches the order
    await execute(
      ctx.tx,
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
