import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublic, readTarget, TargetRefused } from './target.ts'

const inner =
  `127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
  192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 192.88.99.1
  :: ::1 ::127.0.0.1 ::a00:1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a9fe:a9fe ::ffff:0:7f00:1 64:ff9b::7f00:1
  64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 2002:7f00:1:: 2002:a9fe:a9fe::1 2001::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1
  fd00:ec2::254 ff02::1 2001:db8::1 100::1 4000::1`.split(/\s+/)

const outer = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '::ffff:8.8.8.8',
  '2606:4700:4700::1111',
  '2a00:1450::1',
]

test('an address is public or it is not, however IPv6 wraps it up', () => {
  for (const address of inner) assert.equal(isPublic(address), false, address)
  for (const address of outer) assert.equal(isPublic(address), true, address)
  for (const odd of ['', 'localhost', '999.1.1.1', ':::', '8.8.8.8 ', '1.2.3.4.5'])
    assert.equal(isPublic(odd), false, odd)
})

const strict = { allowPrivate: false, allowHttp: false }

test('an inner address is refused in every spelling that a URL takes', () => {
  const spellings =
    `127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 127.0.0.1. %31%32%37.0.0.1
    １２７.0.0.1 127。0。0。1 0 0.0.0.0 169.254.169.254 2852039166 0xa9fea9fe [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [64:ff9b::7f00:1] [fe80::1] [::]`.split(/\s+/)
  for (const host of spellings)
    assert.throws(() => readTarget(`https://${host}/hook`, strict), TargetRefused, `${host} was taken`)
})

test('what is no address of the web, travels in the clear or holds a password is refused', () => {
  for (const odd of [
    '',
    'hook',
    'shop.example.com/hook',
    'ftp://shop.example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
  ])
    assert.throws(() => readTarget(odd, strict), TargetRefused, odd)
  assert.throws(() => readTarget('http://shop.example.com/', strict), /https/)
  assert.throws(
    () => readTarget('https://user:secret@shop.example.com/', strict),
    (error: Error) => {
      assert.doesNotMatch(error.message, /secret@|user/)
      return error instanceof TargetRefused
    },
  )
  assert.equal(readTarget('https://shop.example.com/hook/?a=b', strict).href, 'https://shop.example.com/hook/?a=b')
  assert.equal(readTarget('https://[2606:4700:4700::1111]:8443/', strict).port, '8443')
})

test('for trying out, this machine may be told, in the clear', () => {
  for (const host of ['127.0.0.1:8001', 'localhost', '[::1]'])
    assert.ok(readTarget(`http://${host}/shopify/webhook`, { allowPrivate: true, allowHttp: true }))
})
