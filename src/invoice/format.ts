/** How amounts, shares and dates are written in Indonesia; a date in English too. */

/** 3500000 -> "Rp 3.500.000"; another currency than the rupiah by its code: "INR 1.234,50". Never broken over lines. */
export function formatAmount(amountMinor: number, exponent: number, currency: string): string {
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0')
  const units = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/gu, '.')
  const fraction = exponent === 0 ? '' : `,${digits.slice(-exponent)}`
  return `${amountMinor < 0 ? '−' : ''}${currency === 'IDR' ? 'Rp' : currency}\u00a0${units}${fraction}`
}

/** 1234 -> "1.234" */
export const formatCount = (count: number) => count.toLocaleString('id-ID')

/** 1100 -> "11%", 1150 -> "11,5%" */
export const formatShare = (bps: number) => `${String(bps / 100).replace('.', ',')}%`

/** The day in the shop's own time zone: "3 Februari 2026", "3 February 2026". */
export function formatDay(date: Date, timeZone: string) {
  const format = (locale: string) =>
    new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(date)
  return { indonesian: format('id-ID'), english: format('en-GB') }
}
