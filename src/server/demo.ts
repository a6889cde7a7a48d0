import { createReadStream } from 'node:fs'
import { ensureCategories, placeCategory, touchCatalogue } from '../engine/catalogue/categories.ts'
import { system } from '../engine/context.ts'
import type { Engine } from '../engine/context.ts'
import { setTableRate } from '../engine/fulfilment/quotes.ts'
import { addAddress } from '../engine/identity/addresses.ts'
import type { AddressFields } from '../engine/identity/addresses.ts'
import { register } from '../engine/identity/identity.ts'
import { addVoucher } from '../engine/promotions/vouchers.ts'
import { addStore, changeStore } from '../engine/stores/stores.ts'
import type { NewStore, Store } from '../engine/stores/stores.ts'
import { ansaniaCategories, ansaniaRates, ansaniaStore, ansaniaTops, ansaniaVouchers } from './demo/ansania.ts'
import { inkStore } from './demo/ink.ts'
import { ionoraStore } from './demo/ionora.ts'
import type { Registry } from './registry.ts'

/** The same in every demo store. */
export const demoAccounts = [
  { email: 'test@example.com', password: 'TestPass123!', fullName: 'Test Customer', isAdmin: false },
  { email: 'admin@example.com', password: 'AdminPass123!', fullName: 'Shop Admin', isAdmin: true },
] as const

interface DemoStore {
  store: NewStore
  /** of the customer; who signs in by phone where the contract has that */
  phone: string
  phoneIsLogin: boolean
  address: AddressFields
  /** a file of demo/catalogs, with the currency of its prices and what one unit of it is in the shop's */
  catalogue?: { file: string; currency: string; rate?: string }
  /** what else the store begins with, once its catalogue is there */
  furnish?(engine: Engine, store: Store): Promise<void>
}

const address: AddressFields = {
  kind: 'shipping',
  label: null,
  recipientName: null,
  phone: null,
  line1: '123 Street',
  line2: null,
  district: null,
  city: 'Mumbai',
  region: 'MH',
  postalCode: '400001',
  country: 'India',
  isDefault: true,
}

const demoStores: DemoStore[] = [
  {
    store: ionoraStore,
    phone: '9876543210',
    phoneIsLogin: false,
    address,
    catalogue: { file: 'home-and-garden.csv', currency: 'USD', rate: '83.5' },
  },
  {
    store: ansaniaStore,
    phone: '+628123456789',
    phoneIsLogin: true,
    address: {
      ...address,
      label: 'Home',
      recipientName: 'Test Customer',
      phone: '+628123456789',
      line1: 'Jl. Example No. 123',
      city: 'Jakarta Selatan',
      region: 'DKI Jakarta',
      postalCode: '12345',
      country: null,
    },
    catalogue: { file: 'furniture.csv', currency: 'IDR' },
    furnish: async (engine, store) => {
      await engine.run(store, system, async (ctx) => {
        await touchCatalogue(ctx)
        await ensureCategories(ctx, ansaniaTops)
        for (const [parent, slugs] of Object.entries(ansaniaCategories))
          for (const slug of slugs) await placeCategory(ctx, slug, parent)
        for (const voucher of ansaniaVouchers(engine.now())) await addVoucher(ctx, voucher)
        for (const rate of ansaniaRates) await setTableRate(ctx, rate)
      })
    },
  },
  { store: inkStore, phone: '9876543210', phoneIsLogin: false, address },
]

/**
 * Gives an installation that has no stores of its own the demo stores that it lacks, with their accounts and catalogues.
 * @returns whether any was missing
 */
export async function seedDemo(engine: Engine, registry: Registry): Promise<boolean> {
  if (!registry.all().every((store) => store.isDemo)) return false
  // one that an earlier version made
  for (const { store } of demoStores) {
    const known = registry.bySlug(store.slug)
    if (known && known.contracts.join() !== store.contracts.join()) {
      await changeStore(engine.db, known.storeId, { contracts: store.contracts })
      await registry.reload()
    }
  }
  const missing = demoStores.filter(({ store }) => !registry.bySlug(store.slug))
  for (const demo of missing) {
    await addStore(engine.db, demo.store)
    await registry.reload()
    const store = registry.bySlug(demo.store.slug)!
    for (const { password, ...account } of demoAccounts) {
      const own = account.isAdmin ? { phone: null } : { phone: demo.phone, phoneIsLogin: demo.phoneIsLogin }
      const customer = await register(engine, store, { ...account, ...own }, password)
      if (!account.isAdmin) {
        const actor = { kind: 'customer', id: customer.id, isAdmin: false } as const
        await engine.run(store, actor, (ctx) => addAddress(ctx, demo.address))
      }
    }
    if (demo.catalogue) {
      const { importProducts } = await import('../engine/catalogue/exchange/import.ts')
      const { file, ...prices } = demo.catalogue
      const csv = createReadStream(new URL(`../../demo/catalogs/${file}`, import.meta.url))
      await importProducts(engine, store, csv, prices)
    }
    await demo.furnish?.(engine, store)
  }
  return missing.length > 0
}
