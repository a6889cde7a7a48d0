import assert from 'node:assert/strict'
import { base, finish, mailTo, sandbox, send, step } from './script.ts'
import type { Wire } from './script.ts'

const shop = (method: string, path: string, body?: object, token?: string) =>
  send(`${base}/ionora/api${path}`, method, body, token)

const money = (amount: number) => `₹${amount.toFixed(2)}`

const email = `demo-${Date.now()}@example.com`
const password = 'Password123'

const list = await step(
  'the catalogue',
  200,
  shop('GET', '/products?limit=5&sort=price_asc'),
  ({ products, pagination }) => {
    assert.match(products[0].final_price, /^\d+\.\d{2}$/)
    return `${pagination.total} products`
  },
)
const wanted = list.products.find((product: Wire) => product.stock_quantity >= 2) ?? list.products[0]
const firstWord = wanted.name.split(' ')[0]
await step(
  `search for “${firstWord}”`,
  200,
  shop('GET', `/products/search?q=${encodeURIComponent(firstWord)}`),
  ({ products }) => {
    assert.ok(
      products.some((product: Wire) => product.id === wanted.id),
      'the product is not among the results',
    )
    return `${products.length} found`
  },
)

const registered = await step(
  'a customer registers',
  201,
  shop('POST', '/auth/register', { email, password, full_name: 'Demo Customer', phone: '9876543210' }),
  ({ user }) => user.email,
)
await step(
  'registering twice is refused',
  409,
  shop('POST', '/auth/register', { email, password, full_name: 'Demo' }),
  ({ message }) => message,
)

await step('a reset mail is asked for', 200, shop('POST', '/auth/forgot-password', { email }), ({ message }) => message)
const mail = await mailTo(email)
const token = /token=([\w-]+)/.exec(mail.text)?.[1]
const newPassword = 'NewPass123'
await step(
  'its token sets a new password',
  200,
  shop('POST', '/auth/reset-password', { token, new_password: newPassword }),
  ({ message }) => message,
)
await step(
  'and works only once',
  400,
  shop('POST', '/auth/reset-password', { token, new_password: newPassword }),
  ({ message }) => message,
)
await step(
  'the first session is dead',
  401,
  shop('GET', '/cart', undefined, registered.token),
  ({ message }) => message,
)
const { token: me } = await step(
  'the customer signs in',
  200,
  shop('POST', '/auth/login', { email, password: newPassword }),
  ({ user }) => `last login ${user.last_login}`,
)

const { address } = await step(
  'adds an address',
  201,
  shop(
    'POST',
    '/user/address',
    { full_address: '123 Street', city: 'Mumbai', state: 'MH', pincode: '400001', country: 'India', is_default: true },
    me,
  ),
  ({ address }) => `${address.full_address}, ${address.city}`,
)
await step(
  'keeps a favourite',
  200,
  shop('POST', '/favorites', { product_id: wanted.id }, me),
  ({ message }) => message,
)
const cart = await step(
  `puts ${wanted.name} in the cart`,
  200,
  shop('POST', '/cart', { product_id: wanted.id, quantity: 1 }, me),
  ({ summary }) => {
    assert.equal(Math.round(summary.subtotal * 18) / 100, summary.tax, 'tax is not 18 %')
    assert.equal(summary.total, Math.round((summary.subtotal + summary.tax) * 100) / 100)
    return `${money(summary.subtotal)} + ${money(summary.tax)} GST = ${money(summary.total)}`
  },
)
await step(
  'asking for more than there is',
  400,
  shop('PUT', `/cart/${cart.items[0].id}`, { quantity: 100_000 }, me),
  ({ message }) => message,
)
await step('the cart is checked', 200, shop('POST', '/checkout/validate', undefined, me), ({ valid, issues }) => {
  assert.ok(valid && issues.length === 0)
  return 'valid'
})

const placed = await step(
  'the order is placed',
  201,
  shop('POST', '/checkout/create-order', { shipping_address_id: address.id, payment_method: 'razorpay' }, me),
  (body) => {
    assert.equal(body.amount, Math.round(cart.summary.total * 100))
    assert.match(body.order.order_number, /^ION-\d{4}-\d{4,}$/)
    return `${body.order.order_number}, ${body.amount} paise, ${body.razorpay_order_id}`
  },
)
const returned = await step(
  'the customer pays in Razorpay’s checkout',
  200,
  send(`${sandbox}/razorpay/sandbox/pay`, 'POST', {
    razorpay_order_id: placed.razorpay_order_id,
    method: 'upi',
    outcome: 'success',
  }),
  ({ razorpay_payment_id: id }) => id,
)
const back = { order_id: placed.order.id, ...returned }
await step(
  'a forged signature is refused',
  400,
  shop('POST', '/checkout/payment', { ...back, razorpay_signature: '0'.repeat(64) }, me),
  ({ message }) => message,
)
await step('the genuine one confirms the order', 200, shop('POST', '/checkout/payment', back, me), ({ order }) => {
  assert.deepEqual([order.status, order.payment_status], ['confirmed', 'paid'])
  return `${order.status}, ${order.payment_status}`
})
await step(
  'sending it again changes nothing',
  200,
  shop('POST', '/checkout/payment', back, me),
  ({ order }) => order.status,
)

const { token: admin } = await step(
  'the shop’s admin signs in',
  200,
  shop('POST', '/auth/login', { email: 'admin@example.com', password: 'AdminPass123!' }),
  ({ user }) => user.full_name,
)
await step('a customer is no admin', 403, shop('GET', '/admin/orders', undefined, me), ({ message }) => message)
const status = `/admin/orders/${placed.order.id}/status`
await step(
  'the admin ships',
  200,
  shop('PUT', status, { status: 'shipped', tracking_number: 'TRACK123' }, admin),
  ({ order }) => {
    assert.equal(order.tracking_number, 'TRACK123')
    return `${order.status}, ${order.tracking_number}`
  },
)
await step(
  'a shipped order cannot be cancelled',
  400,
  shop('POST', `/orders/${placed.order.id}/cancel`, undefined, me),
  ({ message }) => message,
)
await step(
  'it is delivered',
  200,
  shop('PUT', status, { status: 'delivered' }, admin),
  ({ order }) => order.delivered_at,
)
await step('and the customer sees it', 200, shop('GET', `/orders/${placed.order.id}`, undefined, me), ({ order }) => {
  assert.equal(order.status, 'delivered')
  return `${order.order_number}: ${order.items_count ?? order.items.length} line, ${order.total_amount}`
})
finish()
