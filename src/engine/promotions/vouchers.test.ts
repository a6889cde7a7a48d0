import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { discountOf, problemOf, shippingDiscountOf } from './vouchers.ts'
import type { Voucher } from './vouchers.ts'

const now = new Date('2026-02-10T12:00:00Z')

const voucher: Voucher = {
  id: '00000000-0000-7000-8000-000000000001',
  code: 'TEN',
  name: 'Ten per cent',
  description: '',
  kind: 'percentage',
  percentBps: 1000,
  amountMinor: null,
  maxDiscountMinor: null,
  minPurchaseMinor: 500_000,
  startsAt: new Date('2026-02-01T00:00:00Z'),
  endsAt: new Date('2026-03-01T00:00:00Z'),
  usageLimit: 3,
  customerLimit: 2,
  firstOrderOnly: true,
  isActive: true,
  used: 2,
  usedByCustomer: 1,
  hasOrdered: false,
}
const problem = (changes: Partial<Voucher>, subtotal = 700_000, eligible = subtotal) =>
  problemOf({ ...voucher, ...changes }, now, subtotal, eligible)

test('a voucher is refused for one clear reason, the first that is true', () => {
  assert.equal(problem({}), null)
  assert.equal(problem({ isActive: false, used: 3 }), 'unknown')
  assert.equal(problem({ startsAt: new Date(now.getTime() + 1), used: 3 }), 'not_started')
  assert.equal(problem({ endsAt: now, used: 3 }), 'expired')
  assert.equal(problem({ used: 3, usedByCustomer: 2 }), 'used_up')
  assert.equal(problem({ usedByCustomer: 2, hasOrdered: true }), 'used_by_customer')
  assert.equal(problem({ hasOrdered: true }, 700_000, 0), 'first_order_only')
  assert.equal(problem({}, 400_000, 0), 'not_for_these')
  assert.equal(problem({}, 499_999), 'below_minimum')
  assert.equal(problem({}, 500_000), null)
})

test('what has no limit has none', () => {
  const free = { endsAt: null, usageLimit: null, customerLimit: null, firstOrderOnly: false, minPurchaseMinor: 0 }
  assert.equal(problem({ ...free, used: 1_000_000, usedByCustomer: 1_000_000, hasOrdered: true }, 1), null)
})

test('ten per cent of 7,000,000 is 700,000, and of 700,000 it is 70,000; a cap caps', () => {
  assert.equal(discountOf(voucher, 7_000_000), 700_000)
  assert.equal(discountOf(voucher, 700_000), 70_000)
  assert.equal(discountOf({ ...voucher, maxDiscountMinor: 100_000 }, 7_000_000), 100_000)
})

test('a voucher never takes off more than what it is for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9_000_000_000_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 9_000_000_000_000 }),
      fc.option(fc.integer({ min: 1, max: 1_000_000_000 })),
      (amount, percentBps, amountMinor, maxDiscountMinor) => {
        const kinds: Partial<Voucher>[] = [
          { percentBps },
          { kind: 'fixed_amount', percentBps: null, amountMinor },
          { kind: 'free_shipping', percentBps: null },
        ]
        for (const kind of kinds) {
          const one = { ...voucher, maxDiscountMinor, ...kind }
          for (const off of [discountOf(one, amount), shippingDiscountOf(one, amount)]) {
            assert.ok(Number.isSafeInteger(off) && off >= 0 && off <= amount)
            assert.ok(maxDiscountMinor === null || off <= maxDiscountMinor)
          }
        }
      },
    ),
  )
})

test('only free shipping takes something off the shipping, and nothing off the goods', () => {
  const free: Voucher = { ...voucher, kind: 'free_shipping', percentBps: null }
  assert.equal(shippingDiscountOf(free, 25_000), 25_000)
  assert.equal(discountOf(free, 7_000_000), 0)
  assert.equal(shippingDiscountOf(voucher, 25_000), 0)
  assert.equal(shippingDiscountOf(null, 25_000), 0)
})
