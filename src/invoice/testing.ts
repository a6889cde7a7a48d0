import type { InvoiceDocument } from '../engine/invoices/document.ts'

/** An invoice of one table, paid, prices without tax. */
export function invoiceOf(changes: Partial<InvoiceDocument> = {}): InvoiceDocument {
  return {
    number: 'INV/2026/000123',
    issuedAt: new Date('2026-02-03T02:15:00Z'),
    orderNumber: 'ANS-20260203-0042',
    // the evening before in Greenwich, half past one at night in Jakarta
    orderedAt: new Date('2026-02-02T18:30:00Z'),
    paidAt: new Date('2026-02-03T02:14:00Z'),
    isCancelled: false,
    seller: {
      name: 'Ansania Furniture',
      lines: ['Jl. Raya Jepara–Kudus Km. 9 No. 27', 'Jepara 59427, Jawa Tengah'],
      taxNumber: '01.234.567.8-901.000',
      email: 'halo@ansania.example',
      phone: '+62 291 555 0142',
    },
    buyer: {
      name: 'Siti Rahmawati',
      lines: ['Jl. Kemang Selatan VIII No. 12A', 'Jakarta Selatan 12730'],
      phone: '+62 812 3456 7890',
      email: 'siti@example.com',
    },
    exponent: 0,
    currency: 'IDR',
    timeZone: 'Asia/Jakarta',
    lines: [lineOf({ name: 'Meja Makan Jati “Sumba”', variant: 'Natural', sku: 'MM-SUMBA-180' })],
    subtotalMinor: 6_850_000,
    discountMinor: 0,
    voucherCode: null,
    shippingMinor: 175_000,
    shippingService: 'J&T EZ',
    tax: { rateBps: 0, minor: 0, isIncluded: false, baseMinor: null },
    totalMinor: 7_025_000,
    payment: { method: 'Virtual account', channel: 'BCA', reference: '8808 0812 3456 7890' },
    ...changes,
  }
}

export const lineOf = (changes: Partial<InvoiceDocument['lines'][number]> = {}) => ({
  name: 'Kursi Rotan',
  variant: null,
  sku: null,
  quantity: 1,
  unitMinor: 6_850_000,
  totalMinor: 6_850_000,
  ...changes,
})
