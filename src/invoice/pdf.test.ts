import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { renderInvoice } from './pdf.ts'
import { invoiceOf, lineOf } from './testing.ts'

const pageCount = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\n/gu)?.length

test('an invoice is a tagged PDF in Indonesian with its title, its seller and its own date', async () => {
  const pdf = (await renderInvoice(invoiceOf())).toString('latin1')
  assert.match(pdf, /^%PDF-1\.7\n/u)
  assert.match(pdf, /%%EOF\n$/u)
  assert.match(pdf, /\/Lang \(id-ID\)/u)
  assert.match(pdf, /\/Marked true/u)
  assert.match(pdf, /\(Faktur INV\/2026\/000123\)/u)
  assert.match(pdf, /\(Ansania Furniture\)/u)
  assert.match(pdf, /\(D:20260203021500Z\)/u)
  assert.equal(pageCount(Buffer.from(pdf, 'latin1')), 1)
})

test('the same document gives the same bytes, another one others', async () => {
  const [one, two, other] = await Promise.all([
    renderInvoice(invoiceOf()),
    renderInvoice(invoiceOf()),
    renderInvoice(invoiceOf({ number: 'INV/2026/000124' })),
  ])
  assert.ok(one.equals(two))
  assert.ok(!one.equals(other))
})

test('what is printed can be searched and copied', async () => {
  const texts = textOf(await renderInvoice(invoiceOf({ lines: [lineOf({ name: '<b>Kursi</b> & 柚木' })] })))
  for (const text of [
    'INV/2026/000123',
    'Siti Rahmawati',
    '<b>Kursi</b> & ',
    '柚木',
    'LUNAS',
    'Tujuh juta dua puluh lima',
  ]) {
    assert.ok(texts.includes(text), `${text} is missing`)
  }
})

test('the fonts of one line stand side by side', async () => {
  const pdf = await renderInvoice(invoiceOf({ lines: [lineOf({ name: 'Meja 柚木 Jati 🪑 محمد' })] }))
  const streams = [...objectsOf(pdf).values()].map(({ stream }) => stream).join('\n')
  const places = [...streams.matchAll(/^1 0 0 1 ([\d.]+ [\d.]+) Tm$/gmu)].map(([, place]) => place)
  assert.ok(places.length > 30)
  assert.equal(new Set(places).size, places.length)
})

test('hundreds of lines are printed on as many pages as they need', async () => {
  const lines = Array.from({ length: 300 }, (_, i) => lineOf({ name: `Kursi makan nomor ${i}` }))
  const pdf = await renderInvoice(invoiceOf({ lines }))
  assert.ok(pageCount(pdf)! >= 12)
  assert.ok(textOf(pdf).includes('Kursi makan nomor 299'))
})

test('no text of a stranger keeps an invoice from being printed', async () => {
  const nasty = [
    '<script>alert(1)</script>',
    'W'.repeat(500),
    '\u202emoc\u202c\u0000\u0007',
    '👨‍👩‍👧🇮🇩\u{10ffff}\ud800',
    'محمد بن علي (12)',
    'فِكرة ڢ (12) ꦲ꧀',
    `Z${'\u0301\u0489'.repeat(90)}`,
    ') Tj ET (',
    '',
  ]
  for (const text of nasty) {
    const contact = { name: text, lines: [text], phone: text, email: text }
    const pdf = await renderInvoice(
      invoiceOf({
        number: `INV/${text}`,
        seller: { ...contact, taxNumber: text },
        buyer: contact,
        lines: [lineOf({ name: text, variant: text, sku: text })],
        voucherCode: text,
        shippingService: text,
        payment: { method: text, channel: text, reference: text },
      }),
    )
    assert.ok(textOf(pdf).includes('Tujuh juta dua puluh lima ribu rupiah'), text)
  }
})

test('a total that cannot be written in words is refused', async () => {
  await assert.rejects(renderInvoice(invoiceOf({ totalMinor: -1 })), RangeError)
})

/** The objects of a PDF by their number, and its streams as they were before they were packed. */
function objectsOf(pdf: Buffer) {
  const objects = pdf.toString('latin1').matchAll(/\n(\d+) 0 obj\n(.*?)\nendobj/gsu)
  return new Map(
    [...objects].map(([, id, body]) => {
      const data = /stream\n(.*)\nendstream/su.exec(body!)?.[1] ?? ''
      const isPacked = body!.includes('/FlateDecode')
      const stream = isPacked ? inflateSync(Buffer.from(data, 'latin1')).toString('latin1') : data
      return [id!, { body: body!, stream }]
    }),
  )
}

/** The text of a PDF as a search finds it: its glyphs by the table of each font. Enough for what pdfkit writes. */
function textOf(pdf: Buffer): string {
  const objects = objectsOf(pdf)
  const glyphs = (font: string) => {
    const table = objects.get(/\/ToUnicode (\d+)/u.exec(objects.get(font)!.body)![1]!)!.stream
    const ranges = [...table.matchAll(/<([\da-f]+)> <[\da-f]+> \[(.*?)\]/gu)]
    return new Map(
      ranges.flatMap(([, start, list]) =>
        [...list!.matchAll(/<([\da-f ]*)>/gu)].map(([, hex], i) => [
          Number.parseInt(start!, 16) + i,
          Buffer.from(hex!.replaceAll(' ', ''), 'hex').swap16().toString('utf16le'),
        ]),
      ),
    )
  }
  const fonts = new Map<string, Map<number, string>>()
  for (const [, name, id] of pdf.toString('latin1').matchAll(/\/(F\d+) (\d+) 0 R/gu)) fonts.set(name!, glyphs(id!))
  let text = ''
  for (const { stream } of objects.values()) {
    let font: Map<number, string> | undefined
    for (const [, name, hex] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|<([\da-f]+)>/gu)) {
      if (name) font = fonts.get(name)
      for (const [glyph] of (hex ?? '').matchAll(/.{4}/gu)) text += font?.get(Number.parseInt(glyph, 16)) ?? ''
    }
  }
  return text
}
