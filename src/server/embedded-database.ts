import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type Account, accountFor, canReach } from './embedded/account.ts'
import { findBinaries, sharedPlace } from './embedded/binaries.ts'
import { createCluster, runningServer, startServer, stopServer, superuser } from './embedded/cluster.ts'
import type { Cluster, Listening } from './embedded/cluster.ts'
import { codeOf, ifThere, messageOf } from './embedded/errors.ts'
import { enter, inTurn, inUse } from './embedded/presence.ts'

export interface EmbeddedDatabase {
  /** For `pg`: the database `saudagar`, as a role that owns it and may create others. */
  url: string
  /** Ends this use. The last user to leave stops the server. */
  release(): Promise<void>
}

export interface EmbeddedOptions {
  log?: (line: string) => void
  /** Settings of PostgreSQL that go before ours, when this use is the one that starts it. */
  settings?: Record<string, string>
}

/** What postgres.json remembers. */
interface Memory {
  password: string
  /** Where the cluster lies. Not always in the data folder: see `placeFor`. */
  cluster: string
  /** The port of the last start, kept while it is free. Unknown until the first. */
  port?: number
}

/** The database and the role that owns it. */
const application = 'saudagar'

/**
 * Uses the PostgreSQL of a data folder: made at first use, started if it does not run, shared with every process that
 * uses the folder, stopped by the last that leaves. A process that is killed has left; the server it may have left
 * behind is used, and in the end stopped, by the next.
 * @throws Error that names the folder and what is wrong; where no PostgreSQL from npm runs, it says to set DATABASE_URL
 */
export async function useEmbeddedDatabase(
  dataFolder: string,
  { log = () => {}, settings = {} }: EmbeddedOptions = {},
): Promise<EmbeddedDatabase> {
  try {
    await mkdir(dataFolder, { recursive: true })
    const folder = await realpath(dataFolder)
    return await inTurn(folder, async () => {
      const leave = enter(folder)
      try {
        const memory = (await recall(folder)) ?? (await beginMemory(folder))
        const cluster = await findCluster(folder, memory, log)
        const server = await reach(cluster, memory, settings, log)
        if (server.port !== memory.port) await remember(folder, { ...memory, port: server.port })
        await prepare(server, memory.password)
        let left: Promise<void> | undefined
        return {
          url: addressOf(server, application, memory.password, application),
          release: () => (left ??= release(folder, cluster, leave, log)),
        }
      } catch (error) {
        leave()
        throw error
      }
    })
  } catch (error) {
    throw new Error(`The database in ${resolve(dataFolder)} cannot be used: ${messageOf(error)}`, { cause: error })
  }
}

async function release(folder: string, cluster: Cluster, leave: () => void, log: (line: string) => void) {
  // Somebody removed it under us. The server notices the same within a minute, and ends.
  if (!existsSync(folder)) return leave()
  await inTurn(folder, async () => {
    leave()
    const server = inUse(folder) ? undefined : await runningServer(cluster)
    if (!server) return
    await stopServer(cluster, server)
    log('PostgreSQL stopped')
  })
}

const memoryFile = (folder: string) => join(folder, 'postgres.json')

async function recall(folder: string): Promise<Memory | undefined> {
  const text = await ifThere(readFile(memoryFile(folder), 'utf8'))
  return text === undefined ? undefined : JSON.parse(text)
}

/** Written beside and moved into place, so that a kill in between loses nothing. */
async function remember(folder: string, memory: Memory) {
  const half = `${memoryFile(folder)}.new`
  await writeFile(half, `${JSON.stringify(memory, null, 2)}\n`, { mode: 0o600 })
  await rename(half, memoryFile(folder))
}

/** For a first use: chooses the password and the place, before anything is made there. */
async function beginMemory(folder: string): Promise<Memory> {
  const usual = join(folder, 'postgres')
  if (existsSync(usual)) {
    throw new Error(`postgres.json with its password is missing: bring it back, or remove ${usual} to begin anew`)
  }
  const memory = { password: randomBytes(24).toString('base64url'), cluster: await placeFor(folder, usual) }
  await remember(folder, memory)
  return memory
}

/**
 * The data folder, unless root runs us and the user that PostgreSQL then runs as cannot reach it (a project under
 * /root): then a place that all can reach, where a database left from a data folder that is gone is set aside.
 */
async function placeFor(folder: string, usual: string) {
  const account = await accountFor(usual)
  if (await canReach(account, folder)) return usual
  const place = join(sharedPlace, createHash('sha256').update(folder).digest('hex').slice(0, 12))
  const cluster = join(place, 'postgres')
  if (existsSync(cluster)) {
    const server = await runningServer({ folder: cluster })
    if (server) await stopServer(await describe(folder, cluster), server)
    await rm(`${place}.old`, { recursive: true, force: true })
    await rename(place, `${place}.old`)
  }
  await mkdir(place, { recursive: true })
  for (const open of [sharedPlace, place]) await chmod(open, 0o755)
  await writeFile(join(place, 'data-folder'), folder)
  return cluster
}

/** The cluster, made now if it never was. */
async function findCluster(folder: string, memory: Memory, log: (line: string) => void): Promise<Cluster> {
  const usual = join(folder, 'postgres')
  const moved = dirname(memory.cluster) !== folder && !memory.cluster.startsWith(sharedPlace)
  if (moved) {
    memory.cluster = usual
    await remember(folder, memory)
  } else if (memory.cluster !== usual) await checkOwner(folder, memory.cluster)

  const cluster = await describe(folder, memory.cluster)
  const made = await ifThere(readFile(join(cluster.folder, 'PG_VERSION'), 'utf8'))
  const major = cluster.binaries.version.split('.')[0]
  if (made !== undefined && made.trim() !== major) {
    throw new Error(`it was made by PostgreSQL ${made.trim()}, and the one installed here is ${major}`)
  }
  if (made === undefined && memory.port) {
    throw new Error(`${cluster.folder} is gone: bring it back, or remove ${memoryFile(folder)} to begin anew`)
  }
  if (made === undefined) {
    log(`Making a PostgreSQL ${cluster.binaries.version} database in ${cluster.folder}`)
    await createCluster(cluster, memory.password)
  }
  return cluster
}

/** Of a data folder that was moved, its database in the shared place follows; of one that was copied, it does not. */
async function checkOwner(folder: string, cluster: string) {
  const mark = join(dirname(cluster), 'data-folder')
  const owner = await readFile(mark, 'utf8').catch(() => folder)
  if (owner === folder) return
  if (existsSync(memoryFile(owner))) {
    throw new Error(`it is a copy of ${owner}, whose database lies in ${cluster}: remove postgres.json to begin anew`)
  }
  await writeFile(mark, folder)
}

async function describe(folder: string, cluster: string): Promise<Cluster> {
  const account: Account = await accountFor(cluster)
  const binaries = await findBinaries(account, folder)
  return { folder: cluster, logFile: join(folder, 'postgres.log'), account, binaries }
}

/** Joins the server that runs, or starts it. */
async function reach(cluster: Cluster, memory: Memory, settings: Record<string, string>, log: (line: string) => void) {
  const running = await runningServer(cluster)
  if (running) return running
  await startServer(cluster, memory.port, settings)
  const started = await runningServer(cluster)
  if (!started) throw new Error(`PostgreSQL ended right after its start; ${cluster.logFile} says why`)
  log(`PostgreSQL ${cluster.binaries.version} started on port ${started.port}`)
  return started
}

/** Makes sure that the role and its database exist. */
async function prepare(server: Listening, password: string) {
  const client = await connect(addressOf(server, superuser, password, 'postgres'))
  try {
    const { rows } = await client.query(
      `select exists (select from pg_roles where rolname = '${application}') as role,
        exists (select from pg_database where datname = '${application}') as database`,
    )
    // Not a superuser: what gets into a statement of the application must not get into files or programs.
    if (!rows[0].role) await client.query(`create role ${application} login createdb password '${password}'`)
    if (!rows[0].database) await client.query(`create database ${application} owner ${application}`)
  } finally {
    await client.end()
  }
}

/** Waits while the server recovers, as it does by itself when one of its processes was killed. */
async function connect(connectionString: string) {
  for (const deadline = Date.now() + 60_000; ;) {
    const client = new Client({ connectionString })
    client.on('error', () => {}) // the query under way reports it
    try {
      await client.connect()
      return client
    } catch (error) {
      const recovering = '57P03'
      if (codeOf(error) !== recovering || Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}

/** Over the socket where there is one in sight, which in another container there may not be. */
function addressOf({ port, socketFolder }: Listening, user: string, password: string, name: string) {
  const socket = socketFolder && existsSync(join(socketFolder, `.s.PGSQL.${port}`))
  const way = socket ? `?host=${encodeURIComponent(socketFolder)}` : ''
  return `postgres://${user}:${password}@127.0.0.1:${port}/${name}${way}`
}
