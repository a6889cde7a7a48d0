import assert from 'node:assert/strict'
import { test } from 'node:test'
import { welded, weldFor } from './weld.ts'

test('equal places are one vertex and others stay apart, however many there are', () => {
  const side = 40
  const weld = weldFor(2 * side ** 3)
  const numbers: number[] = []
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < side ** 3; i++) {
      numbers.push(welded(weld, i % side, Math.floor(i / side) % side, Math.floor(i / side / side) * 1e-300))
    }
  }
  assert.equal(weld.count, side ** 3)
  assert.deepEqual(numbers.slice(0, side ** 3), [...Array(side ** 3).keys()])
  assert.deepEqual(numbers.slice(side ** 3), numbers.slice(0, side ** 3))
  for (const v of [0, 1, 511, 512, 513, 1023, 1024, 63_999]) {
    assert.equal(weld.positions[3 * v], v % side)
    assert.equal(weld.positions[3 * v + 1], Math.floor(v / side) % side)
  }
})

test('0 and -0 are one place, and neighbouring doubles are two', () => {
  const weld = weldFor(4)
  assert.equal(welded(weld, 0, -0, 0), 0)
  assert.equal(welded(weld, -0, 0, 0), 0)
  assert.equal(welded(weld, Number.MIN_VALUE, 0, 0), 1)
})

test('corners that are made to collide use up the steps, instead of time without end', () => {
  const weld = weldFor(1)
  weld.slots.fill(1) // a table in which each place is taken by vertex 0, as an attacker would have it
  weld.count = 1
  weld.positions[0] = 1
  assert.equal(welded(weld, 2, 0, 0), -1)
})
