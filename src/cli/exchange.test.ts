import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { testDatabase } from '../../test/support/database.ts'
import { openShop } from '../engine/catalogue/exchange/testing.ts'
import { exportFile } from './export-products.ts'
import { importFile } from './import-products.ts'
import { createProgress } from './progress.ts'
import { UsageError } from './usage.ts'

/** A terminal that remembers what was written to it. */
function createTerminal(isTTY: boolean) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written) =>
    new Writable({
      write: (chunk: Buffer, _, done) => {
        written[name] += chunk
        done()
      },
    })
  return { written, stdout: stream('stdout'), stderr: Object.assign(stream('stderr'), { isTTY }) }
}

test('the commands list what was left out, sum up, and write a file that is whole', async (t) => {
  const { engine, store, close } = await openShop((await testDatabase(t)).url)
  t.after(close)
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-exchange-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'in.csv')
  await writeFile(file, 'Handle,Title,Variant Price\na,A,1\nb,B,x\n')

  const terminal = createTerminal(false)
  const summary = await importFile(engine, store, file, {}, terminal)
  assert.equal(summary.rowsRefused, 1)
  assert.deepEqual(terminal.written.stdout.split('\n'), [
    'line 3: left out: Variant Price "x" is no amount such as 1299.50',
    '2 rows read, 1 left out.',
    'Products: 1 added, 0 changed, 0 unchanged, 0 left out whole.',
    'Variants: 1 added, 0 changed. Stock set: 1.',
    '',
  ])
  assert.equal(terminal.written.stderr, '')

  const out = join(folder, 'out.csv')
  assert.equal(await exportFile(engine, store, out, createTerminal(false)), 1)
  const plain = createTerminal(false)
  await exportFile(engine, store, undefined, plain)
  assert.equal(plain.written.stdout, await readFile(out, 'utf8'))
  assert.deepEqual((await readdir(folder)).sort(), ['in.csv', 'out.csv'])

  const usage = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, (error) => error instanceof UsageError && message.test(error.message))
  await usage(importFile(engine, store, join(folder, 'none.csv'), {}, terminal), /cannot be read/)
  await usage(importFile(engine, store, folder, {}, terminal), /is a folder/)
  await usage(importFile(engine, store, file, { currency: 'USD' }, terminal), /--rate/)
  await usage(exportFile(engine, store, join(folder, 'none', 'out.csv'), terminal), /cannot be written/)
})

test('a bar shows on a terminal only, and makes way for lines', () => {
  let now = 0
  const terminal = createTerminal(true)
  const progress = createProgress(terminal, () => now)
  progress.show(0.5, '10 rows')
  progress.show(0.6, 'too soon to draw again')
  now = 1000
  progress.show(0.75, '15 rows')
  progress.say('line 3: left out')
  progress.end()
  const half = `[${'='.repeat(15)}${' '.repeat(15)}]  50 % 10 rows, 0 s left`
  const more = `[${'='.repeat(23)}${' '.repeat(7)}]  75 % 15 rows, 1 s left`
  assert.equal(terminal.written.stderr, `${half}\r\u001B[2K${more}\r\u001B[2K`)
  assert.equal(terminal.written.stdout, 'line 3: left out\n')
})
