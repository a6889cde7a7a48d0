import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Cart } from '../cart/cart.ts'
import type { ChosenShipping } from '../checkout/place.ts'
import type { Ctx, Engine } from '../context.ts'
import type { Address } from '../identity/addresses.ts'
import { shippingDiscountOf } from '../promotions/vouchers.ts'
import { Refusal } from '../refusal.ts'
import type { Store } from '../stores/stores.ts'
import { CourierError } from './courier.ts'
import type { CourierService, Rate } from './courier.ts'
import { chargeableGrams } from './weight.ts'

/** Finds the service that speaks for a courier in a store; undefined when none does. */
export type FindCourier = (store: Store, courier: string) => CourierService | undefined

/** What the customer can choose from. */
export interface ShippingOption extends Rate {
  /** what the cart's voucher takes off it */
  discountMinor: number
  /** from the shop's own table, or from a day ago: the courier could not be asked */
  isEstimated: boolean
}

interface Offer {
  options: ShippingOption[]
  weightGrams: number
  subtotalMinor: number
  cartVersion: number
  addressUpdatedAt: Date
}

/** How long a price is shown, and nobody asked twice; and one of our own, before the courier is asked again. */
const shownMs = { rate: 30 * 60_000, estimate: 10 * 60_000 }
/** How long it is charged: a customer who was shown it last has as long again to order for it. */
const chargedMs = { rate: 2 * shownMs.rate, estimate: 2 * shownMs.estimate }
/** How old a price may be that is used because the courier cannot be asked. */
const staleMs = 24 * 3_600_000

interface QuoteKey {
  storeId: string
  courier: string
  destination: string
  weightGrams: number
}

interface Kept {
  rates: Rate[] | null
  quotedAt: Date | null
  estimate: Rate[] | null
  estimatedAt: Date | null
}

const keptQuote = statement(
  'shipping.quote',
  (p: QuoteKey) =>
    sql<Kept>`
    select rates, quoted_at, estimate, estimated_at from shipping_quote
    where store_id = ${p.storeId} and courier = ${p.courier} and destination = ${p.destination}
      and weight_grams = ${p.weightGrams}`,
)

const keepQuote = statement(
  'shipping.keep_quote',
  (p: QuoteKey & { rates: string; now: Date }) =>
    sql`insert into shipping_quote (store_id, courier, destination, weight_grams, rates, quoted_at)
    values (${p.storeId}, ${p.courier}, ${p.destination}, ${p.weightGrams}, ${p.rates}::jsonb, ${p.now})
    on conflict (store_id, courier, destination, weight_grams)
      do update set rates = excluded.rates, quoted_at = excluded.quoted_at`,
)

const keepEstimate = statement(
  'shipping.keep_estimate',
  (p: QuoteKey & { rates: string; now: Date }) =>
    sql`insert into shipping_quote (store_id, courier, destination, weight_grams, estimate, estimated_at)
    values (${p.storeId}, ${p.courier}, ${p.destination}, ${p.weightGrams}, ${p.rates}::jsonb, ${p.now})
    on conflict (store_id, courier, destination, weight_grams)
      do update set estimate = excluded.estimate, estimated_at = excluded.estimated_at`,
)

const tableRates = statement(
  'shipping.table',
  (p: { storeId: string; courier: string; region: string; city: string; kilograms: number }) =>
    sql<Rate>`
    select distinct on (service) service, description, etd,
      first_kg_minor + next_kg_minor * (${p.kilograms}::int - 1) as cost_minor
    from shipping_rate
    where store_id = ${p.storeId} and courier = ${p.courier} and region in (plain(${p.region}), '')
      and city in (plain(${p.city}), '')
    order by service, city desc, region desc`,
)

/** What is to go where, as it was read. */
export interface Consignment {
  cart: Cart
  address: Address
  courier: string
}

/**
 * What a courier would take to bring the cart there. While it cannot be asked, the shop's own table serves.
 * @throws Refusal cart.empty, courier.unavailable (and no price of ours either)
 */
export async function offerShipping(
  engine: Engine,
  find: FindCourier,
  store: Store,
  { cart, address, courier }: Consignment,
  standsMs = shownMs,
): Promise<Offer> {
  const { lines, totals, voucher, seen } = cart
  if (!seen) throw new Refusal('cart.empty', {})
  const weightGrams = chargeableGrams(lines)
  const { rates, isEstimated } = await ratesFor(engine, find(store, courier), store, {
    courier,
    address,
    weightGrams,
    valueMinor: totals.subtotalMinor,
    standsMs,
  })
  const options = rates.map((rate) => ({
    ...rate,
    discountMinor: shippingDiscountOf(voucher && !voucher.problem ? voucher.voucher : null, rate.costMinor),
    isEstimated,
  }))
  const { subtotalMinor } = totals
  return { options, weightGrams, subtotalMinor, cartVersion: seen.version, addressUpdatedAt: address.updatedAt }
}

/**
 * One of the services on offer, for an order.
 * @throws Refusal courier.no_service, and as offerShipping
 */
export async function chooseShipping(
  engine: Engine,
  find: FindCourier,
  store: Store,
  consignment: Consignment,
  service: string,
): Promise<ChosenShipping> {
  const { courier } = consignment
  const { options, ...parcel } = await offerShipping(engine, find, store, consignment, chargedMs)
  const option = options.find((one) => one.service === service)
  if (!option) throw new Refusal('courier.no_service', { courier, service })
  return { courier, service, costMinor: option.costMinor, isEstimated: option.isEstimated, ...parcel }
}

/** What a quote and an order can hold, two thousand tonnes: nobody takes more. */
const heaviestGrams = 2 ** 31 - 1

interface Wanted {
  courier: string
  address: Address
  weightGrams: number
  valueMinor: number
  standsMs: typeof shownMs
}

async function ratesFor(
  engine: Engine,
  service: CourierService | undefined,
  store: Store,
  { courier, address, weightGrams, valueMinor, standsMs }: Wanted,
): Promise<{ rates: Rate[]; isEstimated: boolean }> {
  if (weightGrams > heaviestGrams) return { rates: [], isEstimated: false }
  const { db } = engine
  const now = engine.now()
  const { postalCode, city, district, region } = address
  const destination = [postalCode, city, district, region].join('|').toLowerCase()
  const key = { storeId: store.storeId, courier, destination, weightGrams }
  const [kept] = await keptQuote(db, key)
  const since = (time: Date | null | undefined) => (time ? now.getTime() - time.getTime() : Infinity)
  const age = since(kept?.quotedAt)
  const estimateAge = since(kept?.estimatedAt)
  // what was shown last
  if (kept?.estimate && estimateAge < standsMs.estimate && estimateAge < age)
    return { rates: kept.estimate, isEstimated: true }
  if (kept?.rates && age < standsMs.rate) return { rates: kept.rates, isEstimated: false }
  const { origin } = store.profile
  if (service && origin) {
    try {
      const rates = await service.rates({
        courier,
        origin,
        destination: { postalCode, city, district, region },
        weightGrams,
        valueMinor,
      })
      await keepQuote(db, { ...key, rates: JSON.stringify(rates), now })
      return { rates, isEstimated: false }
    } catch (error) {
      if (!(error instanceof CourierError)) throw error
      if (error.kind === 'refused') return { rates: [], isEstimated: false } // nobody goes there
    }
  }
  const kilograms = Math.max(1, Math.ceil(weightGrams / 1000))
  const rates =
    kept?.rates && age < staleMs
      ? kept.rates
      : await tableRates(db, { storeId: store.storeId, courier, region, city, kilograms })
  if (rates.length === 0) throw new Refusal('courier.unavailable', { courier })
  await keepEstimate(db, { ...key, rates: JSON.stringify(rates), now })
  return { rates, isEstimated: true }
}

const forget = statement(
  'shipping.forget_quotes',
  (p: { before: Date }) => sql`delete from shipping_quote where greatest(quoted_at, estimated_at) < ${p.before}`,
)

/** Quotes that are too old to be used. */
export async function forgetOldQuotes(db: Db, now: Date): Promise<void> {
  await forget(db, { before: new Date(now.getTime() - 2 * staleMs) })
}

export interface TableRate {
  courier: string
  service: string
  /** '' for everywhere; compared without accents and case */
  region: string
  city: string
  description: string
  firstKgMinor: number
  nextKgMinor: number
  etd: string
}

const insertRate = statement(
  'shipping.set_rate',
  (p: TableRate & { storeId: string }) =>
    sql`insert into shipping_rate (store_id, courier, service, region, city, description, first_kg_minor, next_kg_minor, etd)
    values (${p.storeId}, ${p.courier}, ${p.service}, plain(${p.region}), plain(${p.city}), ${p.description},
      ${p.firstKgMinor}, ${p.nextKgMinor}, ${p.etd})
    on conflict (store_id, courier, service, region, city) do update
      set description = excluded.description, first_kg_minor = excluded.first_kg_minor,
        next_kg_minor = excluded.next_kg_minor, etd = excluded.etd`,
)

/** Sets a price of the shop's own table. */
export async function setTableRate(ctx: Ctx<Db>, rate: TableRate): Promise<void> {
  await insertRate(ctx.tx, { ...rate, storeId: ctx.store.storeId })
}
