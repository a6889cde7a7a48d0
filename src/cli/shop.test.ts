import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ansaniaStore } from '../server/demo/ansania.ts'
import { readProfile } from './shop.ts'
import { UsageError } from './usage.ts'

const { profile } = ansaniaStore

test('a profile is read as it is meant', () => {
  assert.deepEqual(readProfile(JSON.stringify(profile)), profile)
  const website = {
    webOrigins: ['https://rumah.example', 'http://localhost:3000'],
    paymentReturnUrl: 'https://rumah.example/done',
  }
  assert.deepEqual(readProfile(JSON.stringify(website)), website)
})

test('what is misspelt or of the wrong kind is refused by its name', () => {
  const wrong: [object, RegExp][] = [
    [{ legal_name: 'PT' }, /additional properties/],
    [{ webOrigins: 'https://rumah.example' }, /webOrigins must be array/],
    [{ webOrigins: ['*'] }, /webOrigins\/0 must match/],
    [{ webOrigins: ['https://rumah.example/'] }, /webOrigins\/0 must match/],
    [{ paymentReturnUrl: 'javascript:alert(1)' }, /paymentReturnUrl must match/],
    [{ invoiceNumbers: 'INV' }, /invoiceNumbers must match/],
    [{ origin: { ...profile.origin, postalCode: 59427 } }, /origin\/postalCode must be string/],
    [{ origin: { city: 'Jepara' } }, /origin must have required/],
  ]
  for (const [given, why] of wrong)
    assert.throws(
      () => readProfile(JSON.stringify(given)),
      (error) => error instanceof UsageError && why.test(error.message),
      JSON.stringify(given),
    )
})
