import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { apportion, exponentOf, shareOf, taxWithin, toDecimalNumber, toDecimalString, toMinor } from './money.ts'

const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const exponent = fc.constantFrom(0, 2, 3)

test('what is printed as a decimal reads back to the same amount, as text and as a number', () => {
  fc.assert(
    fc.property(amount, exponent, (minor, digits) => {
      const text = toDecimalString(minor, digits)
      assert.equal(toMinor(text, digits), minor)
      assert.match(text, digits === 0 ? /^\d+$/ : new RegExp(String.raw`^\d+\.\d{${digits}}$`))
    }),
  )
  // a double holds every amount of up to 15 digits, and JSON prints it as we would
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (minor) => {
      const number = JSON.parse(JSON.stringify(toDecimalNumber(minor, 2))) as number
      assert.equal(toMinor(number, 2), minor)
    }),
  )
})

test('amounts are read as they were typed', () => {
  const read: [string | number, number | null][] = [
    ['8199.10', 819_910],
    [8199.1, 819_910],
    ['10', 1000],
    ['10.', 1000],
    [' +0.5 ', 50],
    ['0.005', 1],
    ['0.004', 0],
    ['1.005', 101], // as a double it is 1.00499…
    ['90071992547409.91', Number.MAX_SAFE_INTEGER],
    ['90071992547409.92', null],
    ['-1', null],
    ['', null],
    ['1,000', null],
    ['1e3', null],
    [1e21, null],
    [1e-7, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
  ]
  for (const [typed, minor] of read) assert.equal(toMinor(typed, 2), minor, String(typed))
  assert.equal(toMinor('15000.4', 0), 15_000)
})

test('parts add up to the whole, whatever the weights', () => {
  fc.assert(
    fc.property(amount, fc.array(amount, { minLength: 1, maxLength: 60 }), (total, weights) => {
      const parts = apportion(total, weights)
      assert.equal(parts.length, weights.length)
      assert.equal(
        parts.reduce((sum, part) => sum + BigInt(part), 0n),
        BigInt(total),
      )
      const sum = weights.reduce((sum, weight) => sum + BigInt(weight), 0n)
      for (const [i, part] of parts.entries()) {
        assert.ok(part >= 0)
        if (sum === 0n) continue
        // never further than one unit from the exact share
        const exact = BigInt(total) * BigInt(weights[i]!)
        const off = BigInt(part) * sum - exact
        assert.ok(off < sum && off > -sum, `${part} of ${total} for ${weights[i]} of ${sum}`)
        if (weights[i] === 0) assert.equal(part, 0)
      }
    }),
  )
  assert.deepEqual(apportion(100, [1, 1, 1]), [34, 33, 33])
  assert.deepEqual(apportion(7, [0, 0]), [7, 0])
  assert.deepEqual(apportion(0, [3, 4]), [0, 0])
  assert.deepEqual(apportion(5, []), [])
})

test('a share is rounded half away from zero, exactly', () => {
  assert.equal(shareOf(819_910, 1800), 147_584) // 1475.838
  assert.equal(shareOf(25, 1000), 3) // 2.5
  assert.equal(shareOf(24, 1000), 2)
  fc.assert(
    fc.property(amount, fc.integer({ min: 0, max: 10_000 }), (minor, bps) => {
      const share = BigInt(shareOf(minor, bps))
      const off = 2n * (share * 10_000n - BigInt(minor) * BigInt(bps))
      assert.ok(off <= 10_000n && off > -10_000n)
    }),
  )
})

test('the tax within a gross amount and the rest make the gross, and the rest taxed gives it again', () => {
  assert.equal(taxWithin(11_800, 1800), 1800)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 0, max: 10_000 }), (gross, bps) => {
      const tax = taxWithin(gross, bps)
      assert.ok(tax >= 0 && tax <= gross)
      assert.ok(Math.abs(shareOf(gross - tax, bps) - tax) <= 1)
    }),
  )
})

test('a currency that nobody knows is no currency', () => {
  assert.equal(exponentOf('INR'), 2)
  assert.equal(exponentOf('IDR'), 0)
  for (const unknown of ['XXX', 'inr', '', 'toString', '__proto__'])
    assert.throws(() => exponentOf(unknown), RangeError)
})
