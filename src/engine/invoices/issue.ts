import { sql } from 'kysely'
import { one, statement, violates } from '../database.ts'
import type { Engine } from '../context.ts'
import { numberColumn, orderPeriod } from '../orders/numbers.ts'
import type { Order } from '../orders/orders.ts'
import type { Store } from '../stores/stores.ts'
import { Refusal } from '../refusal.ts'
import type { InvoiceDocument, InvoiceFacts } from './document.ts'

interface Invoice {
  number: string
  issuedAt: Date
  facts: InvoiceFacts
}

const known = statement(
  'invoices.get',
  (p: { storeId: string; orderId: string }) =>
    sql<Invoice>`select number, issued_at, facts from invoice where store_id = ${p.storeId} and order_id = ${p.orderId}`,
)

// The counter's row stays locked until the invoice is committed, and a number whose invoice fails is not counted: so the
// series has no gap. Of two who ask at once for one order, the later breaks the key and is undone whole.
const issue = statement(
  'invoices.issue',
  (p: {
    storeId: string
    orderId: string
    period: string
    prefix: string
    digits: number
    suffix: string
    facts: string
    now: Date
  }) =>
    sql<Invoice>`
    with c as (
      insert into order_counter (store_id, period, last) values (${p.storeId}, 'invoice ' || ${p.period}, 1)
      on conflict (store_id, period) do update set last = order_counter.last + 1 returning last
    )
    insert into invoice (store_id, order_id, number, issued_at, facts)
    select ${p.storeId}, ${p.orderId},
      ${numberColumn(p)}, ${p.now}, ${p.facts}::jsonb
    from c
    returning number, issued_at, facts`,
)

/**
 * The invoice of an order, issued the first time that somebody asks for it: its number and what it says then stay.
 * @returns all that is printed on it
 * @throws Refusal invoice.none for an order that had ended before
 */
export async function issueInvoice(engine: Engine, store: Store, order: Order): Promise<InvoiceDocument> {
  const own = { storeId: store.storeId, orderId: order.id }
  let [invoice] = await known(engine.db, own)
  const isCancelled = order.state === 'cancelled' || order.state === 'expired'
  if (!invoice) {
    if (isCancelled) throw new Refusal('invoice.none', { orderId: order.id })
    const now = engine.now()
    const series = {
      orderNumberTemplate: store.profile.invoiceNumbers ?? 'INV/{year}/{number:5}',
      timeZone: store.timeZone,
    }
    invoice = await issue(engine.db, {
      ...own,
      ...orderPeriod(series, now),
      facts: JSON.stringify(factsOf(store, order)),
      now,
    }).then(one, async (error: unknown) => {
      if (!violates(error, 'invoice_pkey')) throw error
      return one(await known(engine.db, own))
    })
  }
  const { number, issuedAt, facts } = invoice
  const { session } = order
  return {
    ...facts,
    number,
    issuedAt,
    orderNumber: order.number,
    orderedAt: order.createdAt,
    paidAt: order.paidAt,
    isCancelled,
    payment: {
      method: session?.method ? titled(session.method) : null,
      channel: session?.channel?.toUpperCase() ?? null,
      reference: session?.providerSessionId ?? null,
    },
  }
}

/** "virtual_account" -> "Virtual Account" */
const titled = (name: string) => name.replaceAll('_', ' ').replaceAll(/\b\w/g, (letter) => letter.toUpperCase())

function factsOf(store: Store, order: Order): InvoiceFacts {
  const { profile } = store
  const { address } = order
  const netMinor = order.subtotalMinor - order.discountMinor
  const baseMinor = order.taxMode === 'inclusive' ? netMinor - order.taxMinor : netMinor
  return {
    seller: {
      name: profile.legalName ?? store.name,
      lines: profile.addressLines ?? [],
      taxNumber: profile.taxNumber ?? null,
      email: profile.email ?? null,
      phone: profile.phone ?? null,
    },
    buyer: {
      name: address.recipientName ?? order.customerName,
      lines: [
        address.line1,
        address.line2,
        address.district,
        `${address.city}, ${address.region} ${address.postalCode}`,
      ].filter((line) => line !== null),
      phone: address.phone,
      email: order.customerEmail,
    },
    exponent: store.exponent,
    currency: order.currency,
    timeZone: store.timeZone,
    lines: order.lines.map((line) => ({
      name: line.productName ?? line.name,
      variant: line.optionValues.join(' / ') || null,
      sku: line.sku,
      quantity: line.quantity,
      unitMinor: line.unitMinor,
      totalMinor: line.totalMinor,
    })),
    subtotalMinor: order.subtotalMinor,
    discountMinor: order.discountMinor,
    voucherCode: order.voucherCode,
    shippingMinor: order.shippingMinor,
    shippingService: order.courier ? `${order.courier.toUpperCase()} ${order.courierService}` : order.shippingMethod,
    tax: { rateBps: order.taxRateBps, minor: order.taxMinor, isIncluded: order.taxMode === 'inclusive', baseMinor },
    totalMinor: order.totalMinor,
  }
}
