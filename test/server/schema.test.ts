import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { testDatabase } from '../support/database.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('src/engine/schema.ts is what the migrations make (npm run schema)', async (t) => {
  const { url } = await testDatabase(t)
  const generator = join(root, 'node_modules/kysely-codegen/dist/cli/bin.js')
  const { stdout } = await promisify(execFile)(process.execPath, [generator, '--url', url, '--verify'], { cwd: root })
  assert.match(stdout, /up-to-date/)
})
