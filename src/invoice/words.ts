// Two languages of regular numerals are less than the dependency that would bring seventy.

/**
 * A number in Indonesian words (terbilang): 7025000 -> "tujuh juta dua puluh lima ribu".
 * @throws RangeError for what is no whole number from 0 to 2^53 - 1
 */
export const inIndonesian = (number: number) => (whole(number) === 0 ? 'nol' : indonesian(number))

/**
 * A number in English words, short scale, without "and": 7025000 -> "seven million twenty-five thousand".
 * @throws RangeError for what is no whole number from 0 to 2^53 - 1
 */
export const inEnglish = (number: number) => (whole(number) === 0 ? 'zero' : english(number))

/**
 * An amount as it is written beneath an invoice: "Tujuh juta rupiah", "Seven million rupiah". Another currency than
 * the rupiah is named by its code, and its fraction is written as on a cheque: "Twelve and 50/100 INR".
 * @param amountMinor >= 0
 */
export function amountInWords(amountMinor: number, exponent: number, currency: string) {
  const one = 10 ** exponent
  const fraction = whole(amountMinor) % one
  const units = (amountMinor - fraction) / one
  const name = currency === 'IDR' ? 'rupiah' : currency
  const parts = fraction === 0 ? '' : `${String(fraction).padStart(exponent, '0')}/${one} `
  return {
    indonesian: capitalised(`${inIndonesian(units)} ${parts && `dan ${parts}`}${name}`),
    english: capitalised(`${inEnglish(units)} ${parts && `and ${parts}`}${name}`),
  }
}

const satuan = 'nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas'.split(' ')
const ones = (
  'zero one two three four five six seven eight nine ten eleven twelve ' +
  'thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
).split(' ')
const tens = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

/** largest first, as both languages name them; Indonesian's thousands are apart because one of them is "seribu" */
const scales = [
  [1e15, 'kuadriliun', 'quadrillion'],
  [1e12, 'triliun', 'trillion'],
  [1e9, 'miliar', 'billion'],
  [1e6, 'juta', 'million'],
  [1e3, 'ribu', 'thousand'],
] as const

function indonesian(n: number): string {
  if (n < 12) return satuan[n]!
  if (n < 20) return `${satuan[n - 10]!} belas`
  if (n < 100) return and(`${satuan[Math.floor(n / 10)]!} puluh`, n % 10, indonesian)
  if (n < 200) return and('seratus', n - 100, indonesian)
  if (n < 1000) return and(`${satuan[Math.floor(n / 100)]!} ratus`, n % 100, indonesian)
  if (n < 2000) return and('seribu', n - 1000, indonesian)
  const [size, name] = scales.find(([size]) => n >= size)!
  return and(`${indonesian((n - (n % size)) / size)} ${name}`, n % size, indonesian)
}

function english(n: number): string {
  if (n < 20) return ones[n]!
  if (n < 100) return n % 10 === 0 ? tens[n / 10]! : `${tens[Math.floor(n / 10)]!}-${ones[n % 10]!}`
  if (n < 1000) return and(`${ones[Math.floor(n / 100)]!} hundred`, n % 100, english)
  const [size, , name] = scales.find(([size]) => n >= size)!
  return and(`${english((n - (n % size)) / size)} ${name}`, n % size, english)
}

const and = (words: string, rest: number, spell: (n: number) => string) =>
  rest === 0 ? words : `${words} ${spell(rest)}`

const capitalised = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

function whole(number: number): number {
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new RangeError(`no whole number that can be written in words: ${number}`)
}
