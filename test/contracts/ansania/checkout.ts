import assert from 'node:assert/strict'
import type { Wire } from '../../support/installation.ts'
import {
  addressOf,
  apply,
  cartOf,
  change,
  filled,
  inStock,
  newPlace,
  oakTable,
  put,
  serialOf,
  whileFailing,
} from './buying.ts'
import { ordering } from './ordering.ts'
import { nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

const buyer = async (quantity = 1, spec = oakTable) => shop.buyer(serialOf(await shop.product(spec)), quantity)

const to = (shipping_address_id: number, courier = 'jnt') => ({ body: { shipping_address_id, courier } })

const costs = (options: Wire[]) => options.map(({ service, cost }) => [service, cost])

export const checkout: RowTests = {
  'checkout.validate': {
    'a cart that can be had is valid; nothing is held or changed by it': async (row) => {
      const { person, product } = await filled(10)
      const before = await cartOf(person)
      assert.deepEqual((await row.ok(person)).data, { valid: true, issues: [] })
      assert.deepEqual(await cartOf(person), before)
      assert.equal(await inStock(product), 10)
    },
    'each line that cannot be had is an issue, by its number in the cart': async (row) => {
      const { person, product: gone } = await filled(2)
      const few = await shop.product(oakTable)
      await put(person, few, 3)
      await put(person, await shop.product(), 1)
      await change(gone, { quantity: 0 })
      await change(few, { quantity: 1 })
      const [first, second] = (await cartOf(person)).items
      assert.deepEqual((await row.ok(person)).data, {
        valid: false,
        issues: [
          { item_id: first.id, type: 'out_of_stock', message: 'Product is out of stock' },
          { item_id: second.id, type: 'insufficient_stock', message: 'Only 1 in stock, the cart has 3' },
        ],
      })
      await change(gone, { quantity: 2 })
      await change(few, { quantity: 3 })
      assert.deepEqual((await row.ok(person)).data, { valid: true, issues: [] })
    },
    'an empty cart is an issue, and no error': async (row) => {
      const { data } = await row.ok(await shop.customer())
      assert.deepEqual(data, { valid: false, issues: [{ item_id: 0, type: 'empty_cart', message: 'Cart is empty' }] })
    },
    'a voucher that applies no more is an issue': async (row) => {
      const { person, id } = await filled(2)
      await shop.voucher({ code: 'TWOTABLES', minPurchaseMinor: 7_000_000 })
      await apply(person, 'TWOTABLES')
      await person.call('PUT', `/api/cart/items/${id}`, { quantity: 1 })
      const cart = await cartOf(person)
      assert.deepEqual([cart.voucher.discount_amount, cart.discount_amount, cart.total], [0, 0, 3_500_000])
      const message = 'The cart is below the minimum purchase of this voucher'
      assert.deepEqual((await row.ok(person)).data, {
        valid: false,
        issues: [{ item_id: 0, type: 'voucher', message }],
      })
    },
  },

  'checkout.calculateShipping': {
    'the services of the contract’s sample, and what a kilogram to Jakarta costs': async (row) => {
      const one = await buyer()
      const { shipping_options: options } = (await row.ok(one, to(one.addressId))).data
      const exact = { is_estimate: false }
      assert.deepEqual(options, [
        {
          service: 'REG',
          description: 'Regular Service',
          cost: 25_000,
          original_cost: 25_000,
          etd: '2-3 days',
          ...exact,
        },
        { service: 'YES', description: 'One Day Service', cost: 50_000, original_cost: 50_000, etd: '1 day', ...exact },
      ])
    },
    'begun kilograms count whole, and size counts where it is more than weight': async (row) => {
      const cost = async (quantity: number, spec: object) => {
        const one = await buyer(quantity, { ...oakTable, ...spec })
        return (await row.ok(one, to(one.addressId))).data.shipping_options[0].cost
      }
      assert.equal(await cost(1, { weightGrams: 1000 }), 25_000)
      assert.equal(await cost(1, { weightGrams: 1001 }), 35_000)
      assert.equal(await cost(3, { weightGrams: 1000 }), 45_000)
      assert.equal(await cost(1, { weightGrams: 1000, sizeCm: [60, 50, 40] }), 25_000 + 19 * 10_000)
      assert.equal(await cost(2, { weightGrams: 12_000, sizeCm: [60, 50, 10] }), 25_000 + 23 * 10_000)
    },
    'it depends on where it goes': async (row) => {
      const one = await buyer()
      const bandung = await addressOf(one, newPlace({ city: 'Bandung', province: 'Jawa Barat' }))
      const medan = await addressOf(one, newPlace({ city: 'Medan', province: 'Sumatera Utara' }))
      const options = async (id: number) => costs((await row.ok(one, to(id))).data.shipping_options)
      assert.deepEqual(await options(bandung), [
        ['REG', 30_000],
        ['YES', 60_000],
      ])
      assert.deepEqual(await options(medan), [['REG', 45_000]])
      const nowhere = await addressOf(one, newPlace({ city: 'Pulau Terpencil', district: 'Pulau Terpencil' }))
      assert.deepEqual(await options(nowhere), [], 'nobody goes there')
    },
    'every courier that the store names can be asked': async (row) => {
      const one = await buyer()
      for (const courier of ['sicepat', 'jne']) {
        const { shipping_options: options } = (await row.ok(one, to(one.addressId, courier))).data
        assert.ok(options.length > 0 && options.every(({ is_estimate: is }: Wire) => is === false), courier)
      }
    },
    'free shipping is free, up to its cap': async (row) => {
      const one = await buyer()
      await apply(one, 'FREESHIP')
      const options = async () =>
        (await row.ok(one, to(one.addressId))).data.shipping_options.map((option: Wire) => [
          option.cost,
          option.original_cost,
        ])
      assert.deepEqual(await options(), [
        [0, 25_000],
        [0, 50_000],
      ])
      await shop.voucher({ code: 'SHIP30', kind: 'free_shipping', percentBps: null, maxDiscountMinor: 30_000 })
      await apply(one, 'SHIP30')
      assert.deepEqual(await options(), [
        [0, 25_000],
        [20_000, 50_000],
      ])
    },
    'what was shown is shown again while the courier is away': async (row) => {
      const one = await buyer()
      const place = await addressOf(one, newPlace())
      const { data } = await row.ok(one, to(place))
      await whileFailing({ provider: 'jnt' }, async () => assert.deepEqual((await row.ok(one, to(place))).data, data))
    },
    'while a courier cannot be asked, the shop’s own prices serve, marked as estimates': async (row) => {
      const one = await buyer(3, { ...oakTable, weightGrams: 1000 })
      const jakarta = await addressOf(one, newPlace())
      const papua = await addressOf(one, newPlace({ city: 'Jayapura', province: 'Papua' }))
      for (const kind of ['drop', 'error', 'garbage']) {
        await whileFailing({ provider: 'jnt', kind }, async () => {
          const { shipping_options: options } = (await row.ok(one, to(jakarta))).data
          assert.deepEqual(
            options.map((option: Wire) => [option.service, option.cost, option.etd, option.is_estimate]),
            [
              ['REG', 28_000 + 2 * 12_000, '2-3 days', true],
              ['YES', 55_000 + 2 * 22_000, '1 day', true],
            ],
            kind,
          )
          assert.deepEqual(costs((await row.ok(one, to(papua))).data.shipping_options), [['REG', 45_000 + 2 * 20_000]])
        })
      }
      // an estimate that was shown stands for a while; elsewhere the courier is asked
      const elsewhere = await addressOf(one, newPlace())
      const [kept, back] = [(await row.ok(one, to(jakarta))).data, (await row.ok(one, to(elsewhere))).data].map(
        ({ shipping_options: [first] }) => [first.cost, first.is_estimate],
      )
      assert.deepEqual(
        [kept, back],
        [
          [52_000, true],
          [45_000, false],
        ],
      )
    },
    'with no price of its own either, the shop says that the courier is unavailable': async (row) => {
      const one = await buyer()
      const place = await addressOf(one, newPlace())
      await whileFailing({ provider: 'biteship' }, async () => {
        const answer = await row.send(one, to(place, 'sicepat'))
        row.refuses('JNT cannot be reached', answer)
        assert.equal(answer.body.error, 'SICEPAT is unavailable')
      })
      await row.ok(one, to(place, 'sicepat'))
    },
    'a courier is one of the store’s, and both fields are required': async (row) => {
      const one = await buyer()
      const when = 'shipping_address_id or courier is missing'
      for (const courier of ['tiki', 'JNT', 'biteship', 'constructor', '', undefined])
        assert.deepEqual(await row.no(when, one, { body: { shipping_address_id: one.addressId, courier } }), [
          'courier',
        ])
      assert.deepEqual(await row.no(when, one), ['shipping_address_id', 'courier'])
    },
    'the address is one of the caller’s': async (row) => {
      const [one, other] = [await buyer(), await buyer()]
      for (const id of [nobody, other.addressId]) await row.no('no address of the caller', one, to(id))
    },
    'an empty cart ships nothing': async (row) => {
      const person = await shop.customer()
      const answer = await row.send(person, to(await addressOf(person)))
      assert.deepEqual([answer.status, answer.body.error], [400, 'Cart is empty'])
    },
  },

  'checkout.createOrder': ordering,
}
