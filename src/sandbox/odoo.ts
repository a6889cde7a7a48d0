import { Type } from 'typebox'
import type { FaultKinds, Faults } from './faults.ts'
import { control, json, route, type Answer, type Call, type Handler } from './http.ts'
import { BadInput, inputOf } from './input.ts'
import { checkTarget } from './delivery.ts'
import type { StandIn } from './stand-in.ts'
import { httpError, OdooError, printJson2 } from './odoo/errors.ts'
import { createHints, type HintTarget } from './odoo/hints.ts'
import { answerJson2, answerRpc, version, type Instance } from './odoo/protocols.ts'
import { deliver } from './odoo/sales.ts'
import { createDatabase, type Database, type Row } from './odoo/store.ts'

/** One database of the server, and the user whom the shop calls it as. */
export interface OdooAccount {
  database: string
  /** of bearer tokens, and as a password over `/jsonrpc` */
  apiKeys: string[]
  login: string
  /** null: only a key opens it */
  password: string | null
  /** the major one, 14 to 19; before 19 there is only `/jsonrpc`, and some fields have other names */
  version?: number
  /** where it tells that a record changed; null: nowhere */
  webhookUrl: string | null
  /** goes along as `X-Odoo-Webhook-Secret`. The rules of a real server send no header of their own: there, it is part of the URL */
  webhookSecret?: string | null
}

export const odooFaults: FaultKinds = {
  api: ['delay', 'drop', 'error', 'garbage'],
  webhook: ['delay', 'drop', 'duplicate', 'reorder'],
}

const database = Type.Optional(Type.String())
const values = Type.Record(Type.String(), Type.Unknown())
const closed = { additionalProperties: false }
const recordInput = inputOf(Type.Object({ database, model: Type.String(), values }, closed))
const changeInput = inputOf(Type.Object({ database, values }, closed))
const deliverInput = inputOf(
  Type.Object(
    {
      database,
      client_order_ref: Type.String(),
      origin: Type.Optional(Type.String()), // of two orders with one reference, whose is meant
      tracking: Type.Optional(Type.String()),
    },
    closed,
  ),
)
const keyInput = inputOf(Type.Object({ database, key: Type.String(), expired: Type.Boolean() }, closed))
const targetInput = inputOf(Type.Object({ database, webhook_url: Type.Union([Type.String(), Type.Null()]) }, closed))

/** The stand-in for Odoo: a small one in memory that speaks JSON-2 and `/jsonrpc`, and is empty at the start. */
export function createOdoo(accounts: OdooAccount[], faults: Faults, log: (line: string) => void): StandIn {
  const hints = createHints(faults, log)
  const instances = new Map<string, Instance>()
  const targets = new Map<string, HintTarget>()
  for (const account of accounts) {
    if (instances.has(account.database)) throw new Error(`two Odoo accounts with the database ${account.database}`)
    checkTarget(account.webhookUrl)
    const target = { url: account.webhookUrl, secret: account.webhookSecret ?? null }
    targets.set(account.database, target)
    instances.set(account.database, {
      name: account.database,
      db: createDatabase(account.version ?? 19),
      login: account.login,
      password: account.password,
      keys: account.apiKeys.map((key) => ({ key, expiresAt: null })),
      changed: (changes) => hints.send(target, changes),
    })
  }

  /** Steers the first database where none is named. */
  function instanceNamed(name: string | null | undefined): Instance {
    const instance = name ? instances.get(name) : instances.values().next().value
    if (!instance) throw new BadInput(name ? `there is no database ${name}` : 'there is no database')
    return instance
  }

  /** Does it as one transaction, as staff would, and tells of it after the answer. */
  function changing<T>(call: Call, instance: Instance, work: (db: Database) => T): T {
    const { result, changed } = instance.db.atomically(() => work(instance.db))
    call.afterAnswer(() => instance.changed(changed))
    return result
  }

  const steer = (handle: Handler) =>
    control(async (call) => {
      try {
        return await handle(call)
      } catch (error) {
        if (error instanceof OdooError) throw new BadInput(error.message, error.status === 404 ? 404 : 400)
        throw error
      }
    })

  const controls = [
    route(
      'POST',
      '/odoo/sandbox/records',
      steer((call) => {
        const { database, model, values } = recordInput(call.body)
        const instance = instanceNamed(database)
        return json(changing(call, instance, (db) => shown(db, model, db.create(model, values))))
      }),
    ),
    route(
      'PATCH',
      '/odoo/sandbox/records/:model/:id',
      steer((call) => {
        const { database, values } = changeInput(call.body)
        const { model = '', id = '' } = call.params
        const instance = instanceNamed(database)
        instance.db.modelOf(model)
        return json(changing(call, instance, (db) => shown(db, model, db.write(model, Number(id), values))))
      }),
    ),
    route(
      'GET',
      '/odoo/sandbox/records/:model',
      steer((call) => {
        const { db } = instanceNamed(call.query.get('database'))
        const { model = '' } = call.params
        return json(db.rows(model).map((row) => shown(db, model, row)))
      }),
    ),
    route(
      'DELETE',
      '/odoo/sandbox/records',
      steer((call) => {
        const name = call.query.get('database')
        const emptied = name ? [instanceNamed(name)] : [...instances.values()]
        for (const { db } of emptied) db.clear()
        return json({ emptied: emptied.map((instance) => instance.name) })
      }),
    ),
    route(
      'POST',
      '/odoo/sandbox/deliver',
      steer((call) => {
        const { database, client_order_ref: reference, origin, tracking } = deliverInput(call.body)
        const instance = instanceNamed(database)
        const order = instance.db
          .rows('sale.order')
          .find(
            (row) =>
              row['client_order_ref'] === reference &&
              row['state'] === 'sale' &&
              (origin === undefined || row['origin'] === origin),
          )
        if (!order) throw new BadInput(`there is no confirmed order with the reference ${reference}`, 404)
        const pickings = changing(call, instance, (db) => {
          const left = deliver(db, order, tracking)
          if (left.length === 0) throw new BadInput(`nothing of ${reference} is left to deliver`, 409)
          return left.map((picking) => shown(db, 'stock.picking', picking))
        })
        return json({ order: shown(instance.db, 'sale.order', instance.db.get('sale.order', order.id)), pickings })
      }),
    ),
    route(
      'POST',
      '/odoo/sandbox/key',
      steer((call) => {
        const { database, key, expired } = keyInput(call.body)
        const known = instanceNamed(database).keys.find((one) => one.key === key)
        if (!known) throw new BadInput('there is no such key', 404)
        known.expiresAt = expired ? new Date(0) : null
        return json({ key, expired })
      }),
    ),
    route(
      'POST',
      '/odoo/sandbox/webhook-url',
      steer((call) => {
        const { database, webhook_url } = targetInput(call.body)
        const { name } = instanceNamed(database)
        checkTarget(webhook_url)
        targets.get(name)!.url = webhook_url
        return json({ database: name, webhook_url })
      }),
    ),
  ]

  return {
    name: 'odoo',
    prefix: '/odoo/',
    api: [
      route('POST', '/odoo/json/2/:model/:method', (call) => answerJson2(instances, call)),
      route('POST', '/odoo/jsonrpc', (call) => answerRpc(instances, call)),
      route('GET', '/odoo/web/version', () => json(version(instances.values().next().value))),
    ],
    control: controls,
    refuse,
    about:
      'Odoo: JSON-2 under <code>/odoo/json/2</code>, JSON-RPC at <code>/odoo/jsonrpc</code>, its staff under <code>/odoo/sandbox/records</code> and <code>POST /odoo/sandbox/deliver</code>',
    close: () => hints.close(),
  }
}

const shown = (db: Database, model: string, row: Row) =>
  db.print(model, row, ['create_date', 'write_date', ...Object.keys(db.modelOf(model).fields)])

function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  if (why === 'unknown') return printJson2(httpError(404, 'Did you mean POST /json/2/<model>/<method>?'))
  if (why === 'too large') return printJson2(httpError(413, 'The data value transmitted exceeds the capacity limit.'))
  return printJson2(httpError(500, 'The server encountered an internal error and was unable to complete your request.'))
}
