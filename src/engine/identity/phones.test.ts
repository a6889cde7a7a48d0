import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toE164 } from './phones.ts'

test('however a number is typed in its country, it is one number', () => {
  for (const typed of [
    '+628123456789',
    '08123456789',
    '628123456789',
    '8123456789',
    '0812-3456-789',
    '+62 (812) 3456.789',
  ])
    assert.equal(toE164(typed, 'ID'), '+628123456789', typed)
  assert.equal(toE164('00628123456789', 'ID'), '+628123456789')
  assert.equal(toE164('9876543210', 'IN'), '+919876543210')
  assert.equal(toE164('09876543210', 'IN'), '+919876543210')
})

test('a number of another country keeps it', () => {
  assert.equal(toE164('+919876543210', 'ID'), '+919876543210')
})

test('what is no number is none', () => {
  for (const typed of [null, '', 'phone', '12345', '+0123456789', '+62812345678901234', '0812x3456789'])
    assert.equal(toE164(typed, 'ID'), null, String(typed))
  assert.equal(toE164('08123456789', 'XX'), null)
})
