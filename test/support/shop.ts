import { createProduct } from '../../src/engine/catalogue/products.ts'
import type { ProductFields } from '../../src/engine/catalogue/products.ts'
import { system } from '../../src/engine/context.ts'
import { register } from '../../src/engine/identity/identity.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { ionoraStore } from '../../src/server/demo/ionora.ts'
import { accounts, openInstallation } from './installation.ts'
import type { Lifetime, ShopOptions } from './installation.ts'

export { request } from './installation.ts'
export type { Answer, ShopOptions, Wire } from './installation.ts'
export { ionoraStore }

/** An installation with two stores of one kind, `ionora` and `rival`, and what a test of theirs asks for most. */
export async function openShop(t: Lifetime, options: ShopOptions = {}) {
  const rivalStore = { ...ionoraStore, slug: 'rival', name: 'Rival', hosts: [] }
  const installation = await openInstallation(t, options, [ionoraStore, rivalStore])
  const { engine, call, sandboxCall, url, storeOf } = installation
  const account = accounts.razorpay
  const store = storeOf('ionora')
  const rival = storeOf('rival')
  const post = (path: string, body: object) => sandboxCall('POST', path, body)
  if (options.webhooks !== false) {
    await post('/razorpay/sandbox/webhook-url', {
      key_id: account.keyId,
      webhook_url: `${url}/ionora/api/payment/webhooks/payment`,
    })
  }

  let people = 0
  /** A new customer of a store, and a way to call its API as that customer. */
  const customer = async (of: Store = store, isAdmin = false) => {
    const email = `person${++people}@example.com`
    const created = await register(engine, of, { email, fullName: `Person ${people}`, phone: null, isAdmin }, password)
    const answer = await call(of, 'POST', '/api/auth/login', { body: { email, password } })
    const token: string = answer.body.token
    return {
      id: created.id,
      email,
      token,
      call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        call(of, method, path, { body, token, headers }),
    }
  }

  /** Adds a product, as an administrator would. */
  const product = (fields: Partial<ProductFields> = {}, of: Store = store) =>
    engine.run(of, system, (ctx) => createProduct(ctx, { ...plainProduct, ...fields }))

  /** A customer with an address and something in the cart. */
  const buyer = async (variantId: string, quantity = 1, of: Store = store) => {
    const person = await customer(of)
    const { body } = await person.call('POST', '/api/user/address', address)
    await person.call('POST', '/api/cart', { product_id: variantId, quantity })
    const addressId: string = body.address.id
    const checkout = () =>
      person.call('POST', '/api/checkout/create-order', { shipping_address_id: addressId, payment_method: 'razorpay' })
    return { ...person, addressId, checkout }
  }

  /** Plays the customer in the gateway's checkout. */
  const pay = async (razorpayOrderId: string, more: object = {}) =>
    (
      await post('/razorpay/sandbox/pay', {
        razorpay_order_id: razorpayOrderId,
        method: 'upi',
        outcome: 'success',
        ...more,
      })
    ).body

  return {
    ...installation,
    account,
    sandboxPost: post,
    store,
    rival,
    customer,
    product,
    buyer,
    pay,
  }
}

export type Shop = Awaited<ReturnType<typeof openShop>>

export const password = 'Password123'

export const address = {
  full_address: '123 Street',
  city: 'Mumbai',
  state: 'MH',
  pincode: '400001',
  country: 'India',
  is_default: true,
}

export const plainProduct: ProductFields = {
  name: 'Ionizer X',
  description: 'Seven-plate water ionizer.',
  listMinor: 455506,
  discountBps: 1000,
  category: 'alkaline',
  quantity: 12,
  images: ['https://cdn.example.com/products/ionizer-x-1.jpg'],
  specifications: { flow_rate: '2 L/min' },
  isActive: true,
}
