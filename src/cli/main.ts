import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { ConfigError, readConfig } from '../config.ts'
import type { Config } from '../config.ts'
import { OutdatedDatabase } from '../engine/migrate.ts'
import { UsageError } from './usage.ts'

// a file beside the project may set what the environment does not
if (existsSync('.env')) process.loadEnvFile('.env')

const program = new Command('saudagar')
  .description('A headless commerce engine: one engine, published API contracts, on PostgreSQL.')
  .showHelpAfterError('(saudagar --help lists the commands)')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })

const config = (): Config => readConfig(process.env)

/** A store named on the command line, in an installation opened for one command. */
async function inStore<T>(slug: string, work: (place: import('./stores.ts').Place) => Promise<T>): Promise<T> {
  const { withStore } = await import('./stores.ts')
  return withStore(config(), slug, work)
}

const percent = (text: string) => {
  const value = Number(text)
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('a percentage from 0 to 100')
  return Math.round(value * 100)
}

const wholeNumber = (text: string) => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number')
  return Number(text)
}

program.commandsGroup('Running:')

program
  .command('start')
  .description('answer requests and work on jobs, in one process')
  .option('--sandbox', 'also start the stand-ins for outside services, as a process of its own')
  .action(async (options: { sandbox?: boolean }) =>
    (await import('./start.ts')).start(config(), { api: true, worker: true, ...options }),
  )
program
  .command('api')
  .description('answer requests')
  .action(async () => (await import('./start.ts')).start(config(), { api: true, worker: false }))
program
  .command('worker')
  .description('work on jobs: mail, refunds, unpaid orders, payments whose webhook never came')
  .action(async () => (await import('./start.ts')).start(config(), { api: false, worker: true }))
program
  .command('sandbox')
  .description('stand in for outside services: a payment gateway and a mailbox')
  .action(async () => (await import('./sandbox.ts')).runSandbox(config()))

program.commandsGroup('Installation:')

program
  .command('migrate')
  .description('bring the database up to this version')
  .action(async () => (await import('./stores.ts')).migrateDatabase(config()))

const stores = program.command('stores').description('add and list stores, and set their secrets')
stores
  .command('add <slug>')
  .description('add a store; it is served at once')
  .requiredOption('--contract <name...>', 'the contracts it speaks')
  .requiredOption('--name <name>', 'its name, as customers read it')
  .option('--currency <code>', 'ISO 4217', 'INR')
  .option('--time-zone <zone>', 'IANA name', 'Asia/Kolkata')
  .option('--tax <percent>', 'tax on what is sold', percent, 0)
  .option('--tax-mode <mode>', 'exclusive (on top of prices) or inclusive', 'exclusive')
  .option('--tax-rounding <per>', 'order or line', 'order')
  .option('--shipping <minor>', 'flat charge for an order, in the currency’s minor unit', wholeNumber, 0)
  .option('--order-numbers <template>', 'with {year} {month} {day} {number:4}', '{year}-{number:4}')
  .option('--unpaid-minutes <n>', 'how long an order holds its stock unpaid', wholeNumber, 30)
  .option('--token-minutes <n>', 'how long an access token is good', wholeNumber, 7 * 24 * 60)
  .option('--payments <provider>', 'payment gateway', 'razorpay')
  .option('--host <name...>', 'host names at whose root it also answers')
  .action(async (slug: string, options) => (await import('./stores.ts')).add(config(), slug, options))
stores
  .command('list')
  .description('list the stores')
  .action(async () => (await import('./stores.ts')).list(config()))
stores
  .command('secret <slug> <name>')
  .description(
    'set a provider’s secret, read from standard input: razorpay.key_id, razorpay.key_secret, razorpay.webhook_secrets',
  )
  .action(async (slug: string, name: string) => (await import('./stores.ts')).secret(config(), slug, name))

const admins = program.command('admins').description('make administrators')
admins
  .command('add <email>')
  .description(
    'make an account an administrator; one that does not exist is made, its password read from standard input',
  )
  .requiredOption('--store <slug>', 'the store')
  .option('--full-name <name>', 'for a new account', 'Administrator')
  .action(async (email: string, options: { store: string; fullName: string }) =>
    inStore(options.store, async (place) => (await import('./stores.ts')).addAdmin(place, email, options.fullName)),
  )

program.commandsGroup('Shop:')

const importing = program.command('import').description('bring data in')
importing
  .command('products <file>')
  .description('import a Shopify product CSV; what is known is updated, running it twice changes nothing')
  .requiredOption('--store <slug>', 'the store')
  .option('--currency <code>', 'what the file’s prices are in, when not the store’s currency')
  .option('--rate <rate>', 'what one unit of it is in the store’s currency')
  .action(async (file: string, options: { store: string; currency?: string; rate?: string }) =>
    inStore(options.store, async (place) => (await import('./import-products.ts')).importCommand(place, file, options)),
  )

const exporting = program.command('export').description('write data out')
exporting
  .command('products')
  .description('write all products as a Shopify product CSV, which imports without a change')
  .requiredOption('--store <slug>', 'the store')
  .option('--out <file>', 'a file; standard output without it')
  .action(async (options: { store: string; out?: string }) =>
    inStore(options.store, async (place) => (await import('./export-products.ts')).exportCommand(place, options)),
  )

program
  .command('audit')
  .description('check every invariant of the database; exit 1 when one is broken')
  .action(async () => (await import('./audit.ts')).auditCommand(config()))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof UsageError || error instanceof OutdatedDatabase)) throw error
  process.stderr.write(`saudagar: ${error.message}\n`)
  process.exitCode = 2
}
