import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextTry, retryAfterOf } from './schedule.ts'

const hour = 3_600_000

test('tries go on for three days, ten of them, and then end', () => {
  const pauses = Array.from({ length: 9 }, (_, i) => nextTry(i + 1, null, 0.5)!)
  assert.deepEqual(pauses.slice(0, 4), [5000, 300_000, 1_800_000, 2 * hour])
  const inAll = pauses.reduce((sum, pause) => sum + pause, 0)
  assert.ok(inAll > 71 * hour && inAll <= 72 * hour, String(inAll / hour))
  assert.equal(nextTry(10, null, 0.5), null)
  assert.equal(nextTry(10, 60_000, 0.5), null, 'nor does a receiver put the end off')
})

test('chance moves each by a fifth at most', () => {
  for (let tries = 1; tries <= 9; tries++) {
    const [earliest, middle, latest] = [0, 0.5, 1].map((random) => nextTry(tries, null, random)!)
    assert.ok(Math.abs(earliest! / middle! - 0.8) < 1e-6)
    assert.ok(Math.abs(latest! / middle! - 1.2) < 1e-6)
  }
})

test('a receiver is not asked sooner than it wants, and keeps nobody away for longer than a day', () => {
  for (const random of [0, 0.3, 1]) {
    assert.ok(nextTry(1, 10 * 60_000, random)! >= 10 * 60_000)
    assert.ok(nextTry(1, 1e12, random)! <= 24 * hour * 1.2)
    assert.ok(nextTry(4, 1000, random)! >= 1.6 * hour, 'sooner than ours is no reason to hurry')
  }
})

test('Retry-After is read as seconds or as a date, where it means something', () => {
  const now = new Date('2026-03-01T10:00:00Z')
  assert.equal(retryAfterOf(429, '120', now), 120_000)
  assert.equal(retryAfterOf(503, 'Sun, 01 Mar 2026 10:05:00 GMT', now), 300_000)
  assert.equal(retryAfterOf(503, 'Sun, 01 Mar 2026 09:00:00 GMT', now), 0)
  assert.equal(retryAfterOf(400, '120', now), null)
  for (const odd of [null, 'soon', '', '-5x', '1e3z']) assert.equal(retryAfterOf(429, odd, now), null, String(odd))
})
