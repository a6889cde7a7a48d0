import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { base, finish, sandbox, send, step, waitFor } from './script.ts'
import type { Wire } from './script.ts'

const shop = (method: string, path: string, body?: object, token?: string, headers?: Record<string, string>) =>
  send(`${base}/ansania/api${path}`, method, body, token, headers)

const rupiah = (amount: number) => `Rp ${amount.toLocaleString('id-ID')}`

// --- looking around

await step('the catalogue', 200, shop('GET', '/products?limit=5&sort=price_asc'), ({ data }) => {
  const prices = data.products.map((product: Wire) => product.selling_price)
  assert.deepEqual(
    prices,
    prices.toSorted((a: number, b: number) => a - b),
  )
  return `${data.pagination.total} products`
})
await step(
  'furniture, natural and matte, in stock',
  200,
  shop('GET', '/products?category=furniture&color=natural&finishing=matte&in_stock=true'),
  ({ data }) => `${data.pagination.total} products`,
)
await step('a misspelt search: “dinning tabel”', 200, shop('GET', '/products?search=dinning+tabel'), ({ data }) => {
  assert.ok(data.products.some((product: Wire) => product.slug === 'dining-table-oak'))
  return data.products.map((product: Wire) => product.name).join(', ')
})
const detail = await shop('GET', '/products/dining-table-oak')
const { product } = await step('one product', 200, Promise.resolve(detail), ({ data }) => {
  const { name, variants } = data.product
  return `${name}, ${variants.length} variants`
}).then(({ data }) => data)
await step(
  'the same again: nothing new',
  304,
  shop('GET', '/products/dining-table-oak', undefined, undefined, { 'if-none-match': detail.headers.get('etag')! }),
  () => detail.headers.get('etag')!,
)

// --- a guest's cart becomes a customer's

const variant = product.variants.find((one: Wire) => one.color === 'Natural' && one.stock >= 2)
const put = await shop('POST', '/cart/items', { product_variant_id: variant.id, quantity: 1 })
const cartToken = put.headers.get('x-cart-token')!
const asGuest = { 'x-cart-token': cartToken }
await step('a guest puts it in the cart', 201, Promise.resolve(put), ({ data }) => rupiah(data.cart.total))
await step('another guest sees none of it', 200, shop('GET', '/cart'), ({ data }) => {
  assert.deepEqual(data.cart.items, [])
  return 'an empty cart'
})

const email = `demo-${Date.now()}@example.com`
const phone = `+62812${String(Date.now()).slice(-8)}`
const password = 'SecurePass123!'
const registered = await step(
  'registers, and the cart comes along',
  201,
  shop('POST', '/auth/register', { email, phone, full_name: 'Budi Santoso', password }, undefined, asGuest),
  ({ data }) => `user ${data.user.id}, Odoo partner ${data.user.odoo_partner_id}`,
)
await step(
  'signs in by phone',
  200,
  shop('POST', '/auth/login', { email: phone.replace('+62', '0'), password, remember_me: true }),
  ({ data }) => data.user.email,
)
const { token: me } = await step(
  'trades the refresh token for the next pair',
  200,
  shop('POST', '/auth/refresh', { refresh_token: registered.data.refresh_token }),
  () => 'the old one is spent',
).then(({ data }) => data)
const { cart } = await step('the cart is the customer’s now', 200, shop('GET', '/cart', undefined, me), ({ data }) => {
  assert.equal(data.cart.items[0].variant.id, variant.id)
  return `${data.cart.items[0].quantity} × ${data.cart.items[0].product.name}`
}).then(({ data }) => data)

// --- vouchers

await step(
  'a voucher that is over',
  400,
  shop('POST', '/cart/apply-voucher', { code: 'EXPIRED5' }, me),
  ({ code, error }) => `${code}: ${error}`,
)
const discounted = await step(
  'WELCOME10',
  200,
  shop('POST', '/cart/apply-voucher', { code: 'welcome10' }, me),
  ({ data }) => {
    assert.equal(data.voucher.discount_amount, Math.round(cart.total / 10))
    return `${rupiah(data.cart.subtotal)} - ${rupiah(data.cart.discount_amount)} = ${rupiah(data.cart.total)}`
  },
)

// --- the order

const { address } = await step(
  'an address',
  201,
  shop(
    'POST',
    '/user/addresses',
    {
      label: 'Home',
      recipient_name: 'Budi Santoso',
      phone,
      address_line1: 'Jl. Example No. 123',
      city: 'Jakarta Selatan',
      province: 'DKI Jakarta',
      postal_code: '12345',
      is_default: true,
    },
    me,
  ),
  ({ data }) => `${data.address.address_line1}, ${data.address.city}`,
).then(({ data }) => data)
await step('the cart is checked', 200, shop('POST', '/checkout/validate', undefined, me), ({ data }) => {
  assert.ok(data.valid, JSON.stringify(data.issues))
  return 'valid'
})
const { shipping_options: options } = await step(
  'J&T is asked for its price',
  200,
  shop('POST', '/checkout/calculate-shipping', { shipping_address_id: address.id, courier: 'jnt' }, me),
  ({ data }) => data.shipping_options.map((one: Wire) => `${one.service} ${rupiah(one.cost)}, ${one.etd}`).join('; '),
).then(({ data }) => data)
const placed = await step(
  'the order is placed',
  201,
  shop(
    'POST',
    '/checkout/create-order',
    {
      shipping_address_id: address.id,
      shipping_courier: 'jnt',
      shipping_service: options[0].service,
      payment_method: 'virtual_account',
      payment_channel: 'bca',
      customer_note: 'Please pack carefully',
    },
    me,
  ),
  ({ data }) => {
    assert.match(data.order.order_number, /^ORD-\d{8}-\d{3,}$/)
    assert.equal(data.order.total_amount, discounted.data.cart.total + options[0].cost)
    return `${data.order.order_number}, ${rupiah(data.order.total_amount)}`
  },
)
const { order_number: number, id: orderId } = placed.data.order
const invoice = await step(
  'DOKU has a virtual account for it',
  200,
  send(`${sandbox}/doku/sandbox/invoices/${number}`, 'GET'),
  (one) => `${one.channel} ${one.virtual_account_number}`,
)
await step(
  'a first try at the bank fails',
  200,
  send(`${sandbox}/doku/sandbox/pay`, 'POST', { invoice_number: number, outcome: 'failed' }),
  ({ status }) => status,
)
await step(
  'the next one is paid',
  200,
  send(`${sandbox}/doku/sandbox/pay`, 'POST', { invoice_number: number, outcome: 'success' }),
  ({ status, amount }) => `${status}, ${rupiah(amount)} to ${invoice.virtual_account_number}`,
)
const order = (isThere: (order: Wire) => boolean, seconds = 15) =>
  waitFor(
    `order ${number}`,
    seconds,
    () => shop('GET', `/orders/${number}`, undefined, me),
    ({ data }) => isThere(data.order),
  )
await step(
  'DOKU’s notification has come',
  200,
  order((one) => one.payment_status === 'paid'),
  ({ data }) => {
    assert.equal(data.order.status, 'paid')
    return `${data.order.status} at ${data.order.paid_at}`
  },
)

// --- the ERP, the courier, the door

const inOdoo = () => send(`${sandbox}/odoo/sandbox/records/sale.order`, 'GET')
const ours = (records: Wire[]) => records.filter((record) => record.client_order_ref === number)
await step(
  'Odoo has it as a sale order',
  200,
  waitFor('the sale order', 70, inOdoo, (body) => ours(body).some((record) => record.state === 'sale')),
  (body) => {
    assert.equal(ours(body).length, 1)
    return `${ours(body)[0].name}, ${ours(body)[0].state}`
  },
)
await step(
  'staff delivers it out of the warehouse in Odoo',
  200,
  send(`${sandbox}/odoo/sandbox/deliver`, 'POST', { client_order_ref: number }),
  () => 'the shop hears of it',
)
const shipped = await step(
  'the shop has ordered J&T',
  200,
  order((one) => one.status === 'shipped' && one.shipping.tracking_number !== null, 70),
  ({ data }) => `${data.order.status}, ${data.order.shipping.tracking_number}`,
)
const awb = shipped.data.order.shipping.tracking_number
for (const status of ['picked_up', 'in_transit', 'delivered'])
  await step(
    `J&T: ${status.replace('_', ' ')}`,
    200,
    send(`${sandbox}/jnt/sandbox/advance`, 'POST', { awb, status }),
    (moved) => `${moved.before} → ${moved.status}`,
  )
await step(
  'the shop asks J&T, once a minute',
  200,
  order((one) => one.status === 'delivered', 130),
  ({ data }) => `${data.order.status}, ${data.order.shipping.history.length} scans`,
)

// --- afterwards

await step(
  'a review with a picture',
  201,
  shop(
    'POST',
    `/products/${product.id}/reviews`,
    { order_id: orderId, rating: 5, title: 'Excellent!', comment: 'Very satisfied.', images: [picture()] },
    me,
  ),
  ({ data }) => `${data.review.user.name}, ${data.review.rating} stars, ${data.review.images.length} picture`,
)
await step(
  'once for each purchase',
  409,
  shop('POST', `/products/${product.id}/reviews`, { order_id: orderId, rating: 1, title: 'x', comment: 'y' }, me),
  ({ error }) => error,
)
await step('the product shows it', 200, shop('GET', `/products/${product.id}/reviews`), ({ data }) => {
  assert.ok(data.summary.total_reviews >= 1)
  return `${data.summary.average_rating} of ${data.summary.total_reviews}`
})
const pdf = await step('the invoice', 200, shop('GET', `/orders/${number}/invoice`, undefined, me), (bytes: Buffer) => {
  assert.equal(bytes.toString('latin1', 0, 5), '%PDF-')
  return `invoice-${number}.pdf, ${Math.round(bytes.length / 1024)} kB`
})
await writeFile(`invoice-${number}.pdf`, pdf as Buffer)
finish()

/** A PNG of the colour of oak. */
function picture() {
  return 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQImWNYkGeDFTEMLQkAVahSgQ49HtIAAAAASUVORK5CYII='
}
