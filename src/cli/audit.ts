import type { Config } from '../config.ts'
import { audit } from '../engine/audit.ts'
import { execute, openPool } from '../engine/database.ts'
import { open } from '../main.ts'

/** Prints what breaks; exit code 1 when anything does. */
export async function auditCommand(config: Config): Promise<void> {
  const installation = await open({ ...config, demo: false }, { migrate: false })
  const pool = openPool(installation.url, 1)
  const client = await pool.connect()
  try {
    // one moment for all of them: a server may be at work
    await execute(client, 'begin isolation level repeatable read read only')
    const { checked, findings } = await audit(client)
    await execute(client, 'commit')
    for (const { invariant, row } of findings) process.stdout.write(`BROKEN  ${invariant}: ${row}\n`)
    process.stdout.write(
      findings.length === 0 ? `All ${checked} invariants hold.\n` : `${findings.length} rows break an invariant.\n`,
    )
    process.exitCode = findings.length === 0 ? 0 : 1
  } finally {
    client.release()
    await pool.end()
    await installation.close()
  }
}
