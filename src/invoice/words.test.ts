import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { amountInWords, inEnglish, inIndonesian } from './words.ts'

// small and large alike: integers drawn evenly up to 2^53 would hardly ever be small, nor have a zero inside
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 2_000_000 }),
  fc.maxSafeNat(),
  fc
    .array(fc.constantFrom(0, 1, 10, 11, 12, 19, 20, 100, 101, 110, 111, 200, 999), { minLength: 1, maxLength: 5 })
    .map((groups) => groups.reduce<number>((sum, group) => sum * 1000 + group, 0)),
)

test('Indonesian words read back to the number that they name', () => {
  fc.assert(
    fc.property(numbers, (n) => assert.equal(readIndonesian(inIndonesian(n)), n)),
    { numRuns: 2000 },
  )
})

test('English words read back to the number that they name', () => {
  fc.assert(
    fc.property(numbers, (n) => assert.equal(readEnglish(inEnglish(n)), n)),
    { numRuns: 2000 },
  )
})

test('Indonesian says se- for one hundred and one thousand, never satu', () => {
  fc.assert(
    fc.property(numbers, (n) => {
      // "satu ribu" is right only where it ends a longer group: dua puluh satu ribu, seratus satu ribu
      assert.doesNotMatch(inIndonesian(n), /satu (puluh|ratus|belas)|(^|juta |miliar |liun )satu ribu/u)
    }),
  )
})

test('numbers as an Indonesian and an English invoice write them', () => {
  const written: [number, string, string][] = [
    [0, 'nol', 'zero'],
    [10, 'sepuluh', 'ten'],
    [11, 'sebelas', 'eleven'],
    [15, 'lima belas', 'fifteen'],
    [21, 'dua puluh satu', 'twenty-one'],
    [100, 'seratus', 'one hundred'],
    [111, 'seratus sebelas', 'one hundred eleven'],
    [1000, 'seribu', 'one thousand'],
    [1900, 'seribu sembilan ratus', 'one thousand nine hundred'],
    [11_000, 'sebelas ribu', 'eleven thousand'],
    [21_000, 'dua puluh satu ribu', 'twenty-one thousand'],
    [101_000, 'seratus satu ribu', 'one hundred one thousand'],
    [1_001_000, 'satu juta seribu', 'one million one thousand'],
    [3_500_000, 'tiga juta lima ratus ribu', 'three million five hundred thousand'],
    [7_025_000, 'tujuh juta dua puluh lima ribu', 'seven million twenty-five thousand'],
    [1e9, 'satu miliar', 'one billion'],
    [1e12, 'satu triliun', 'one trillion'],
    [
      Number.MAX_SAFE_INTEGER,
      'sembilan kuadriliun tujuh triliun seratus sembilan puluh sembilan miliar dua ratus lima puluh empat juta ' +
        'tujuh ratus empat puluh ribu sembilan ratus sembilan puluh satu',
      'nine quadrillion seven trillion one hundred ninety-nine billion two hundred fifty-four million ' +
        'seven hundred forty thousand nine hundred ninety-one',
    ],
  ]
  for (const [n, indonesian, english] of written) {
    assert.equal(inIndonesian(n), indonesian)
    assert.equal(inEnglish(n), english)
  }
})

test('an amount in words names its currency, and its fraction where it has one', () => {
  assert.deepEqual(amountInWords(7_025_000, 0, 'IDR'), {
    indonesian: 'Tujuh juta dua puluh lima ribu rupiah',
    english: 'Seven million twenty-five thousand rupiah',
  })
  assert.deepEqual(amountInWords(1205, 2, 'INR'), {
    indonesian: 'Dua belas dan 05/100 INR',
    english: 'Twelve and 05/100 INR',
  })
  assert.equal(amountInWords(1200, 2, 'INR').english, 'Twelve INR')
})

test('what is no whole amount is refused instead of misread', () => {
  for (const n of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => inIndonesian(n), RangeError)
    assert.throws(() => inEnglish(n), RangeError)
    assert.throws(() => amountInWords(n, 0, 'IDR'), RangeError)
  }
})

function readIndonesian(words: string): number {
  const units = ['nol', 'satu', 'dua', 'tiga', 'empat', 'lima', 'enam', 'tujuh', 'delapan', 'sembilan']
  const scales: Record<string, number> = { ribu: 1e3, juta: 1e6, miliar: 1e9, triliun: 1e12, kuadriliun: 1e15 }
  const spelt = words.replace(/\bse(puluh|belas|ratus|ribu)\b/gu, 'satu $1')
  const state = { sum: 0, group: 0, digit: 0 }
  for (const word of spelt.split(' ')) {
    if (units.includes(word)) {
      assert.equal(state.digit, 0, `two digits in a row: ${words}`)
      state.digit = units.indexOf(word)
    } else if (word in scales) {
      state.sum += (state.group + state.digit) * scales[word]!
      Object.assign(state, { group: 0, digit: 0 })
    } else {
      state.group += word === 'belas' ? 10 + state.digit : state.digit * { puluh: 10, ratus: 100 }[word]!
      state.digit = 0
    }
  }
  return state.sum + state.group + state.digit
}

function readEnglish(words: string): number {
  const small = (
    'zero one two three four five six seven eight nine ten eleven twelve thirteen ' +
    'fourteen fifteen sixteen seventeen eighteen nineteen'
  ).split(' ')
  const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
  const scales: Record<string, number> = {
    thousand: 1e3,
    million: 1e6,
    billion: 1e9,
    trillion: 1e12,
    quadrillion: 1e15,
  }
  const state = { sum: 0, group: 0 }
  for (const word of words.split(/[ -]/u)) {
    if (small.includes(word)) state.group += small.indexOf(word)
    else if (tens.includes(word)) state.group += (tens.indexOf(word) + 2) * 10
    else if (word === 'hundred') state.group *= 100
    else {
      state.sum += state.group * scales[word]!
      state.group = 0
    }
  }
  return state.sum + state.group
}
