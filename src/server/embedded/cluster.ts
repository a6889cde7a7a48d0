import { chown, mkdtemp, open, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, run } from './account.ts'
import { type Binaries, program } from './binaries.ts'
import { codeOf, ifThere } from './errors.ts'

/** A database cluster on disk, and what is needed to run it. */
export interface Cluster {
  folder: string
  logFile: string
  account: Account
  binaries: Binaries
}

/** Where a running server listens. */
export interface Listening {
  pid: number
  port: number
  /** The folder of its Unix socket; empty when it has none. */
  socketFolder: string
}

/** The owner of the cluster, who may do everything. The application's own role may not. */
export const superuser = 'postgres'

/**
 * Makes the cluster, whole or not at all.
 * @throws Error with what initdb said
 */
export async function createCluster({ folder, account, binaries }: Cluster, password: string) {
  const parent = dirname(folder)
  for (const name of await readdir(parent)) {
    if (!name.startsWith('postgres.new-')) continue
    // Left by a first start that was killed. Its initdb may still be writing for a second; what stays does no harm.
    const again = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }
    await rm(join(parent, name), again).catch(() => undefined)
  }
  const half = await mkdtemp(join(parent, 'postgres.new-'))
  const passwordFile = `${half}.password`
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    await giveTo(account, half)
    await giveTo(account, passwordFile)
    await initialise(binaries, account, ['-D', half, '-U', superuser, `--pwfile=${passwordFile}`])
    await rename(half, folder)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(half, { recursive: true, force: true })
  }
}

/**
 * PostgreSQL's own locale compares by code point and knows the letters of every script, alike on every machine. The
 * system's is left with one thing, which signs pg_trgm takes for letters; `C` there would mean only those of ASCII, so
 * it comes last.
 */
async function initialise(binaries: Binaries, account: Account, args: string[]) {
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const auth = ['--auth=scram-sha-256', '--no-instructions']
  let output = ''
  for (const letters of ['C.UTF-8', 'en_US.UTF-8', 'C']) {
    const all = [...args, ...locale, `--lc-ctype=${letters}`, ...auth]
    const outcome = await run(program(binaries, 'initdb'), all, account)
    if (outcome.code === 0) return
    output = outcome.output
    if (!output.includes('locale')) break
  }
  throw new Error(reasonIn(output))
}

/**
 * Starts the server, in a session of its own so that no signal of a terminal reaches it, and waits until it has
 * recovered what a crash left and takes connections.
 * @param wishedPort taken if it is free, else another one is
 * @throws Error with the end of PostgreSQL's log
 */
export async function startServer(cluster: Cluster, wishedPort: number | undefined, more: Record<string, string>) {
  const socketFolder = await makeSocketFolder(cluster.account)
  let port = await freePort(wishedPort)
  for (let attempt = 1; ; attempt++) {
    await writeSettings(cluster, { ...settings(port, socketFolder), ...more })
    const log = await openLog(cluster.logFile)
    const from = (await log.stat()).size
    const args = ['start', '-D', cluster.folder, '--silent', '--wait', '--timeout=600']
    const { code, output } = await run(program(cluster.binaries, 'pg_ctl'), args, cluster.account, log.fd)
    await log.close()
    if (code === 0) return
    const said = (output + (await readFile(cluster.logFile)).subarray(from).toString()).trim()
    // Somebody took the port in between, or processes of a killed server are still ending.
    const passing = /could not create any TCP|still in use/.test(said)
    if (!passing || attempt === 10) {
      await removeSocketFolder(socketFolder)
      throw new Error(reasonIn(said))
    }
    port = await freePort()
    await sleep(200)
  }
}

/** Ends all sessions, writes everything to its place and stops. */
export async function stopServer(cluster: Cluster, { socketFolder }: Listening) {
  const log = await openLog(cluster.logFile)
  const args = ['stop', '-D', cluster.folder, '--silent', '--wait', '--mode=fast', '--timeout=120']
  const { code, output } = await run(program(cluster.binaries, 'pg_ctl'), args, cluster.account, log.fd)
  await log.close()
  if (code !== 0)
    throw new Error(`PostgreSQL in ${cluster.folder} did not stop; ${cluster.logFile} says why. ${output}`)
  await removeSocketFolder(socketFolder)
}

/**
 * The server that runs on this cluster now, by its pid file. A pid file that names a process of something else (the
 * number was used again since a crash) is removed, as PostgreSQL would take it for a server and refuse to start.
 * Waits while a server is in the middle of starting.
 */
export async function runningServer({ folder }: Pick<Cluster, 'folder'>): Promise<Listening | undefined> {
  const pidFile = join(folder, 'postmaster.pid')
  for (let tries = 0; tries < 6000; tries++) {
    const text = await ifThere(readFile(pidFile, 'utf8'))
    if (text === undefined) return undefined
    const [pid, , , port, socketFolder, , , status] = text.split('\n')
    if (!(await isServer(Number(pid), folder))) {
      await rm(pidFile, { force: true })
      await removeSocketFolder(socketFolder ?? '')
      return undefined
    }
    if (status?.trim() === 'ready') return { pid: Number(pid), port: Number(port), socketFolder: socketFolder! }
    await sleep(100)
  }
  throw new Error(`The PostgreSQL in ${folder} has been starting or stopping for 10 minutes`)
}

/** Whether the process is the server of this cluster. Where there is no asking, a process that lives is taken for it. */
async function isServer(pid: number, folder: string) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') {
    const { output } = await run('ps', ['-o', 'command=', '-p', String(pid)])
    return output.includes('postgres')
  }
  // A server works inside its cluster's folder. What we may not ask about is another user's, and so is not ours.
  const place = await readlink(`/proc/${pid}/cwd`).catch(() => '')
  return place === folder
}

function settings(port: number, socketFolder: string): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketFolder,
    max_connections: '100',
    shared_buffers: totalmem() < 4 * 1024 ** 3 ? '128MB' : '256MB',
    fsync: 'on',
    synchronous_commit: 'on',
    // Enough for a running copy to be taken, which `minimal` would not be.
    wal_level: 'replica',
    // Checkpoints seldom enough not to be felt while orders come in; recovery after a crash stays within seconds.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    log_checkpoints: 'off',
    // Queries here take microseconds: compiling them would take longer than running them.
    jit: 'off',
    // Flash reads at random as fast as in order.
    random_page_cost: '1.1',
    shared_preload_libraries: '',
    // Without it, every refused duplicate would leave the mail address it was about in the log.
    log_error_verbosity: 'terse',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    timezone: 'UTC',
    datestyle: 'ISO, MDY',
    default_text_search_config: 'pg_catalog.english',
    lc_messages: 'C',
  }
}

/** Written anew at each start; what `ALTER SYSTEM` sets lies in a file of its own, which PostgreSQL reads after this. */
async function writeSettings({ folder }: Cluster, values: Record<string, string>) {
  const lines = Object.entries(values).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  const header = '# Written by Saudagar at each start. To change a setting for good: ALTER SYSTEM SET name = value'
  await writeFile(join(folder, 'postgresql.conf'), [header, ...lines, ''].join('\n'))
}

/** The lines of PostgreSQL's output that say why it failed. */
function reasonIn(output: string) {
  const lines = output.trim().split('\n')
  const reasons = lines.filter((line) => /error:|ERROR:|FATAL:|PANIC:|HINT:/.test(line))
  return (reasons.length > 0 ? reasons : lines).slice(-4).join('\n')
}

/** Opened by us and inherited by the server, since the account may not be able to reach the log's folder. */
async function openLog(file: string) {
  const size = await stat(file).then(
    (known) => known.size,
    () => 0,
  )
  if (size > 20 * 1024 ** 2) await rename(file, `${file}.old`)
  return open(file, 'a', 0o600)
}

/**
 * A Unix socket answers the same statements about a tenth faster than TCP. Its path may be 104 bytes at most, so it
 * cannot lie in the data folder; a new folder with a name nobody can guess, closed to others, is safe in /tmp.
 */
async function makeSocketFolder(account: Account) {
  if (process.platform === 'win32') return ''
  try {
    const folder = await mkdtemp('/tmp/saudagar-')
    await giveTo(account, folder)
    return folder
  } catch {
    return ''
  }
}

async function removeSocketFolder(folder: string) {
  if (/^\/tmp\/saudagar-\w+$/.test(folder)) await rm(folder, { recursive: true, force: true })
}

async function giveTo({ uid, gid }: Account, path: string) {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

/** The wished port if nothing listens there, else any free one. */
async function freePort(wished = 0): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.on('error', (error) => (wished ? done(freePort()) : fail(error)))
    probe.listen(wished, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))))
    })
  })
}
