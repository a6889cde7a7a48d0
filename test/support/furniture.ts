import assert from 'node:assert/strict'
import { importRecords } from '../../src/engine/catalogue/exchange/import.ts'
import type { ProductRecord } from '../../src/engine/catalogue/exchange/record.ts'
import { touchCatalogue, ensureCategories, placeCategory } from '../../src/engine/catalogue/categories.ts'
import { system } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { setTableRate } from '../../src/engine/fulfilment/quotes.ts'
import { register } from '../../src/engine/identity/identity.ts'
import { addVoucher } from '../../src/engine/promotions/vouchers.ts'
import type { BrowseQuery } from '../../src/engine/catalogue/browse/browse.ts'
import type { NewVoucher } from '../../src/engine/promotions/vouchers.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { ansaniaRates, ansaniaStore, ansaniaVouchers } from '../../src/server/demo/ansania.ts'
import { openInstallation } from './installation.ts'
import type { Lifetime, ShopOptions, Wire } from './installation.ts'

export { ansaniaStore }

export const password = 'SecurePass123!'

export const address = {
  label: 'Home',
  recipient_name: 'Budi Santoso',
  phone: '+628123456789',
  address_line1: 'Jl. Example No. 123',
  city: 'Jakarta Selatan',
  province: 'DKI Jakarta',
  postal_code: '12345',
  is_default: true,
}

/** What somebody asks of the catalogue who says no more than this. */
export const browse = (query: Partial<BrowseQuery>): BrowseQuery => ({
  sort: 'newest',
  options: {},
  page: 1,
  limit: 20,
  ...query,
})

/** A product as tests make one; every variant has the options that its product names. */
export interface ProductSpec {
  slug?: string
  name?: string
  category?: string
  options?: string[]
  variants?: { options?: string[]; sku?: string; price?: number; compare?: number; quantity?: number }[]
  weightGrams?: number
  sizeCm?: [length: number, width: number, height: number]
}

/** A made product with its numbers. */
export interface MadeProduct {
  slug: string
  id: string
  serial: number
  /** in the order in which they were asked for */
  variants: { id: string; serial: number; sku: string }[]
}

/**
 * An installation with two stores of one kind, `ansania` and `rival`, their vouchers and prices of shipping, and what a
 * test of theirs asks for most. `rival` has no ERP: the sandbox's one database is ansania's.
 */
export async function openFurnitureShop(t: Lifetime, options: ShopOptions = {}) {
  const rivalStore = { ...ansaniaStore, slug: 'rival', name: 'Rival', hosts: [], erpProvider: null }
  const installation = await openInstallation(t, options, [ansaniaStore, rivalStore])
  const { engine, call, sandboxCall, storeOf, url } = installation
  const store = storeOf('ansania')
  const rival = storeOf('rival')
  for (const each of [store, rival]) {
    await engine.run(each, system, async (ctx) => {
      await touchCatalogue(ctx)
      await ensureCategories(ctx, ['Furniture', 'Tables', 'Chairs'])
      for (const slug of ['tables', 'chairs']) await placeCategory(ctx, slug, 'furniture')
      for (const voucher of ansaniaVouchers(engine.now())) await addVoucher(ctx, voucher)
      for (const rate of ansaniaRates) await setTableRate(ctx, rate)
    })
  }
  if (options.webhooks !== false)
    await sandboxCall('POST', '/odoo/sandbox/webhook-url', { webhook_url: `${url}/ansania/api/webhooks/odoo` })

  let products = 0
  /** Adds a product: without more said, a table with one variant of which ten are in stock. */
  const product = async (spec: ProductSpec = {}, of: Store = store): Promise<MadeProduct> => {
    const number = ++products
    const slug = spec.slug ?? `table-${number}`
    const variants = spec.variants ?? [{}]
    const [lengthCm, widthCm, heightCm] = spec.sizeCm ?? [30, 20, 10]
    const record: ProductRecord = {
      handle: slug,
      line: 0,
      lines: [0],
      title: spec.name ?? `Oak Table ${number}`,
      category: spec.category ?? 'Tables',
      description: '<p>Of solid oak.</p>',
      shortDescription: 'Of oak',
      isFeatured: false,
      lengthCm,
      widthCm,
      heightCm,
      ...(spec.options && { optionNames: spec.options }),
      images: [{ url: `https://cdn.example.com/${slug}.jpg` }],
      variants: variants.map((variant, i) => ({
        line: i,
        optionValues: variant.options ?? [],
        sku: variant.sku ?? `SKU-${number}-${i}`,
        weightGrams: spec.weightGrams ?? 800,
        priceMinor: variant.price ?? 3_500_000,
        compareMinor: variant.compare ?? null,
        quantity: variant.quantity ?? 10,
      })),
    }
    await engine.run(of, system, async (ctx) => {
      const { remarks } = await importRecords(ctx, [record])
      assert.deepEqual(remarks, [])
    })
    const rows = await execute(
      engine.db,
      `select p.id, p.serial, v.id, v.serial, v.sku from product p
       join variant v on v.store_id = p.store_id and v.product_id = p.id
       where p.store_id = $1 and p.slug = $2 order by v.position`,
      [of.storeId, slug],
    )
    const [id, serial] = rows[0] as [string, number]
    return {
      slug,
      id,
      serial,
      variants: rows.map((row) => ({ id: row[2] as string, serial: row[3] as number, sku: row[4] as string })),
    }
  }

  let people = 0
  /** A new customer of a store, signed in, and a way to call its API as that customer. */
  const customer = async (of: Store = store) => {
    const number = ++people
    const email = `person${number}@example.com`
    const phone = `+62811${String(1_000_000 + number)}`
    const person = { email, phone, fullName: `Person ${number}`, phoneIsLogin: true }
    const { id, serial } = await register(engine, of, person, password)
    const answer = await call(of, 'POST', '/api/auth/login', { body: { email, password } })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    const token: string = answer.body.data.token
    const refreshToken: string = answer.body.data.refresh_token
    return {
      id,
      serial,
      email,
      phone,
      token,
      refreshToken,
      call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
        call(of, method, path, { body, token, headers }),
    }
  }

  /** A guest who keeps the token of the cart, as an app does. */
  const guest = (of: Store = store) => {
    let token: string | undefined
    return {
      get token() {
        return token
      },
      call: async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
        const answer = await call(of, method, path, {
          body,
          headers: { ...(token !== undefined && { 'x-cart-token': token }), ...headers },
        })
        token = answer.headers.get('x-cart-token') ?? token
        return answer
      },
    }
  }

  /** A customer with an address and something in the cart. */
  const buyer = async (variantSerial: number, quantity = 1, of: Store = store) => {
    const person = await customer(of)
    const made = await person.call('POST', '/api/user/addresses', address)
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const put = await person.call('POST', '/api/cart/items', { product_variant_id: variantSerial, quantity })
    assert.equal(put.status, 201, JSON.stringify(put.body))
    const addressId: number = made.body.data.address.id
    const checkout = (more: object = {}, headers?: Record<string, string>) =>
      person.call(
        'POST',
        '/api/checkout/create-order',
        {
          shipping_address_id: addressId,
          shipping_courier: 'jnt',
          shipping_service: 'REG',
          payment_method: 'virtual_account',
          payment_channel: 'bca',
          ...more,
        },
        headers,
      )
    const orderOf = async (number: string): Promise<Wire> =>
      (await person.call('GET', `/api/orders/${number}`)).body.data?.order
    return { ...person, addressId, checkout, orderOf }
  }

  /** Plays the customer at the bank. @param invoice an order's number, or a transaction's id */
  const pay = (invoice: string, outcome: 'success' | 'failed' | 'expired' = 'success', more: object = {}) =>
    sandboxCall('POST', '/doku/sandbox/pay', { invoice_number: invoice, outcome, ...more })

  const voucher = (fields: Partial<NewVoucher> & { code: string }, of: Store = store) =>
    engine.run(of, system, (ctx) => addVoucher(ctx, { ...plainVoucher, name: fields.code, ...fields }))

  return { ...installation, store, rival, product, customer, guest, buyer, pay, voucher }
}

export type FurnitureShop = Awaited<ReturnType<typeof openFurnitureShop>>

/** Ten per cent off everything, for everybody, as often as they like. */
export const plainVoucher: Omit<NewVoucher, 'code' | 'name'> = {
  description: '',
  kind: 'percentage',
  percentBps: 1000,
  amountMinor: null,
  maxDiscountMinor: null,
  minPurchaseMinor: 0,
  startsAt: new Date('2020-01-01T00:00:00Z'),
  endsAt: null,
  usageLimit: null,
  customerLimit: null,
  firstOrderOnly: false,
  isPublic: true,
  categories: [],
}
