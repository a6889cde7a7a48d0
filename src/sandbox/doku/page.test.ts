import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startShop, until } from '../testing.ts'
import { invoiceOf, openDoku } from './testing.ts'

const path = '/checkout/v1/payment'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

test('a person sees what is to be paid, where and until when, and pays by a button', async (t) => {
  const shop = await startShop(t)
  const { api, call, url } = await openDoku(t, shop.url)
  const asked = invoiceOf({ order: { callback_url: 'https://shop.example/orders?a=1&b=2' } })
  const { payment } = (await api('POST', path, asked)).body.response
  const page = payment.url.slice(url.length)
  const { headers, text } = await call('GET', page)
  assert.match(headers.get('content-type')!, /^text\/html/)
  const { virtual_account_number } = (await call('GET', `/doku/sandbox/invoices/${asked.order.invoice_number}`)).body
  const shown = text.replaceAll(/<[^>]+>/g, '')
  for (const part of ['Rp 7.025.000', virtual_account_number, 'BCA', asked.order.invoice_number, 'WIB'])
    assert.ok(shown.replaceAll('\u00a0', ' ').includes(part), part)
  assert.ok(text.includes('href="https://shop.example/orders?a=1&amp;b=2"'))
  const pressed = await call('POST', page, 'outcome=success', form)
  assert.equal(pressed.status, 303)
  assert.equal(new URL(pressed.headers.get('location')!, payment.url).href, payment.url)
  await until('told', () => shop.hooks.length === 1)
  const after = (await call('GET', page)).text
  assert.match(after, /Paid\./)
  assert.doesNotMatch(after, /<form/)
  // a page that was left open: its buttons change nothing
  assert.equal((await call('POST', page, 'outcome=expired', form)).status, 303)
  assert.equal((await call('GET', `/doku/sandbox/invoices/${asked.order.invoice_number}`)).body.status, 'SUCCESS')
})

test('a payment that fails can be tried again, one that expired cannot', async (t) => {
  const { api, call, url } = await openDoku(t)
  const { payment } = (await api('POST', path, invoiceOf())).body.response
  const page = payment.url.slice(url.length)
  await call('POST', page, 'outcome=failed', form)
  const failed = (await call('GET', page)).text
  assert.match(failed, /attempt failed/)
  assert.match(failed, /value="success"/)
  await call('POST', page, 'outcome=expired', form)
  const expired = (await call('GET', page)).text
  assert.match(expired, /has expired/)
  assert.doesNotMatch(expired, /<form/)
})

test('where several banks are possible the customer chooses, and then has a number there', async (t) => {
  const { api, call, status, url } = await openDoku(t)
  const payment_method_types = ['VIRTUAL_ACCOUNT_BRI', 'VIRTUAL_ACCOUNT_BNI']
  const asked = invoiceOf({ payment: { payment_method_types } })
  const { payment } = (await api('POST', path, asked)).body.response
  const page = payment.url.slice(url.length)
  assert.equal((await status(asked.order.invoice_number)).channel, null)
  assert.deepEqual((await call('GET', page)).text.match(/(?<=option value=")[A-Z_]+/g), payment_method_types)
  await call('POST', page, 'channel=VIRTUAL_ACCOUNT_BCA', form)
  assert.equal((await status(asked.order.invoice_number)).channel, null, 'not one of those asked for')
  await call('POST', page, 'channel=VIRTUAL_ACCOUNT_BNI', form)
  const { channel, virtual_account_info } = await status(asked.order.invoice_number)
  assert.equal(channel.id, 'VIRTUAL_ACCOUNT_BNI')
  assert.ok(
    (await call('GET', page)).text.replaceAll(/<[^>]+>/g, '').includes(virtual_account_info.virtual_account_number),
  )
})

test('what a shop sends in cannot become markup, and an unknown page is not there', async (t) => {
  const { api, call, url } = await openDoku(t)
  const asked = {
    ...invoiceOf({ order: { invoice_number: '"><b>x' } }),
    customer: { name: '<script>alert(1)</script>' },
  }
  const { payment } = (await api('POST', path, asked)).body.response
  const { text } = await call('GET', payment.url.slice(url.length))
  assert.doesNotMatch(text, /<script|<b>/)
  assert.equal((await call('GET', '/doku/checkout-link-v2/none')).status, 404)
  assert.equal((await call('POST', '/doku/checkout-link-v2/none', 'outcome=success', form)).status, 404)
})
