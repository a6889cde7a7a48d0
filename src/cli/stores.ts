import { text } from 'node:stream/consumers'
import type { Config } from '../config.ts'
import { contradictions } from '../contracts/toolkit/contract.ts'
import { system } from '../engine/context.ts'
import { violates } from '../engine/database.ts'
import { makeAdmin, register } from '../engine/identity/identity.ts'
import { exponentOf } from '../engine/money.ts'
import { addStore, setSecret } from '../engine/stores/stores.ts'
import type { NewStore, Store } from '../engine/stores/stores.ts'
import { contracts, open } from '../main.ts'
import type { Installation } from '../main.ts'
import { providerSecrets, secretNames, secretPurpose } from '../server/providers.ts'
import type { Provider } from '../server/providers.ts'
import { UsageError, say } from './usage.ts'

/** One store of an installation that is open. */
export interface Place extends Installation {
  store: Store
}

/** Opens the installation for one command, and closes it whatever happens. */
async function withInstallation<T>(config: Config, work: (installation: Installation) => Promise<T>): Promise<T> {
  const installation = await open(config, { migrate: false })
  try {
    return await work(installation)
  } finally {
    await installation.close()
  }
}

/** @throws UsageError for a store that is not there */
export const withStore = <T>(config: Config, slug: string, work: (place: Place) => Promise<T>): Promise<T> =>
  withInstallation(config, async (installation) => {
    const store = installation.registry.bySlug(slug)
    if (!store) throw new UsageError(`there is no store ${slug}; saudagar stores list shows those there are`)
    return work({ ...installation, store })
  })

export async function migrateDatabase(config: Config): Promise<void> {
  const installation = await open({ ...config, demo: false }, { migrate: true })
  await installation.close()
  say('The database is up to date.')
}

interface AddOptions {
  contract: string[]
  name: string
  currency: string
  timeZone: string
  tax: number
  taxMode: string
  taxRounding: string
  shipping: number
  orderNumbers: string
  unpaidMinutes: number
  tokenMinutes: number
  payments: string
  country: string
  host?: string[]
}

export async function add(config: Config, slug: string, options: AddOptions): Promise<void> {
  const store = toStore(slug, options)
  for (const name of store.contracts) {
    const contract = contracts.find((known) => known.name === name)
    if (!contract)
      throw new UsageError(`there is no contract ${name}; there are ${contracts.map((known) => known.name).join(', ')}`)
    const problems = contradictions(contract, { ...store, exponent: exponentOf(store.currency) } as Store)
    if (problems.length > 0) throw new UsageError(problems.join('; '))
  }
  await withInstallation(config, async ({ engine }) => {
    await addStore(engine.db, store).catch((error: unknown) => {
      throw violates(error, 'store_name_pkey') ? new UsageError(`the name ${slug}, or a host, is taken`) : error
    })
  })
  say(`Store ${slug} is there, at /${slug}.`)
  const names = providerSecrets[store.paymentProvider as Provider]
  say(`Its payments need: ${names.map((name) => `saudagar stores secret ${slug} ${name}`).join('; ')}`)
}

function toStore(slug: string, options: AddOptions): NewStore {
  const { taxMode, taxRounding } = options
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(slug)) throw new UsageError('a store is named with a-z, 0-9 and -')
  if (taxMode !== 'exclusive' && taxMode !== 'inclusive') throw new UsageError('--tax-mode is exclusive or inclusive')
  if (taxRounding !== 'order' && taxRounding !== 'line') throw new UsageError('--tax-rounding is order or line')
  if (!/\{number(:\d+)?\}/.test(options.orderNumbers)) throw new UsageError('--order-numbers needs {number}')
  if (options.payments !== 'razorpay' && options.payments !== 'doku')
    throw new UsageError('--payments is razorpay or doku')
  try {
    exponentOf(options.currency)
    Intl.DateTimeFormat('en', { timeZone: options.timeZone })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  return {
    slug,
    name: options.name,
    contracts: options.contract,
    currency: options.currency,
    timeZone: options.timeZone,
    taxRateBps: options.tax,
    taxMode,
    taxRounding,
    shippingMinor: options.shipping,
    orderNumberTemplate: options.orderNumbers,
    unpaidMinutes: options.unpaidMinutes,
    tokenMinutes: options.tokenMinutes,
    paymentProvider: options.payments,
    country: options.country,
    profile: {},
    couriers: {},
    erpProvider: null,
    isDemo: false,
    hosts: (options.host ?? []).map((host) => host.toLowerCase()),
  }
}

export const list = (config: Config): Promise<void> =>
  withInstallation(config, async ({ registry }) => {
    for (const store of registry.all()) {
      say([store.slug.padEnd(20), store.contracts.join(',').padEnd(20), store.currency, store.name].join('  '))
    }
    if (registry.all().length === 0) say('There is no store yet: saudagar stores add')
  })

/** Sets a secret from standard input, so that it stands in no list of processes and no history. */
export const secret = (config: Config, slug: string, name: string): Promise<void> => {
  if (!secretNames.includes(name)) {
    throw new UsageError(`a secret is one of ${secretNames.join(', ')}`)
  }
  return withStore(config, slug, async ({ engine, vault, store }) => {
    const value = (await text(process.stdin)).trim()
    if (value === '') throw new UsageError('the secret is read from standard input, and there was none')
    await setSecret(engine.db, store.storeId, name, vault.seal(value, secretPurpose(store.storeId, name)), engine.now())
    say(`${name} of ${slug} is set.`)
  })
}

export async function addAdmin({ engine, store }: Place, email: string, fullName: string): Promise<void> {
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new UsageError(`${email} is no e-mail address`)
  const isKnown = await makeAdmin(engine.direct(store, system), email)
  if (!isKnown) {
    const password = (await text(process.stdin)).trim()
    if (password.length < 8)
      throw new UsageError('the new account’s password is read from standard input: at least 8 characters')
    await register(engine, store, { email, fullName, phone: null, isAdmin: true }, password)
  }
  say(`${email} is an administrator of ${store.slug}.`)
}
