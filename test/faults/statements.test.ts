import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { statements } from '../../src/engine/database.ts'
import { assertSound, shoppers } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'

const shop = await openShop({ after }, { webhooks: false })
const products = []
for (let n = 0; n < 100; n++) products.push(await shop.product({ name: `Filter ${n}`, quantity: 1_000_000 }))
const ids = products.map(({ id }) => id)

/** How many statements each step of a purchase sends, begin and commit included. */
async function purchase(lines: number, quantity: number) {
  const [buyer] = await shoppers(shop, 1)
  const sent: Record<string, number> = {}
  const count = async (step: string, status: number, work: () => Promise<Answer>) => {
    const before = statements.sent
    const answer = await work()
    sent[step] = statements.sent - before
    assert.equal(answer.status, status, `${step}: ${JSON.stringify(answer.body)}`)
    return answer
  }
  for (const id of ids.slice(1, lines)) assert.equal((await buyer!.add(id, quantity)).status, 200)
  await count('POST /api/cart', 200, () => buyer!.add(ids[0]!, quantity))
  const cart = await count('GET /api/cart', 200, () => buyer!.call('GET', '/api/cart'))
  assert.equal(cart.body.items.length, lines)
  await count('POST /api/checkout/validate', 200, () => buyer!.call('POST', '/api/checkout/validate'))
  const placed = await count('POST /api/checkout/create-order', 201, () => buyer!.checkout())
  const { order, razorpay_order_id } = placed.body
  const back = await shop.pay(razorpay_order_id)
  await count('POST /api/checkout/payment', 200, () => buyer!.comeBack(order.id, back))
  await count('GET /api/orders/:id', 200, () => buyer!.call('GET', `/api/orders/${order.id}`))
  await count('POST /api/orders/:id/cancel', 200, () => buyer!.call('POST', `/api/orders/${order.id}/cancel`))
  return sent
}

test('a request sends as many statements for 100 lines or 1,000 pieces as for one', async () => {
  await purchase(1, 1) // token keys are loaded once
  const one = await purchase(1, 1)
  for (const [lines, quantity] of [
    [10, 1],
    [100, 1],
    [1, 1000],
    [10, 1000],
  ] as const) {
    assert.deepEqual(await purchase(lines, quantity), one, `${lines} lines of ${quantity}`)
  }
  for (const [step, sent] of Object.entries(one)) console.log(`${String(sent).padStart(4)}  ${step}`) // oxlint-disable-line no-console
  const [cheapest, dearest] = [
    one['GET /api/cart']!,
    one['POST /api/checkout/create-order']! + one['POST /api/checkout/payment']!,
  ]
  assert.ok(cheapest <= 2, 'a cart is one statement, and who asks is another')
  assert.ok(dearest <= 8, `a checkout is ${dearest} statements`)
  await assertSound(shop.engine)
})
