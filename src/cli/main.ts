import { statSync } from 'node:fs'
import { Command } from 'commander'
import { ConfigError } from '../config.ts'
import { config } from './commands/arguments.ts'
import { installationCommands } from './commands/installation.ts'
import { proofCommands } from './commands/proofs.ts'
import { scanCommands } from './commands/scans.ts'
import { shopCommands } from './commands/shop.ts'
import { UsageError } from './usage.ts'

// a file beside the project may set what the environment does not
if (statSync('.env', { throwIfNoEntry: false })?.isFile()) process.loadEnvFile('.env')

// whoever reads the output may stop reading, as `head` does
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const program = new Command('saudagar')
  .description('A headless commerce engine: one engine, published API contracts, on PostgreSQL.')
  .showHelpAfterError('(saudagar --help lists the commands)')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })

program.commandsGroup('Running:')

program
  .command('start')
  .description('answer requests and work on jobs, in one process')
  .option('--sandbox', 'also start the stand-ins for outside services, as a process of its own')
  .action(async (options: { sandbox?: boolean }) =>
    (await import('./start.ts')).start(config(options), { api: true, worker: true, ...options }),
  )
program
  .command('api')
  .description('answer requests')
  .action(async () => (await import('./start.ts')).start(config(), { api: true, worker: false }))
program
  .command('worker')
  .description('work on jobs: mail, webhooks, refunds, unpaid orders, payments nobody told of, parcels, the ERP')
  .action(async () => (await import('./start.ts')).start(config(), { api: false, worker: true }))
program
  .command('sandbox')
  .description('stand in for outside services: payment gateways, couriers, an ERP, a mailbox and who hears webhooks')
  .action(async () => (await import('./sandbox.ts')).runSandbox(config()))

installationCommands(program)
shopCommands(program)
proofCommands(program)
scanCommands(program)

program.commandsGroup('Database:')

program
  .command('audit')
  .description('check every invariant of the database; exit 1 when one is broken')
  .action(async () => (await import('./audit.ts')).auditCommand(config()))

try {
  await program.parseAsync()
} catch (error) {
  // loaded where it is needed: the database's libraries cost a command without one a fifth of a second
  const { OutdatedDatabase } = await import('../engine/migrate.ts')
  if (!(error instanceof ConfigError || error instanceof UsageError || error instanceof OutdatedDatabase)) throw error
  process.stderr.write(`saudagar: ${error.message}\n`)
  process.exitCode = 2
}
