import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal } from '../refusal.ts'
import { checkStep } from './states.ts'
import type { OrderState } from './states.ts'

const states = [
  'placed',
  'confirmed',
  'processing',
  'shipped',
  'delivered',
  'returned',
  'cancelled',
  'expired',
] as const
const movers = ['customer', 'admin', 'courier', 'system'] as const

/** From, to, who: as the data model has it, row by row. */
const table: [OrderState, OrderState, (typeof movers)[number][]][] = [
  ['placed', 'confirmed', ['admin', 'system']], // system: the payment was captured
  ['placed', 'processing', ['admin']],
  ['placed', 'cancelled', ['customer', 'admin', 'system']], // system: paid, and no stock left for it
  ['placed', 'expired', ['system']],
  ['confirmed', 'processing', ['admin', 'system']],
  ['confirmed', 'shipped', ['admin', 'courier']],
  ['confirmed', 'delivered', ['system']],
  ['confirmed', 'cancelled', ['customer', 'admin', 'system']],
  ['processing', 'shipped', ['admin', 'courier']],
  ['processing', 'cancelled', ['customer', 'admin']],
  ['shipped', 'delivered', ['admin', 'courier']],
  ['shipped', 'returned', ['admin', 'courier']],
  ['delivered', 'returned', ['admin', 'courier']],
  ['expired', 'confirmed', ['system']],
]

test('an order takes the steps of the table, by those who may take them, and no other', () => {
  for (const from of states) {
    for (const to of states) {
      const allowed = table.find((row) => row[0] === from && row[1] === to)?.[2] ?? []
      for (const mover of movers) {
        const step = () => checkStep(from, to, mover)
        if (allowed.includes(mover)) step()
        else
          assert.throws(
            step,
            (error) => isRefusal(error, 'order.step_refused') && error.details.from === from && error.details.to === to,
          )
      }
    }
  }
})
