/** Turns an amount as it stands in a file into minor units of the store; null when it is no amount. */
export type ReadPrice = (decimal: string) => number | null

/** "8199.10", "10", "9."; no sign, no separators: "1,299" is 1299 to some and 1.299 to others. */
const amount = /^(\d{1,15})(?:\.(\d{0,15}))?$/

/**
 * Amounts times a rate, exact until the one rounding at the end: half up, to the minor unit of the store's currency.
 * @param exponent digits after the point that the store keeps
 * @param rate what one unit of the file's currency is in the store's, as typed: "83.5"
 * @throws RangeError when the rate is no positive decimal
 */
export function priceReader(exponent: number, rate = '1'): ReadPrice {
  const factor = decimalOf(rate)
  if (!factor || factor.digits === 0n) throw new RangeError(`a rate is a positive decimal number, not "${rate}"`)
  const scale = 10n ** BigInt(exponent)
  return (decimal) => {
    const price = decimalOf(decimal)
    if (!price) return null
    const numerator = price.digits * factor.digits * scale
    const denominator = 10n ** BigInt(price.fraction + factor.fraction)
    const minor = (2n * numerator + denominator) / (2n * denominator)
    return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(minor) : null
  }
}

function decimalOf(text: string) {
  const match = amount.exec(text.trim())
  if (!match) return undefined
  const fraction = match[2] ?? ''
  return { digits: BigInt(match[1]! + fraction), fraction: fraction.length }
}
