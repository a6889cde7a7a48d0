import { json, type Answer, type Call } from '../http.ts'
import { isRecord } from '../input.ts'
import { accessDenied, httpError, OdooError, printJson2, printRpc, pythonError, userError } from './errors.ts'
import { idsOf, methodOf, run, type Env } from './methods.ts'
import type { Change, Database } from './store.ts'

/** One database, and who may use it. */
export interface Instance {
  name: string
  db: Database
  /** of the user whom the shop calls as */
  login: string
  password: string | null
  keys: { key: string; expiresAt: Date | null }[]
  changed(changes: Change[]): void
}

/** The user whom the shop calls as; 1 is the system itself. */
const userId = 2

const isValid = ({ key, expiresAt }: Instance['keys'][number], given: unknown) =>
  key === given && (expiresAt === null || expiresAt > new Date())

/** `POST /json/2/:model/:method`, from version 19: true status codes, arguments by name. */
export function answerJson2(instances: Map<string, Instance>, call: Call): Answer {
  try {
    const instance = instanceOf(instances, call.headers['x-odoo-database'])
    if (!/^application\/json\s*(;|$)/i.test(call.headers['content-type'] ?? ''))
      throw httpError(415, "Request inferred type is compatible with 'http' but '/json/2' is type='json2'.")
    const key = /^bearer\s+(.+)$/i.exec(call.headers.authorization ?? '')?.[1]
    if (key === undefined) throw httpError(401, 'User not authenticated, use the "Authorization" header')
    if (!instance.keys.some((known) => isValid(known, key))) throw httpError(401, 'Invalid apikey')
    const { ids = [], context = {}, ...args } = bodyOf(call.body)
    const { model = '', method: name = '' } = call.params
    const { db } = instance
    if (!isModel(db, model)) throw httpError(404, `the model '${model}' does not exist`)
    const method = methodOf(model, name)
    if (!method) throw httpError(404, `the method '${model}.${name}' does not exist`)
    const records = idsOf(model, ids)
    if (method.onModel && records.length > 0) throw httpError(422, `cannot call ${model}.${name} with ids`)
    const env: Env = { db, context: isRecord(context) ? context : {} }
    const { result, changed } = run(env, model, name, method, args, records)
    call.afterAnswer(() => instance.changed(changed))
    return json(result)
  } catch (error) {
    if (!(error instanceof OdooError)) throw error
    // arguments that do not fit are found before the method is called
    return printJson2(error.exception === 'builtins.TypeError' ? httpError(422, error.message) : error)
  }
}

/** `POST /jsonrpc`: the services `common` and `object`; refusals are answers with 200 and an `error`. */
export function answerRpc(instances: Map<string, Instance>, call: Call): Answer {
  let body: Record<string, unknown>
  try {
    body = bodyOf(call.body)
  } catch {
    return { status: 400, type: 'text/html; charset=utf-8', body: '<title>400 Bad Request</title>Invalid JSON data' }
  }
  const id = body['id'] ?? null
  try {
    const { service, method, args } = isRecord(body['params']) ? body['params'] : {}
    if (!Array.isArray(args)) throw pythonError('TypeError', "jsonrpc() missing 1 required argument: 'args'")
    const result =
      service === 'common' ? common(instances, method, args) : object(instances, call, service, method, args)
    return json({ jsonrpc: '2.0', id, result })
  } catch (error) {
    if (error instanceof OdooError) return printRpc(error, id)
    throw error
  }
}

function common(instances: Map<string, Instance>, method: unknown, args: unknown[]): unknown {
  if (method === 'version') return version(instances.values().next().value)
  if (method !== 'login' && method !== 'authenticate')
    throw pythonError('ValueError', `Method not found: ${String(method)}`)
  const [database, login, password] = args
  const instance = rpcInstanceOf(instances, database)
  return login === instance.login && opens(instance, password) ? userId : false
}

function object(
  instances: Map<string, Instance>,
  call: Call,
  service: unknown,
  method: unknown,
  args: unknown[],
): unknown {
  if (service !== 'object' || (method !== 'execute_kw' && method !== 'execute'))
    throw pythonError('ValueError', `Method not found: ${String(service)}.${String(method)}`)
  const [database, uid, password, model, name, positional = [], named = {}] = args
  const instance = rpcInstanceOf(instances, database)
  if (uid !== userId || !opens(instance, password)) throw accessDenied()
  if (typeof model !== 'string' || !isModel(instance.db, model))
    throw userError(`Object ${String(model)} doesn't exist`)
  const found = typeof name === 'string' ? methodOf(model, name) : undefined
  if (!found || typeof name !== 'string')
    throw new OdooError('builtins.AttributeError', `The method '${model}.${String(name)}' does not exist`, 500)
  if (!Array.isArray(positional) || !isRecord(named))
    throw pythonError('TypeError', 'execute_kw() takes a list and a map')
  const rest = [...positional]
  if (!found.onModel && rest.length === 0) throw pythonError('IndexError', 'list index out of range')
  // the ids of the records come first, and a new record's values are looked for by their place
  const ids = found.onModel ? [] : idsOf(model, rest.shift())
  if (name === 'create' && rest.length === 0) throw pythonError('IndexError', 'list index out of range')
  const { context, ...byName } = named
  if (rest.length > found.names.length) throw pythonError('TypeError', `${model}.${name}() takes fewer arguments`)
  const given = Object.fromEntries(rest.map((value, index) => [found.names[index]!, value]))
  const twice = Object.keys(given).find((key) => key in byName)
  if (twice !== undefined)
    throw pythonError('TypeError', `${model}.${name}() got multiple values for argument '${twice}'`)
  const env: Env = { db: instance.db, context: isRecord(context) ? context : {} }
  const { result, changed } = run(env, model, name, found, { ...given, ...byName }, ids)
  call.afterAnswer(() => instance.changed(changed))
  // of one map, one id; of a list, a list
  return name === 'create' && !Array.isArray(rest[0]) && Array.isArray(result) ? result[0] : result
}

/** `GET /web/version` */
export const version = (instance: Instance | undefined) => {
  const number = instance?.db.version ?? 19
  return { version: `${number}.0`, version_info: [number, 0, 0, 'final', 0, ''] }
}

const opens = (instance: Instance, secret: unknown) =>
  (instance.password !== null && secret === instance.password) || instance.keys.some((known) => isValid(known, secret))

/** The only database needs no name. One before 19 has no such address at all. */
function instanceOf(instances: Map<string, Instance>, name: string | string[] | undefined): Instance {
  const only = instances.size === 1 ? instances.values().next().value : undefined
  const instance = typeof name === 'string' ? instances.get(name) : only
  if (!instance || instance.db.version < 19) throw httpError(404, 'Did you mean POST /json/2/<model>/<method>?')
  return instance
}

function rpcInstanceOf(instances: Map<string, Instance>, name: unknown): Instance {
  const instance = typeof name === 'string' ? instances.get(name) : undefined
  if (instance) return instance
  const message = `connection to server failed: FATAL:  database "${String(name)}" does not exist\n`
  throw new OdooError('psycopg2.OperationalError', message, 500)
}

function isModel(db: Database, model: string): boolean {
  try {
    db.modelOf(model)
    return true
  } catch {
    return false
  }
}

function bodyOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw httpError(400, `could not parse the body as json: ${error instanceof Error ? error.message : ''}`)
  }
  if (!isRecord(value)) throw httpError(400, 'the body must be a JSON object')
  return value
}
