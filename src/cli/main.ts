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

const config = (options: { sandbox?: boolean } = {}): Config => readConfig(process.env, options)

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

const time = (text: string) => {
  const value = new Date(text)
  if (Number.isNaN(value.getTime())) throw new InvalidArgumentError('a time such as 2026-02-28T23:59:59+07:00')
  return value
}

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
  .option('--payments <provider>', 'payment gateway: razorpay or doku', 'razorpay')
  .option('--country <code>', 'ISO 3166, where a phone number without a country code is', 'IN')
  .option('--host <name...>', 'host names at whose root it also answers')
  .action(async (slug: string, options) => (await import('./stores.ts')).add(config(), slug, options))
stores
  .command('list')
  .description('list the stores')
  .action(async () => (await import('./stores.ts')).list(config()))
stores
  .command('secret <slug> <name>')
  .description(
    'set a provider’s secret, read from standard input: razorpay.key_id, doku.secret_key and so on; a wrong name is answered with all of them',
  )
  .action(async (slug: string, name: string) => (await import('./stores.ts')).secret(config(), slug, name))

stores
  .command('set <slug>')
  .description('change a store’s couriers, ERP and profile')
  .option('--courier <name=service...>', 'who speaks for which courier: jnt=jnt sicepat=biteship')
  .option('--erp <name>', 'odoo, or none')
  .option('--profile', 'read what stands on invoices and parcels from standard input, as JSON')
  .action(async (slug: string, options: { courier?: string[]; erp?: string; profile?: boolean }) =>
    inStore(slug, async (place) => (await import('./shop.ts')).settings(place, options)),
  )

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

const orders = program.command('orders').description('move orders')
orders
  .command('move <number> <state>')
  .description('move an order: confirmed, processing, shipped, delivered, returned, cancelled')
  .requiredOption('--store <slug>', 'the store')
  .option('--tracking <number>', 'of the parcel; shipped without one, its courier is ordered')
  .option('--note <text>', 'for its timeline')
  .action(async (number: string, state: string, options: { store: string; tracking?: string; note?: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).move(place, number, state, options)),
  )

const shipments = program.command('shipments').description('follow parcels')
shipments
  .command('list')
  .description('list the parcels that somebody has to see to')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).listParcels(place)),
  )
shipments
  .command('rebook <number>')
  .description('send the courier of an order’s parcel away, and order it anew')
  .requiredOption('--store <slug>', 'the store')
  .action(async (number: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).rebook(place, number)),
  )
shipments
  .command('number <number> <tracking>')
  .description('say under which number somebody has sent an order’s parcel')
  .requiredOption('--store <slug>', 'the store')
  .action(async (number: string, tracking: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).numbered(place, number, tracking)),
  )
shipments
  .command('track')
  .description('ask the couriers now where parcels are')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).track(place)),
  )

const refunds = program.command('refunds').description('money that a gateway cannot give back, and somebody has to')
refunds
  .command('list')
  .description('list it')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).listRefunds(place)),
  )
refunds
  .command('done <id>')
  .description('write down that it was given back')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--reference <text>', 'the bank’s, of the transfer')
  .action(async (id: string, options: { store: string; reference: string }) =>
    inStore(options.store, async (place) => (await import('./orders.ts')).refundDone(place, id, options.reference)),
  )

program
  .command('categories')
  .description('the tree of categories')
  .command('place <slug>')
  .description('put a category below another, or at the top')
  .requiredOption('--store <slug>', 'the store')
  .option('--under <slug>', 'the category above it; none is the top')
  .action(async (slug: string, options: { store: string; under?: string }) =>
    inStore(options.store, async (place) => (await import('./shop.ts')).place(place, slug, options.under)),
  )

program
  .command('vouchers')
  .description('vouchers')
  .command('add <code>')
  .description('add a voucher; amounts are in the currency’s minor unit')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--name <name>', 'as customers read it')
  .option('--description <text>', 'as customers read it', '')
  .option('--percent <percent>', 'what it takes off', percent)
  .option('--amount <minor>', 'what it takes off', wholeNumber)
  .option('--free-shipping', 'takes off what the courier takes')
  .option('--max <minor>', 'at most this is taken off', wholeNumber)
  .option('--min <minor>', 'for purchases of this and more', wholeNumber, 0)
  .option('--from <time>', 'ISO 8601; now without it', time)
  .option('--until <time>', 'ISO 8601; without it, it does not end', time)
  .option('--limit <n>', 'uses of all customers together', wholeNumber)
  .option('--per-customer <n>', 'uses of one customer', wholeNumber)
  .option('--first-order', 'for a customer’s first order only')
  .option('--secret', 'not offered: customers are told its code')
  .option('--category <slug...>', 'for products of these categories, and of those below them')
  .action(async (code: string, options) =>
    inStore(options.store, async (place) => (await import('./shop.ts')).voucher(place, code, options)),
  )

program
  .command('rates')
  .description('the shop’s own prices of shipping')
  .command('set <courier> <service>')
  .description('set a price that serves when the courier cannot be asked; the narrowest place counts')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--first <minor>', 'for the first kilogram', wholeNumber)
  .requiredOption('--next <minor>', 'for each further one', wholeNumber)
  .requiredOption('--etd <days>', 'as customers read it: 2-3 days')
  .requiredOption('--description <text>', 'as customers read it: Regular Service')
  .option('--region <name>', 'a province; everywhere without it', '')
  .option('--city <name>', 'a city', '')
  .action(async (courier: string, service: string, options) =>
    inStore(options.store, async (place) => (await import('./shop.ts')).rate(place, courier, service, options)),
  )

const odoo = program.command('odoo').description('the shop and its Odoo')
odoo
  .command('status')
  .description('show what is behind; exit 1 when orders wait or were refused')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./odoo.ts')).status(place)),
  )
odoo
  .command('sync')
  .description('read what has changed there and send what waits, now')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./odoo.ts')).sync(place)),
  )
odoo
  .command('retry')
  .description('try again what Odoo refused')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./odoo.ts')).retry(place)),
  )

const webhooks = program.command('webhooks').description('tell others of what happens in a store')
webhooks
  .command('add <url>')
  .description('tell an address of events; its secret is printed once')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--event <name...>', 'order.placed; all that begin so: order.*; or all there are: *')
  .option('--form <contract>', 'in the words of a contract that has published a webhook: ink')
  .option('--secret-stdin', 'read the secret from standard input, instead of making one')
  .action(async (url: string, options: { store: string; event: string[]; form?: string; secretStdin?: boolean }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).add(place, url, options)),
  )
webhooks
  .command('list')
  .description('list the addresses that are told')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).list(place)),
  )
webhooks
  .command('enable <id>')
  .description('tell an address again, of what happens from now on')
  .requiredOption('--store <slug>', 'the store')
  .action(async (id: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).enable(place, id)),
  )
webhooks
  .command('disable <id>')
  .description('tell an address nothing any more; what it is still owed is given up')
  .requiredOption('--store <slug>', 'the store')
  .action(async (id: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).disable(place, id)),
  )
webhooks
  .command('deliveries')
  .description('list what was sent, newest first, with how often it was tried and what was answered last')
  .requiredOption('--store <slug>', 'the store')
  .option('--failed', 'only what was given up')
  .option('--limit <n>', 'how many', wholeNumber, 100)
  .action(async (options: { store: string; failed?: boolean; limit: number }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).deliveries(place, options)),
  )
webhooks
  .command('redeliver [id]')
  .description('send one again, under the same id; or all that were given up')
  .requiredOption('--store <slug>', 'the store')
  .option('--failed', 'all that were given up')
  .action(async (id: string | undefined, options: { store: string; failed?: boolean }) =>
    inStore(options.store, async (place) => (await import('./webhooks.ts')).sendAgain(place, id, options)),
  )

program.commandsGroup('Proofs of delivery:')

const keys = program.command('keys').description('the keys that sign proofs')
keys
  .command('list')
  .description('list them, those that signed before included')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).showKeys(place)),
  )
keys
  .command('rotate')
  .description('publish the next key, which signs after a while; the old one stays published')
  .requiredOption('--store <slug>', 'the store')
  .option('--after <minutes>', 'when it begins: as long as verifiers may keep a fetched list', wholeNumber, 60)
  .action(async (options: { store: string; after: number }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).rotate(place, options.after)),
  )
keys
  .command('revoke <kid>')
  .description('say that a key is not to be believed, because somebody else may have it')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--reason <text>', 'for everybody to read')
  .option('--since <time>', 'ISO 8601; what it signed before is believed still; now without it', time)
  .action(async (kid: string, options: { store: string; reason: string; since?: Date }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).revoke(place, kid, options)),
  )

const apiKeys = program.command('api-keys').description('keys for programs of the shop, such as a warehouse’s')
apiKeys
  .command('add <name>')
  .description('make one; it is shown once')
  .requiredOption('--store <slug>', 'the store')
  .action(async (name: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).newApiKey(place, name)),
  )
apiKeys
  .command('list')
  .description('list them')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).showApiKeys(place)),
  )
apiKeys
  .command('revoke <name>')
  .description('end one, at once')
  .requiredOption('--store <slug>', 'the store')
  .action(async (name: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).endApiKey(place, name)),
  )

program
  .command('tag-keys')
  .description('keys of tags that answer each tap anew (NTAG 424 DNA)')
  .command('add <name>')
  .description(
    'keep a batch’s keys, read from standard input: SDMMetaReadKey and SDMFileReadKey, 32 hex digits each, a line each',
  )
  .requiredOption('--store <slug>', 'the store')
  .option('--system-id <hex>', 'the file key is a master key, from which each tag has its own (AN10922)')
  .action(async (name: string, options: { store: string; systemId?: string }) =>
    inStore(options.store, async (place) => (await import('./proofs.ts')).newTagKey(place, name, options.systemId)),
  )

const log = program.command('log').description('the log that shows tampering, of what a store states of deliveries')
log
  .command('show')
  .description('show its key, how far it is, and who watches it')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./log.ts')).show(place)),
  )
log
  .command('export')
  .description('write it as files that any web server can serve; what is there already stays')
  .requiredOption('--store <slug>', 'the store')
  .requiredOption('--out <folder>', 'where to; what is served as the log’s address')
  .action(async (options: { store: string; out: string }) =>
    inStore(options.store, async (place) => (await import('./log.ts')).exportCommand(place, options.out)),
  )
log
  .command('check')
  .description('make its tree anew from all that was stated; exit 1 when it is not what was signed')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./log.ts')).check(place)),
  )

const witnesses = program.command('witnesses').description('who watches a store’s log')
witnesses
  .command('add <vkey>')
  .description('believe a witness, by the key that it has printed')
  .requiredOption('--store <slug>', 'the store')
  .action(async (vkey: string, options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./log.ts')).addOne(place, vkey)),
  )
witnesses
  .command('list')
  .description('list them, and what each has cosigned last')
  .requiredOption('--store <slug>', 'the store')
  .action(async (options: { store: string }) =>
    inStore(options.store, async (place) => (await import('./log.ts')).witnesses(place)),
  )

program
  .command('witness <log-url>')
  .description('watch somebody’s log from outside and cosign what is consistent; exit 1 when it misbehaved')
  .requiredOption('--log-key <vkey>', 'the log’s key: name+id+key')
  .requiredOption('--key <file>', 'the witness’s own key; made when it is not there')
  .requiredOption('--state <file>', 'remembers what was cosigned last')
  .option('--name <name>', 'of the witness, for a new key: witness.example.com/w1; this machine’s without it')
  .option('--submit', 'send cosignatures to the log')
  .option('--every <seconds>', 'look again and again', wholeNumber)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2)) // 1 is the log's fault, and nothing else is
  .action(async (url: string, options: import('./witness.ts').WitnessOptions) => {
    process.exitCode = await (await import('./witness.ts')).witness(url, options)
  })

program.commandsGroup('Database:')

program
  .command('audit')
  .description('check every invariant of the database; exit 1 when one is broken')
  .action(async () => (await import('./audit.ts')).auditCommand(config()))

program
  .command('verify <file>')
  .description('check a proof of delivery by itself; exit 0 valid, 1 invalid, 3 incomplete. - is standard input')
  .option('--order-id <id>', 'the order’s, which the file does not name')
  .option('--nfc-uid <uid>', 'the tag’s, which the file does not name')
  .option('--keys <file>', 'a JSON Web Key Set with the store’s keys, from elsewhere than the proof')
  .option('--log-key <vkey>', 'the verifier key of the store’s log')
  .option('--witness <vkey...>', 'verifier keys of witnesses, one of whom must have seen the log')
  .option('--json', 'print the report as JSON')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2)) // 1 says that a proof is invalid
  .action(async (file: string, options) => (await import('./verify.ts')).verifyCommand(file, options))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof UsageError || error instanceof OutdatedDatabase)) throw error
  process.stderr.write(`saudagar: ${error.message}\n`)
  process.exitCode = 2
}
