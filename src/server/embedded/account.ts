import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'

/** The OS user a program runs as. Empty: the one we are. */
export interface Account {
  uid?: number
  gid?: number
}

export interface Outcome {
  /** The exit code; `undefined` when the program could not be started or was killed. */
  code?: number
  /** What it printed, or the reason it could not be started. */
  output: string
}

/**
 * The OS user PostgreSQL runs as. It refuses to run as root, so root hands it to the owner of the cluster, else to
 * `postgres`, which is created when missing.
 * @param cluster the folder of the database cluster, which need not exist yet
 */
export async function accountFor(cluster: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {}
  const owner = await stat(cluster).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const account = (await accountNamed('postgres')) ?? (await accountNamed('_postgres')) ?? (await createAccount())
  if (account) return account
  throw new Error('PostgreSQL refuses to run as root, and no other user was found to run it: run as another user')
}

/** Debian and its like have useradd, Alpine's busybox only adduser; the smallest images have neither. */
async function createAccount() {
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'])
  const created = await accountNamed('postgres')
  if (created) return created
  await run('adduser', ['-S', '-D', '-H', '-s', '/bin/false', 'postgres'])
  // initdb wants a user that has a name, so a free number would not do.
  return (await accountNamed('postgres')) ?? accountNamed('nobody')
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const entries = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const entry = entries.split('\n').find((line) => line.startsWith(`${name}:`))
  const [, , uid, gid] = entry?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

/** Whether a folder's files can be reached by the account: every folder above must let it pass. */
export async function canReach(account: Account, folder: string) {
  if (account.uid === undefined) return true
  const { code } = await run('/bin/sh', ['-c', 'cd -- "$0"', folder], account)
  return code === 0
}

/** Runs a program to its end and collects what it prints, or appends that to an open file. Never rejects. */
export function run(program: string, args: string[], account: Account = {}, logFile?: number): Promise<Outcome> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      ...account,
      env: environment(),
      // Inherited, this could be a folder that the account may not read, which PostgreSQL's programs refuse.
      cwd: '/',
      // With a log file it is PostgreSQL that starts or stops. Ctrl-C in the terminal must not reach it half-way.
      detached: logFile !== undefined,
      stdio: logFile === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', logFile, logFile],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => done({ output: error.message }))
    // A server started by the program keeps its pipes open, so that only a log file can wait for the exit alone.
    child.on(logFile === undefined ? 'close' : 'exit', (code) => done({ code: code ?? undefined, output }))
  })
}

/** Nothing of the caller's PG…, LC_… or LD_LIBRARY_PATH: each changes what PostgreSQL does or which libraries it finds. */
function environment() {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].map((name) => [name, process.env[name]])
  return { ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)), LC_ALL: 'C' }
}
