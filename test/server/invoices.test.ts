import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { system } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { issueInvoice } from '../../src/engine/invoices/issue.ts'
import { getOrder } from '../../src/engine/orders/orders.ts'
import { isRefusal } from '../../src/engine/refusal.ts'
import { openFurnitureShop } from '../support/furniture.ts'
import { addVoucher } from '../../src/engine/promotions/vouchers.ts'
import { plainVoucher } from '../support/furniture.ts'

const shop = await openFurnitureShop({ after })
const { engine, store } = shop

async function ordered() {
  const { variants } = await shop.product()
  const buyer = await shop.buyer(variants[0]!.serial)
  const { order } = (await buyer.checkout()).body.data
  const [[id]] = (await execute(engine.db, 'select id from orders where number = $1', [order.order_number])) as [
    [string],
  ]
  const read = () => getOrder(engine.direct(store, system), id)
  return { buyer, number: order.order_number as string, read }
}

test('an invoice says what it said when it was issued, whatever the shop and the buyer change', async () => {
  const { buyer, read } = await ordered()
  const issued = await issueInvoice(engine, store, await read())
  assert.deepEqual([issued.seller.name, issued.isCancelled], [store.profile.legalName, false])
  const moved = { ...store, profile: { ...store.profile, legalName: 'PT Baru', taxNumber: '99.999.999.9-999.000' } }
  await execute(engine.db, `update customer set email = 'other@example.com' where id = $1`, [buyer.id])
  const again = await issueInvoice(engine, moved, await read())
  assert.deepEqual(again, issued)
})

test('what ended before has no invoice; what ended afterwards has its own, marked as cancelled', async () => {
  const [without, withOne] = [await ordered(), await ordered()]
  const { number } = await issueInvoice(engine, store, await withOne.read())
  for (const one of [without, withOne])
    assert.equal((await one.buyer.call('PUT', `/api/orders/${one.number}/cancel`, {})).status, 200)
  await assert.rejects(issueInvoice(engine, store, await without.read()), (error) => isRefusal(error, 'invoice.none'))
  const refused = await without.buyer.call('GET', `/api/orders/${without.number}/invoice`)
  assert.deepEqual([refused.status, refused.body.code], [404, 'NOT_FOUND'])
  const kept = await issueInvoice(engine, store, await withOne.read())
  assert.deepEqual([kept.number, kept.isCancelled], [number, true])
  // no number was used up by what was refused
  const next = await issueInvoice(engine, store, await (await ordered()).read())
  assert.equal(Number(next.number.split('/').at(-1)), Number(number.split('/').at(-1)) + 1)
})

test('a voucher for a category that is not there is refused, not made one for everything', async () => {
  const voucher = { ...plainVoucher, code: 'NOWHERE', name: 'Nowhere', categories: ['no-such-category'] }
  await assert.rejects(
    engine.run(store, system, (ctx) => addVoucher(ctx, voucher)),
    (error) => isRefusal(error, 'category.unknown'),
  )
  const [[count]] = (await execute(engine.db, `select count(*)::int from voucher where code = 'NOWHERE'`)) as [[number]]
  assert.equal(count, 0)
})
