import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testDatabase } from '../support/database.ts'
import { request } from '../support/installation.ts'
import { runCommand } from '../support/command.ts'
import { enrolment, verification } from '../support/parcels.ts'
import { freePort, startProcess } from '../support/process.ts'
import { createTag } from '../support/tags.ts'

test('a courier’s parcels, from an empty database to proofs that outlive their key', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-parcels-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { url: databaseUrl } = await testDatabase(t)
  const port = String(await freePort())
  const env = {
    DATABASE_URL: databaseUrl,
    SAUDAGAR_DATA: folder,
    SAUDAGAR_SECRET_COMMAND: `echo ${randomBytes(24).toString('hex')}`,
    SAUDAGAR_DEMO: 'off',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
    PORT: port,
  }
  /** @returns what the command said. @throws AssertionError for another exit code */
  const saudagar = async (args: string[], code = 0, input?: string): Promise<string> => {
    const ended = await runCommand(args, env, input)
    assert.equal(ended.code, code, `saudagar ${args.join(' ')}: ${ended.output}${ended.errors}`)
    return ended.output + ended.errors
  }
  const inStore = (...args: string[]) => [...args, '--store', 'parcels']

  await saudagar(['stores', 'add', 'parcels', '--contract', 'ink', '--name', 'Parcels'])
  const added = await saudagar(inStore('api-keys', 'add', 'warehouse'))
  const apiKey = /X-API-Key: (\S+)/.exec(added)![1]!
  assert.match(await saudagar(inStore('api-keys', 'add', 'warehouse'), 2), /has a key warehouse, or had one/)
  const keys = { meta: randomBytes(16), file: randomBytes(16), systemId: Buffer.from('shop') }
  const lines = `${keys.meta.toString('hex')}\n${keys.file.toString('hex')}\n`
  const addTags = inStore('tag-keys', 'add', 'batch-1', '--system-id', keys.systemId.toString('hex'))
  await saudagar(addTags, 0, lines)
  assert.match(await saudagar(addTags, 2, lines), /has tag keys batch-1 already/)
  assert.match(await saudagar(inStore('tag-keys', 'add', 'x'), 2, 'abc'), /two lines of 32 hex digits/)

  const server = await startProcess(t, env)
  const base = `${server.url}/parcels`
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await request(base + path, { method: 'POST', body, headers })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const warehouse = { 'x-api-key': apiKey }

  // a plain tag, and one that cannot be copied
  const plain = await post('/enroll', enrolment('plain-1'), warehouse)
  assert.equal(plain.linked, false)
  await post('/verify', verification('plain-1'))
  const tag = createTag(keys, '041a2b3c4d5e6f')
  const tagged = await post('/enroll', enrolment('tag-1', { tag_key: 'batch-1', ...tag.tap() }), warehouse)
  const { nonce } = await post('/verify/nonce', { nfc_token: 'tag-1' })
  await post('/verify', verification('tag-1', { nonce, ...tag.tap() }))

  // what a customer keeps, and what is known from elsewhere
  const fetchTo = async (path: string, name: string) => {
    const response = await fetch(base + path)
    assert.equal(response.status, 200, path)
    const file = join(folder, name)
    await writeFile(file, await response.text())
    return file
  }
  const first = await fetchTo(`/retrieve/${plain.proof_id}/proof`, 'first.json') // waits until there is a log
  const keySet = await fetchTo('/.well-known/jwks.json', 'jwks.json')
  const logKey = (await readFile(await fetchTo('/log/vkey', 'vkey'), 'utf8')).trim()
  const known = ['--order-id', 'ORDER-12345', '--nfc-uid', '04:1A:2B:3C:4D:5E:6F']
  const elsewhere = ['--keys', keySet, '--log-key', logKey]
  assert.match(await saudagar(['verify', first, ...known, ...elsewhere]), /^VALID/m)
  assert.match(await saudagar(['verify', first, ...elsewhere], 3), /^INCOMPLETE/m)
  const second = await fetchTo(`/retrieve/${tagged.proof_id}/proof`, 'second.json')
  assert.match(await saudagar(['verify', second, ...known, ...elsewhere]), /the tag’s count 2/)

  // a witness watches
  const witness = [
    'witness',
    `${base}/log`,
    '--log-key',
    logKey,
    '--key',
    join(folder, 'witness.key'),
    '--state',
    join(folder, 'seen'),
  ]
  const introduced = await saudagar([...witness, '--name', 'witness.example/w1'])
  const witnessKey = /witness\.example\/w1\+[0-9a-f]{8}\+\S+/.exec(introduced)![0]
  await saudagar(inStore('witnesses', 'add', witnessKey))
  await saudagar([...witness, '--submit'])
  const seen = await fetchTo(`/retrieve/${plain.proof_id}/proof`, 'seen.json')
  assert.match(await saudagar(['verify', seen, ...known, '--witness', witnessKey]), /^VALID/m)
  assert.match(await saudagar(['verify', first, ...known, '--witness', witnessKey], 1), /^INVALID/m)

  // the next key, and then the old one is stolen
  await saudagar(inStore('keys', 'rotate', '--after', '0'))
  assert.equal((await post('/enroll', enrolment('plain-2'), warehouse)).key_id, 'key_002')
  await saudagar(inStore('keys', 'revoke', 'key_001', '--reason', 'stolen'))
  assert.match(await saudagar(inStore('keys', 'list')), /key_001 .*revoked since .*: stolen[\s\S]*key_002 .*signs$/m)
  assert.match(await saudagar(inStore('keys', 'revoke', 'key_001', '--reason', 'x'), 2), /was revoked before/)
  const newKeys = await fetchTo('/.well-known/jwks.json', 'jwks-2.json')
  const old = await fetchTo(`/retrieve/${plain.proof_id}/proof`, 'old.json')
  const later = ['--keys', newKeys, '--log-key', logKey]
  assert.match(await saudagar(['verify', old, ...known, ...later]), /^VALID/m)
  // what was signed with it stays as good as it was; a file that was made with it is judged by its time
  assert.match(await saudagar(['verify', first, ...known, ...later]), /^VALID/m)
  // whoever stole the key may have a log of his own
  assert.match(await saudagar(['verify', first, ...known, '--keys', newKeys], 3), /^INCOMPLETE/m)

  // somebody of the shop had the wrong address
  const correction = {
    corrects: 'enrollment',
    reason: 'the house next door',
    changes: { warehouse_gps: { lat: 40.7, lng: -73.9 } },
  }
  await post(`/retrieve/${plain.proof_id}/corrections`, correction, warehouse)
  const corrected = await fetchTo(`/retrieve/${plain.proof_id}/proof`, 'corrected.json')
  assert.match(await saudagar(['verify', corrected, ...known]), /the house next door/)
  assert.equal((await fetch(`${base}/verify/${plain.proof_id}`)).status, 200)

  assert.match(await saudagar(inStore('api-keys', 'list')), /warehouse/)
  await saudagar(inStore('api-keys', 'revoke', 'warehouse'))
  const refused = await request(`${base}/enroll`, { method: 'POST', body: enrolment('plain-3'), headers: warehouse })
  assert.equal(refused.status, 401)
  assert.match(await saudagar(inStore('log', 'show')), /witness\.example\/w1/)
  await saudagar(inStore('log', 'check'))
  assert.match(await saudagar(['audit']), /All \d+ invariants hold/)
  server.kill('SIGTERM')
  assert.equal(await server.ended, 0, server.output())
})
