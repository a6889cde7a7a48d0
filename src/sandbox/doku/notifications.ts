import { randomInt, randomUUID } from 'node:crypto'
import { createDeliveries, type Delivery, type DeliveryOptions, type Message } from '../delivery.ts'
import type { Faults } from '../faults.ts'
import { targetOf, type Invoice } from './books.ts'
import { sign, toSecond } from './signature.ts'

interface Facts {
  invoiceNumber: string
  transactionId: string
  url: string | null
}

/** Three retries, as the real one has: after half an hour, six hours and twelve, which nobody wants to wait for here. */
const retriesAfterMs = [1000, 4000, 15_000]

/** Tells shops what became of their invoices. */
export function createNotifications(faults: Faults, options: Partial<DeliveryOptions> = {}) {
  const deliveries = createDeliveries<Facts>('doku', faults, { retriesAfterMs, holdMs: 1000, ...options })
  return {
    /** Tells of an invoice as it stands. @returns to which address; null when there is none */
    send(invoice: Invoice): string | null {
      deliveries.send([messageOf(invoice)])
      return targetOf(invoice)
    },
    /** The same once more, with the same Request-Id and signature, `copies` times at once. @throws BadInput 404 */
    resend: async (requestId: string, copies: number) => print(await deliveries.resend(requestId, copies)),
    /** All that are still known, oldest first; of one invoice when its number or Request-Id is given. */
    list: (id: string | null) =>
      deliveries
        .list()
        .filter(({ facts }) => id === null || facts.invoiceNumber === id || facts.transactionId === id)
        .map(print),
    close: deliveries.close,
  }
}

const print = ({ id, name, facts, state, tries, lastStatus }: Delivery<Facts>) => ({
  request_id: id,
  status: name,
  invoice_number: facts.invoiceNumber,
  transaction_id: facts.transactionId,
  url: facts.url,
  state,
  tries,
  last_status: lastStatus,
})

function messageOf(invoice: Invoice): Message<Facts> {
  const { clientId, secretKey } = invoice.account
  const [url, requestId, timestamp] = [targetOf(invoice), randomUUID(), toSecond(Date.now())]
  const body = bodyOf(invoice)
  // signed is the path alone, whatever follows it
  const target = url === null ? '' : new URL(url).pathname
  return {
    id: requestId,
    name: invoice.status,
    url: () => url,
    headers: {
      'Client-Id': clientId,
      'Request-Id': requestId,
      'Request-Timestamp': timestamp,
      Signature: sign(secretKey, { clientId, requestId, timestamp, target, body }),
    },
    body,
    facts: { invoiceNumber: invoice.invoiceNumber, transactionId: invoice.requestId, url },
  }
}

function bodyOf({ bank, status, ...invoice }: Invoice): string {
  const reference = () => String(randomInt(1_000_000, 10_000_000))
  return JSON.stringify({
    service: { id: 'VIRTUAL_ACCOUNT' },
    acquirer: bank ? { id: bank.acquirer } : undefined,
    channel: bank ? { id: bank.channel } : undefined,
    transaction: { status, date: toSecond(invoice.changedAt), original_request_id: invoice.requestId },
    order: { invoice_number: invoice.invoiceNumber, amount: invoice.amount },
    virtual_account_info: bank ? { virtual_account_number: invoice.accountNumber } : undefined,
    // the documents spell it so
    virtual_account_payment:
      status === 'SUCCESS'
        ? {
            identifer: [
              { name: 'REQUEST_ID', value: reference() },
              { name: 'REFERENCE', value: reference() },
              { name: 'CHANNEL_TYPE', value: '6010' },
            ],
          }
        : undefined,
  })
}
