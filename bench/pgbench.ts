import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Sample } from './load.ts'
import type { PgbenchScript } from './script.ts'

const debian = '/usr/lib/postgresql'

/** Where pgbench is: the newest of Debian's, or on the PATH; undefined when there is none. */
export function findPgbench(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return folders.map((folder) => join(folder, 'pgbench')).find((file) => existsSync(file))
}

/**
 * Runs it for some seconds, after those that do not count: connections are new, and plans are not made yet.
 * @throws Error with what pgbench said
 */
export type PgbenchRun = (seconds: number) => Promise<Sample>

export const pgbenchClients = 8

/**
 * Prepares scripts for pgbench: prepared statements, 8 clients in 2 threads. Of several, each transaction takes one.
 * @param scripts with how often each is to be taken
 * @param warmSeconds at the start of each run, that do not count
 * @param protocol `extended` for statements that the server has planned each time
 */
export async function preparePgbench(
  program: string,
  databaseUrl: string,
  folder: string,
  name: string,
  scripts: (PgbenchScript & { weight: number })[],
  warmSeconds: number,
  protocol: 'prepared' | 'extended' = 'prepared',
): Promise<PgbenchRun> {
  const args = ['--no-vacuum', `--protocol=${protocol}`, `--client=${pgbenchClients}`, '--jobs=2', '--progress=1']
  for (const [i, { text, weight }] of scripts.entries()) {
    const file = join(folder, `${name}-${i}.sql`)
    await writeFile(file, text)
    args.push(`--file=${file}@${weight}`)
  }
  for (const { variables } of scripts)
    for (const [variable, value] of Object.entries(variables)) args.push(`--define=${variable}=${value}`)
  const url = new URL(databaseUrl)
  const env = {
    ...process.env,
    PGHOST: url.searchParams.get('host') ?? url.hostname,
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: url.pathname.slice(1),
    PGOPTIONS: '-c enable_seqscan=off -c jit=off', // as the server's connections
  }
  return async (seconds) => {
    const whole = Math.max(1, Math.round(seconds)) // it knows only whole ones
    const { code, output } = await run(program, [...args, `--time=${warmSeconds + whole}`], env)
    const found = (pattern: RegExp) => Number(pattern.exec(output)?.[1])
    const all = found(/number of transactions actually processed: (\d+)/)
    const rate = found(/^tps = ([\d.]+)/m)
    const early = [...output.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].slice(0, warmSeconds)
    if (code !== 0 || !(rate > 0)) throw new Error(`pgbench ${name}: ${output.slice(-1000)}`)
    const done = all - early.reduce((sum, [, each]) => sum + Number(each), 0)
    const counted = all / rate - early.length
    const failed = found(/number of failed transactions: (\d+)/) || 0
    return { done, costed: all, failed, seconds: counted, latencies: [(pgbenchClients * 1000 * counted) / done] }
  }
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
