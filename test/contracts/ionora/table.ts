import assert from 'node:assert/strict'
import formatsPlugin from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Answer, Wire } from '../../support/shop.ts'
import json from '../ionora.json' with { type: 'json' }

/** One way in which an endpoint refuses. */
export interface RefusalEntry {
  when: string
  status: number
  body: { message?: string; errors?: { msg: string; param: string }[] }
}

/** One endpoint of the published table. */
export interface Row {
  id: string
  method: string
  path: string
  auth: 'none' | 'user' | 'admin' | 'signature'
  request: { body: Wire }
  response: { status: number; schema: object }
  errors: RefusalEntry[]
}

interface EventRow {
  id: string
  sample: Wire
  schema: object
}

export const table = json as unknown as {
  endpoints: Row[]
  events: EventRow[]
  general: { errorForm: { validation: { schema: object } } }
}

/** Whoever sends requests: a customer, an administrator, a guest. */
export interface Caller {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

interface Sent {
  params?: Record<string, string>
  query?: Record<string, string | number>
  body?: unknown
  headers?: Record<string, string>
}

/** What a row's tests have shown so far: compared with the table when all have run. */
export const shown = { answers: new Set<string>(), refusals: new Set<string>() }

export const refusalName = (row: Row, entry: RefusalEntry) => `${row.id}: ${entry.status} ${entry.when}`

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })
formatsPlugin.default(ajv, ['uuid', 'date-time'])
const isValidation = ajv.compile(table.general.errorForm.validation.schema)
const schemas = new Map(table.endpoints.map((row) => [row.id, ajv.compile(row.response.schema)]))

/** A row of the table and its endpoint. @throws Error for a row that the table does not have */
export function openRow(id: string) {
  const row = table.endpoints.find((row) => row.id === id)
  if (!row) throw new Error(`the table has no row ${id}`)
  const validate = schemas.get(id)!

  const send = async (by: Caller, { params = {}, query, body, headers }: Sent = {}): Promise<Answer> => {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!))
    const text = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)])
    const search = query ? `?${new URLSearchParams(text).toString()}` : ''
    const answer = await by.call(row.method, path + search, body, headers)
    assertPlain(answer)
    return answer
  }

  /** The documented answer: its status, its content type, its schema. @returns the body */
  const answers = (answer: Answer): Wire => {
    const told = JSON.stringify(answer.body)
    assert.equal(answer.status, row.response.status, told)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json\b/)
    assert.ok(validate(answer.body), `${ajv.errorsText(validate.errors)}: ${told}`)
    shown.answers.add(id)
    return answer.body
  }

  /**
   * One of the row's refusals: its status, its form and its words.
   * @param when how the table's entry begins
   * @returns which fields were refused
   */
  const refuses = (when: string, answer: Answer): string[] => {
    const entries = row.errors.filter((entry) => entry.when.startsWith(when))
    assert.equal(entries.length, 1, `${id} has ${entries.length} refusals that begin with "${when}"`)
    const [entry] = entries as [RefusalEntry]
    const told = JSON.stringify(answer.body)
    assert.equal(answer.status, entry.status, `${when}: ${told}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json\b/)
    shown.refusals.add(refusalName(row, entry))
    if (!entry.body.errors) {
      assert.equal(answer.body.message, entry.body.message)
      return []
    }
    assert.equal(isValidation(answer.body), true, told)
    const errors: { msg: string; param: string }[] = answer.body.errors
    for (const error of entry.body.errors) {
      const given = errors.find((other) => other.param === error.param)
      assert.deepEqual(given, error, told)
    }
    return errors.map((error) => error.param)
  }

  return {
    ...row,
    send,
    answers,
    refuses,
    /** Sends a request that is answered as documented. @returns the body */
    ok: async (by: Caller, sent?: Sent): Promise<Wire> => answers(await send(by, sent)),
    /** Sends a request that is refused as documented. @returns the fields that were refused */
    no: async (when: string, by: Caller, sent?: Sent): Promise<string[]> => refuses(when, await send(by, sent)),
  }
}

export type OpenRow = ReturnType<typeof openRow>

/** Tests of rows by their ids: each row's promises, and how each is shown. */
export type RowTests = Record<string, Record<string, (row: OpenRow) => Promise<void>>>

/** What holds for every answer: its times have one form, and no secret of an account is in it. */
function assertPlain({ body }: Answer) {
  const text = JSON.stringify(body)
  assert.doesNotMatch(text, /argon2|password_?hash|"(new_|current_)?password":|key_secret|webhook_secret/i)
  for (const [, value] of text.matchAll(/"(?:\w+_at|last_login)":("[^"]*"|[^n"])/g)) {
    assert.match(value!, /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/)
  }
}

const eventSchemas = new Map(table.events.map((event) => [event.id, ajv.compile(event.schema)]))

/** The documented sample of an event, its schema having been checked, with other ids. */
export function sampleOf(eventId: string, entity: object): Wire {
  const event = table.events.find((event) => event.id === eventId)
  if (!event) throw new Error(`the table has no event ${eventId}`)
  const sample = structuredClone(event.sample)
  Object.assign(sample.payload.payment.entity, entity)
  const validate = eventSchemas.get(eventId)!
  assert.ok(validate(sample), ajv.errorsText(validate.errors))
  return sample
}
