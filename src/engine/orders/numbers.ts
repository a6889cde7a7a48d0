import type { Store } from '../stores/stores.ts'

/**
 * Reads a store's order number template at a moment: `ION-{year}-{number:4}` gives `ION-2025-0001`. Numbers run from
 * 1 within what the template's dates say, in the store's own time zone: a template with {year} starts anew each year.
 * @returns the counter's period, and what stands before and after its number of at least `digits` digits
 */
export function orderPeriod(store: Pick<Store, 'orderNumberTemplate' | 'timeZone'>, now: Date) {
  const parts = Object.fromEntries(
    dateFormat(store.timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  const dated = store.orderNumberTemplate.replace(/\{(year|month|day)\}/g, (_, name: string) => parts[name]!)
  const match = /^(.*)\{number(?::(\d+))?\}(.*)$/s.exec(dated)
  if (!match) throw new Error(`order number template without {number}: ${store.orderNumberTemplate}`)
  const [, prefix, digits, suffix] = match
  return { period: `${prefix}#${suffix}`, prefix: prefix!, digits: Number(digits ?? 1), suffix: suffix! }
}

const formats = new Map<string, Intl.DateTimeFormat>()

function dateFormat(timeZone: string) {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return format
}
