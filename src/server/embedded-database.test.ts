import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { useEmbeddedDatabase } from './embedded-database.ts'

const module = new URL('embedded-database.ts', import.meta.url).href

/** Uses the folder from a process of its own, until told to leave by a line, or by Ctrl-C once its work is done. */
const program = `
  import { useEmbeddedDatabase } from ${JSON.stringify(module)}
  import { Client } from 'pg'
  const db = await useEmbeddedDatabase(process.argv[1])
  const client = new Client(db.url)
  await client.connect()
  const leave = async () => {
    await new Promise((later) => setTimeout(later, 300))
    await client.query('select 1')
    await client.end()
    await db.release()
    console.log('left')
    process.exit(0)
  }
  process.once('SIGINT', leave)
  process.stdin.once('data', leave)
  console.log(db.url)
`

/** Joins and leaves again and again, asking the database something each time. */
const comingAndGoing = `
  import { useEmbeddedDatabase } from ${JSON.stringify(module)}
  import { Client } from 'pg'
  for (let turn = 0; turn < 4; turn++) {
    const db = await useEmbeddedDatabase(process.argv[1])
    const client = new Client(db.url)
    await client.connect()
    await new Promise((later) => setTimeout(later, Math.random() * 60))
    await client.query('select 1')
    await client.end()
    await db.release()
    await new Promise((later) => setTimeout(later, Math.random() * 60))
  }
`

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-embedded-'))
  await chmod(folder, 0o755)
  return folder
}

async function removeFolder(folder: string) {
  // A server that a failed test left behind must not outlive it.
  const left = await postmaster(folder).catch(() => undefined)
  if (left && left !== process.pid) process.kill(left, 'SIGQUIT')
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
}

async function newFolder(t: TestContext) {
  const folder = await makeFolder()
  t.after(() => removeFolder(folder))
  return folder
}

/** Used by most tests, one after the other, as making a cluster takes longest. */
let shared: string
before(async () => {
  shared = await makeFolder()
})
after(() => removeFolder(shared))

function start(text: string, folder: string, detached = false) {
  const args = ['--input-type=module', '--eval', text, folder]
  return spawn(process.execPath, args, { detached, cwd: import.meta.dirname, stdio: ['pipe', 'pipe', 'inherit'] })
}

/** A process that uses the folder, once it does. */
async function user(t: TestContext, folder: string, detached = false) {
  const child = start(program, folder, detached)
  t.after(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  const [url] = await once(lines, 'line', { signal: AbortSignal.timeout(30_000) })
  return { child, url: String(url) }
}

async function ended(child: ChildProcess) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

async function leave(child: ChildProcess) {
  child.stdin?.write('leave\n')
  assert.equal(await ended(child), 0)
}

/** The process id of the server, as long as it runs. */
async function postmaster(folder: string) {
  const { cluster } = JSON.parse(await readFile(join(folder, 'postgres.json'), 'utf8'))
  const file = join(cluster, 'postmaster.pid')
  return existsSync(file) ? Number((await readFile(file, 'utf8')).split('\n')[0]) : undefined
}

/** The first value of the first row. */
async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

test('a first use makes a PostgreSQL that knows all letters, and a later one finds what was written', async (t) => {
  const first = await useEmbeddedDatabase(shared)
  assert.match(String(await ask(first.url, 'select version()')), /^PostgreSQL 18/)
  assert.equal(await ask(first.url, 'show server_encoding'), 'UTF8')
  assert.equal(await ask(first.url, `select lower('ÉCLAIR ДОМ') || upper('şö')`), 'éclair домŞÖ')
  await ask(first.url, 'create extension unaccent')
  await ask(first.url, 'create extension pg_trgm')
  assert.equal(await ask(first.url, `select unaccent('Ștefan naïve')`), 'Stefan naive')
  assert.equal(await ask(first.url, `select similarity('हिन्दी बैग', 'हिन्दी')::float > 0`), true)
  assert.equal(await ask(first.url, 'select rolsuper from pg_roles where rolname = current_user'), false)
  await ask(first.url, 'create table kept as select 7 as n')
  await first.release()
  assert.equal(await postmaster(shared), undefined)

  const started = performance.now()
  const later = await useEmbeddedDatabase(shared)
  t.diagnostic(`a later start took ${Math.round(performance.now() - started)} ms`)
  assert.equal(await ask(later.url, 'select n from kept'), 7)
  await later.release()
  await later.release()
})

test('of two processes that come first at once both are served, and the last to leave stops the server', async (t) => {
  const folder = await newFolder(t)
  const [one, two] = await Promise.all([user(t, folder), user(t, folder)])
  assert.equal(one.url, two.url)
  await leave(one.child)
  assert.equal(await ask(two.url, 'select 1'), 1)
  await leave(two.child)
  assert.equal(await postmaster(folder), undefined)
})

test('four processes that come and go at random never meet a server that stops', async () => {
  const children = Array.from({ length: 4 }, () => start(comingAndGoing, shared))
  assert.deepEqual(await Promise.all(children.map(ended)), [0, 0, 0, 0])
  assert.equal(await postmaster(shared), undefined)
})

test('a server left by a killed process is used by the next, who stops it', async (t) => {
  const killed = await user(t, shared)
  const server = await postmaster(shared)
  killed.child.kill('SIGKILL')
  await ended(killed.child)
  const next = await useEmbeddedDatabase(shared)
  assert.equal(await postmaster(shared), server)
  assert.equal(await ask(next.url, 'select 1'), 1)
  await next.release()
  assert.equal(await postmaster(shared), undefined)
})

test('a killed server starts again with all that was committed', async (t) => {
  const first = await user(t, shared)
  await ask(first.url, 'create table saved as select 8 as n')
  process.kill((await postmaster(shared))!, 'SIGKILL')
  first.child.kill('SIGKILL')
  await ended(first.child)
  const next = await useEmbeddedDatabase(shared)
  assert.equal(await ask(next.url, 'select n from saved'), 8)
  await next.release()
})

test('a pid file that names a process of something else does not hinder a start', async () => {
  await (await useEmbeddedDatabase(shared)).release()
  const file = join(shared, 'postgres', 'postmaster.pid')
  await writeFile(file, `${process.pid}\n${join(shared, 'postgres')}\n1\n5432\n/tmp\n127.0.0.1\n1 1\nready   \n`)
  const next = await useEmbeddedDatabase(shared)
  assert.equal(await ask(next.url, 'select 1'), 1)
  await next.release()
})

test('a port that was taken in the meantime is replaced by another', async (t) => {
  const first = await useEmbeddedDatabase(shared)
  await first.release()
  const { port } = new URL(first.url)
  const other = createServer().listen(Number(port), '127.0.0.1')
  await once(other, 'listening')
  t.after(() => void other.close())
  const next = await useEmbeddedDatabase(shared)
  assert.notEqual(new URL(next.url).port, port)
  assert.equal(await ask(next.url.split('?')[0]!, 'select 1'), 1) // over TCP
  await next.release()
})

test('Ctrl-C in the terminal leaves the server to the process that uses it', async (t) => {
  if (process.platform === 'win32') return t.skip('no process groups')
  const { child } = await user(t, shared, true)
  process.kill(-child.pid!, 'SIGINT') // the whole group, as a terminal does
  assert.equal(await ended(child), 0) // which it does only after it has asked the database once more
  assert.equal(await postmaster(shared), undefined)
})

test('as root, a data folder that no other user can reach works too', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root has the difficulty')
  const folder = await newFolder(t)
  await chmod(folder, 0o700)
  const first = await useEmbeddedDatabase(folder)
  const { cluster } = JSON.parse(await readFile(join(folder, 'postgres.json'), 'utf8'))
  t.after(() => rm(join(cluster, '..'), { recursive: true, force: true }))
  await ask(first.url, 'create table kept as select 7 as n')
  await first.release()
  const next = await useEmbeddedDatabase(folder)
  assert.equal(await ask(next.url, 'select n from kept'), 7)
  await next.release()
})

test('what is wrong with the folder is said with its name', async (t) => {
  const folder = await newFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  await assert.rejects(useEmbeddedDatabase(join(file, 'data')), /The database in .*file\/data cannot be used: ENOTDIR/)
  await (await useEmbeddedDatabase(folder)).release()
  await rm(join(folder, 'postgres.json'))
  await assert.rejects(useEmbeddedDatabase(folder), /postgres\.json with its password is missing/)
  await writeFile(join(folder, 'postgres.json'), JSON.stringify({ password: 'p', cluster: join(folder, 'postgres') }))
  await writeFile(join(folder, 'postgres', 'PG_VERSION'), '17\n')
  await assert.rejects(useEmbeddedDatabase(folder), /made by PostgreSQL 17, and the one installed here is 18/)
})
