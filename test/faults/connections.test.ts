import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../src/engine/database.ts'
import { assertSound, shoppers } from '../support/faults.ts'
import type { Shopper } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import type { Answer } from '../support/shop.ts'
import { whileItWaits } from '../support/wait.ts'

const shop = await openShop({ after }, { webhooks: false })

/** A request that waits for a row, while this is done. */
const inTheMiddle = (locking: string, ask: () => Promise<Answer>, meanwhile: string): Promise<Answer> =>
  whileItWaits(
    shop,
    ({ tx }) => execute(tx, locking),
    ask,
    ({ tx }) => execute(tx, meanwhile),
  )

const cutOff = `select pg_terminate_backend(pid) from pg_stat_activity
  where wait_event_type = 'Lock' and datname = current_database()`

async function shopping(): Promise<Shopper> {
  const { id } = await shop.product({ quantity: 10 })
  const [buyer] = await shoppers(shop, 1)
  assert.equal((await buyer!.add(id)).status, 200)
  return buyer!
}

test('a connection that breaks fails the request that is on it, and nothing else', async () => {
  const buyer = await shopping()
  const { items } = (await buyer.call('GET', '/api/cart')).body
  const adding = () => buyer.add(items[0].product.id)
  const broken = await inTheMiddle('select from cart for update', adding, cutOff)
  assert.deepEqual([broken.status, broken.body], [500, { message: 'Internal server error.' }])
  assert.equal((await adding()).body.items[0].quantity, 2)
})

test('so does one that breaks in a transaction, and nothing of it stays', async () => {
  const buyer = await shopping()
  const { order } = (await buyer.checkout()).body
  const cancelling = () => buyer.call('POST', `/api/orders/${order.id}/cancel`)
  const broken = await inTheMiddle('select from orders for update', cancelling, cutOff)
  assert.equal(broken.status, 500)
  assert.equal((await buyer.order(order.id)).status, 'pending')
  assert.equal((await cancelling()).status, 200)
  await assertSound(shop.engine)
})

test('a line that is removed while its change waits for the cart is unknown, not short of stock', async () => {
  const buyer = await shopping()
  const { items } = (await buyer.call('GET', '/api/cart')).body
  const changing = () => buyer.call('PUT', `/api/cart/${items[0].id}`, { quantity: 2 })
  const answer = await inTheMiddle('select from cart for update', changing, 'delete from cart_line')
  assert.equal(answer.status, 404)
})
