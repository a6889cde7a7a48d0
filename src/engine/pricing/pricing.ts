import { apportion, shareOf, taxWithin } from '../money.ts'
import type { Store } from '../stores/stores.ts'

export interface PricedLine {
  unitMinor: number
  quantity: number
  /** whether a discount of the order is taken off this line too; it is when left out */
  isDiscounted?: boolean
}

/** What is taken off, and what shipping costs where that was asked for this very parcel. */
export interface Adjustments {
  discountMinor?: number
  /** after what is taken off it; the store's own flat price when left out */
  shippingMinor?: number
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
  /** the discount of each line: adds up to discountMinor exactly */
  lineDiscountMinor: number[]
}

type TaxRules = Pick<Store, 'taxRateBps' | 'taxMode' | 'taxRounding' | 'shippingMinor'>

/** What lines come to, and the part of it that a discount can be taken off. */
export function sumLines(lines: readonly PricedLine[]) {
  const amounts = lines.map((line) => line.unitMinor * line.quantity)
  const eligible = amounts.map((amount, i) => (lines[i]!.isDiscounted === false ? 0 : amount))
  return { amounts, eligible, subtotalMinor: sum(amounts), eligibleMinor: sum(eligible) }
}

/**
 * What lines cost under a store's rules. Exclusive tax comes on top of what is left after the discount, inclusive tax is
 * contained in it; it is rounded once for the order and then shared out, or on each line and then summed. Shipping is
 * not taxed, and an empty cart ships nothing.
 */
export function priceLines(rules: TaxRules, lines: readonly PricedLine[], adjustments: Adjustments = {}): Totals {
  const { amounts, eligible, subtotalMinor, eligibleMinor } = sumLines(lines)
  const discountMinor = Math.min(adjustments.discountMinor ?? 0, eligibleMinor)
  const lineDiscountMinor = discountMinor === 0 ? amounts.map(() => 0) : apportion(discountMinor, eligible)
  const taxed = amounts.map((amount, i) => amount - lineDiscountMinor[i]!)
  const tax = rules.taxMode === 'exclusive' ? shareOf : taxWithin
  const lineTaxMinor =
    rules.taxRounding === 'line'
      ? taxed.map((amount) => tax(amount, rules.taxRateBps))
      : apportion(tax(subtotalMinor - discountMinor, rules.taxRateBps), taxed)
  const taxMinor = sum(lineTaxMinor)
  const shippingMinor = lines.length > 0 ? (adjustments.shippingMinor ?? rules.shippingMinor) : 0
  const totalMinor = subtotalMinor - discountMinor + shippingMinor + (rules.taxMode === 'exclusive' ? taxMinor : 0)
  return { subtotalMinor, discountMinor, taxMinor, shippingMinor, totalMinor, lineTaxMinor, lineDiscountMinor }
}

const sum = (amounts: readonly number[]) => amounts.reduce((a, b) => a + b, 0)
