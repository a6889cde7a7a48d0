/**
 * Money is a whole number of the currency's minor unit (paise, sen), so that sums are exact. Printing it in another
 * form is the contracts' business, done here so that all of them round alike.
 */

/** Digits after the point in which a currency is kept: INR in paise, IDR in whole rupiah. ISO 4217, but for IDR. */
const exponents = new Map(
  Object.entries({
    INR: 2,
    IDR: 0,
    USD: 2,
    EUR: 2,
    SGD: 2,
    MYR: 2,
    THB: 2,
    PHP: 2,
    VND: 0,
    LKR: 2,
    BDT: 2,
    NPR: 2,
    PKR: 2,
  }),
)

/** @throws RangeError for a currency that no table here knows: a price is never taken in an unknown one */
export function exponentOf(currency: string): number {
  const exponent = exponents.get(currency)
  if (exponent === undefined) throw new RangeError(`unknown currency ${currency}`)
  return exponent
}

/**
 * A share of an amount, in whole minor units, half away from zero.
 * @param amountMinor >= 0
 * @param bps basis points: 1800 is 18 %
 */
export function shareOf(amountMinor: number, bps: number): number {
  return Number((BigInt(amountMinor) * BigInt(bps) + 5000n) / 10000n)
}

/** The tax that a gross amount contains: gross × rate / (100 % + rate), half away from zero. */
export function taxWithin(grossMinor: number, bps: number): number {
  const divisor = BigInt(10000 + bps)
  return Number((BigInt(grossMinor) * BigInt(bps) * 2n + divisor) / (divisor * 2n))
}

/**
 * Splits an amount over weights so that the parts add up to it exactly: an order's tax over its lines.
 * @param totalMinor whole minor units, >= 0
 * @param weights whole numbers >= 0, usually line totals; all zero gives the first everything
 * @returns one part per weight, minor units, same order; on a tie the earlier line gets more
 * Largest-remainder (Hamilton) method: Balinski & Young, Fair Representation, 2nd ed., 2001.
 */
export function apportion(totalMinor: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + BigInt(b), 0n)
  if (sum === 0n) return weights.map((_, i) => (i === 0 ? totalMinor : 0))
  const exact = weights.map((weight) => BigInt(totalMinor) * BigInt(weight))
  const parts = exact.map((share) => Number(share / sum))
  let left = totalMinor - parts.reduce((a, b) => a + b, 0)
  const byRemainder = exact
    .map((share, i) => ({ i, rest: share % sum }))
    .sort((a, b) => Number(b.rest - a.rest) || a.i - b.i)
  for (const { i } of byRemainder) {
    if (left-- <= 0) break
    parts[i]!++
  }
  return parts
}

/** 819910 -> "8199.10" with exponent 2, "819910" with 0. */
export function toDecimalString(minor: number, exponent: number): string {
  if (exponent === 0) return String(minor)
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0')
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** 819910 -> 8199.1: the nearest double, which JSON prints as the shortest decimal that reads back to it. */
export const toDecimalNumber = (minor: number, exponent: number) => minor / 10 ** exponent

/**
 * Reads a decimal amount as it was typed, without passing through a float.
 * @param decimal "8199.10", 8199.1, "10"
 * @returns minor units; digits beyond the exponent are rounded half up; null when it is no amount, is negative or
 * is beyond 2^53 - 1
 */
export function toMinor(decimal: string | number, exponent: number): number | null {
  const match = /^\+?(\d{1,16})(?:\.(\d{0,20}))?$/.exec(
    typeof decimal === 'number' ? plainDecimal(decimal) : decimal.trim(),
  )
  if (!match) return null
  const fraction = (match[2] ?? '').padEnd(exponent + 1, '0')
  const kept = BigInt(match[1]! + fraction.slice(0, exponent))
  const minor = kept + (fraction[exponent]! >= '5' ? 1n : 0n)
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(minor) : null
}

// 1e-7 and 1e21 are how JavaScript prints numbers that no price is
const plainDecimal = (value: number) => (Number.isFinite(value) ? String(value) : '')
