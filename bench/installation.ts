import { fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { openPool } from '../src/engine/database.ts'
import { migrate } from '../src/engine/migrate.ts'
import { useEmbeddedDatabase } from '../src/server/embedded-database.ts'
import { median } from './load.ts'
import type { BenchShop, Filled } from './shops.ts'
import { parentOf } from './usage.ts'

/** A PostgreSQL of its own, filled, with everything that the processes of one run need to know. */
export interface Installation {
  folder: string
  databaseUrl: string
  /** a copy of the database as it is now: what the floors write is not the server's */
  copyDatabase(name: string): Promise<string>
  filled: Filled
  env: Record<string, string>
  ports: { shop: number; sandbox: number }
  postgresPid: number
  postgresVersion: string
  /** of writing 8 kB to the disk that the database lies on, for sure: milliseconds */
  fsyncMs: number
  stop(): Promise<void>
}

const command = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** @param settings of PostgreSQL, beside those that it always has */
export async function install(
  shop: Pick<BenchShop, 'fill'>,
  settings: Record<string, string> = {},
): Promise<Installation> {
  const folder = await mkdtemp(join(await diskFolder(), 'saudagar-bench-'))
  await chmod(folder, 0o755) // PostgreSQL may have to run as another user
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const step of closing.splice(0).toReversed()) await step()
  }
  try {
    const database = await useEmbeddedDatabase(folder, { settings })
    closing.push(database.release)
    const secret = randomBytes(32).toString('base64')
    await migrate(database.url)
    const pool = openPool(database.url, 4)
    let filled: Filled
    try {
      filled = await shop.fill(pool, secret)
    } finally {
      await pool.end()
    }
    const [port, sandbox, smtp] = await freePorts(3)
    const facts = await query(
      database.url,
      "select pg_backend_pid() as pid, current_setting('server_version') as version",
    )
    return {
      folder,
      databaseUrl: database.url,
      filled,
      ports: { shop: port!, sandbox: sandbox! },
      postgresPid: facts.parent,
      postgresVersion: String(facts.rows[0]!['version']),
      fsyncMs: await measureFsync(folder),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOST: '127.0.0.1',
        PORT: String(port),
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        SANDBOX_PORT: String(sandbox),
        SANDBOX_SMTP_PORT: String(smtp),
        SAUDAGAR_DATA: folder,
        SAUDAGAR_SECRET: secret,
        SAUDAGAR_DEMO: 'off',
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'warn',
        ...(process.env['BENCH_POOL'] && { DATABASE_POOL: process.env['BENCH_POOL'] }),
        DATABASE_URL: database.url,
      },
      copyDatabase: async (name) => {
        await query(database.url, `create database ${name} template saudagar`, 'postgres')
        const url = new URL(database.url)
        url.pathname = `/${name}`
        await query(url.href, 'vacuum analyze')
        return url.href
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string, database?: string) {
  const address = new URL(url)
  if (database) address.pathname = `/${database}`
  const client = new Client({ connectionString: address.href })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(text)
    return { rows, parent: parentOf(Number(rows[0]?.['pid'] ?? 0)) }
  } finally {
    await client.end()
  }
}

/** A folder for temporary files that are on a disk: in memory, fsync would cost nothing. */
async function diskFolder() {
  const inMemory = 0x01021994 // Linux's number for tmpfs
  const { type } = await statfs(tmpdir())
  return type === inMemory ? fileURLToPath(new URL('../node_modules', import.meta.url)) : tmpdir()
}

async function measureFsync(folder: string) {
  const file = await open(join(folder, 'fsync'), 'w')
  const times: number[] = []
  const page = Buffer.alloc(8192)
  for (let i = 0; i < 200; i++) {
    const began = performance.now()
    await file.write(page, 0, page.length, 0)
    await file.datasync()
    times.push(performance.now() - began)
  }
  await file.close()
  return median(times)
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** A process that was started here, and is ended here by its own pid. */
export interface Process {
  pid: number
  /** seconds from its start until it answered */
  readySeconds: number
  stop(): Promise<void>
}

/**
 * Starts `saudagar <name>` and waits until it answers.
 * @param url that it answers with a 200 as soon as it is ready
 * @param nodeArgs for Node itself
 */
export async function startCommand(
  installation: Installation,
  name: string,
  url: string,
  nodeArgs: string[] = [],
): Promise<Process> {
  const began = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, command, name], {
    cwd: installation.folder, // where no .env lies
    env: installation.env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  while (child.exitCode === null && performance.now() - began < 60_000) {
    const isReady = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isReady) return { pid: child.pid!, readySeconds: (performance.now() - began) / 1000, stop: () => end(child) }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await end(child)
  throw new Error(`saudagar ${name} did not start`)
}

/** Runs `saudagar <name>` to its end. @returns its exit code and what it said */
export async function runCommand(installation: Installation, name: string) {
  const { env, folder } = installation
  const child = spawn(process.execPath, [command, name], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output: output.trim() }
}

/** Starts one of the bench's own processes, tells it what to do, and waits for its answer. */
export async function startHelper<A>(installation: Installation, file: string, order: object) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    cwd: installation.folder,
    env: installation.env,
    serialization: 'advanced',
  })
  child.send(order)
  const answer = await new Promise<A>((resolve, reject) => {
    child.once('message', (message) => resolve(message as A))
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)))
  })
  return { answer, pid: child.pid!, stop: () => end(child) }
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await gone
  clearTimeout(late)
}
