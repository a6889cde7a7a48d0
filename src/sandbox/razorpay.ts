import { Type } from 'typebox'
import { checkTarget } from './delivery.ts'
import type { FaultKinds, Faults } from './faults.ts'
import { control, json, route, type Answer, type Call, type Route } from './http.ts'
import { BadInput, inputOf, objectIn } from './input.ts'
import type { StandIn } from './stand-in.ts'
import { collectionOf, createBooks, newestFirst, type Account, type RazorpayAccount } from './razorpay/books.ts'
import { pay } from './razorpay/checkout.ts'
import { printError, RazorpayError, unknownUrl } from './razorpay/errors.ts'
import { createOrder, listOrderPayments, listOrders, orderOf, updateOrder } from './razorpay/orders.ts'
import { checkCapture, paymentOf, settleCapture } from './razorpay/payments.ts'
import { createRefund, refundOf, refundOnce, settleRefund } from './razorpay/refunds.ts'
import { createWebhooks, type EventName } from './razorpay/webhooks.ts'

export type { RazorpayAccount }

export const razorpayFaults: FaultKinds = {
  api: ['delay', 'drop', 'error', 'garbage'],
  webhook: ['delay', 'drop', 'duplicate', 'reorder'],
}

/** How long a refund of normal speed stays `pending`; days in the real world. */
const refundSettlesAfterMs = 200

type Body = Record<string, unknown>
type Work = (account: Account, call: Call, body: Body) => unknown

const resendInput = inputOf(
  Type.Object(
    { event_id: Type.String(), copies: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) },
    { additionalProperties: false },
  ),
)
const secretInput = inputOf(
  Type.Object(
    { key_id: Type.String(), webhook_secret: Type.String({ minLength: 1 }) },
    { additionalProperties: false },
  ),
)
const targetInput = inputOf(
  Type.Object(
    { key_id: Type.String(), webhook_url: Type.Union([Type.String(), Type.Null()]) },
    { additionalProperties: false },
  ),
)

/** The stand-in for Razorpay: its API under `/razorpay/v1`, its browser checkout and its webhooks. */
export function createRazorpay(accounts: RazorpayAccount[], faults: Faults, log: (line: string) => void): StandIn {
  for (const account of accounts) checkTarget(account.webhookUrl)
  const books = createBooks(accounts)
  const webhooks = createWebhooks(faults, { log })
  const basicAuth = new Map<string, Account>()
  for (const account of books.accounts.values())
    basicAuth.set(Buffer.from(`${account.keyId}:${account.keySecret}`).toString('base64'), account)
  const settling = new Set<NodeJS.Timeout>()

  function accountOf(header: string | undefined): Account {
    const credentials = /^basic +(\S+)$/i.exec(header ?? '')?.[1]
    const account = credentials === undefined ? undefined : basicAuth.get(credentials)
    if (!account) throw new RazorpayError('Authentication failed', {}, 401)
    return account
  }

  const api = (method: Route['method'], path: string, work: Work) =>
    route(method, `/razorpay/v1${path}`, (call) => {
      try {
        const account = accountOf(call.headers.authorization)
        return json(work(account, call, method === 'GET' ? {} : bodyOf(call.body)))
      } catch (error) {
        if (error instanceof RazorpayError) return printError(error)
        throw error
      }
    })

  function refund(account: Account, call: Call, body: Body) {
    const payment = paymentOf(books, account, call.params['id']!)
    const key = call.headers['x-refund-idempotency']
    const request = `${payment.entity.id} ${JSON.stringify(body)}`
    const { refund, made, answered } = refundOnce(account, key?.toString(), request, () =>
      createRefund(books, payment, body),
    )
    call.afterAnswer(answered)
    if (!made) return refund
    const tell = (...names: EventName[]) =>
      payment.announced &&
      webhooks.send(
        account,
        names.map((name) => ({ name, payload: { refund: { ...refund }, payment: { ...payment.entity } } })),
      )
    if (refund.status === 'processed') {
      tell('refund.created', 'refund.processed')
      return refund
    }
    tell('refund.created')
    const timer = setTimeout(() => {
      settling.delete(timer)
      settleRefund(refund)
      tell('refund.processed')
    }, refundSettlesAfterMs)
    settling.add(timer.unref())
    return refund
  }

  function capture(account: Account, call: Call, body: Body) {
    const payment = paymentOf(books, account, call.params['id']!)
    checkCapture(payment, body)
    const happenings = settleCapture(payment)
    if (payment.announced) webhooks.send(account, happenings)
    return payment.entity
  }

  const order = (account: Account, call: Call) => orderOf(books, account, call.params['id']!)
  const payment = (account: Account, call: Call) => paymentOf(books, account, call.params['id']!)

  const apiRoutes = [
    api('POST', '/orders', (account, _call, body) => createOrder(books, account, body)),
    api('GET', '/orders', (account, call) => listOrders(account, call.query)),
    api('GET', '/orders/:id', (account, call) => order(account, call).entity),
    api('PATCH', '/orders/:id', (account, call, body) => updateOrder(order(account, call), body)),
    api('GET', '/orders/:id/payments', (account, call) => listOrderPayments(order(account, call))),
    api('GET', '/payments', (account, call) =>
      collectionOf(
        newestFirst(account.payments, (payment) => payment.entity),
        call.query,
      ),
    ),
    api('GET', '/payments/:id', (account, call) => payment(account, call).entity),
    api('POST', '/payments/:id/capture', capture),
    api('POST', '/payments/:id/refund', refund),
    api('GET', '/payments/:id/refunds', (account, call) =>
      collectionOf(
        newestFirst(payment(account, call).refunds, (refund) => refund),
        call.query,
      ),
    ),
    api('GET', '/refunds/:id', (account, call) => refundOf(books, account, call.params['id']!)),
  ]

  function accountNamed(keyId: string): Account {
    const account = books.accounts.get(keyId)
    if (!account) throw new BadInput(`there is no account with the key_id ${keyId}`)
    return account
  }

  const controlRoutes = [
    route(
      'POST',
      '/razorpay/sandbox/pay',
      control((call) => {
        try {
          return json(pay(books, webhooks, call.body))
        } catch (error) {
          if (error instanceof RazorpayError) return printError(error)
          throw error
        }
      }),
    ),
    route('GET', '/razorpay/sandbox/webhooks', (call) => json(webhooks.list(call.query.get('order_id')))),
    route(
      'POST',
      '/razorpay/sandbox/webhooks/resend',
      control(async (call) => {
        const { event_id, copies = 1 } = resendInput(call.body)
        return json(await webhooks.resend(event_id, copies))
      }),
    ),
    route(
      'POST',
      '/razorpay/sandbox/secret',
      control((call) => {
        const { key_id, webhook_secret } = secretInput(call.body)
        accountNamed(key_id).webhookSecret = webhook_secret
        return json({ key_id, webhook_secret })
      }),
    ),
    route(
      'POST',
      '/razorpay/sandbox/webhook-url',
      control((call) => {
        const { key_id, webhook_url } = targetInput(call.body)
        checkTarget(webhook_url)
        accountNamed(key_id).webhookUrl = webhook_url
        return json({ key_id, webhook_url })
      }),
    ),
  ]

  return {
    name: 'razorpay',
    prefix: '/razorpay/v1/',
    api: apiRoutes,
    control: controlRoutes,
    refuse,
    about: 'Razorpay: API under <code>/razorpay/v1</code>, the buyer under <code>POST /razorpay/sandbox/pay</code>',
    close() {
      for (const timer of settling) clearTimeout(timer)
      webhooks.close()
    },
  }
}

/** What the gateway says when it is not a handler that refuses. */
function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  if (why === 'unknown') return printError(unknownUrl())
  if (why === 'too large') return printError(new RazorpayError('The request body is too large', {}, 413))
  return printError(
    new RazorpayError(
      'We are facing some trouble completing your request at the moment. Please try again shortly.',
      {},
      500,
      'SERVER_ERROR',
    ),
  )
}

function bodyOf(text: string): Body {
  const value = objectIn(text || '{}')
  if (!value) throw new RazorpayError('The request body is not a valid JSON object')
  return value
}
