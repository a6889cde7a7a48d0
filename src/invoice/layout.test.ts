import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Item } from './flow.ts'
import { layOut, paper } from './layout.ts'
import { invoiceOf, lineOf } from './testing.ts'
import type { Typesetter } from './typeset.ts'

// letters that are all half as wide as high, so that a layout can be judged without a font
const typeset: Typesetter = (text, { size }, width) => {
  const perLine = Math.max(Math.floor(width / (size / 2)), 1)
  return (text.match(new RegExp(`.{1,${perLine}}`, 'gsu')) ?? []).map((text) => ({
    text,
    runs: [],
    width: (text.length * size) / 2,
    ascent: size,
    descent: size / 3,
  }))
}

type TextItem = Extract<Item, { kind: 'text' }>
const isText = (item: Item): item is TextItem => item.kind === 'text'
const pagesOf = (...given: Parameters<typeof invoiceOf>) =>
  layOut(invoiceOf(...given), typeset).map((items) => items.filter(isText))
const textsOf = (...given: Parameters<typeof invoiceOf>) =>
  pagesOf(...given)
    .flat()
    .map(({ line }) => line.text)

test('an invoice tells who sells, who buys, what, when, how it was paid and what it comes to', () => {
  const texts = textsOf({
    discountMinor: 685_000,
    voucherCode: 'WELCOME10',
    tax: { rateBps: 1100, minor: 610_946, isIncluded: true, baseMinor: 5_554_054 },
    totalMinor: 6_340_000,
  })
  const told = [
    [
      'Ansania Furniture',
      'Jepara 59427, Jawa Tengah',
      'NPWP 01.234.567.8-901.000',
      '+62 291 555 0142 · halo@ansania.example',
    ],
    ['Siti Rahmawati', 'Jakarta Selatan 12730', '+62 812 3456 7890', 'siti@example.com'],
    ['INV/2026/000123', 'ANS-20260203-0042', '3 Februari 2026', '3 February 2026'],
    ['Meja Makan Jati “Sumba”', 'Natural · MM-SUMBA-180', 'Rp\u00a06.850.000'],
    ['WELCOME10', '−Rp\u00a0685.000', 'J&T EZ', 'Rp\u00a0175.000'],
    ['Termasuk PPN 11%', 'Rp\u00a0610.946', 'DPP / Tax base Rp\u00a05.554.054'],
    ['Rp\u00a06.340.000', 'Enam juta tiga ratus empat puluh ribu rupiah'],
    ['Six million three hundred forty thousand rupiah', 'LUNAS', 'PAID', 'Halaman 1 dari 1', 'Page 1 of 1'],
    ['Virtual account · BCA', '8808 0812 3456 7890'],
  ]
  for (const text of told.flat())
    assert.ok(
      texts.some((printed) => printed.endsWith(text)),
      `${text} is missing`,
    )
  // ordered before midnight in Greenwich, after it in Jakarta
  assert.ok(!texts.includes('2 Februari 2026'))
})

test('what an order does not have is not printed', () => {
  const texts = textsOf({
    paidAt: null,
    payment: { method: null, channel: null, reference: null },
    seller: { name: 'Ansania', lines: [], taxNumber: null, email: null, phone: null },
  }).join('\n')
  assert.doesNotMatch(texts, /LUNAS|PAID|Dibayar|Pembayaran|Potongan|PPN|DPP|NPWP|null|undefined/u)
})

test('tax stands above the total that it is added to, and beneath the one that contains it', () => {
  for (const isIncluded of [true, false]) {
    const texts = textsOf({ tax: { rateBps: 1100, minor: 753_500, isIncluded, baseMinor: null } })
    const tax = texts.findIndex((text) => text.includes('PPN'))
    assert.equal(tax > texts.lastIndexOf('Total'), isIncluded)
  }
})

test('all amounts of a column end at one edge', () => {
  const lines = [5, 50_000, 12_345_678].map((minor) => lineOf({ unitMinor: minor, totalMinor: minor }))
  const amounts = pagesOf({ lines })
    .flat()
    .filter(({ line }) => line.text.startsWith('Rp'))
  const edges = new Set(amounts.map(({ x, line }) => Math.round(x + line.width)))
  assert.deepEqual(edges, new Set([443, 545]))
})

const anyLine = fc.record({
  name: fc.oneof(fc.string(), fc.string({ maxLength: 5000, size: 'max' })),
  quantity: fc.nat(),
  unitMinor: fc.maxSafeNat(),
  totalMinor: fc.maxSafeNat(),
})
const anyInvoice = fc.record({
  lines: fc.array(anyLine.map(lineOf), { maxLength: 40, size: 'max' }),
  voucherCode: fc.option(fc.string({ maxLength: 300 })),
  totalMinor: fc.maxSafeNat(),
  buyer: fc.record({
    name: fc.string({ maxLength: 5000, size: 'max' }),
    lines: fc.array(fc.string({ maxLength: 500 }), { maxLength: 8 }),
    phone: fc.option(fc.string()),
    email: fc.option(fc.string()),
  }),
})

test('whatever an invoice holds, no text leaves the paper, lies on another or is lost', () => {
  fc.assert(
    fc.property(anyInvoice, (changes) => {
      const pages = pagesOf(changes)
      for (const items of pages) {
        assert.ok(
          items.some(({ element }) => element !== null),
          'a page of nothing',
        )
        for (const item of items) {
          assert.ok(item.x >= paper.left - 0.01 && item.x + item.line.width <= paper.right + 0.01, 'beyond a margin')
          assert.ok(item.baseline - item.line.ascent >= paper.top - 0.01, 'above the margin')
          assert.ok(item.baseline + item.line.descent <= (item.element ? paper.bottom : paper.height) + 0.01, 'below')
        }
        assertApart(items)
      }
      const cells = Map.groupBy(pages.flat(), ({ element }) => element)
      const printed = [...cells.values()].map((items) => items.map(({ line }) => line.text).join(''))
      for (const { name } of changes.lines) assert.ok(printed.some((text) => text.startsWith(name)))
      assert.ok(printed.some((text) => text.includes(changes.buyer.name)))
    }),
    // shrinking texts of thousands of letters takes minutes and shows nothing more
    { numRuns: 40, endOnFailure: true },
  )
})

test('every page that lists goods has the head of the table, and says which of how many it is', () => {
  const pages = pagesOf({ lines: Array.from({ length: 60 }, (_, i) => lineOf({ name: `Kursi ${i}` })) })
  assert.ok(pages.length >= 3)
  for (const [index, items] of pages.entries()) {
    const texts = items.map(({ line }) => line.text)
    assert.ok(texts.some((text) => text.startsWith('Kursi')))
    assert.equal(texts.filter((text) => text === 'Barang').length, 1)
    assert.ok(texts.includes(`INV/2026/000123 · Halaman ${index + 1} dari ${pages.length}`))
    assert.ok(texts.includes(`Page ${index + 1} of ${pages.length}`))
  }
})

test('for any number of lines the total stands on the page of the last one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), (count) => {
      const lines = Array.from({ length: count }, (_, i) => lineOf({ name: `Kursi ${i}` }))
      const last = pagesOf({ lines }).at(-1)!
      for (const text of [`Kursi ${count - 1}`, 'Barang', 'Terbilang']) {
        assert.ok(last.some(({ line }) => line.text === text))
      }
    }),
  )
})

test('a head that is repeated and a footer are not read aloud again; a row is, as a row', () => {
  const pages = pagesOf({ lines: Array.from({ length: 60 }, () => lineOf()) })
  const heads = pages.flat().filter(({ line }) => line.text === 'Barang')
  assert.deepEqual(
    heads.map(({ element }) => element?.role ?? null),
    ['TH', ...pages.slice(1).map(() => null)],
  )
  const rows = new Set(pages.flat().map(({ element }) => element?.row))
  for (let row = 0; row <= 60; row++) assert.ok(rows.has(row))
  for (const { line, element } of pages.flat()) if (line.text.includes('Halaman')) assert.equal(element, null)
})

function assertApart(items: TextItem[]) {
  const boxes = items.map(({ x, baseline, line }) => ({
    left: x,
    right: x + line.width,
    top: baseline - line.ascent,
    bottom: baseline + line.descent,
    text: line.text,
  }))
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) {
      const isApart =
        a.right <= b.left + 0.01 || b.right <= a.left + 0.01 || a.bottom <= b.top + 0.01 || b.bottom <= a.top + 0.01
      assert.ok(isApart, `“${a.text}” lies on “${b.text}”`)
    }
  }
}
