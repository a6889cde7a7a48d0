import assert from 'node:assert/strict'
import { GeometryRefusal } from '../refusal.ts'
import { readScan } from './read.ts'

/** For tests: the file is refused as unreadable, at this place and for this reason. */
export function refusedAt(bytes: Uint8Array, at: string | RegExp, why: RegExp) {
  assert.throws(
    () => readScan(bytes),
    (error) => {
      assert.ok(error instanceof GeometryRefusal, String(error))
      assert.equal(error.code, 'SCAN_UNREADABLE', error.message)
      const details = error.details as { at: string; why: string }
      if (typeof at === 'string') assert.equal(details.at, at)
      else assert.match(details.at, at)
      assert.match(details.why, why)
      assert.ok(error.message.includes(details.at))
      return true
    },
  )
}
