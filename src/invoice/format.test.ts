import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatAmount, formatCount, formatDay, formatShare } from './format.ts'

test('every amount reads back to itself, in groups of three', () => {
  const amount = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(amount, fc.constantFrom(0, 2, 3), (minor, exponent) => {
      const printed = formatAmount(minor, exponent, 'IDR')
      assert.match(printed, /^−?Rp\u00a0\d{1,3}(\.\d{3})*(,\d{2,3})?$/u)
      assert.equal(Number(printed.replace('−', '-').replace(/[^-\d]/gu, '')), minor)
      assert.equal((printed.split(',')[1] ?? '').length, exponent)
    }),
  )
})

test('amounts, counts and shares as they are written in Indonesia', () => {
  assert.equal(formatAmount(3_500_000, 0, 'IDR'), 'Rp\u00a03.500.000')
  assert.equal(formatAmount(-50, 0, 'IDR'), '−Rp\u00a050')
  assert.equal(formatAmount(5, 2, 'INR'), 'INR\u00a00,05')
  assert.equal(formatCount(1234), '1.234')
  assert.deepEqual([1100, 1150, 25].map(formatShare), ['11%', '11,5%', '0,25%'])
})

test('a day is the day that it is where the shop is', () => {
  const late = new Date('2026-02-02T18:30:00Z')
  assert.deepEqual(formatDay(late, 'Asia/Jakarta'), { indonesian: '3 Februari 2026', english: '3 February 2026' })
  assert.deepEqual(formatDay(late, 'UTC'), { indonesian: '2 Februari 2026', english: '2 February 2026' })
})
