import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit } from '../../src/engine/audit.ts'
import { packages, signedData, webhook } from './ink/packages.ts'
import { retrieval } from './ink/retrieval.ts'
import { anybody, opened, parcels } from './ink/table.ts'
import type { EventTests, RowTests } from './ink/table.ts'
import { assertAllShown, walk } from './walk.ts'

const rows: RowTests = { ...retrieval, ...packages }

const events: EventTests = { ...signedData, ...webhook }

walk(opened, rows, events)

test('what is no route, and what is no JSON, are refused in the documented form', async () => {
  for (const [method, path] of [
    ['GET', '/enroll'],
    ['DELETE', '/verify'],
    ['GET', '/retrieve'],
    ['POST', '/log'],
  ] as const) {
    const { status, body } = await anybody.call(method, path)
    assert.deepEqual([status, body], [404, { error: 'Not found' }], `${method} ${path}`)
  }
  for (const body of ['{', '{"nfc_token":"a","nfc_token":"b"}', '[]', '"x"', '{"delivery_gps":{"lat":NaN}}']) {
    const answer = await anybody.call('POST', '/verify', body)
    assert.deepEqual(
      [answer.status, typeof answer.body.error, Object.keys(answer.body)],
      [400, 'string', ['error']],
      body,
    )
  }
})

test('every row of the table was asked, and every refusal provoked', (t) => {
  assertAllShown(t, opened, rows, events)
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(parcels.engine.db)).findings, [])
})
