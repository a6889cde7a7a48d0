import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { execute } from '../../../src/engine/database.ts'
import { assertSound } from '../../support/faults.ts'
import { address, openFurnitureShop, password } from '../../support/furniture.ts'
import { request } from '../../support/installation.ts'
import type { Wire } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { assertFailed, send } from '../toolkit.ts'
import { order, paidBuyer } from './people.ts'

const shop = await openFurnitureShop({ after }, { worker: true })
const { store } = shop

/** Text that is somebody's name, street or opinion, and means something else to a browser, a database or a printer. */
const texts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "javascript:alert('x')",
  '</script><svg onload=alert(1)>',
  '<!-- --><b>bold</b> &amp; &lt;',
  "'; drop table orders; --",
  "O'Brien & Söhne",
  '{{7*7}} ${7*7} #{7*7} %s %n',
  ') Tj ET BT /F1 99 Tf (x\\) Tj',
  '\\051 (( )) << >> endstream endobj',
  '/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>',
  '=HYPERLINK("https://evil.example")',
  '@SUM(1+1)*cmd|calc',
  'right\u202eto left',
  'zero\u200bwidth',
  '水 桌子 미자 مكتب โต๊ะ',
  '👩‍👩‍👧‍👦 family',
  'line\nbreak\tand tab',
  'Bcc: all@example.com\r\nSubject: x',
  '../../etc/passwd',
  '\u2028\u2029 </title>',
]

const isJson = ({ headers }: { headers: Headers }) =>
  assert.match(headers.get('content-type')!, /^application\/json; charset=utf-8$/)

test('a name, an address, a note and a reason are kept and shown as they were written, as JSON text', async () => {
  const { variants } = await shop.product({ variants: [{ quantity: 1000 }] })
  const person = await shop.customer()
  for (const text of texts) {
    const profile = await person.call('PUT', '/api/user/profile', { full_name: text })
    assert.equal(profile.status, 200, text)
    isJson(profile)
    assert.equal(profile.body.data.full_name, text)
    const fields = {
      ...address,
      label: text.slice(0, 60),
      recipient_name: text,
      address_line1: text,
      address_line2: text,
      district: text,
      city: text,
      province: text,
      postal_code: text.slice(0, 20).toWellFormed().trim(),
      is_default: false,
    }
    const made = await person.call('POST', '/api/user/addresses', fields)
    assert.equal(made.status, 201, `${text}: ${JSON.stringify(made.body)}`)
    const { id, ...shown } = made.body.data.address
    assert.deepEqual(shown, fields)
    await person.call('POST', '/api/cart/items', { product_variant_id: variants[0]!.serial, quantity: 1 })
    const placed = await person.call('POST', '/api/checkout/create-order', { ...order(id), customer_note: text })
    assert.equal(placed.status, 201, `${text}: ${JSON.stringify(placed.body)}`)
    const path = `/api/orders/${placed.body.data.order.order_number}`
    const seen: Wire = (await person.call('GET', path)).body.data.order
    assert.deepEqual(
      [seen.customer_note, seen.shipping.recipient_name, seen.shipping.district, seen.shipping.address_line2],
      [text, text, text, text],
    )
    const cancelled = await person.call('PUT', `${path}/cancel`, { reason: text })
    assert.equal(cancelled.status, 200, text)
  }
  const notes = await execute(shop.engine.db, `select note from timeline where kind = 'cancelled' order by serial`)
  assert.deepEqual(
    notes.map(([note]) => note),
    texts,
  )
  await assertSound(shop.engine)
})

/** What a PDF shows, and all else that is in it, as one text. */
function insideOf(pdf: Buffer): string {
  const text = pdf.toString('latin1')
  const parts = [text]
  for (const { index } of text.matchAll(/stream\r?\n/g)) {
    const start = text.indexOf('\n', index) + 1
    const end = text.indexOf('endstream', start)
    try {
      parts.push(inflateSync(pdf.subarray(start, end)).toString('latin1'))
    } catch {
      // a font, or not deflated
    }
  }
  return parts.join('\n')
}

test('an invoice prints hostile text as text: it has no script, no action and no more pages than it should', async () => {
  for (const text of texts) {
    const { variants } = await shop.product({ name: text })
    const buyer = await shop.buyer(variants[0]!.serial)
    const fields = { ...address, recipient_name: text, address_line1: text, address_line2: text, is_default: false }
    const { id } = (await buyer.call('POST', '/api/user/addresses', fields)).body.data.address
    const placed = await buyer.call('POST', '/api/checkout/create-order', order(id))
    assert.equal(placed.status, 201, JSON.stringify(placed.body))
    const number: string = placed.body.data.order.order_number
    const response = await fetch(`${shop.url}/ansania/api/orders/${number}/invoice`, {
      headers: { authorization: `Bearer ${buyer.token}` },
    })
    const pdf = Buffer.from(await response.arrayBuffer())
    assert.equal(response.status, 200, text)
    assert.equal(response.headers.get('content-type'), 'application/pdf')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(response.headers.get('content-disposition'), `attachment; filename="invoice-${number}.pdf"`)
    assert.equal(pdf.toString('latin1', 0, 5), '%PDF-')
    assert.equal(pdf.toString('latin1').match(/\/Type \/Page\n/g)?.length, 1, text)
    assert.doesNotMatch(
      insideOf(pdf),
      /\/(JavaScript|JS|OpenAction|AA|Launch|URI|SubmitForm|EmbeddedFile|RichMedia)\b/,
      text,
    )
  }
})

test('a mail shows a name as text, in one message to one address', async () => {
  for (const [i, full_name] of [
    '<script>alert(1)</script><a href="https://evil.example">x</a>',
    'Eve\r\nBcc: all@example.com\r\n\r\n<h1>x</h1>',
  ].entries()) {
    const email = `hostile${i}@example.com`
    const made = await shop.call(store, 'POST', '/api/auth/register', {
      body: { email, phone: `+62831000000${i}`, full_name, password },
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    await shop.call(store, 'POST', '/api/auth/forgot-password', { body: { email } })
    const mailed = async () => (await request(`${shop.sandbox.url}/mail/messages?to=${email}`, { method: 'GET' })).body
    await until('the mail came', async () => (await mailed()).length > 0)
    const [mail] = await mailed()
    assert.doesNotMatch(mail.html, /<script|<h1|href="https:\/\/evil/i)
    assert.match(mail.html, /&#60;(script|h1)&#62;/)
    const others = (await request(`${shop.sandbox.url}/mail/messages?to=all@example.com`, { method: 'GET' })).body
    assert.deepEqual(others, [])
  }
})

test('a review is shown as it was written, under a short name', async () => {
  const product = await shop.product({ variants: [{ quantity: 1000 }] })
  const path = `/api/products/${product.serial}/reviews`
  for (const text of texts.slice(0, 6)) {
    const buyer = await paidBuyer(shop, product.variants[0]!.serial)
    await buyer.call('PUT', '/api/user/profile', { full_name: text })
    const words = { order_id: buyer.orderId, rating: 3, title: text, comment: `${text} ${text}` }
    const written = await buyer.call('POST', path, words)
    assert.equal(written.status, 201, text)
    isJson(written)
    const { title, comment, user } = written.body.data.review
    assert.deepEqual([title, comment], [text, `${text} ${text}`])
    assert.ok(text.split(/\s+/).length === 1 || !user.name.includes(text))
  }
  const listed = await shop.call(store, 'GET', `${path}?sort=recent`)
  isJson(listed)
  assert.deepEqual(
    listed.body.data.reviews.map(({ title }: Wire) => title),
    texts.slice(0, 6).toReversed(),
  )
})

test('a code, a slug and a number of hostile text are unknown, and are not printed back as a page', async () => {
  const person = await shop.customer()
  for (const text of texts) {
    const code = text.slice(0, 40).toWellFormed()
    const asked = [
      await person.call('POST', '/api/vouchers/validate', { code, cart_total: 1 }),
      await person.call('POST', '/api/cart/apply-voucher', { code }),
    ]
    for (const path of ['products', 'orders']) {
      const answer = await send(shop.url, {
        path: `/ansania/api/${path}/${encodeURIComponent(text)}`,
        headers: { authorization: `Bearer ${person.token}` },
      })
      assertFailed(answer, `${path} ${text}`, [400, 404])
      assert.match(String(answer.headers['content-type']), /^application\/json/)
    }
    for (const answer of asked) {
      assertFailed(answer, text, [404])
      isJson(answer)
    }
  }
})
