import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderPeriod } from './numbers.ts'

const india = { orderNumberTemplate: 'ION-{year}-{number:4}', timeZone: 'Asia/Kolkata' }

test('a number is what stands around it and at least so many digits', () => {
  const { prefix, digits, suffix } = orderPeriod(india, new Date('2025-06-01T12:00:00Z'))
  assert.deepEqual([prefix, digits, suffix], ['ION-2025-', 4, ''])
  const plain = orderPeriod(
    { ...india, orderNumberTemplate: '{number}/{month}{day}' },
    new Date('2025-06-01T12:00:00Z'),
  )
  assert.deepEqual([plain.prefix, plain.digits, plain.suffix], ['', 1, '/0601'])
})

test('the year turns at midnight of the store, not of Greenwich', () => {
  const period = (timeZone: string, at: string) => orderPeriod({ ...india, timeZone }, new Date(at)).prefix
  assert.equal(period('Asia/Kolkata', '2025-12-31T18:29:59.999Z'), 'ION-2025-')
  assert.equal(period('Asia/Kolkata', '2025-12-31T18:30:00Z'), 'ION-2026-')
  assert.equal(period('America/New_York', '2026-01-01T04:59:59Z'), 'ION-2025-')
  assert.equal(period('America/New_York', '2026-01-01T05:00:00Z'), 'ION-2026-')
  assert.equal(period('UTC', '2026-01-01T00:00:00Z'), 'ION-2026-')
})

test('numbers start anew when what the template shows of the date changes, and not before', () => {
  const period = (orderNumberTemplate: string, at: string) =>
    orderPeriod({ ...india, orderNumberTemplate }, new Date(at)).period
  const [june, july, next] = ['2025-06-01T12:00:00Z', '2025-07-01T12:00:00Z', '2026-06-01T12:00:00Z'] as const
  assert.equal(period('{year}-{number}', june), period('{year}-{number}', july))
  assert.notEqual(period('{year}-{number}', june), period('{year}-{number}', next))
  assert.notEqual(period('{year}{month}-{number}', june), period('{year}{month}-{number}', july))
  assert.equal(period('A{number}', june), period('A{number}', next))
  assert.notEqual(period('A{number}B', june), period('{number}AB', june))
})

test('a template without a number is a mistake', () => {
  assert.throws(() => orderPeriod({ ...india, orderNumberTemplate: 'ION-{year}' }, new Date()), /without \{number\}/)
})
