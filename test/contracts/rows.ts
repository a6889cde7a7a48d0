import assert from 'node:assert/strict'
import formatsPlugin from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Answer, Wire } from '../support/installation.ts'

/** One way in which an endpoint refuses. */
export interface RefusalEntry {
  when: string
  status: number
  body: Wire
}

/** One endpoint of a published table. */
export interface Row {
  id: string
  method: string
  path: string
  auth: 'none' | 'optional' | 'user' | 'admin' | 'signature'
  request: { body: Wire }
  response: { status: number; contentType: string | null; schema: object }
  errors: RefusalEntry[]
}

export interface EventRow {
  id: string
  sample: Wire
  schema: object
}

export interface Table {
  endpoints: Row[]
  events: EventRow[]
}

/** Whoever sends requests: a customer, an administrator, a guest. */
export interface Caller {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface Sent {
  params?: Record<string, string | number>
  query?: Record<string, string | number | boolean>
  body?: unknown
  headers?: Record<string, string>
}

/** What differs between the tables of two contracts. */
export interface Form {
  /** asserts what holds for every answer */
  everyAnswer(answer: Answer): void
  /** Asserts that a refusal has the form and the words of its entry. @returns which fields were refused */
  refusal(entry: RefusalEntry, answer: Answer): string[]
}

export const refusalName = (row: Row, entry: RefusalEntry) => `${row.id}: ${entry.status} ${entry.when}`

/** Opens a published table for tests that walk its rows. */
export function openTable<T extends Table>(table: T, form: Form) {
  /** What the rows' tests have shown so far: compared with the table when all have run. */
  const shown = { answers: new Set<string>(), refusals: new Set<string>() }
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true })
  formatsPlugin.default(ajv, ['uuid', 'date-time'])
  const schemas = new Map(table.endpoints.map((row) => [row.id, ajv.compile(row.response.schema)]))
  const eventSchemas = new Map(table.events.map((event) => [event.id, ajv.compile(event.schema)]))

  /** A row of the table and its endpoint. @throws Error for a row that the table does not have */
  function openRow(id: string) {
    const row = table.endpoints.find((row) => row.id === id)
    if (!row) throw new Error(`the table has no row ${id}`)
    const validate = schemas.get(id)!

    const send = async (by: Caller, { params = {}, query, body, headers }: Sent = {}): Promise<Answer> => {
      const path = row.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!))
      const text = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)])
      const search = query ? `?${new URLSearchParams(text).toString()}` : ''
      const answer = await by.call(row.method, path + search, body, headers)
      form.everyAnswer(answer)
      return answer
    }

    /** The documented answer: its status, its content type, its schema. @returns the body */
    const answers = (answer: Answer): Wire => {
      const told = JSON.stringify(answer.body)
      assert.equal(answer.status, row.response.status, told)
      const type = answer.headers.get('content-type') ?? ''
      const wanted = row.response.contentType
      if (wanted === null || wanted === 'None') assert.equal(answer.body, '', 'there is a body')
      else assert.ok(type === wanted || type.startsWith(`${wanted};`), `${type}, not ${wanted}`)
      if (wanted === 'application/json') assert.ok(validate(answer.body), `${ajv.errorsText(validate.errors)}: ${told}`)
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
      assert.equal(answer.status, entry.status, `${when}: ${JSON.stringify(answer.body)}`)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json\b/)
      shown.refusals.add(refusalName(row, entry))
      return form.refusal(entry, answer)
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

  /** The documented sample of an event, or one of our own, its schema having been checked. */
  function checkEvent(eventId: string, sample: Wire): Wire {
    const validate = eventSchemas.get(eventId)
    if (!validate) throw new Error(`the table has no event ${eventId}`)
    assert.ok(validate(sample), ajv.errorsText(validate.errors))
    return sample
  }

  const eventSample = (eventId: string): Wire =>
    structuredClone(table.events.find((event) => event.id === eventId)?.sample)

  return { table, shown, ajv, openRow, checkEvent, eventSample }
}

export type OpenRow = ReturnType<ReturnType<typeof openTable>['openRow']>

/** Tests of rows by their ids: each row's promises, and how each is shown. */
export type RowTests = Record<string, Record<string, (row: OpenRow) => Promise<void>>>
