import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashToken, newToken, openVault } from './sealing.ts'

const secret = 'a secret of thirty-two characters'
const vault = openVault(secret)

test('what is sealed opens again, also in another process with the same secret', () => {
  const sealed = vault.seal('razorpay-key', 'store secret 1')
  assert.equal(openVault(secret).open(sealed, 'store secret 1').toString(), 'razorpay-key')
  assert.ok(!sealed.includes('razorpay-key'))
  assert.equal(vault.open(vault.seal('', 'x'), 'x').length, 0)
})

test('one text sealed twice looks different', () => {
  assert.notDeepEqual(vault.seal('same', 'x'), vault.seal('same', 'x'))
})

test('another secret, another purpose or a changed byte opens nothing', () => {
  const sealed = vault.seal('key', 'store secret 1')
  assert.throws(() => openVault(`${secret}!`).open(sealed, 'store secret 1'))
  assert.throws(() => vault.open(sealed, 'store secret 2'))
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed)
    changed[i]! ^= 1
    assert.throws(() => vault.open(changed, 'store secret 1'), `byte ${i}`)
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.throws(() => vault.open(sealed.subarray(0, length), 'store secret 1'), `${length} bytes`)
  }
})

test('a derived key is the same everywhere, and another for another use', () => {
  assert.deepEqual(vault.deriveKey('limits'), openVault(secret).deriveKey('limits'))
  assert.notDeepEqual(vault.deriveKey('limits'), vault.deriveKey('seal'))
  assert.equal(vault.deriveKey('limits').length, 32)
})

test('tokens are long, fit for a link, and kept as a hash', () => {
  const tokens = new Set(Array.from({ length: 1000 }, newToken))
  assert.equal(tokens.size, 1000)
  for (const token of tokens) assert.match(token, /^[\w-]{43}$/)
  assert.equal(hashToken('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
