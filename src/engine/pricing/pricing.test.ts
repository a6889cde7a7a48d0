import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { toDecimalString } from '../money.ts'
import { priceLines } from './pricing.ts'

const rules = fc.record({
  taxRateBps: fc.integer({ min: 0, max: 10_000 }),
  taxMode: fc.constantFrom('exclusive' as const, 'inclusive' as const),
  taxRounding: fc.constantFrom('order' as const, 'line' as const),
  shippingMinor: fc.integer({ min: 0, max: 10_000_000 }),
})
const lines = fc.array(
  fc.record({ unitMinor: fc.integer({ min: 0, max: 50_000_000_00 }), quantity: fc.integer({ min: 1, max: 1000 }) }),
  { maxLength: 100 },
)

const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n)

test('for any cart and any rules, lines, tax, discount, shipping and total add up exactly', () => {
  fc.assert(
    fc.property(rules, lines, (rules, lines) => {
      const totals = priceLines(rules, lines)
      for (const amount of Object.values(totals).flat()) assert.ok(Number.isSafeInteger(amount) && amount >= 0)
      const { subtotalMinor, discountMinor, taxMinor, shippingMinor, totalMinor, lineTaxMinor } = totals
      assert.equal(BigInt(subtotalMinor), sum(lines.map((line) => line.unitMinor * line.quantity)))
      assert.equal(lineTaxMinor.length, lines.length)
      assert.equal(sum(lineTaxMinor), BigInt(taxMinor))
      const tax = rules.taxMode === 'exclusive' ? taxMinor : 0
      assert.equal(BigInt(totalMinor), sum([subtotalMinor, -discountMinor, shippingMinor, tax]))
      assert.equal(shippingMinor, lines.length === 0 ? 0 : rules.shippingMinor)
      if (rules.taxMode === 'inclusive') assert.ok(taxMinor <= subtotalMinor)
      // rounded once for the order it is off by half a unit at most; rounded by line, by half a unit a line
      const net = rules.taxMode === 'exclusive' ? subtotalMinor : subtotalMinor - taxMinor
      const exact = (net * rules.taxRateBps) / 10_000
      const allowed = rules.taxRounding === 'order' ? 1 : Math.max(lines.length, 1)
      assert.ok(Math.abs(taxMinor - exact) <= allowed + exact * 1e-12, `${taxMinor} is not ${exact}`)
    }),
  )
})

test('the order of the lines does not change what is paid', () => {
  fc.assert(
    fc.property(rules, lines, (rules, lines) => {
      const forward = priceLines(rules, lines)
      const backward = priceLines(rules, lines.toReversed())
      assert.deepEqual({ ...forward, lineTaxMinor: null }, { ...backward, lineTaxMinor: null })
    }),
  )
})

const gst = { taxRateBps: 1800, taxMode: 'exclusive', taxRounding: 'order', shippingMinor: 0 } as const

test('18 % on 8199.10 is 1475.84, together 9674.94', () => {
  const { taxMinor, totalMinor } = priceLines(gst, [{ unitMinor: 409_955, quantity: 2 }])
  assert.deepEqual([toDecimalString(taxMinor, 2), toDecimalString(totalMinor, 2)], ['1475.84', '9674.94'])
})

test('where tax is rounded for the order, many small lines are not rounded one by one', () => {
  const many = Array.from({ length: 25 }, () => ({ unitMinor: 3, quantity: 1 }))
  assert.equal(priceLines(gst, many).taxMinor, 14) // 13.5
  assert.equal(priceLines({ ...gst, taxRounding: 'line' }, many).taxMinor, 25) // 0.54 each
})

test('an empty cart costs nothing', () => {
  assert.equal(priceLines({ ...gst, shippingMinor: 4900 }, []).totalMinor, 0)
})

test('a discount is shared out over the lines that it is for, and taken off before the tax', () => {
  const some = fc.array(
    fc.record({
      unitMinor: fc.integer({ min: 0, max: 50_000_000 }),
      quantity: fc.integer({ min: 1, max: 1000 }),
      isDiscounted: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  fc.assert(
    fc.property(rules, some, fc.integer({ min: 0, max: 100_000_000_000 }), (rules, lines, discount) => {
      const totals = priceLines(rules, lines, { discountMinor: discount, shippingMinor: 700 })
      const eligible = sum(lines.map((line) => (line.isDiscounted ? line.unitMinor * line.quantity : 0)))
      const wanted = eligible < BigInt(discount) ? eligible : BigInt(discount)
      assert.equal(BigInt(totals.discountMinor), wanted)
      assert.equal(sum(totals.lineDiscountMinor), wanted)
      lines.forEach((line, i) => {
        const off = totals.lineDiscountMinor[i]!
        assert.ok(off >= 0 && off <= (line.isDiscounted ? line.unitMinor * line.quantity : 0))
      })
      const tax = rules.taxMode === 'exclusive' ? totals.taxMinor : 0
      assert.equal(BigInt(totals.totalMinor), sum([totals.subtotalMinor, -totals.discountMinor, 700, tax]))
      if (rules.taxMode === 'inclusive') assert.ok(totals.taxMinor <= totals.subtotalMinor - totals.discountMinor)
    }),
  )
})

test('11 % contained in 3.150.000 is 312.162', () => {
  const ppn = { taxRateBps: 1100, taxMode: 'inclusive', taxRounding: 'order', shippingMinor: 0 } as const
  const totals = priceLines(ppn, [{ unitMinor: 3_500_000, quantity: 1 }], {
    discountMinor: 350_000,
    shippingMinor: 25_000,
  })
  assert.deepEqual([totals.taxMinor, totals.totalMinor], [312_162, 3_175_000])
})
