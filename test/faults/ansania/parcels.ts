import assert from 'node:assert/strict'
import { execute } from '../../../src/engine/database.ts'
import { parcelsBehind } from '../../../src/engine/fulfilment/behind.ts'
import { bookParcel } from '../../../src/engine/fulfilment/booking.ts'
import { trackParcels } from '../../../src/engine/fulfilment/tracking.ts'
import { moveOrder } from '../../../src/engine/orders/moves.ts'
import type { FurnitureShop } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { outside, paid, stockOf } from './support.ts'
import type { Placed } from './support.ts'

/** What tests of parcels do with this shop's, and look at. */
export function parcelsIn(shop: FurnitureShop) {
  const { engine, store, registry, sandboxCall } = shop
  const { courierOf } = shop.providers
  const { parcels } = outside(shop)

  /** A paid order that staff sends off; its parcel waits for a courier, unless its number is known. */
  async function shipped(more: object = {}, trackingNumber: string | null = null) {
    const { variants } = await shop.product({ weightGrams: 1500 })
    const order = await paid(shop, variants[0]!.serial, 2, more)
    await engine.run(store, { kind: 'staff', name: 'odoo' }, (ctx) =>
      moveOrder(ctx, order.id, 'shipped', { trackingNumber }),
    )
    assert.deepEqual(await stockOf(shop, variants[0]!.id), [8, 0])
    return order
  }

  const book = (order: Placed) => bookParcel(engine, courierOf, store, order.id)
  const track = () => trackParcels(engine, courierOf, registry.byId, store)

  const parcelOf = async ({ id }: Placed) => {
    const [row] = await execute(
      engine.db,
      `select booking_state, booking_attempt, provider, courier, tracking_number, state from shipment where order_id = $1`,
      [id],
    )
    const [booking, attempt, provider, courier, awb, state] = row!
    return { booking, attempt, provider, courier, awb: awb as string | null, state }
  }

  /** What a person is told to see to of an order's parcel. */
  const stuck = async (order: Placed) =>
    (await parcelsBehind(engine.db, store)).stuck
      .filter(({ number }) => number === order.number)
      .map(({ courier, trackingNumber, why, note }) => [courier, trackingNumber, why, note])

  /** The parcel that J&T will come for, and those that it will not. */
  const livesOf = async (order: Placed) => {
    const all = await parcels(order.number)
    const alive = all.filter(({ status }) => status !== 'cancelled')
    return [alive.map(({ orderid }): string => orderid), all.length - alive.length] as const
  }

  const advance = (awb: string | null, status?: string, provider = 'jnt') =>
    sandboxCall('POST', `/${provider}/sandbox/advance`, { awb, ...(status && { status }) })

  const seen = (order: Placed): Promise<Wire> => order.buyer.orderOf(order.number)

  return { shipped, book, track, parcelOf, stuck, livesOf, advance, seen }
}
