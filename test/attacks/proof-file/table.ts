import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProofFile } from '../../../src/verifier/file.ts'
import { verifyProof } from '../../../src/verifier/verify.ts'
import type { Known } from '../../../src/verifier/verify.ts'
import {
  deliveryDraft,
  enrolmentDraft,
  fileKey,
  known,
  leavesOf,
  logKey,
  logProofOf,
  makeProof,
  nextKey,
  storeKey,
  textOf,
  correctionDraft,
} from '../../support/proof-files.ts'
import type { Making } from '../../support/proof-files.ts'

/** All that somebody careful knows: the store's keys, and its log's. */
export const careful: Known = { ...known, keys: { keys: [fileKey(storeKey), fileKey(nextKey)] }, logKey }

export async function failedChecks(text: string | Uint8Array, with_: Known): Promise<string[]> {
  const report = await verifyProof(text, with_)
  const failed = report.checks.filter(({ verdict }) => verdict === 'failed')
  assert.equal(report.verdict === 'invalid', failed.length > 0)
  return failed.map(({ name, of }) => (of ? `${name} of ${of}` : name))
}

export const text = (change: (text: string) => string) => () => change(textOf(makeProof()))
export const made = (making: Making) => () => textOf(makeProof(making))
export const signed = (change: (file: ProofFile) => void) => () => textOf(makeProof({ signed: change }))
/** The store itself states what is wrong, and signs and logs it. */
export const stated = (enrolment: object, delivery: object = {}) =>
  made({
    drafts: [
      { ...enrolmentDraft(), ...enrolment },
      { ...deliveryDraft(), ...delivery },
    ],
  })
export const keyed = (more: object, making: Making = {}) =>
  made({ keys: [fileKey(storeKey, more), fileKey(nextKey)], fileSigner: nextKey, ...making })
export const corrected = (correction: object, more: object[] = []) =>
  made({ drafts: [enrolmentDraft(), deliveryDraft(), { ...correctionDraft(), ...correction }, ...more] })
export const seconds = (time: string) => Date.parse(time) / 1000
export const other = (making: Making = {}) =>
  makeProof({
    orderId: 'ORDER-2',
    file: (file) => (file.proof_id = 'proof_other'),
    drafts: [
      { ...enrolmentDraft(), proof_id: 'proof_other' },
      { ...deliveryDraft(), proof_id: 'proof_other' },
    ],
    ...making,
  })
export const long = 'x'.repeat(400_000)

/** What is made, what it is called, and just which checks fail. Everything is signed by the store itself, unless the name says otherwise. */
export type Claim = [name: string, make: () => string, fails: string[], known?: Known]

export function testClaims(claims: Claim[]): void {
  for (const [name, make, fails, known = careful] of claims) {
    test(`${fails.length > 0 ? 'invalid' : 'valid'}: ${name}`, async () => {
      assert.deepEqual(await failedChecks(make(), known), fails)
    })
  }
}

/** The store's own log, with two entries at each other's place. */
export function swapInLog(file: ProofFile, a: number, b: number) {
  const swapped = [...file.entries]
  ;[swapped[a], swapped[b]] = [file.entries[b]!, file.entries[a]!]
  const leaves = leavesOf(swapped, [5, 3])
  for (const entry of file.entries) entry.log_proof = logProofOf(5 + swapped.indexOf(entry), { leaves })
}
