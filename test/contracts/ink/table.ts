import assert from 'node:assert/strict'
import { after } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { openParcels } from '../../support/parcels.ts'
import type { Answer } from '../../support/installation.ts'
import json from '../ink.json' with { type: 'json' }
import { openTable } from '../rows.ts'
import type { Caller, Table } from '../rows.ts'

export type { OpenRow, RowTests } from '../rows.ts'
export type { EventTests } from '../walk.ts'

type InkTable = Table & { endpoints: { errors: { documented: boolean }[] }[] }

export const opened = openTable(json as unknown as InkTable, {
  everyAnswer: assertPlain,
  refusal: (entry, { body }): string[] => {
    // of what is not documented, only the form is fixed
    if ((entry as unknown as { documented: boolean }).documented) assert.deepEqual(body, entry.body)
    else assert.equal(typeof body.error, 'string')
    return []
  },
})
export const { table, openRow } = opened

/** What holds for every answer: no token, no digits, and the whole order number nowhere. */
function assertPlain({ body }: Answer) {
  const text = JSON.stringify(body)
  assert.doesNotMatch(text, /token_test|ORDER-12345|"1234"|04:1A:2B|nfc_|phone_last4/)
  for (const [, value] of text.matchAll(/"timestamp":("[^"]*"|[^n"])/g))
    assert.match(value!, /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$/)
}

/** The store that all rows are asked of, and its clock. */
export const clock = { aheadMs: 0 }
export const parcels = await openParcels({ after }, { now: () => new Date(Date.now() + clock.aheadMs), worker: true })

export const anybody: Caller = {
  call: (method, path, body, headers) => parcels.call(parcels.store, method, path, { body, headers }),
}

export const query = (text: string, values: unknown[] = []) => execute(parcels.engine.db, text, values)

/** Takes a table away while work runs: a failure of ours. */
export async function whileWithout<T>(name: string, work: () => Promise<T>): Promise<T> {
  await query(`alter table ${name} rename to ${name}_away`)
  try {
    return await work()
  } finally {
    await query(`alter table ${name}_away rename to ${name}`)
  }
}
