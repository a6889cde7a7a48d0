import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { SignJWT, generateKeyPair } from 'jose'
import { refusalName } from './rows.ts'
import type { OpenRow, RefusalEntry, RowTests, Table } from './rows.ts'

/** What the tests of a contract's events show, by event and promise. */
export type EventTests = Record<string, Record<string, () => Promise<void>>>

interface Opened {
  table: Table
  shown: { answers: Set<string>; refusals: Set<string> }
  openRow(id: string): OpenRow
}

/** Declares a test for each promise of each row, and of each event. */
export function walk({ openRow }: Opened, rows: RowTests, webhooks: EventTests) {
  for (const [id, promises] of Object.entries(rows)) {
    const row = openRow(id)
    for (const [promise, show] of Object.entries(promises)) test(`${id}: ${promise}`, () => show(row))
  }
  for (const [id, promises] of Object.entries(webhooks)) {
    for (const [promise, show] of Object.entries(promises)) test(`${id}: ${promise}`, show)
  }
}

/**
 * Asserts that the tests so far have asked every row and provoked every refusal.
 * @param isProvoked whether it is these tests that provoke such a refusal
 */
export function assertAllShown(
  t: TestContext,
  { table, shown }: Opened,
  rows: RowTests,
  webhooks: EventTests,
  isProvoked: (entry: RefusalEntry) => boolean = () => true,
) {
  const ids = table.endpoints.map((row) => row.id)
  assert.deepEqual(Object.keys(rows).toSorted(), ids.toSorted())
  assert.deepEqual([...shown.answers].toSorted(), ids.toSorted())
  assert.deepEqual(Object.keys(webhooks).toSorted(), table.events.map((event) => event.id).toSorted())
  const refusals = table.endpoints.flatMap((row) =>
    row.errors.filter(isProvoked).map((entry) => refusalName(row, entry)),
  )
  assert.deepEqual(
    refusals.filter((name) => !shown.refusals.has(name)),
    [],
  )
  t.diagnostic(`${shown.answers.size} of ${ids.length} rows, ${refusals.length} of ${refusals.length} refusals`)
}

/** Tokens that do not hold, and why. @param good one that does @param foreign one of another store */
export async function deadTokens(good: string, foreign: string): Promise<Record<string, string>> {
  const [head, claims, signature] = good.split('.') as [string, string, string]
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string }
  const { privateKey } = await generateKeyPair(header.alg)
  return {
    'a word': 'token',
    malformed: `${head}.${claims}`,
    'for somebody else': `${head}.${encode({ ...said, sub: '00000000-0000-7000-8000-000000000000' })}.${signature}`,
    'of another key': await new SignJWT(said).setProtectedHeader(header).sign(privateKey),
    'without a signature': `${encode({ ...header, alg: 'none' })}.${claims}.`,
    'of another store': foreign,
  }
}
