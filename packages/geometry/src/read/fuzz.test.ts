import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('twenty thousand changed files are read or refused: no hang, no other exception, no memory without bound', () => {
  const script = fileURLToPath(new URL('../../fuzz/readers.ts', import.meta.url))
  const run = spawnSync(process.execPath, [script, '--count', '20000', '--seed', '1'], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stdout + run.stderr)
  assert.match(run.stdout, /^20000 inputs of seed 1 in /m)
  const all = /^all +(.*)$/m.exec(run.stdout)?.[1].trim().split(/ +/).map(Number) ?? []
  assert.equal(
    all.reduce((sum, n) => sum + n, 0),
    20_000,
  )
  assert.ok(all.length === 5 && all.every((n) => n > 100), `each outcome is reached: ${all.join(' ')}`)
})
