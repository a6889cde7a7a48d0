import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { biteshipFaults, createBiteship, type BiteshipAccount } from './biteship.ts'
import { createDoku, dokuFaults, type DokuAccount } from './doku.ts'
import { createFaults, type Faults } from './faults.ts'
import {
  createRouter,
  json,
  listening,
  page,
  readBody,
  route,
  writeAnswer,
  type Answer,
  type Call,
  type Route,
} from './http.ts'
import { createJnt, jntFaults, type JntAccount } from './jnt.ts'
import { createMail, mailFaults } from './mail.ts'
import { createOdoo, odooFaults, type OdooAccount } from './odoo.ts'
import { createRajaongkir, rajaongkirFaults, type RajaongkirAccount } from './rajaongkir.ts'
import { createRazorpay, razorpayFaults, type RazorpayAccount } from './razorpay.ts'
import { createShopify, shopifyFaults, type ShopifyAccount } from './shopify.ts'
import type { StandIn } from './stand-in.ts'

export type {
  BiteshipAccount,
  DokuAccount,
  JntAccount,
  OdooAccount,
  RajaongkirAccount,
  RazorpayAccount,
  ShopifyAccount,
}

export interface SandboxOptions {
  /** of HTTP; 0 takes any free one */
  port: number
  /** of SMTP; 0 takes any free one */
  smtpPort: number
  host?: string
  razorpay: RazorpayAccount[]
  doku?: DokuAccount[]
  jnt?: JntAccount[]
  biteship?: BiteshipAccount[]
  rajaongkir?: RajaongkirAccount[]
  odoo?: OdooAccount[]
  shopify?: ShopifyAccount
  /** gets a line for what a person may want to know; never a secret, an address or a mail's words */
  log?: (line: string) => void
}

/**
 * Starts the stand-ins for outside services: an HTTP server for their APIs and controls, and an SMTP server.
 * @returns where they listen, and `close`, which ends every connection, timer and retry
 */
export async function startSandbox(options: SandboxOptions) {
  const { host = '127.0.0.1', log = () => {} } = options
  const faults = createFaults({
    razorpay: razorpayFaults,
    mail: mailFaults,
    doku: dokuFaults,
    jnt: jntFaults,
    biteship: biteshipFaults,
    rajaongkir: rajaongkirFaults,
    odoo: odooFaults,
    shopify: shopifyFaults,
  })
  const apis = [
    createRazorpay(options.razorpay, faults, log),
    createDoku(options.doku ?? [], faults, log),
    createJnt(options.jnt ?? []),
    createBiteship(options.biteship ?? []),
    createRajaongkir(options.rajaongkir ?? []),
    createOdoo(options.odoo ?? [], faults, log),
    ...(options.shopify ? [createShopify(options.shopify)] : []),
  ]
  // the last of them, as it listens from here on
  const mail = await createMail({ host, port: options.smtpPort, faults, log })
  const standIns = [...apis, mail]
  const http = serve(standIns, faults, log)
  const close = async () => {
    await Promise.all([http.close(), ...standIns.map((standIn) => standIn.close())])
  }
  try {
    const port = await listening(http.server, () => http.server.listen(options.port, host))
    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      smtpPort: mail.smtpPort,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

type OwnedRoute = Route & { api: StandIn | null }

function serve(standIns: StandIn[], faults: Faults, log: (line: string) => void) {
  const home = page(
    'Saudagar sandbox',
    `<p>Stand-ins for outside services. No money moves and no mail leaves this machine.</p>
<ul>${standIns.map((standIn) => `<li>${standIn.about}</li>`).join('')}
<li>Misbehaviour: <code>POST /faults</code>, <code>GET /faults</code>, <code>DELETE /faults</code></li></ul>`,
  )
  const own = (api: StandIn | null) => (route: Route) => ({ ...route, api })
  const find = createRouter<OwnedRoute>([
    ...standIns.flatMap((standIn) => [...standIn.api.map(own(standIn)), ...standIn.control.map(own(null))]),
    ...faults.routes.map(own(null)),
    own(null)(route('GET', '/', () => home)),
    own(null)(route('GET', '/healthz', () => json({ status: 'ok', service: 'saudagar sandbox', pid: process.pid }))),
  ])
  const closing = new AbortController()
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      // The sender went away, or the sandbox is closing: nobody is left to answer.
      if (!response.destroyed && !closing.signal.aborted) log(`sandbox: ${String(error)}`)
      response.destroy()
    })
  })

  async function respond(request: IncomingMessage, response: ServerResponse) {
    const [path, search] = splitUrl(request.url ?? '/')
    const found = find(request.method ?? 'GET', path)
    const body = await readBody(request)
    const owner = found?.route.api ?? standIns.find(({ prefix }) => prefix !== null && path.startsWith(prefix))
    if (body === undefined)
      return writeAnswer(response, owner?.refuse('too large') ?? json({ error: 'the body is over 1 MB' }, 413))
    if (!found)
      return writeAnswer(
        response,
        owner?.refuse('unknown') ?? json({ error: `there is no ${request.method} ${path} here` }, 404),
      )
    const done: (() => void)[] = []
    const call: Call = {
      params: found.params,
      query: new URLSearchParams(search),
      headers: request.headers,
      body,
      afterAnswer: (work) => done.push(work),
    }
    const work = () => carryOut(found.route, call)
    try {
      if (found.route.api) await misbehave(found.route.api, work, response)
      else writeAnswer(response, await work())
    } finally {
      for (const last of done) last()
    }
  }

  async function carryOut(route: OwnedRoute, call: Call): Promise<Answer> {
    try {
      return await route.handle(call)
    } catch (error) {
      log(`sandbox: ${route.method} ${route.path}: ${error instanceof Error ? error.stack : String(error)}`)
      return route.api?.refuse('broken') ?? json({ error: 'the sandbox failed at this' }, 500)
    }
  }

  /** Answers as the faults of the hour have it. A caller who gives up waiting does not stop what it asked for. */
  async function misbehave(standIn: StandIn, work: () => Promise<Answer>, response: ServerResponse) {
    const { waitBeforeMs, waitAfterMs, ending } = faults.mishap(standIn.name)
    if (waitBeforeMs > 0) await wait(waitBeforeMs, undefined, { ref: false, signal: closing.signal })
    const answer = ending && !ending.after ? undefined : await work()
    if (waitAfterMs > 0) await wait(waitAfterMs, undefined, { ref: false, signal: closing.signal })
    if (ending?.kind === 'drop') response.destroy()
    else if (ending?.kind === 'error') writeAnswer(response, standIn.refuse('broken'))
    else if (ending?.kind === 'garbage') writeAnswer(response, standIn.garbage ?? garbage)
    else writeAnswer(response, answer!)
  }

  return {
    server,
    close: () =>
      new Promise<void>((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What a proxy in trouble sends: called JSON, and none. */
const garbage: Answer = {
  status: 200,
  type: 'application/json',
  body: '<html><head><title>One moment</title></head><body>upstream connect err',
}

function splitUrl(url: string): [path: string, search: string | undefined] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url, undefined] : [url.slice(0, mark), url.slice(mark + 1)]
}
