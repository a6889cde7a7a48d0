import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from './usage.ts'
import { readEvents } from './webhooks.ts'

test('events are asked for by name, by what their names begin with, or all of them', () => {
  assert.deepEqual(readEvents(['order.placed', 'proof.*', 'order.placed'], undefined), ['order.placed', 'proof.*'])
  assert.deepEqual(readEvents(['*'], undefined), ['*'])
})

test('what no event is called is refused by its name: nobody would ever be told', () => {
  for (const odd of [
    'orders.placed',
    'order',
    'order.',
    '.placed',
    'order.placed.*',
    'Order.placed',
    'order.**',
    '%',
    '',
  ])
    assert.throws(
      () => readEvents(['order.placed', odd], undefined),
      (error) => error instanceof UsageError && error.message.includes(`no event ${odd}:`),
      odd,
    )
})

test('a form that no contract has published is refused', () => {
  assert.throws(
    () => readEvents(['order.placed'], 'fax'),
    (error) => error instanceof UsageError && error.message.includes('--form'),
  )
})
