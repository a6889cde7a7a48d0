import type { InvoiceDocument } from '../engine/invoices/document.ts'
import { createFlow } from './flow.ts'
import type { Cell, Flow, Item, Part } from './flow.ts'
import { formatAmount, formatCount, formatDay, formatShare } from './format.ts'
import type { Typesetter } from './typeset.ts'
import { amountInWords } from './words.ts'

/** A4, and the area between its margins, in points; footers stand beneath it. */
export const paper = { width: 595.28, height: 841.89, left: 50, right: 545.28, top: 48, bottom: 778 }

const ink = '#1d2327'
const faint = '#66707b'
const hairline = '#d9dee3'
const green = '#2f6b4f'
const red = '#9b2c2c'

const text = (text: string, size = 9, more: Partial<Part> = {}): Part => ({
  text,
  face: { size, weight: 'regular' },
  color: ink,
  ...more,
})
const bold = (text: string, size = 9, more: Partial<Part> = {}): Part => ({
  text,
  face: { size, weight: 'bold' },
  color: ink,
  ...more,
})
const quiet = (text: string, size = 7.5): Part => ({ text, face: { size, weight: 'regular' }, color: faint })
const english = (text: string, size = 7): Part => ({ ...quiet(text, size), isEnglish: true })

/** Every label is in both languages, the Indonesian first, the English smaller beneath or beside it. */
const label = (indonesian: string, inEnglish: string): Part[] => [quiet(indonesian), english(inEnglish)]

const list = (...texts: (string | null)[]) => texts.filter(Boolean).join(' · ')

/**
 * Where everything on an invoice stands, page by page, without drawing it.
 * @param typeset knows how wide texts are and breaks them in lines
 */
export function layOut(document: InvoiceDocument, typeset: Typesetter): Item[][] {
  const page = createFlow(paper, typeset)
  letterhead(document, page)
  parties(document, page)
  lines(document, page)
  return page.finish((beneath, number, count) => footer(document, beneath, number, count))
}

function letterhead({ seller, number }: InvoiceDocument, page: Flow) {
  page.place([
    {
      x: paper.left,
      width: 300,
      align: 'left',
      role: 'P',
      parts: [
        bold(seller.name, 20),
        ...[
          ...seller.lines,
          list(seller.phone, seller.email),
          seller.taxNumber === null ? '' : `NPWP ${seller.taxNumber}`,
        ].map((line) => quiet(line, 8.5)),
      ],
    },
    {
      x: 365,
      width: 180.28,
      align: 'right',
      role: 'H1',
      parts: [text('FAKTUR', 20), english('INVOICE', 9), bold(number, 10.5, { above: 4 })],
    },
  ])
  page.space(14)
  page.rule(hairline, 0.7)
  page.space(12)
}

function parties(document: InvoiceDocument, page: Flow) {
  const { buyer, payment, timeZone } = document
  const day = (date: Date): Part[] => {
    const { indonesian, english: inEnglish } = formatDay(date, timeZone)
    return [text(indonesian, 9, { above: 2 }), ...(inEnglish === indonesian ? [] : [english(inEnglish)])]
  }
  const column = (x: number, ...facts: (Part[] | false)[]): Cell => ({
    x,
    width: 112,
    align: 'left',
    role: 'P',
    parts: facts
      .filter((fact) => fact !== false)
      .flatMap(([first, ...rest], i) => [{ ...first!, above: i === 0 ? 0 : 8 }, ...rest]),
  })
  const paidBy = list(payment.method, payment.channel)
  const isPaymentKnown = paidBy !== '' || payment.reference !== null
  // three columns, so that a long address pushes down no fact and a long fact no address
  page.place([
    {
      x: paper.left,
      width: 235,
      align: 'left',
      role: 'P',
      parts: [
        ...label('Kepada', 'Bill to'),
        bold(buyer.name, 11, { above: 2 }),
        ...[...buyer.lines, buyer.phone ?? '', buyer.email ?? ''].map((line) => text(line)),
      ],
    },
    column(
      310,
      [...label('Tanggal faktur', 'Invoice date'), ...day(document.issuedAt)],
      [...label('Tanggal pesanan', 'Order date'), ...day(document.orderedAt)],
      document.paidAt !== null && [...label('Dibayar pada', 'Paid on'), ...day(document.paidAt)],
    ),
    column(
      433,
      [...label('Nomor pesanan', 'Order number'), text(document.orderNumber, 9, { above: 2 })],
      isPaymentKnown && [
        ...label('Pembayaran', 'Payment'),
        text(paidBy, 9, { above: 2 }),
        quiet(payment.reference ?? ''),
      ],
    ),
  ])
  page.space(20)
}

const columns = {
  number: { x: 50, width: 24, align: 'left' },
  item: { x: 76, width: 214, align: 'left' },
  quantity: { x: 294, width: 50, align: 'right' },
  unit: { x: 348, width: 95, align: 'right' },
  total: { x: 447, width: 98.28, align: 'right' },
} as const

function lines(document: InvoiceDocument, page: Flow) {
  const head = (column: keyof typeof columns, indonesian: string, inEnglish: string): Cell => ({
    ...columns[column],
    role: 'TH',
    parts: [bold(indonesian, 8), english(inEnglish)],
  })
  const tableHead = (page: Flow) => {
    page.rule(ink, 0.9)
    page.space(5)
    page.place(
      [
        head('number', 'No.', ''),
        head('item', 'Barang', 'Item'),
        head('quantity', 'Jumlah', 'Quantity'),
        head('unit', 'Harga satuan', 'Unit price'),
        head('total', 'Total', 'Amount'),
      ],
      0,
    )
    page.space(5)
    page.rule(ink, 0.5)
  }
  const cell = (column: keyof typeof columns, ...parts: Part[]): Cell => ({ ...columns[column], role: 'TD', parts })
  const last = document.lines.length - 1
  const row = (page: Flow, index: number) => {
    const { name, variant, sku, quantity, unitMinor, totalMinor } = document.lines[index]!
    page.space(6)
    page.place(
      [
        cell('number', text(String(index + 1), 9, { color: faint })),
        cell('item', text(name), quiet(list(variant, sku))),
        cell('quantity', text(formatCount(quantity))),
        cell('unit', text(money(document, unitMinor))),
        cell('total', text(money(document, totalMinor))),
      ],
      index + 1,
    )
    page.space(6)
    page.rule(index === last ? ink : hairline, index === last ? 0.9 : 0.5)
  }
  // the head stands with the first line at least, and what it all comes to with the last
  const count = Math.max(document.lines.length, 1)
  for (let index = 0; index < count; index++) {
    page.together((page) => {
      if (index === 0) page.repeat(tableHead)
      if (document.lines[index]) row(page, index)
      if (index < count - 1) return
      page.repeat(null)
      page.together((page) => sums(document, page))
    })
  }
}

function sums(document: InvoiceDocument, page: Flow) {
  const { tax } = document
  const hasTax = tax.rateBps > 0 || tax.minor > 0
  const rate = formatShare(tax.rateBps)
  const sum = (indonesian: string, inEnglish: string, minor: number, detail: string | null = null, size = 9) => {
    page.place([
      { x: 290, width: 92, align: 'left', role: 'P', parts: [text(indonesian, size)] },
      {
        x: 384,
        width: 60,
        align: 'left',
        role: 'P',
        parts: [{ ...english(inEnglish === indonesian ? '' : inEnglish, 7.5), above: (size - 7.5) * 1.07 }],
      },
      { x: 446, width: 99.28, align: 'right', role: 'P', parts: [text(money(document, minor), size)] },
    ])
    if (detail) page.place([{ x: 290, width: 154, align: 'left', role: 'P', parts: [quiet(detail)] }])
    page.space(4)
  }
  const base = tax.baseMinor === null ? null : `DPP / Tax base ${money(document, tax.baseMinor)}`
  page.space(12)
  if (document.isCancelled) mark(page, 'DIBATALKAN', 'CANCELLED', red)
  else if (document.paidAt) mark(page, 'LUNAS', 'PAID', green)
  sum('Subtotal', 'Subtotal', document.subtotalMinor)
  if (document.discountMinor > 0 || document.voucherCode !== null) {
    sum('Potongan', 'Discount', -document.discountMinor, document.voucherCode)
  }
  sum('Ongkos kirim', 'Shipping', document.shippingMinor, document.shippingService)
  if (hasTax && !tax.isIncluded) sum(`PPN ${rate}`, `VAT ${rate}`, tax.minor, base)
  page.space(3)
  page.rule(ink, 0.9, 290)
  page.space(6)
  page.place([
    { x: 290, width: 60, align: 'left', role: 'P', parts: [bold('Total', 13)] },
    { x: 350, width: 195.28, align: 'right', role: 'P', parts: [bold(money(document, document.totalMinor), 13)] },
  ])
  page.space(5)
  // of the total a part, so beneath it
  if (hasTax && tax.isIncluded) sum(`Termasuk PPN ${rate}`, `incl. VAT ${rate}`, tax.minor, base, 8)
  const words = amountInWords(document.totalMinor, document.exponent, document.currency)
  page.space(8)
  page.rule(hairline, 0.5)
  page.space(7)
  page.place([
    { x: paper.left, width: 70, align: 'left', role: 'P', parts: label('Terbilang', 'In words') },
    {
      x: 124,
      width: 421.28,
      align: 'left',
      role: 'P',
      parts: [text(words.indonesian), english(words.english, 7.5)],
    },
  ])
}

/** What has become of the order, as a stamp beside the sums. */
function mark(page: Flow, indonesian: string, inEnglish: string, color: string) {
  const parts = [bold(indonesian, 15, { color }), { ...english(inEnglish, 8), color }]
  page.hang({ x: paper.left + 11, width: 120, align: 'left', role: 'P', parts }, color)
}

function footer({ number }: InvoiceDocument, page: Flow, pageNumber: number, pageCount: number) {
  page.space(10)
  page.rule(hairline, 0.5)
  page.space(5)
  page.place([
    {
      x: paper.left,
      width: 360,
      align: 'left',
      role: 'P',
      parts: [
        quiet('Faktur ini dibuat oleh komputer dan sah tanpa tanda tangan.', 7),
        english('This invoice was issued by computer and is valid without a signature.', 6.5),
      ],
    },
    {
      x: 415,
      width: 130.28,
      align: 'right',
      role: 'P',
      parts: [
        quiet(`${number} · Halaman ${pageNumber} dari ${pageCount}`, 7),
        english(`Page ${pageNumber} of ${pageCount}`, 6.5),
      ],
    },
  ])
}

const money = ({ exponent, currency }: InvoiceDocument, minor: number) => formatAmount(minor, exponent, currency)
