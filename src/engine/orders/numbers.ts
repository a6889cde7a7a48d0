import { sql } from 'kysely'
import type { Store } from '../stores/stores.ts'

/**
 * Reads a store's order number template at a moment: `ION-{year}-{number:4}` gives `ION-2025-0001`. Numbers run from
 * 1 within what the template's dates say, in the store's own time zone: a template with {year} starts anew each year.
 * @returns the counter's period, and what stands before and after its number of at least `digits` digits
 */
export function orderPeriod(store: Pick<Store, 'orderNumberTemplate' | 'timeZone'>, now: Date) {
  const parts = dateIn(store.timeZone, now)
  const dated = store.orderNumberTemplate.replace(/\{(year|month|day)\}/g, (_, name: string) => parts[name]!)
  const match = /^(.*)\{number(?::(\d+))?\}(.*)$/s.exec(dated)
  if (!match) throw new Error(`order number template without {number}: ${store.orderNumberTemplate}`)
  const [, prefix, digits, suffix] = match
  return { period: `${prefix}#${suffix}`, prefix: prefix!, digits: Number(digits ?? 1), suffix: suffix! }
}

/** The number that a template makes of a counter's `last`, for a statement that has `order_counter`'s row. */
export const numberColumn = (p: { prefix: string; digits: number; suffix: string }) =>
  sql`${p.prefix} || lpad(last::text, greatest(${p.digits}, length(last::text)), '0') || ${p.suffix}`

interface Zone {
  format: Intl.DateTimeFormat
  quarter: number
  parts: Record<string, string>
}

const zones = new Map<string, Zone>()

/** Days begin at a quarter of an hour in every time zone there is, so a date is made out four times an hour. */
function dateIn(timeZone: string, now: Date): Record<string, string> {
  let zone = zones.get(timeZone)
  if (!zone) {
    const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    zones.set(timeZone, (zone = { format, quarter: Number.NaN, parts: {} }))
  }
  const quarter = Math.floor(now.getTime() / 900_000)
  if (zone.quarter !== quarter) {
    zone.quarter = quarter
    zone.parts = Object.fromEntries(zone.format.formatToParts(now).map(({ type, value }) => [type, value]))
  }
  return zone.parts
}
