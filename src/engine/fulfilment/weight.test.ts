import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chargeableGrams } from './weight.ts'

const piece = (weightGrams: number | null, [lengthCm, widthCm, heightCm]: (number | null)[] = [], quantity = 1) => ({
  weightGrams,
  lengthCm: lengthCm ?? null,
  widthCm: widthCm ?? null,
  heightCm: heightCm ?? null,
  quantity,
})

test('a heavy piece counts for its weight, a large one for its size', () => {
  assert.equal(chargeableGrams([piece(25_000, [30, 20, 10])]), 25_000)
  assert.equal(chargeableGrams([piece(25_000, [180, 90, 75])]), 202_500)
})

test('weights and sizes are summed before they are compared', () => {
  // 10 kg and 1 kg by weight; 1 kg and 6 kg by size: 11 against 7, and not 10 + 6
  assert.equal(chargeableGrams([piece(10_000, [10, 20, 30]), piece(1000, [40, 30, 30])]), 11_000)
})

test('every one of a quantity counts', () => {
  assert.equal(chargeableGrams([piece(300, [], 4)]), 1200)
  assert.equal(chargeableGrams([piece(1, [10, 20, 30], 3)]), 3000)
})

test('a piece without a weight counts a kilogram, one that lacks a size has no volume', () => {
  assert.equal(chargeableGrams([piece(null, [], 2), piece(500)]), 2500)
  assert.equal(chargeableGrams([piece(200, [100, 100])]), 200)
  assert.equal(chargeableGrams([piece(0)]), 0)
})

test('another divisor makes size count for more, and grams are whole', () => {
  assert.equal(chargeableGrams([piece(1, [10, 20, 30])], 4000), 1500)
  assert.equal(chargeableGrams([piece(1, [10, 10, 10])]), 167)
})
