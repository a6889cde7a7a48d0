import { compileDomain, mentions } from './domain.ts'
import { accessError, missingRecord, OdooError, pythonError } from './errors.ts'
import { cancelOrders, confirmOrders } from './sales.ts'
import { objectOf } from './store.ts'
import type { Database, Row, Value } from './store.ts'

export interface Env {
  db: Database
  context: Record<string, unknown>
}

type Args = Record<string, unknown>
interface Method {
  /** of the model as a whole: called without ids */
  onModel: boolean
  /** in the order in which JSON-RPC may give them without their names */
  names: readonly string[]
  run(env: Env, model: string, args: Args, ids: number[]): unknown
}

const onModel = (names: string[], run: Method['run']): Method => ({ onModel: true, names, run })
const onRecords = (names: string[], run: Method['run']): Method => ({ onModel: false, names, run })

const common: Record<string, Method> = {
  search: onModel(['domain', 'offset', 'limit', 'order'], (env, model, args) => search(env, model, args).map(idOf)),
  search_count: onModel(['domain', 'limit'], (env, model, args) => search(env, model, args).length),
  search_read: onModel(['domain', 'fields', 'offset', 'limit', 'order'], (env, model, args) => {
    const names = fieldNames(env.db, model, args['fields'])
    return search(env, model, args).map((row) => env.db.print(model, row, names))
  }),
  fields_get: onModel(['allfields', 'attributes'], ({ db }, model, args) => {
    const wanted = args['allfields']
    const all = Object.entries(db.modelOf(model).fields)
    const some = Array.isArray(wanted) && wanted.length > 0 ? all.filter(([name]) => wanted.includes(name)) : all
    return Object.fromEntries(some.map(([name, { type, required }]) => [name, { type, required: required === true }]))
  }),
  create: onModel(['vals_list'], ({ db }, model, args) => {
    const list = args['vals_list']
    if (list === undefined) throw missingArgument(model, 'create', 'vals_list')
    const rows = (Array.isArray(list) ? list : [list]).map((values) => db.create(model, withoutMagic(values)))
    return rows.map(idOf)
  }),
  read: onRecords(['fields', 'load'], ({ db }, model, args, ids) => {
    const names = fieldNames(db, model, args['fields'])
    return ids.map((id) => db.print(model, db.get(model, id), names))
  }),
  write: onRecords(['vals'], ({ db }, model, args, ids) => {
    const values = withoutMagic(args['vals'])
    for (const id of ids) db.write(model, id, values)
    return true
  }),
  unlink: onRecords([], ({ db }, model, _args, ids) => {
    for (const id of ids) db.remove(model, id)
    return true
  }),
}

const special: Record<string, Record<string, Method>> = {
  'sale.order': {
    action_confirm: onRecords([], ({ db }, _model, _args, ids) => confirmOrders(db, ids)),
    action_cancel: onRecords([], (env, _model, _args, ids) => cancelOrders(env, ids)),
  },
  'res.users': { context_get: onModel([], () => ({ lang: 'en_US', tz: 'UTC', uid: 2 })) },
}

/** @returns undefined where the model has none of that name. @throws OdooError AccessError for a private one */
export function methodOf(model: string, name: string): Method | undefined {
  if (name.startsWith('_')) throw accessError(`Private methods (such as '${model}.${name}') cannot be called remotely.`)
  if (Object.hasOwn(special, model) && Object.hasOwn(special[model]!, name)) return special[model]![name]
  return Object.hasOwn(common, name) ? common[name] : undefined
}

/** Runs it as one transaction. @throws OdooError TypeError for arguments that it does not have */
export function run(env: Env, model: string, name: string, method: Method, args: Args, ids: number[]) {
  const unknown = Object.keys(args).find((given) => !method.names.includes(given))
  if (unknown !== undefined)
    throw pythonError('TypeError', `${model}.${name}() got an unexpected keyword argument '${unknown}'`)
  return env.db.atomically(() => {
    for (const id of ids) env.db.get(model, id)
    return method.run(env, model, args, ids)
  })
}

/** @throws OdooError for ids that are none */
export function idsOf(model: string, given: unknown): number[] {
  const ids = Array.isArray(given) ? given : [given]
  if (ids.every((id) => typeof id === 'number' && Number.isInteger(id))) return ids
  throw missingRecord(model, Number.NaN)
}

const idOf = (row: Row) => row.id

function search({ db, context }: Env, model: string, args: Args): Row[] {
  const { domain = [], offset, limit, order } = args
  const fits = compileDomain(db, model, domain)
  const hasActive = 'active' in db.modelOf(model).fields
  const hides = hasActive && context['active_test'] !== false && !mentions(domain, 'active')
  const rows = db.rows(model).filter((row) => (!hides || db.read(model, row, 'active') === true) && fits(row))
  const sorted = rows.sort(orderOf(db, model, order))
  const from = wholeNumber(offset) ?? 0
  const count = wholeNumber(limit)
  return sorted.slice(from, count ? from + count : undefined)
}

function wholeNumber(value: unknown): number | undefined {
  if (value === undefined || value === null || value === false) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw pythonError('ValueError', `invalid value for offset or limit: ${JSON.stringify(value)}`)
}

/** `"write_date desc, id"` */
function orderOf(db: Database, model: string, order: unknown): (a: Row, b: Row) => number {
  if (order === undefined || order === null || order === false || order === '') return (a, b) => a.id - b.id
  if (typeof order !== 'string') throw pythonError('ValueError', `Invalid order ${JSON.stringify(order)}`)
  const parts = order.split(',').map((part) => /^\s*([a-z_][a-z_0-9]*)(?:\s+(asc|desc))?\s*$/i.exec(part))
  if (parts.some((part) => part === null)) throw pythonError('ValueError', `Invalid order ${JSON.stringify(order)}`)
  const keys = parts.map((part) => ({ name: part![1]!, sign: part![2]?.toLowerCase() === 'desc' ? -1 : 1 }))
  for (const { name } of keys) db.fieldOf(model, name)
  return (a, b) => {
    for (const { name, sign } of keys) {
      const difference = compare(db.read(model, a, name), db.read(model, b, name))
      if (difference !== 0) return difference * sign
    }
    return 0
  }
}

function compare(a: Value, b: Value): number {
  if (a === b) return 0
  if (a === false || b === false) return a === false ? 1 : -1 // as NULL in PostgreSQL: last
  return a < b ? -1 : 1
}

function fieldNames(db: Database, model: string, given: unknown): string[] {
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0))
    return ['display_name', 'create_date', 'write_date', ...Object.keys(db.modelOf(model).fields)]
  if (!Array.isArray(given)) throw pythonError('ValueError', 'fields must be a list')
  const names = given.map(String)
  for (const name of names) db.fieldOf(model, name)
  return names
}

/** Who made a record and when it changed is the server's to say: what a caller gives for it goes unheeded. */
function withoutMagic(values: unknown): Args {
  const { id: _id, create_date: _made, write_date: _written, ...rest } = objectOf(values)
  return rest
}

const missingArgument = (model: string, method: string, name: string): OdooError =>
  pythonError('TypeError', `${model}.${method}() missing 1 required positional argument: '${name}'`)
