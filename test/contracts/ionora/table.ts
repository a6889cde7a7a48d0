import assert from 'node:assert/strict'
import type { Answer, Wire } from '../../support/shop.ts'
import json from '../ionora.json' with { type: 'json' }
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { openTable } from '../rows.ts'
import type { Table } from '../rows.ts'

export { refusalName } from '../rows.ts'
export type { Caller, OpenRow, RefusalEntry, Row, RowTests } from '../rows.ts'

type IonoraTable = Table & { general: { errorForm: { validation: { schema: object } } } }

export const opened = openTable(json as unknown as IonoraTable, {
  everyAnswer: assertPlain,
  refusal: (entry, { body }): string[] => {
    if (!entry.body.errors) {
      assert.equal(body.message, entry.body.message)
      return []
    }
    const told = JSON.stringify(body)
    assert.equal(isValidation(body), true, told)
    const errors: { msg: string; param: string }[] = body.errors
    for (const error of entry.body.errors) {
      const given = errors.find((other) => other.param === error.param)
      assert.deepEqual(given, error, told)
    }
    return errors.map((error) => error.param)
  },
})

export const { table, shown, openRow } = opened
const isValidation: ValidateFunction = opened.ajv.compile(table.general.errorForm.validation.schema)

/** What holds for every answer: its times have one form, and no secret of an account is in it. */
function assertPlain({ body }: Answer) {
  const text = JSON.stringify(body)
  assert.doesNotMatch(text, /argon2|password_?hash|"(new_|current_)?password":|key_secret|webhook_secret/i)
  for (const [, value] of text.matchAll(/"(?:\w+_at|last_login)":("[^"]*"|[^n"])/g)) {
    assert.match(value!, /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/)
  }
}

/** The documented sample of an event, its schema having been checked, with other ids. */
export function sampleOf(eventId: string, entity: object): Wire {
  const sample = opened.eventSample(eventId)
  Object.assign(sample.payload.payment.entity, entity)
  return opened.checkEvent(eventId, sample)
}
