import assert from 'node:assert/strict'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Answer } from '../../support/installation.ts'
import { guest, shop } from './shop.ts'
import type { Caller, RowTests } from './table.ts'

interface Bought {
  buyer: Caller & { token: string }
  product: { serial: number }
  orderId: number
}

const red = { create: { width: 60, height: 30, channels: 3, background: '#c00000' } } as const
const words = { rating: 4, title: 'With pictures', comment: 'As in the shop.' }

/** A photograph as a telephone takes it: turned on its side, with the place and the photographer written into it. */
const photograph = () =>
  sharp(red)
    .withMetadata({ orientation: 6 })
    .withExifMerge({
      IFD0: { Artist: 'Secret Person' },
      IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '6/1 35/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '110/1 40/1 0/1' },
    })
    .jpeg()
    .toBuffer()

const noise = (kind: 'jpeg' | 'png') =>
  sharp({ create: { ...red.create, width: 300, height: 300, noise: { type: 'gaussian', mean: 128, sigma: 30 } } })
    .toFormat(kind)
    .toBuffer()

const chunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** Black and white, of so many pixels a side: a hundred kilobytes that unfold to a gigapixel. */
function bomb(side: number): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  const pixels = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))))
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

async function served(url: string): Promise<Buffer> {
  const answer = await fetch(url)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'image/jpeg')
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.match(answer.headers.get('content-security-policy')!, /sandbox/)
  return Buffer.from(await answer.arrayBuffer())
}

const sizeOf = async (bytes: Buffer) => {
  const { format, width, height } = await sharp(bytes).metadata()
  return [format, width, height]
}

/** Sends a form instead of JSON. */
const form = (token: string, fields: Record<string, string>, files: Buffer[]): Caller => ({
  call: async (_method, path): Promise<Answer> => {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    for (const file of files) body.append('images', new Blob([new Uint8Array(file)], { type: 'image/jpeg' }), 'a.jpg')
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${shop.url}/ansania${path}`, { method: 'POST', body, headers })
    return { status: answer.status, body: await answer.json(), headers: answer.headers }
  },
})

/** What reviews promise of the pictures that come with them. */
export const pictureTests = (bought: () => Promise<Bought>): RowTests[string] => ({
  'pictures come as base64, with or without what kind they are, and are served as JPEGs': async (row) => {
    const { buyer, product, orderId } = await bought()
    const files = [
      await sharp(red).jpeg().toBuffer(),
      await sharp(red).png().toBuffer(),
      await sharp(red).webp().toBuffer(),
      await sharp(red).gif().toBuffer(),
    ]
    const texts = files.map((file) => file.toString('base64'))
    const images = [
      texts[0],
      `data:image/png;base64,${texts[1]}`,
      texts[2]!.replace(/(.{76})/g, '$1\r\n'),
      texts[3]!.replace(/=+$/, ''),
    ]
    const body = { ...words, order_id: orderId, images }
    const { review } = (await row.ok(buyer, { params: { id: product.serial }, body })).data
    assert.equal(new Set(review.images).size, 4)
    for (const url of review.images) assert.deepEqual(await sizeOf(await served(url)), ['jpeg', 60, 30])
    const [listed] = (await guest.call('GET', `/api/products/${product.serial}/reviews`)).body.data.reviews
    assert.deepEqual(listed.images, review.images)
    // a picture is its store's
    const path = new URL(review.images[0]).pathname.replace('/ansania', '')
    const elsewhere = await shop.call(shop.rival, 'GET', path)
    assert.deepEqual([elsewhere.status, elsewhere.body.code], [404, 'NOT_FOUND'])
  },
  'pictures may be uploaded in a form, whose fields are those of the body': async (row) => {
    const { buyer, product, orderId } = await bought()
    const params = { id: product.serial }
    const file = await sharp(red).jpeg().toBuffer()
    const fields = { ...words, rating: '4', order_id: String(orderId) }
    const wrong = await row.send(form(buyer.token, { ...fields, rating: 'four', title: '' }, [file]), { params })
    assert.deepEqual(row.refuses('rating is not an integer 1-5', wrong).toSorted(), ['rating', 'title'])
    const { review } = (await row.ok(form(buyer.token, fields, [file, file]), { params })).data
    assert.deepEqual([review.rating, review.title, review.images.length], [4, words.title, 2])
    for (const url of review.images) assert.deepEqual(await sizeOf(await served(url)), ['jpeg', 60, 30])
  },
  'a form that is broken off or is none is refused, and so is a picture that is too large': async (row) => {
    const { buyer, product, orderId } = await bought()
    const path = `/api/products/${product.serial}/reviews`
    const part = '--x\r\ncontent-disposition: form-data; name='
    const type = 'multipart/form-data; boundary=x'
    for (const [body, headers] of [
      ['rating=5', { 'content-type': type }],
      ['rating=5', { 'content-type': 'multipart/form-data' }],
      [`${part}"rating"\r\n\r\n5\r\n`, { 'content-type': type }],
      [`${part}"__proto__"\r\n\r\n5\r\n--x--\r\n`, { 'content-type': type }],
    ] as const) {
      const answer = await buyer.call('POST', path, body, headers)
      assert.deepEqual([answer.status, answer.body.code], [400, 'VALIDATION_ERROR'], body)
    }
    const fields = { ...words, rating: '4', order_id: String(orderId) }
    const large = await row.send(form(buyer.token, fields, [Buffer.alloc(5 * 1024 * 1024 + 1)]), {
      params: { id: product.serial },
    })
    assert.deepEqual([large.status, large.body.code], [413, 'VALIDATION_ERROR'])
  },
  'where and by whom a picture was taken is not in what is served, and it stands upright': async (row) => {
    const { buyer, product, orderId } = await bought()
    const photo = await photograph()
    assert.ok(photo.includes('Secret Person') && photo.includes('Exif')) // so that this can fail
    const body = { ...words, order_id: orderId, images: [photo.toString('base64')] }
    const { review } = (await row.ok(buyer, { params: { id: product.serial }, body })).data
    const picture = await served(review.images[0])
    for (const trace of ['Secret Person', 'Exif', 'GPS']) assert.equal(picture.includes(trace), false, trace)
    const { exif, xmp, iptc, orientation } = await sharp(picture).metadata()
    assert.deepEqual([exif, xmp, iptc, orientation], [undefined, undefined, undefined, undefined])
    assert.deepEqual(await sizeOf(picture), ['jpeg', 30, 60])
  },
  'a large picture is served at no more than 1600 pixels a side': async (row) => {
    const { buyer, product, orderId } = await bought()
    const large = await sharp({ create: { ...red.create, width: 4000, height: 1000 } })
      .jpeg()
      .toBuffer()
    const body = { ...words, order_id: orderId, images: [large.toString('base64')] }
    const { review } = (await row.ok(buyer, { params: { id: product.serial }, body })).data
    assert.deepEqual(await sizeOf(await served(review.images[0])), ['jpeg', 1600, 400])
  },
  'what is no picture, is damaged or unfolds to a gigapixel is refused at once, and no review is written': async (
    row,
  ) => {
    const { buyer, product, orderId } = await bought()
    const params = { id: product.serial }
    const [jpeg, png] = await Promise.all([noise('jpeg'), noise('png')])
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
    const bad: Record<string, Buffer | string> = {
      SVG: Buffer.from(svg),
      XML: Buffer.from(`<?xml version="1.0"?>${svg}`),
      HTML: Buffer.from('<!doctype html><script>alert(1)</script>'),
      'HTML that begins like a GIF': Buffer.from('GIF89a/*<script>alert(1)</script>*/'),
      'a PDF': Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj'),
      'a ZIP': Buffer.from('504b0304140000000000', 'hex'),
      'half a JPEG': jpeg.subarray(0, jpeg.length / 2),
      'half a PNG': png.subarray(0, png.length / 2),
      'the first bytes of a JPEG': jpeg.subarray(0, 4),
      zeros: Buffer.alloc(1000),
      'a gigapixel': bomb(30_000),
      'one byte too many': Buffer.concat([jpeg, Buffer.alloc(5 * 1024 * 1024 + 1 - jpeg.length)]),
      'not base64': '!!!! no base64 !!!!',
      'an address': 'https://example.com/a.jpg',
      'a file of the server': 'file:///etc/passwd',
      'SVG that says what it is': `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
      'megabytes of spaces': `${' '.repeat(2_000_000)}!`,
    }
    for (const [what, content] of Object.entries(bad)) {
      const text = typeof content === 'string' ? content : content.toString('base64')
      const body = { ...words, order_id: orderId, images: [jpeg.toString('base64'), text] }
      const began = performance.now()
      const answer = await row.send(buyer, { params, body })
      const ms = performance.now() - began
      row.refuses('rating is not an integer 1-5, or a required field is missing', answer)
      assert.equal(answer.body.error, 'A picture cannot be used', what)
      assert.equal(typeof answer.body.details.reason, 'string')
      assert.ok(ms < 4000, `${what} took ${ms} ms`)
    }
    const { data } = (await guest.call('GET', `/api/products/${product.serial}/reviews`)).body
    assert.equal(data.summary.total_reviews, 0)
    await row.ok(buyer, { params, body: { ...words, order_id: orderId } })
  },
  'five pictures come with a review, and no sixth': async (row) => {
    const { buyer, product, orderId } = await bought()
    const params = { id: product.serial }
    const file = await sharp(red).jpeg().toBuffer()
    const images = (count: number) => Array.from({ length: count }, () => file.toString('base64'))
    const body = { ...words, order_id: orderId }
    const when = 'rating is not an integer 1-5, or a required field is missing'
    assert.deepEqual(await row.no(when, buyer, { params, body: { ...body, images: images(6) } }), ['images'])
    assert.deepEqual(await row.no(when, buyer, { params, body: { ...body, images: [''] } }), ['images.0'])
    const fields = { ...words, rating: '4', order_id: String(orderId) }
    const six = await row.send(form(buyer.token, fields, Array<Buffer>(6).fill(file)), { params })
    assert.deepEqual([six.status, six.body.code], [413, 'VALIDATION_ERROR'])
    const { review } = (await row.ok(buyer, { params, body: { ...body, images: images(5) } })).data
    assert.equal(review.images.length, 5)
  },
})
