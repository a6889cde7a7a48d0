import { createReadStream } from 'node:fs'
import type { Engine } from '../engine/context.ts'
import { addAddress } from '../engine/identity/addresses.ts'
import { register } from '../engine/identity/identity.ts'
import { addStore } from '../engine/stores/stores.ts'
import type { NewStore } from '../engine/stores/stores.ts'
import type { Registry } from './registry.ts'

/** The same in every demo store. */
export const demoAccounts = [
  {
    email: 'test@example.com',
    password: 'TestPass123!',
    fullName: 'Test Customer',
    phone: '9876543210',
    isAdmin: false,
  },
  { email: 'admin@example.com', password: 'AdminPass123!', fullName: 'Shop Admin', phone: null, isAdmin: true },
] as const

interface DemoStore extends NewStore {
  /** a file of demo/catalogs, with the currency of its prices and what one unit of it is in the shop's */
  catalogue: { file: string; currency: string; rate: string }
}

/** The settings of the demo's appliance shop; tests and the bench make theirs of them. */
export const ionoraStore: NewStore = {
  slug: 'ionora',
  name: 'Ionora',
  contracts: ['ionora'],
  currency: 'INR',
  timeZone: 'Asia/Kolkata',
  taxRateBps: 1800,
  taxMode: 'exclusive',
  taxRounding: 'order',
  shippingMinor: 0,
  orderNumberTemplate: 'ION-{year}-{number:4}',
  unpaidMinutes: 30,
  tokenMinutes: 7 * 24 * 60,
  paymentProvider: 'razorpay',
  isDemo: true,
  hosts: ['ionora.localhost'],
}

const demoStores: DemoStore[] = [
  { ...ionoraStore, catalogue: { file: 'home-and-garden.csv', currency: 'USD', rate: '83.5' } },
]

/**
 * Fills an installation that has no store yet with the demo stores, their accounts and catalogues.
 * @returns whether it was empty
 */
export async function seedDemo(engine: Engine, registry: Registry): Promise<boolean> {
  if (registry.all().length > 0) return false
  for (const { catalogue, ...store } of demoStores) {
    await addStore(engine.db, store)
    await registry.reload()
    const added = registry.bySlug(store.slug)!
    for (const { password, ...person } of demoAccounts) {
      const customer = await register(engine, added, person, password)
      if (!person.isAdmin) {
        const actor = { kind: 'customer', id: customer.id, isAdmin: false } as const
        await engine.run(added, actor, (ctx) => addAddress(ctx, demoAddress))
      }
    }
    const { importProducts } = await import('../engine/catalogue/exchange/import.ts')
    const file = createReadStream(new URL(`../../demo/catalogs/${catalogue.file}`, import.meta.url))
    await importProducts(engine, added, file, { currency: catalogue.currency, rate: catalogue.rate })
  }
  return true
}

const demoAddress = {
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
