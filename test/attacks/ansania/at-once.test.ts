import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setAvailable } from '../../../src/engine/inventory/inventory.ts'
import { expireOrder, moveOrder } from '../../../src/engine/orders/moves.ts'
import { Refusal } from '../../../src/engine/refusal.ts'
import { assertSound, deadlocks, value } from '../../support/faults.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import { crowd, notify, times } from './people.ts'

const shop = await openFurnitureShop({ after }, { databasePool: 20, webhooks: false })
const { engine, store } = shop
const system = { kind: 'system' } as const
const staff = { kind: 'staff', name: 'Ayu' } as const

const isLikely = (chance: number) => Math.random() < chance
const shuffled = <T>(items: readonly T[]) =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
const oneOf = <T>(items: readonly T[]) => shuffled(items)[0]!

test('whatever becomes of many orders at once, none stands in another’s way, and the books agree', async () => {
  const products = await times(7, () => shop.product({ variants: [{ quantity: 60 }] }))
  await shop.voucher({ code: 'POPULAR' })
  await shop.voucher({ code: 'FEW', usageLimit: 30 })
  await shop.voucher({ code: 'ONCE', customerLimit: 1 })
  const answered = new Map<number, number>()
  const note = ({ status }: { status: number }) => void answered.set(status, (answered.get(status) ?? 0) + 1)
  const unlessRefused = (error: unknown) => assert.ok(error instanceof Refusal, String(error))

  await Promise.all(
    (await crowd(shop, 32)).map(async (buyer) => {
      for (let round = 0; round < 4; round++) {
        const chosen = shuffled(products).slice(0, 3)
        await Promise.all(chosen.map(({ variants }) => buyer.add(variants[0]!.serial)))
        if (isLikely(0.7)) note(await buyer.apply(oneOf(['POPULAR', 'FEW', 'ONCE'])))
        const placed = await buyer.checkout()
        note(placed)
        if (placed.status !== 201) {
          note(await buyer.call('DELETE', '/api/cart/remove-voucher'))
          continue
        }
        const { order, payment } = placed.body.data
        const path = `/api/orders/${order.order_number}`
        const id = String(
          await value(engine, 'select id from orders where store_id = $1 and serial = $2', store.storeId, order.id),
        )
        const pay = (status?: string) => notify(shop, payment.transaction_id, order.total_amount, status).then(note)
        const asStaff = (to: 'processing' | 'shipped' | 'cancelled' | 'returned') =>
          engine.run(store, staff, (ctx) => moveOrder(ctx, id, to)).catch(unlessRefused)
        const review = { order_id: order.id, rating: 4, title: 'Good', comment: 'As shown' }
        const deeds: [chance: number, deed: () => Promise<unknown>][] = [
          [0.8, pay],
          [0.3, pay],
          [0.2, () => pay('failed')],
          [0.3, () => buyer.call('PUT', `${path}/cancel`, {}).then(note)],
          [0.3, () => engine.run(store, system, (ctx) => expireOrder(ctx, id))],
          [0.3, () => asStaff(oneOf(['processing', 'shipped', 'cancelled', 'returned']))],
          [0.3, () => engine.run(store, staff, (ctx) => setAvailable(ctx, oneOf(products).variants[0]!.id, 60))],
          [0.3, () => buyer.call('POST', `${path}/pay`).then(note)],
          [0.3, () => buyer.call('GET', `${path}/invoice`).then(note)],
          [0.3, () => buyer.add(oneOf(products).variants[0]!.serial).then(note)],
          [0.4, () => buyer.call('POST', `/api/products/${chosen[0]!.serial}/reviews`, review).then(note)],
        ]
        await Promise.all(shuffled(deeds.filter(([chance]) => isLikely(chance))).map(([, deed]) => deed()))
      }
    }),
  )
  const failed = [...answered].filter(([status]) => status >= 500)
  assert.deepEqual(failed, [], JSON.stringify([...answered]))
  assert.ok(answered.get(201)! > 64)
  assert.equal(await deadlocks(engine), 0)
  await assertSound(engine)
})
