import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cmac, keyOfTag, readTapMessage } from './sun.ts'

const zero = Buffer.alloc(16)
const keys = { meta: zero, file: zero, systemId: null }
const bytes = (hex: string) => Buffer.from(hex, 'hex')

test('AES-CMAC is that of RFC 4493', () => {
  const key = bytes('2b7e151628aed2a6abf7158809cf4f3c')
  const text = bytes(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  )
  const of = (length: number) => cmac(key, text.subarray(0, length)).toString('hex')
  assert.equal(of(0), 'bb1d6929e95937287fa37d129b756746')
  assert.equal(of(16), '070a16b46b4d4144f79bdd9dd04a287c')
  assert.equal(of(40), 'dfa66747de9ae63030ca32611497c827')
  assert.equal(of(64), '51f0bebf7e3b9d92fc49741779363cfe')
})

test('a tag has the key of its own that AN10922 gives it', () => {
  const master = bytes('00112233445566778899AABBCCDDEEFF')
  const own = keyOfTag(master, bytes('04782E21801D80'), Buffer.from('NXP Abu'))
  assert.equal(own.toString('hex').toUpperCase(), 'A8DD63A3B89D54B37CA802473FDA9175')
})

test('a message is read as AN12196 reads it', () => {
  const tap = readTapMessage(keys, { picc: 'EF963FF7828658A599F3041510671E88', cmac: '94EED9EE65337086', file: null })
  assert.deepEqual(tap, { uid: bytes('04DE5F1EACC040'), counter: 61 })
})

test('a message whose MAC is over the file’s data, too', () => {
  const message = {
    picc: 'FD91EC264309878BE6345CBE53BADF40',
    cmac: 'ECC1E7F6C6C73BF6',
    file: 'CEE9A53E3E463EF1F459635736738962',
  }
  assert.deepEqual(readTapMessage(keys, message), { uid: bytes('04958CAA5C5E80'), counter: 8 })
  assert.deepEqual(readTapMessage(keys, { ...message, file: message.file.toLowerCase() })?.counter, 8)
  assert.equal(readTapMessage(keys, { ...message, file: `00${message.file.slice(2)}` }), null)
})

test('any other bit makes it nobody’s', () => {
  const picc = 'EF963FF7828658A599F3041510671E88'
  const mac = '94EED9EE65337086'
  const flipped = (hex: string, bit: number) => {
    const changed = bytes(hex)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    return changed.toString('hex')
  }
  for (let bit = 0; bit < 128; bit++)
    assert.equal(
      readTapMessage(keys, { picc: flipped(picc, bit), cmac: mac, file: null }),
      null,
      `bit ${bit} of PICCData`,
    )
  for (let bit = 0; bit < 64; bit++)
    assert.equal(readTapMessage(keys, { picc, cmac: flipped(mac, bit), file: null }), null, `bit ${bit} of the MAC`)
  const others = { ...keys, file: bytes('01'.repeat(16)) }
  assert.equal(readTapMessage(others, { picc, cmac: mac, file: null }), null, 'of another key')
})
