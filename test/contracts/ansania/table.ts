import assert from 'node:assert/strict'
import type { Answer, Wire } from '../../support/installation.ts'
import json from '../ansania.json' with { type: 'json' }
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { openTable } from '../rows.ts'
import type { Table } from '../rows.ts'

export type { Caller, OpenRow, RowTests } from '../rows.ts'

interface General {
  errorForm: { schema: object }
  rateLimits: {
    limits: { tier: string; limit: number; windowSeconds: number }[]
    exceeded: { status: number; body: Wire }
  }
}

type AnsaniaTable = Table & { general: General }

export const opened = openTable(json as unknown as AnsaniaTable, {
  everyAnswer: assertPlain,
  refusal: (entry, answer): string[] => {
    const body: Wire = answer.body
    const told = JSON.stringify(body)
    assert.equal(isFailure(body), true, `${JSON.stringify(isFailure.errors)}: ${told}`)
    assert.equal(body.code, entry.body.code, told)
    assert.match(body.meta.timestamp, time)
    const fields: { param: string }[] = Array.isArray(body.details) ? body.details : []
    return fields.map((field) => field.param)
  },
})

export const { table, shown, openRow, checkEvent, eventSample } = opened
const isFailure: ValidateFunction = opened.ajv.compile(table.general.errorForm.schema)

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** What holds for every answer: its times have one form, and no secret of an account is in it. */
function assertPlain({ body }: Answer) {
  if (body === '' || Buffer.isBuffer(body)) return
  const text = JSON.stringify(body)
  assert.doesNotMatch(text, /argon2|password_?hash|"(new_|current_)?password":|secret_key|api_key/i)
  for (const [, value] of text.matchAll(/"(?:\w+_at|timestamp|\w+_date)":("[^"]*"|[^n"])/g))
    assert.match(JSON.parse(value!) as string, time)
}
