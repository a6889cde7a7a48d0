import assert from 'node:assert/strict'
import type { NewVoucher } from '../../../src/engine/promotions/vouchers.ts'
import type { Wire } from '../../support/installation.ts'
import { cartOf, change, filled, oakTable, placed, put, query } from './buying.ts'
import type { Person } from './buying.ts'
import { clock, shop } from './shop.ts'
import type { OpenRow, RowTests } from './table.ts'

let codes = 0
/** A voucher of its own for each test. @returns its code */
async function voucher(fields: Partial<NewVoucher> = {}): Promise<string> {
  const code = `TEST${++codes}`
  await shop.voucher({ code, ...fields })
  return code
}

const day = 86_400_000
const fromNow = (days: number) => new Date(Date.now() + days * day)

const apply = (by: Person, code: string) => by.call('POST', '/api/cart/apply-voucher', { code })
const used = async (code: string) => (await query('select used from voucher where code = $1', [code]))[0]![0]

/** Somebody who has used a voucher for an order. */
async function usedOnce(code: string) {
  const made = await placed(1)
  await put(made.buyer, made.product)
  assert.equal((await apply(made.buyer, code)).status, 200)
  const { status } = await made.buyer.checkout()
  assert.equal(status, 201)
  return made
}

/** Each way in which a voucher is refused to somebody with 7 000 000 in the cart, and the reason that is given. */
const refusals: Record<string, { error: string; code?: string; make(): Promise<{ code: string; by?: Person }> }> = {
  'not begun': {
    error: 'Voucher is not valid yet',
    make: async () => ({ code: await voucher({ startsAt: fromNow(1) }) }),
  },
  'over since just now': {
    error: 'Voucher has expired',
    code: 'VOUCHER_EXPIRED',
    make: async () => ({ code: await voucher({ endsAt: new Date() }) }),
  },
  'over for long': {
    error: 'Voucher has expired',
    code: 'VOUCHER_EXPIRED',
    make: () => Promise.resolve({ code: 'EXPIRED5' }),
  },
  'used up by others': {
    error: 'Voucher has been used up',
    make: async () => {
      const code = await voucher({ usageLimit: 1 })
      await usedOnce(code)
      return { code }
    },
  },
  'used by this customer': {
    error: 'You have used this voucher as often as it can be used',
    make: async () => {
      const code = await voucher({ customerLimit: 1, usageLimit: 5 })
      const { buyer } = await usedOnce(code)
      return { code, by: buyer }
    },
  },
  'for first orders': {
    error: 'Voucher is for the first order only',
    make: async () => ({ code: await voucher({ firstOrderOnly: true }), by: (await placed(1)).buyer }),
  },
  'below its minimum': {
    error: 'The cart is below the minimum purchase of this voucher',
    make: async () => ({ code: await voucher({ minPurchaseMinor: 7_000_001 }) }),
  },
}

async function assertApplied(row: OpenRow, by: Person, code: string, discountMinor: number) {
  const { voucher, cart } = (await row.ok(by, { body: { code } })).data
  assert.deepEqual([voucher.discount_amount, cart.discount_amount], [discountMinor, discountMinor], code)
  assert.deepEqual([cart.voucher, cart.total], [voucher, cart.subtotal - discountMinor])
  assert.deepEqual(await cartOf(by), cart)
}

/** A cart of a table for 3 500 000 and a chair for 1 000 000. */
async function tableAndChair() {
  const { person } = await filled(1)
  await put(person, await shop.product({ category: 'Chairs', variants: [{ price: 1_000_000 }] }))
  return person
}

export const vouchers: RowTests = {
  'cart.applyVoucher': {
    'the documented request takes 10 % off 7 000 000': async (row) => {
      const { person } = await filled(2)
      const before = await cartOf(person)
      const { data } = await row.ok(person, { body: row.request.body })
      const voucher = {
        code: 'WELCOME10',
        discount_type: 'percentage',
        discount_value: 10,
        discount_amount: 700_000,
      }
      assert.deepEqual(data, {
        voucher,
        cart: { ...before, discount_amount: 700_000, voucher, total: 6_300_000 },
      })
      assert.equal(await used('WELCOME10'), 0, 'what is on a cart is not used up')
    },
    'codes are typed in any case, and of two the last one counts': async (row) => {
      const { person } = await filled(2)
      await assertApplied(row, person, ' welcome10 ', 700_000)
      await assertApplied(row, person, await voucher({ percentBps: 250 }), 175_000)
    },
    'the discount follows the cart': async (row) => {
      const { person, product, id } = await filled(2)
      await row.ok(person, { body: { code: await voucher() } })
      await person.call('PUT', `/api/cart/items/${id}`, { quantity: 3 })
      assert.deepEqual((await cartOf(person)).discount_amount, 1_050_000)
      await change(product, { price: 33_333 })
      const { discount_amount: discount, voucher: shown, total } = await cartOf(person)
      assert.deepEqual([discount, shown.discount_amount, total], [10_000, 10_000, 89_999])
    },
    'no more is taken off than its cap, a fixed amount, or what the goods cost': async (row) => {
      const { person } = await filled(2)
      await assertApplied(row, person, await voucher({ maxDiscountMinor: 100_000 }), 100_000)
      await assertApplied(row, person, await voucher({ maxDiscountMinor: 700_001 }), 700_000)
      const fixed = { kind: 'fixed_amount', percentBps: null } as const
      await assertApplied(row, person, await voucher({ ...fixed, amountMinor: 50_000 }), 50_000)
      await assertApplied(row, person, await voucher({ ...fixed, amountMinor: 7_000_001 }), 7_000_000)
      await assertApplied(row, person, await voucher({ percentBps: 10_000 }), 7_000_000)
      assert.deepEqual((await cartOf(person)).total, 0)
    },
    'a voucher for a category is for all below it, and takes off nothing else': async (row) => {
      const person = await tableAndChair()
      await assertApplied(row, person, await voucher({ categories: ['tables'] }), 350_000)
      await assertApplied(row, person, await voucher({ categories: ['chairs'] }), 100_000)
      await assertApplied(row, person, await voucher({ categories: ['chairs', 'tables'] }), 450_000)
      await assertApplied(row, person, await voucher({ categories: ['furniture'] }), 450_000)
      const { person: other } = await filled(1)
      const answer = await apply(other, await voucher({ categories: ['chairs'] }))
      assert.deepEqual([answer.status, answer.body.error], [400, 'Voucher is not for the products in the cart'])
    },
    'the minimum is of the whole cart, and reached by its last rupiah': async (row) => {
      const person = await tableAndChair()
      await assertApplied(row, person, await voucher({ minPurchaseMinor: 4_500_000, categories: ['chairs'] }), 100_000)
    },
    'free shipping takes nothing off the goods': async (row) => {
      const { person } = await filled(1)
      const { voucher, cart } = (await row.ok(person, { body: { code: 'FREESHIP' } })).data
      assert.deepEqual(voucher, {
        code: 'FREESHIP',
        discount_type: 'free_shipping',
        discount_value: 0,
        discount_amount: 0,
      })
      assert.deepEqual([cart.discount_amount, cart.total], [0, 3_500_000])
    },
    'each refusal has its one reason, and leaves the cart as it was': async (row) => {
      for (const [why, { error, code: named = 'VALIDATION_ERROR', make }] of Object.entries(refusals)) {
        const { code, by = await shop.customer() } = await make()
        await put(by, await shop.product(oakTable), 2)
        await row.ok(by, { body: { code: await voucher({ percentBps: 100 }) } })
        const before = await cartOf(by)
        const answer = await row.send(by, { body: { code } })
        assert.deepEqual([answer.status, answer.body.error, answer.body.code], [400, error, named], why)
        row.refuses(named === 'VOUCHER_EXPIRED' ? 'the voucher has expired' : 'the cart is below', answer)
        assert.deepEqual(await cartOf(by), before, why)
      }
    },
    'an unknown code, another store’s and one that was withdrawn are refused alike': async (row) => {
      const { person } = await filled(1)
      const withdrawn = await voucher()
      await query('update voucher set is_active = false where code = $1', [withdrawn])
      await shop.voucher({ code: 'RIVALS' }, shop.rival)
      for (const code of ['NOTHING', 'RIVALS', withdrawn]) await row.no('no voucher', person, { body: { code } })
    },
    'a code is text': async (row) => {
      const { person } = await filled(1)
      for (const code of [undefined, null, '', '  ', 10, 'X'.repeat(41)])
        assert.deepEqual(await row.no('code is missing', person, { body: { code } }), ['code'])
    },
    'an empty cart takes no voucher': async (row) => {
      const person = await shop.customer()
      const answer = await row.send(person, { body: row.request.body })
      assert.deepEqual([answer.status, answer.body.error], [400, 'Cart is empty'])
      assert.equal((await cartOf(person)).voucher, null)
    },
  },

  'cart.removeVoucher': {
    'the total is the subtotal again, and again is the same': async (row) => {
      const { person } = await filled(2)
      const before = await cartOf(person)
      await apply(person, 'WELCOME10')
      for (let i = 0; i < 2; i++) assert.deepEqual((await row.ok(person)).data.cart, before)
      assert.deepEqual(await cartOf(person), before)
    },
    'without a cart there is nothing to remove, which is no mistake': async (row) => {
      const { cart } = (await row.ok(await shop.customer())).data
      assert.deepEqual([cart.items, cart.voucher, cart.total], [[], null, 0])
    },
  },

  'vouchers.available': {
    'what the caller can use now, with every field that the contract shows': async (row) => {
      const { vouchers } = (await row.ok(await shop.customer())).data
      const welcome = vouchers.find(({ code }: Wire) => code === 'WELCOME10')
      assert.deepEqual(welcome, {
        code: 'WELCOME10',
        name: 'Welcome Discount 10%',
        description: 'Get 10% off for your first order',
        discount_type: 'percentage',
        discount_value: 10,
        max_discount_amount: 1_000_000,
        min_purchase_amount: 500_000,
        start_date: '2026-01-01T00:00:00.000Z',
        end_date: welcome.end_date,
        usage_remaining: 1,
      })
      assert.equal(vouchers.find(({ code }: Wire) => code === 'FREESHIP').usage_remaining, 5)
    },
    'none that is over, not begun, used up, withdrawn or told to a few': async (row) => {
      const codes: Record<string, string> = {
        shown: await voucher(),
        tomorrow: await voucher({ startsAt: fromNow(1) }),
        yesterday: await voucher({ endsAt: fromNow(-1) }),
        secret: await voucher({ isPublic: false }),
        withdrawn: await voucher(),
        once: await voucher({ usageLimit: 1 }),
        each: await voucher({ customerLimit: 2, usageLimit: 10 }),
        first: await voucher({ firstOrderOnly: true }),
      }
      await query('update voucher set is_active = false where code = $1', [codes['withdrawn']])
      const offered = async (by: Person) => {
        const { vouchers } = (await row.ok(by)).data
        const seen = Object.entries(codes).flatMap(([name, code]) => {
          const one = vouchers.find((voucher: Wire) => voucher.code === code)
          return one ? [[name, one.usage_remaining]] : []
        })
        return Object.fromEntries(seen)
      }
      const person = await shop.customer()
      assert.deepEqual(await offered(person), { shown: 999_999, once: 1, each: 2, first: 999_999 })
      const { buyer } = await usedOnce(codes['once']!)
      assert.deepEqual(await offered(buyer), { shown: 999_999, each: 2 })
      await usedOnce(codes['each']!)
      assert.equal((await offered(person))['each'], 2, 'what others used is not this customer’s use')
      // a secret one can be used all the same by whoever was told of it
      await put(person, await shop.product())
      assert.equal((await apply(person, codes['secret']!)).status, 200)
    },
  },

  'vouchers.validate': {
    'the documented request: 70 000 of 700 000, and nothing is applied': async (row) => {
      const { person } = await filled(1)
      const { data } = await row.ok(person, { body: row.request.body })
      assert.deepEqual(data, {
        valid: true,
        voucher: { code: 'WELCOME10', discount_type: 'percentage', discount_value: 10, discount_amount: 70_000 },
      })
      assert.equal((await cartOf(person)).voucher, null)
    },
    'the discount is capped, and rounded to whole rupiah': async (row) => {
      const person = await shop.customer()
      const code = await voucher({ maxDiscountMinor: 100_000 })
      const amount = async (cart_total: number) =>
        (await row.ok(person, { body: { code, cart_total } })).data.voucher.discount_amount
      assert.deepEqual(
        [await amount(999_999), await amount(1_000_000), await amount(9_000_000)],
        [100_000, 100_000, 100_000],
      )
      assert.deepEqual([await amount(14), await amount(15), await amount(0)], [1, 2, 0])
    },
    'an expired one is answered with 200 and success false': async (row) => {
      const person = await shop.customer()
      const answer = await row.send(person, { body: { code: 'EXPIRED5', cart_total: 700_000 } })
      row.refuses('the voucher has expired', answer)
      const { meta: _, ...body } = answer.body
      assert.deepEqual(body, { success: false, error: 'Voucher has expired', code: 'VOUCHER_EXPIRED' })
    },
    'so is each other refusal, with its one reason': async (row) => {
      for (const [why, { error, code: named = 'VALIDATION_ERROR', make }] of Object.entries(refusals)) {
        const { code, by = await shop.customer() } = await make()
        const { status, body } = await row.send(by, { body: { code, cart_total: 7_000_000 } })
        assert.deepEqual([status, body.success, body.error, body.code], [200, false, error, named], why)
      }
    },
    'the minimum is compared with the total that is given': async (row) => {
      const person = await shop.customer()
      const error = async (cart_total: number) =>
        (await row.send(person, { body: { code: 'WELCOME10', cart_total } })).body.error
      assert.equal(await error(499_999), 'The cart is below the minimum purchase of this voucher')
      assert.equal(await error(500_000), undefined)
    },
    'a voucher is good until its very end, and not from then on': async (row) => {
      const person = await shop.customer()
      const code = await voucher({ endsAt: new Date(Date.now() + 60 * 60_000) })
      const isValid = async () => (await row.send(person, { body: { code, cart_total: 700_000 } })).body.success
      try {
        clock.aheadMs = 59 * 60_000
        assert.equal(await isValid(), true)
        await query('update voucher set ends_at = $2 where code = $1', [code, new Date(Date.now() + 58 * 60_000)])
        assert.equal(await isValid(), false)
      } finally {
        clock.aheadMs = 0
      }
    },
    'an unknown code is refused; code and total are required': async (row) => {
      const person = await shop.customer()
      await row.no('no voucher', person, { body: { code: 'NOTHING', cart_total: 1 } })
      assert.deepEqual(await row.no('code or cart_total', person, { body: {} }), ['code', 'cart_total'])
      for (const cart_total of ['700000', -1, 1.5, null])
        assert.deepEqual(await row.no('code or cart_total', person, { body: { code: 'WELCOME10', cart_total } }), [
          'cart_total',
        ])
    },
  },
}
