import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { address, openFurnitureShop } from '../../support/furniture.ts'
import { accounts, request } from '../../support/installation.ts'
import { until } from '../../support/wait.ts'
import { secretsIn } from '../silence.ts'
import { ansaniaRows, send } from '../toolkit.ts'
import { order } from './people.ts'

const lines: string[] = []
const shop = await openFurnitureShop({ after }, { worker: true, log: { write: (line) => void lines.push(line) } })
const { store } = shop

const { secret, assertSilent } = secretsIn(lines)

const person = {
  email: secret('confidential.person@example.com'),
  password: secret('Confidential-Passw0rd'),
  full_name: secret('Confidentia Persson'),
  phone: secret('+628198765432'),
}
const street = secret('Jl. Confidential No. 7')

/** Calls and remembers what went out and came back that opens anything. */
async function call(method: string, path: string, body?: object, token?: string, headers: Record<string, string> = {}) {
  const answer = await shop.call(store, method, path, { body, token, headers })
  for (const text of [
    token,
    answer.body?.data?.token,
    answer.body?.data?.refresh_token,
    answer.headers.get('x-cart-token'),
  ])
    if (text) secret(text)
  return answer
}

test('a guest who becomes a customer, buys, pays and forgets the password leaves nothing of it in the log', async () => {
  const { variants } = await shop.product()
  const guest = await call('POST', '/api/cart/items', { product_variant_id: variants[0]!.serial, quantity: 1 })
  const cartToken = guest.headers.get('x-cart-token')!
  const registered = await call('POST', '/api/auth/register', person, undefined, { 'x-cart-token': cartToken })
  assert.equal(registered.status, 201)
  await call('POST', '/api/auth/register', person)
  await call('POST', '/api/auth/login', { ...person, password: secret('Wrong-Passw0rd-1') })
  const { refresh_token } = (await call('POST', '/api/auth/login', { email: person.phone, password: person.password }))
    .body.data
  await call('POST', '/api/auth/refresh', { refresh_token })
  await call('POST', '/api/auth/refresh', { refresh_token })
  const { token } = registered.body.data
  const added = await call(
    'POST',
    '/api/user/addresses',
    { ...address, address_line1: street, phone: person.phone },
    token,
  )
  const note = secret('ring twice at the confidential door')
  const placed = await call(
    'POST',
    '/api/checkout/create-order',
    { ...order(added.body.data.address.id), customer_note: note },
    token,
  )
  assert.equal(placed.status, 201, JSON.stringify(placed.body))
  const { payment, order: made } = placed.body.data
  secret(payment.payment_token)
  secret(payment.payment_url)
  const paid = await shop.pay(payment.transaction_id)
  const account = /"(?:virtual_account_number|account_?number)":"(\d+)"/i.exec(JSON.stringify(paid.body))?.[1]
  if (account) secret(account)
  await until('it is paid', async () => {
    const { body } = await shop.call(store, 'GET', `/api/orders/${made.order_number}`, { token })
    return body.data.order.payment_status === 'paid'
  })
  const told = {
    transaction_id: payment.transaction_id,
    status: 'success',
    payment_channel: 'bca_va',
    amount: made.total_amount,
  }
  const signature = secret(createHmac('sha256', accounts.doku.secretKey).update(JSON.stringify(told)).digest('hex'))
  await call('POST', '/api/checkout/payment-webhook', { ...told, signature })
  await call('POST', '/api/checkout/payment-webhook', {
    ...told,
    signature: secret('f'.repeat(63)),
    virtual_account_number: secret('1900600000000017'),
  })
  const pdf = await fetch(`${shop.url}/ansania/api/orders/${made.order_number}/invoice`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.equal(pdf.status, 200)
  await send(shop.url, { method: 'POST', path: `/ansania/api/webhooks/odoo?secret=${accounts.odoo.webhookSecret}` })
  await send(shop.url, { method: 'POST', path: `/ansania/api/webhooks/odoo?secret=${secret('wrong-hint-secret')}` })
  assert.equal((await call('POST', '/api/auth/forgot-password', { email: person.email })).status, 200)
  const mailed = async () =>
    (await request(`${shop.sandbox.url}/mail/messages?to=${person.email}`, { method: 'GET' })).body
  await until('the mail came', async () => (await mailed()).length > 0)
  const reset = secret(/token=([\w-]+)/.exec((await mailed())[0].text)![1]!)
  await send(shop.url, { path: `/ansania/reset-password?token=${reset}` })
  for (let i = 0; i < 2; i++)
    await call('POST', '/api/auth/reset-password', { token: reset, new_password: secret('Another-Passw0rd') })
  const { doku, jnt, odoo, biteship, rajaongkir } = accounts
  for (const key of [
    doku.secretKey,
    jnt.apiKey,
    jnt.orderKey,
    jnt.tariffKey,
    jnt.trackingPassword,
    odoo.apiKey,
    odoo.webhookSecret,
    biteship.apiKey,
    rajaongkir.apiKey,
  ])
    secret(key)
  assert.ok(lines.length > 20)
  assertSilent()
})

test('what is malformed is not logged as it came', async () => {
  for (const row of ansaniaRows) {
    const path = `/ansania${row.path.replace(/:\w+/g, secret('not-an-id-confidential'))}?${secret('confidential=query')}`
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${secret('confidential.garbage.token')}`,
      'x-cart-token': secret('confidential-cart-token'),
      cookie: `cart_ansania=${secret('confidential-cookie')}`,
      signature: secret('HMACSHA256=confidential'),
      'x-odoo-webhook-secret': secret('confidential-hint'),
      'idempotency-key': secret('confidential-key'),
    }
    await send(shop.url, { method: row.method, path, headers, body: `{"password":"${secret('Broken-Passw0rd')}"` })
  }
  assertSilent()
})
