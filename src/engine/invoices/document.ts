/** All that is printed on an invoice. */
export interface InvoiceDocument extends InvoiceFacts {
  number: string
  issuedAt: Date
  orderNumber: string
  orderedAt: Date
  /** what has become of it since */
  paidAt: Date | null
  isCancelled: boolean
  payment: { method: string | null; channel: string | null; reference: string | null }
}

/** What is kept with an invoice, as it was when it was issued. Amounts in the store's minor units. */
export interface InvoiceFacts {
  seller: { name: string; lines: string[]; taxNumber: string | null; email: string | null; phone: string | null }
  buyer: { name: string; lines: string[]; phone: string | null; email: string | null }
  /** digits after the point in which the currency is kept */
  exponent: number
  currency: string
  timeZone: string
  lines: {
    name: string
    variant: string | null
    sku: string | null
    quantity: number
    unitMinor: number
    totalMinor: number
  }[]
  subtotalMinor: number
  discountMinor: number
  voucherCode: string | null
  shippingMinor: number
  shippingService: string | null
  /** baseMinor: what the tax was reckoned on, the tax itself not counted (Indonesian: DPP); null prints none */
  tax: { rateBps: number; minor: number; isIncluded: boolean; baseMinor: number | null }
  totalMinor: number
}
