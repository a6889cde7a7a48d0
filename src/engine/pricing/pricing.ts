import { apportion, shareOf, taxWithin } from '../money.ts'
import type { Store } from '../stores/stores.ts'

export interface PricedLine {
  unitMinor: number
  quantity: number
}

/** All in the store's minor units. */
export interface Totals {
  subtotalMinor: number
  discountMinor: number
  taxMinor: number
  shippingMinor: number
  totalMinor: number
  /** the tax of each line, in the lines' order: adds up to taxMinor exactly */
  lineTaxMinor: number[]
}

type TaxRules = Pick<Store, 'taxRateBps' | 'taxMode' | 'taxRounding' | 'shippingMinor'>

/**
 * What lines cost under a store's rules. Exclusive tax comes on top of the subtotal, inclusive tax is contained in
 * it; it is rounded once for the order and then shared out, or on each line and then summed. Shipping is not taxed,
 * and an empty cart ships nothing.
 */
export function priceLines(rules: TaxRules, lines: readonly PricedLine[]): Totals {
  const amounts = lines.map((line) => line.unitMinor * line.quantity)
  const subtotalMinor = sum(amounts)
  const tax = rules.taxMode === 'exclusive' ? shareOf : taxWithin
  const lineTaxMinor =
    rules.taxRounding === 'line'
      ? amounts.map((amount) => tax(amount, rules.taxRateBps))
      : apportion(tax(subtotalMinor, rules.taxRateBps), amounts)
  const taxMinor = sum(lineTaxMinor)
  const shippingMinor = lines.length > 0 ? rules.shippingMinor : 0
  const totalMinor = subtotalMinor + shippingMinor + (rules.taxMode === 'exclusive' ? taxMinor : 0)
  return { subtotalMinor, discountMinor: 0, taxMinor, shippingMinor, totalMinor, lineTaxMinor }
}

const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0)
