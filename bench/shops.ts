import type { Pool } from 'pg'
import { createEngine } from '../src/engine/context.ts'
import { execute } from '../src/engine/database.ts'
import { createTokens } from '../src/engine/identity/tokens.ts'
import { openVault } from '../src/engine/sealing.ts'
import type { Store } from '../src/engine/stores/stores.ts'
import { fillHome, homeTerms } from './catalogue.ts'
import { fillFurniture, wanted } from './furniture.ts'

/** A signed-in customer with an address. What the API calls something may be its number. */
export interface Customer {
  id: string
  addressId: string
  addressName: string | number
  token: string
}

export interface Variant {
  id: string
  name: string | number
}

/** What the store holds that is measured. */
export interface Filled {
  storeId: string
  customers: Customer[]
  variants: Variant[]
  /** of each product that is shown, the path of its page */
  pages: string[]
}

/** Sends one request and answers its JSON. @throws Error for any other status */
export type Send = (
  to: 'shop' | 'sandbox',
  path: string,
  body: object | undefined,
  status: number,
  // oxlint-disable-next-line typescript/no-explicit-any -- each caller knows what it asked for
) => Promise<any>

/** What differs between the shops that are measured. */
export interface BenchShop {
  name: 'ionora' | 'ansania'
  api: string
  products: number
  /** @param secret SAUDAGAR_SECRET of the server to come, so that it believes the customers' tokens */
  fill(pool: Pool, secret: string): Promise<Filled>
  /** the lists that are measured: by title, the paths that are asked for by chance, and how many of them are overheard */
  lists(random: () => number): { name: 'list' | 'search'; title: string; paths: string[]; overheard?: number }[]
  add(variant: Variant): { path: string; body: object; status: number }
  /**
   * From the cart to the paid order, as a customer does it.
   * @param tell has the gateway tell of a payment, when it does not by itself
   * @returns the ids that the gateway made up
   */
  purchase(
    send: Send,
    customer: Customer,
    variant: Variant,
    tell?: (payment: string) => Promise<void>,
  ): Promise<Record<string, string>>
  /** the sandbox's name for it and paths of what it told; and how many times it tells of a payment */
  gateway: { name: string; list: string; resend: string; id: string; events: number }
}

const page = (limit: number, number: number, sort: string) => `/products?page=${number}&limit=${limit}&sort=${sort}`
const whole = (random: () => number, below: number) => Math.floor(random() * below)

const ionora: BenchShop = {
  name: 'ionora',
  api: '/ionora/api',
  products: 10_000,
  fill: async (pool, secret) => {
    const store = await fillHome(pool)
    const filled = await peopleAndVariants(pool, store, secret)
    const variants = filled.variants.map(({ id }) => ({ id, name: id }))
    const customers = filled.customers.map((customer) => ({ ...customer, addressName: customer.addressId }))
    return { ...filled, variants, customers, pages: variants.map(({ id }) => `/products/${id}`) }
  },
  lists: (random) => {
    const sorts = ['latest', 'latest', 'price_asc', 'price_desc']
    return [
      { name: 'list', title: 'product list of 20, page 1 of 10,000', paths: [page(20, 1, 'latest')] },
      {
        name: 'list',
        title: 'product list of 20, pages 1 to 50 in three orders',
        paths: Array.from({ length: 1000 }, () =>
          page(20, random() < 0.6 ? 1 : 1 + whole(random, 50), sorts[whole(random, sorts.length)]!),
        ),
      },
      {
        name: 'search',
        title: 'search, 200 terms',
        paths: homeTerms().map((term) => `/products/search?q=${encodeURIComponent(term)}`),
      },
    ]
  },
  add: (variant) => ({ path: '/cart', body: { product_id: variant.name, quantity: 1 }, status: 200 }),
  purchase: async (send, customer, variant, tell) => {
    const { path, body, status } = ionora.add(variant)
    await send('shop', path, body, status)
    const order = { shipping_address_id: customer.addressName, payment_method: 'razorpay' }
    const placed = await send('shop', '/checkout/create-order', order, 201)
    const session: string = placed.razorpay_order_id
    const paying = { razorpay_order_id: session, method: 'upi', outcome: 'success' }
    const back = await send('sandbox', '/razorpay/sandbox/pay', paying, 200)
    const paid = await send('shop', '/checkout/payment', { order_id: placed.order.id, ...back }, 200)
    if (paid.order.payment_status !== 'paid') throw new Error(`an order paid for is ${paid.order.payment_status}`)
    await tell?.(session)
    return { session, payment: back.razorpay_payment_id }
  },
  gateway: {
    name: 'razorpay',
    list: '/razorpay/sandbox/webhooks?order_id=',
    resend: '/razorpay/sandbox/webhooks/resend',
    id: 'event_id',
    events: 3,
  },
}

const ansania: BenchShop = {
  name: 'ansania',
  api: '/ansania/api',
  products: 100_000,
  fill: async (pool, secret) => {
    const store = await fillFurniture(pool, 'ansania', ansania.products)
    const slugs = await execute(pool, 'select slug from product order by id limit 5000')
    return {
      ...(await peopleAndVariants(pool, store, secret)),
      pages: slugs.map(([slug]) => `/products/${String(slug)}`),
    }
  },
  lists: (random) => [
    { name: 'list', title: 'product list of 20, page 1 of 100,000', paths: ['/products'] },
    { name: 'search', title: 'list by three filters and a search, 200 match', paths: [`/products?${wanted}20000000`] },
    {
      name: 'search',
      title: 'the same, asked for the first time',
      // more than are kept
      paths: Array.from({ length: 20_000 }, () => `/products?${wanted}${20_000_000 + whole(random, 10_000_000)}`),
      overheard: 64,
    },
  ],
  add: (variant) => ({ path: '/cart/items', body: { product_variant_id: variant.name, quantity: 1 }, status: 201 }),
  purchase: async (send, customer, variant, tell) => {
    const { path, body, status } = ansania.add(variant)
    await send('shop', path, body, status)
    const order = {
      shipping_address_id: customer.addressName,
      shipping_courier: 'jnt',
      shipping_service: 'REG',
      payment_method: 'virtual_account',
      payment_channel: 'bca',
    }
    const placed = await send('shop', '/checkout/create-order', order, 201)
    const { order_number: number } = placed.data.order
    await send('sandbox', '/doku/sandbox/pay', { invoice_number: number, outcome: 'success' }, 200)
    await tell?.(number)
    // by then the gateway has told of it, beside the customer
    for (const deadline = performance.now() + 30_000; ;) {
      const { data } = await send('shop', `/orders/${number}`, undefined, 200)
      if (data.order.payment_status === 'paid') break
      if (performance.now() > deadline) throw new Error(`an order paid for is ${data.order.status}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return { session: placed.data.payment.transaction_id }
  },
  gateway: {
    name: 'doku',
    list: '/doku/sandbox/notifications?invoice_number=',
    resend: '/doku/sandbox/notifications/resend',
    id: 'request_id',
    events: 1,
  },
}

export const shops = { ionora, ansania }

async function peopleAndVariants(pool: Pool, store: Store, secret: string) {
  const tokens = createTokens(createEngine(pool), openVault(secret))
  const people = await execute(pool, 'select customer_id, id, serial from address order by customer_id')
  const customers = await Promise.all(
    people.map(async ([id, addressId, addressName]) => ({
      id: id as string,
      addressId: addressId as string,
      addressName: addressName as number,
      token: await tokens.sign(store, { id: id as string, sessionEpoch: 0 }),
    })),
  )
  // what is sold out is not bought
  const rows = await execute(
    pool,
    `select v.id, v.serial from variant v join stock s on s.store_id = v.store_id and s.variant_id = v.id
     where not s.is_out order by v.id limit 10000`,
  )
  const variants = rows.map(([id, name]) => ({ id: id as string, name: name as number }))
  return { storeId: store.storeId, customers, variants }
}
