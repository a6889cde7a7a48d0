import { text } from 'node:stream/consumers'
import { Compile } from 'typebox/compile'
import { placeCategory } from '../engine/catalogue/categories.ts'
import { system } from '../engine/context.ts'
import { violates } from '../engine/database.ts'
import { setTableRate } from '../engine/fulfilment/quotes.ts'
import { addVoucher } from '../engine/promotions/vouchers.ts'
import type { NewVoucher } from '../engine/promotions/vouchers.ts'
import { isRefusal } from '../engine/refusal.ts'
import { changeStore } from '../engine/stores/stores.ts'
import { StoreProfile } from '../engine/stores/profile.ts'
import { readJntContract } from '../providers/couriers/jnt-contract.ts'
import { courierServices } from '../server/providers.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

/** Puts a category below another, or at the top. */
export async function place({ engine, store }: Place, slug: string, under: string | undefined): Promise<void> {
  await engine
    .run(store, system, (ctx) => placeCategory(ctx, slug, under ?? null))
    .catch((error: unknown) => {
      if (!isRefusal(error, 'category.unknown')) throw error
      throw new UsageError(`there is no category ${slug}, or no place for it under ${under}`)
    })
  say(under === undefined ? `${slug} is at the top.` : `${slug} is under ${under}.`)
}

export interface VoucherOptions {
  name: string
  description: string
  percent?: number
  amount?: number
  freeShipping?: boolean
  max?: number
  min: number
  from?: Date
  until?: Date
  limit?: number
  perCustomer?: number
  firstOrder?: boolean
  secret?: boolean
  category?: string[]
}

export async function voucher({ engine, store }: Place, code: string, options: VoucherOptions): Promise<void> {
  const kinds = [options.percent, options.amount, options.freeShipping].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) throw new UsageError('a voucher has one of --percent, --amount and --free-shipping')
  const fresh = (now: Date): NewVoucher => ({
    code,
    name: options.name,
    description: options.description,
    kind:
      options.percent !== undefined ? 'percentage' : options.amount !== undefined ? 'fixed_amount' : 'free_shipping',
    percentBps: options.percent ?? null,
    amountMinor: options.amount ?? null,
    maxDiscountMinor: options.max ?? null,
    minPurchaseMinor: options.min,
    startsAt: options.from ?? now,
    endsAt: options.until ?? null,
    usageLimit: options.limit ?? null,
    customerLimit: options.perCustomer ?? null,
    firstOrderOnly: options.firstOrder ?? false,
    isPublic: !options.secret,
    categories: options.category ?? [],
  })
  await engine
    .run(store, system, (ctx) => addVoucher(ctx, fresh(ctx.now)))
    .catch((error: unknown) => {
      if (isRefusal(error, 'category.unknown'))
        throw new UsageError(`not all of these categories are there: ${options.category?.join(', ')}`)
      throw violates(error, 'voucher_code') ? new UsageError(`there is a voucher ${code} already`) : error
    })
  say(`Voucher ${code.toUpperCase()} is there.`)
}

export interface RateOptions {
  region: string
  city: string
  description: string
  first: number
  next: number
  etd: string
}

/** A price of the shop's own, for when the courier cannot be asked. */
export async function rate({ engine, store }: Place, courier: string, service: string, options: RateOptions) {
  const { first, next, ...rest } = options
  const ctx = engine.direct(store, system)
  await setTableRate(ctx, { courier, service, firstKgMinor: first, nextKgMinor: next, ...rest })
  say(`${courier} ${service} costs ${first} for the first kilogram and ${next} for each further one.`)
}

/** Which courier is spoken for by which service, which ERP, and what stands on invoices and parcels. */
export async function settings(
  { engine, store }: Place,
  options: { courier?: string[]; erp?: string; profile?: boolean },
): Promise<void> {
  const couriers = options.courier && Object.fromEntries(options.courier.map(pair))
  const profile = options.profile ? readProfile(await text(process.stdin)) : undefined
  if (options.erp !== undefined && !['odoo', 'none'].includes(options.erp))
    throw new UsageError('--erp is odoo or none')
  await changeStore(engine.db, store.storeId, {
    ...(couriers && { couriers }),
    ...(profile && { profile }),
    ...(options.erp !== undefined && { erpProvider: options.erp === 'none' ? null : options.erp }),
  })
  say(`The settings of ${store.slug} are changed.`)
}

function pair(given: string): [courier: string, service: string] {
  const [courier, service] = given.split('=')
  if (!courier || !service || !courierServices.some((known) => known === service))
    throw new UsageError(
      `--courier is a courier and who speaks for it, as sicepat=biteship (${courierServices.join(', ')})`,
    )
  return [courier, service]
}

export function readProfile(json: string): StoreProfile {
  const profile = parse(json)
  const check = Compile(StoreProfile)
  if (!check.Check(profile)) {
    const wrong = check.Errors(profile).map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`)
    throw new UsageError(`the profile is read from standard input, as one JSON object: ${wrong.join('; ')}`)
  }
  try {
    const { areas } = readJntContract(profile.jnt)
    if (areas && profile.origin && !areas(profile.origin))
      throw new UsageError('jnt.areas has no row for origin: J&T could not be asked for any parcel')
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error
  }
  return profile
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
