import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { execute } from '../../../src/engine/database.ts'
import { openFurnitureShop } from '../../support/furniture.ts'
import type { Answer } from '../../support/installation.ts'
import { assertFailed } from '../toolkit.ts'
import { crowd, paidBuyer, times } from './people.ts'

const shop = await openFurnitureShop({ after })
const product = await shop.product()
const buyer = await paidBuyer(shop, product.variants[0]!.serial)
const path = `/api/products/${product.serial}/reviews`
const words = { order_id: buyer.orderId, rating: 5, title: 'Good', comment: 'As shown' }

const review = (images: unknown, more: object = {}) => buyer.call('POST', path, { ...words, images, ...more })
const count = async (table: string) =>
  Number((await execute(shop.engine.db, `select count(*)::int from ${table}`))[0]![0])

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#884422' } })
const png = await plain(8, 8).png().toBuffer()
const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64')

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG whose head claims a size that its few bytes do not unfold to, or do. */
function bomb(width: number, height: number, pixels = Buffer.alloc(1000)): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const html = '<script>alert(1)</script>'
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`

const hostile: Record<string, string> = {
  'a bomb of a gigapixel': base64(bomb(32_000, 32_000)),
  'a bomb of the greatest size': base64(bomb(2 ** 31 - 1, 2 ** 31 - 1)),
  'a megabyte of zeros that unfolds to a gigapixel': base64(bomb(20_000, 50_000, Buffer.alloc(2 ** 28))),
  'half a picture': base64(png.subarray(0, png.length / 2)),
  'a head alone': base64(png.subarray(0, 8)),
  'SVG with a script': base64(svg),
  'SVG after a byte order mark': base64(`\ufeff<?xml version="1.0"?>${svg}`),
  'SVG that has what a WebP has in its middle': base64(`<!--0000WEBP-->${svg}`),
  'a page that begins as a GIF': base64(`GIF89a/*${html}*/=1;`),
  'a page that begins as a JPEG': base64(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(html)])),
  'a zip named .png': base64(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(200)])),
  'a PDF': base64('%PDF-1.7\n%\n1 0 obj <</Type/Catalog>> endobj'),
  'a TIFF': base64(await plain(8, 8).tiff().toBuffer()),
  'an AVIF': base64(await plain(8, 8).avif().toBuffer()),
  'a BMP': base64(Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)])),
  nothing: '=',
  blanks: ' \n\t',
  'no base64': 'this is !! no base64',
  'an address': 'https://cdn.example.com/1.jpg',
  'a path': 'file:///etc/passwd',
  'data of another kind': `data:text/html;base64,${base64(html)}`,
  'base64 of five MB and one byte': base64(Buffer.concat([png, Buffer.alloc(5 * 1024 * 1024 + 1 - png.length)])),
  'a megabyte of blanks and then a sign': `${' '.repeat(1_000_000)}!`,
}

test('what is no picture, or unfolds to too much, is refused quickly, and nothing of it is kept', async () => {
  for (const [name, image] of Object.entries(hostile)) {
    const start = performance.now()
    assertFailed(await review([image]), name, [400])
    const ms = performance.now() - start
    assert.ok(ms < 3000, `${name} took ${ms} ms`)
  }
  for (const images of [Array(6).fill(base64(png)), [''], [1], [null], [[base64(png)]], [{}], 'x', { length: 1 }])
    assertFailed(await review(images), JSON.stringify(images).slice(0, 60), [400])
  assert.deepEqual([await count('media'), await count('review')], [0, 0])
})

test('one bad picture among good ones keeps none of them', async () => {
  assertFailed(await review([base64(png), base64(svg)]), 'the second', [400])
  assert.deepEqual([await count('media'), await count('review')], [0, 0])
})

test('megabytes of base64 and of blanks do not keep others waiting', async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const bodies = [
    Array(5).fill('A'.repeat(6_900_000)),
    Array(5).fill(`${' '.repeat(6_900_000)}!`),
    [`${'A '.repeat(3_000_000)}=!`],
    [`data:image/${'a'.repeat(5_000_000)}`],
  ]
  for (const images of bodies) {
    delay.enable()
    assertFailed(await review(images), 'megabytes', [400, 413])
    delay.disable()
    // the test's own writing and sending is in it; a pattern that tries every split takes minutes
    assert.ok(delay.max / 1e6 < 5000, `the loop stood still for ${delay.max / 1e6} ms`)
    delay.reset()
  }
})

test('whoever has not bought the product has no picture of theirs looked at', async () => {
  const [stranger] = await crowd(shop, 1)
  for (const image of Object.values(hostile).slice(0, 8))
    assertFailed(await stranger!.call('POST', path, { ...words, images: [image] }), 'a stranger', [403])
})

test('the largest pictures at once leave memory bounded and the shop answering', async () => {
  const heavy = base64(await plain(6300, 6300).png({ progressive: true }).toBuffer())
  const before = process.memoryUsage.rss()
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10)
  const slow: number[] = []
  const answering = (async () => {
    for (let i = 0; i < 20; i++) {
      const start = performance.now()
      // a sign-in hashes in the same threads in which pictures are decoded
      const { status } = await shop.call(shop.store, 'POST', '/api/auth/login', {
        body: { email: 'nobody@example.com', password: 'Wrong-Passw0rd' },
      })
      assert.equal(status, 401)
      slow.push(performance.now() - start)
    }
  })()
  // the first picture is good and the last is none: it is decoded, and no review is written
  const answers = await times(5, () => review([heavy, base64(svg)]))
  await answering
  clearInterval(watch)
  for (const answer of answers) assertFailed(answer, 'the last picture', [400])
  const grown = (most - before) / 1024 / 1024
  assert.ok(grown < 350, `${grown} MB more`)
  assert.ok(Math.max(...slow) < 2500, `a sign-in took ${Math.max(...slow)} ms`)
})

/** A form as a browser would send it, or nearly. */
const form = (body: string | Buffer, type: string): Promise<Answer> =>
  buyer.call('POST', path, Buffer.isBuffer(body) ? body.toString('latin1') : body, { 'content-type': type })

const field = (name: string, value: string, file?: string) =>
  `--b\r\ncontent-disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n${value}\r\n`
const fields = Object.entries(words)
  .map(([name, value]) => field(name, String(value)))
  .join('')
const type = 'multipart/form-data; boundary=b'

test('forms that are no forms, or have too many parts, are refused', async () => {
  const forms: Record<string, [body: string, type?: string]> = {
    'no boundary': [`${fields}--b--\r\n`, 'multipart/form-data'],
    'another boundary': [`${fields}--b--\r\n`, 'multipart/form-data; boundary=c'],
    'cut off': [fields.slice(0, -40)],
    empty: [''],
    'no end': [fields],
    'JSON in a form': [JSON.stringify(words)],
    'a hundred parts': [`${Array.from({ length: 100 }, (_, i) => field(`f${i}`, 'x')).join('')}--b--\r\n`],
    'a hundred files': [`${Array.from({ length: 100 }, (_, i) => field('images', 'x', `${i}.png`)).join('')}--b--\r\n`],
    'a zip named .png': [`${fields}${field('images', 'PK\x03\x04', 'x.png')}--b--\r\n`],
    'a file of six MB': [`${fields}${field('images', 'x'.repeat(6 * 1024 * 1024), 'x.png')}--b--\r\n`],
    'a name of the prototype': [`${field('__proto__', 'x')}${field('constructor', 'x')}--b--\r\n`],
    'a rating of letters': [`${fields}${field('rating', '5e0x')}--b--\r\n`],
    'a rating without end': [`${fields}${field('rating', '1e309')}--b--\r\n`],
    'pictures as text': [`${fields}${field('title', '')}${field('images', base64(png))}--b--\r\n`],
    'a path for a name': [`${fields}${field('images', html, '../../x.png')}--b--\r\n`],
  }
  for (const [name, [body, as]] of Object.entries(forms)) {
    const start = performance.now()
    assertFailed(await form(body, as ?? type), name, [400, 413])
    assert.ok(performance.now() - start < 3000, name)
  }
  assert.deepEqual([await count('media'), await count('review')], [0, 0])
})

test('a picture is made anew: what else was in the file is gone, and its address runs nothing', async () => {
  const polyglot = Buffer.concat([png, Buffer.from(`\n${html}<?php echo 1 ?>`)])
  const located = await plain(9, 8)
    .jpeg()
    .withExif({ IFD0: { Copyright: html }, IFD3: { GPSLatitude: '1/1 2/1 3/1' } })
    .toBuffer()
  assert.ok(located.includes(html))
  const written = await review([base64(polyglot), `data:image/jpeg;base64,${base64(located)}`])
  assert.equal(written.status, 201, JSON.stringify(written.body))
  const addresses: string[] = written.body.data.review.images
  assert.equal(addresses.length, 2)
  for (const address of addresses) {
    const response = await fetch(address)
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(response.status, 200)
    assert.equal((await sharp(bytes).metadata()).format, 'jpeg')
    assert.doesNotMatch(bytes.toString('latin1'), /script|php|Exif/i)
    assert.equal(response.headers.get('content-type'), 'image/jpeg')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(response.headers.get('content-security-policy'), "default-src 'none'; sandbox")
    const elsewhere = address.replace('/ansania/', '/rival/')
    assert.notEqual(elsewhere, address)
    assertFailed(await shop.call(shop.rival, 'GET', new URL(elsewhere).pathname.replace('/rival', '')), 'rival', [404])
  }
})
