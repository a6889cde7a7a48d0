import { Type } from 'typebox'
import { checkTarget } from './delivery.ts'
import type { FaultKinds, Faults } from './faults.ts'
import { control, json, route, type Answer, type Call } from './http.ts'
import { BadInput, inputOf } from './input.ts'
import type { StandIn } from './stand-in.ts'
import { bankOf } from './doku/banks.ts'
import { banksOf, choose, createBooks, isOver, type DokuAccount, type Invoice } from './doku/books.ts'
import { printCheckout, printStatus, readCheckout } from './doku/checkout.ts'
import { badClient, badHeader, badSignature, DokuError, printError, unknownInvoice } from './doku/errors.ts'
import { createNotifications } from './doku/notifications.ts'
import { noSuchPage, printPage } from './doku/page.ts'
import { isToSecond, sign, toSecond } from './doku/signature.ts'

export type { DokuAccount }

export const dokuFaults: FaultKinds = {
  api: ['delay', 'drop', 'error', 'garbage'],
  webhook: ['delay', 'drop', 'duplicate', 'reorder'],
}

const outcomes = { success: 'SUCCESS', failed: 'FAILED', expired: 'EXPIRED' } as const
type Outcome = keyof typeof outcomes
const isOutcome = (text: string | null): text is Outcome => text !== null && Object.hasOwn(outcomes, text)

const payInput = inputOf(
  Type.Object(
    {
      invoice_number: Type.String(),
      outcome: Type.Optional(Type.Enum(['success', 'failed', 'expired'])),
      channel: Type.Optional(Type.String()),
      webhook: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
)
const resendInput = inputOf(
  Type.Object(
    { request_id: Type.String(), copies: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) },
    { additionalProperties: false },
  ),
)

/** What a timer can wait for at most; a longer wait is taken in turns. */
const longestWaitMs = 2 ** 31 - 1

/** The stand-in for DOKU: Checkout and the status of orders under `/doku`, its page for the customer, notifications. */
export function createDoku(accounts: DokuAccount[], faults: Faults, log: (line: string) => void): StandIn {
  for (const account of accounts) checkTarget(account.notificationUrl, 'notificationUrl')
  const books = createBooks(accounts)
  const notifications = createNotifications(faults, { log })

  interface Request {
    shop: DokuAccount
    requestId: string
    target: string
  }

  /** @throws DokuError unless it is signed to the letter; a trailing newline in what was signed is enough to fail */
  function authenticate(method: string, target: string, { headers, body }: Call): Request {
    const [clientId, requestId, timestamp, signature] = [
      'client-id',
      'request-id',
      'request-timestamp',
      'signature',
    ].map((name) => String(headers[name] ?? ''))
    const shop = books.shops.get(clientId!)
    if (!shop) throw badClient()
    if (!requestId || requestId.length > 128) throw badHeader('Request-Id')
    if (!isToSecond(timestamp!)) throw badHeader('Request-Timestamp')
    const parts = { clientId: clientId!, requestId, timestamp: timestamp!, target, ...(method !== 'GET' && { body }) }
    if (signature !== sign(shop.secretKey, parts)) throw badSignature()
    return { shop, requestId, target }
  }

  /** Signed is the path as it is at the real host, where nothing stands before it. */
  const api = (
    method: 'GET' | 'POST',
    path: string,
    targetOf: (call: Call) => string,
    work: (request: Request, call: Call) => Answer,
  ) =>
    route(method, `/doku${path}`, (call) => {
      let request: Request
      try {
        request = authenticate(method, targetOf(call), call)
      } catch (error) {
        return refusal(error)
      }
      try {
        return signed(method, request, work(request, call))
      } catch (error) {
        return signed(method, request, refusal(error))
      }
    })

  function signed(method: string, { shop, requestId, target }: Request, answer: Answer): Answer {
    const { clientId, secretKey } = shop
    const timestamp = toSecond(Date.now())
    const parts = { clientId, requestId, timestamp, target, ...(method !== 'GET' && { body: answer.body }) }
    const headers = {
      'Client-Id': clientId,
      'Request-Id': requestId,
      'Response-Timestamp': timestamp,
      Signature: sign(secretKey, parts, 'Response'),
    }
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  /** The same Request-Id is the same request: its first answer comes again, called a conflict. */
  function checkout({ shop, requestId }: Request, { headers, body }: Call): Answer {
    const { answers } = books.shops.get(shop.clientId)!
    const known = answers.get(requestId)
    if (known && known.body !== body) throw new DokuError('REQUEST ID ALREADY USED')
    const answer = known?.answer ?? printCheckout(open(shop, requestId, body), `http://${headers.host}`)
    answers.set(requestId, { body, answer })
    return { status: known ? 409 : 200, type: 'application/json', body: answer }
  }

  function open(shop: DokuAccount, requestId: string, body: string): Invoice {
    const invoice = books.add(shop, requestId, readCheckout(body))
    expireInTime(invoice)
    return invoice
  }

  function expireInTime(invoice: Invoice) {
    const waitMs = invoice.dueAt - Date.now()
    if (waitMs > 0) invoice.timer = setTimeout(() => expireInTime(invoice), Math.min(waitMs, longestWaitMs)).unref()
    else if (!isOver(invoice)) settle(invoice, 'expired')
  }

  /** @returns where its shop is told */
  function settle(invoice: Invoice, outcome: Outcome, isTold = true): string | null {
    if (invoice.bank === null && outcome !== 'expired') choose(invoice, banksOf(invoice)[0]!)
    invoice.status = outcomes[outcome]
    invoice.changedAt = Date.now()
    if (isOver(invoice)) clearTimeout(invoice.timer)
    return isTold ? notifications.send(invoice) : null
  }

  /** The invoice that a control call names, by its number or its Request-Id. @throws BadInput 404 */
  function named(id: string): Invoice {
    const invoice = books.find(id)
    if (!invoice) throw new BadInput(`there is no invoice ${id}`, 404)
    return invoice
  }

  function pay(body: string) {
    const { invoice_number: id, outcome = 'success', channel, webhook } = payInput(body)
    const invoice = named(id)
    if (isOver(invoice)) {
      const what = invoice.status === 'SUCCESS' ? 'is paid' : 'has expired'
      throw new BadInput(`invoice ${invoice.invoiceNumber} ${what}`, 409)
    }
    if (channel !== undefined) {
      const bank = banksOf(invoice).find((bank) => bank.channel === channel)
      const possible = banksOf(invoice).map(({ channel }) => channel)
      if (!bank) throw new BadInput(`channel must be one of ${possible.join(', ')}`)
      choose(invoice, bank)
    }
    const notified = settle(invoice, outcome, webhook)
    const { created_at: _, expires_at: __, ...changed } = printInvoice(invoice)
    return { ...changed, notified }
  }

  const link = '/doku/checkout-link-v2/:token'
  const pageOf = (work: (invoice: Invoice, call: Call) => Answer) => (call: Call) => {
    const invoice = books.byToken.get(call.params['token']!)
    return invoice ? work(invoice, call) : noSuchPage()
  }

  /** A button of the page was pressed. What is no longer possible, as in a page left open, changes nothing. */
  function press(invoice: Invoice, { body }: Call): Answer {
    const form = new URLSearchParams(body)
    const [outcome, channel] = [form.get('outcome'), bankOf(form.get('channel') ?? '')]
    if (!isOver(invoice) && channel && banksOf(invoice).includes(channel)) choose(invoice, channel)
    if (!isOver(invoice) && isOutcome(outcome)) settle(invoice, outcome)
    return { status: 303, type: 'text/plain', body: '', headers: { location: `./${invoice.token}` } }
  }

  return {
    name: 'doku',
    prefix: '/doku/',
    api: [
      api('POST', '/checkout/v1/payment', () => '/checkout/v1/payment', checkout),
      api(
        'GET',
        '/orders/v1/status/:id',
        ({ params }) => `/orders/v1/status/${encodeURIComponent(params['id']!)}`,
        ({ shop }, { params }) => {
          const invoice = books.find(params['id']!, shop)
          if (!invoice) throw unknownInvoice()
          return json(printStatus(invoice))
        },
      ),
    ],
    control: [
      route('GET', link, pageOf(printPage)),
      route('POST', link, pageOf(press)),
      route(
        'POST',
        '/doku/sandbox/pay',
        control(({ body }) => json(pay(body))),
      ),
      route(
        'GET',
        '/doku/sandbox/invoices/:id',
        control(({ params }) => json(printInvoice(named(params['id']!)))),
      ),
      route('GET', '/doku/sandbox/notifications', ({ query }) => json(notifications.list(query.get('invoice_number')))),
      route(
        'POST',
        '/doku/sandbox/notifications/resend',
        control(async ({ body }) => {
          const { request_id, copies = 1 } = resendInput(body)
          return json(await notifications.resend(request_id, copies))
        }),
      ),
    ],
    refuse,
    about: 'DOKU: API under <code>/doku</code>, the customer under <code>POST /doku/sandbox/pay</code> and on its page',
    close() {
      for (const { timer } of books.invoices) clearTimeout(timer)
      notifications.close()
    },
  }
}

const printInvoice = (invoice: Invoice) => ({
  invoice_number: invoice.invoiceNumber,
  transaction_id: invoice.requestId,
  status: invoice.status,
  channel: invoice.bank?.channel ?? null,
  virtual_account_number: invoice.accountNumber,
  amount: invoice.amount,
  created_at: toSecond(invoice.createdAt),
  expires_at: toSecond(invoice.dueAt),
})

function refusal(error: unknown): Answer {
  if (error instanceof DokuError) return printError(error)
  throw error
}

/** What the gateway says when it is not a handler that refuses. */
function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  if (why === 'unknown') return printError(new DokuError('Not Found', 404, 'not_found'))
  if (why === 'too large') return printError(new DokuError('the body is too large', 413))
  return printError(new DokuError('Internal Server Error', 500, 'internal_server_error'))
}
