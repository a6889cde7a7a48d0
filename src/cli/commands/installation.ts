import type { Command } from 'commander'
import { config, inStore, percent, wholeNumber } from './arguments.ts'

/** What makes an installation from nothing, and lets programs of the shop in. */
export function installationCommands(program: Command): void {
  program.commandsGroup('Installation:')

  program
    .command('migrate')
    .description('bring the database up to this version')
    .action(async () => (await import('../stores.ts')).migrateDatabase(config()))

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
    .action(async (slug: string, options) => (await import('../stores.ts')).add(config(), slug, options))
  stores
    .command('list')
    .description('list the stores')
    .action(async () => (await import('../stores.ts')).list(config()))
  stores
    .command('secret <slug> <name>')
    .description(
      'set a provider’s secret, read from standard input: razorpay.key_id, doku.secret_key and so on; a wrong name is answered with all of them',
    )
    .action(async (slug: string, name: string) => (await import('../stores.ts')).secret(config(), slug, name))

  stores
    .command('set <slug>')
    .description('change a store’s couriers, ERP and profile')
    .option('--courier <name=service...>', 'who speaks for which courier: jnt=jnt sicepat=biteship')
    .option('--erp <name>', 'odoo, or none')
    .option('--profile', 'read what stands on invoices and parcels from standard input, as JSON')
    .action(async (slug: string, options: { courier?: string[]; erp?: string; profile?: boolean }) =>
      inStore(slug, async (place) => (await import('../shop.ts')).settings(place, options)),
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
      inStore(options.store, async (place) => (await import('../stores.ts')).addAdmin(place, email, options.fullName)),
    )

  const apiKeys = program.command('api-keys').description('keys for programs of the shop, such as a warehouse’s')
  apiKeys
    .command('add <name>')
    .description('make one; it is shown once')
    .requiredOption('--store <slug>', 'the store')
    .action(async (name: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).newApiKey(place, name)),
    )
  apiKeys
    .command('list')
    .description('list them')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).showApiKeys(place)),
    )
  apiKeys
    .command('revoke <name>')
    .description('end one, at once')
    .requiredOption('--store <slug>', 'the store')
    .action(async (name: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../proofs.ts')).endApiKey(place, name)),
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
      inStore(options.store, async (place) => (await import('../webhooks.ts')).add(place, url, options)),
    )
  webhooks
    .command('list')
    .description('list the addresses that are told')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../webhooks.ts')).list(place)),
    )
  webhooks
    .command('enable <id>')
    .description('tell an address again, of what happens from now on')
    .requiredOption('--store <slug>', 'the store')
    .action(async (id: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../webhooks.ts')).enable(place, id)),
    )
  webhooks
    .command('disable <id>')
    .description('tell an address nothing any more; what it is still owed is given up')
    .requiredOption('--store <slug>', 'the store')
    .action(async (id: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../webhooks.ts')).disable(place, id)),
    )
  webhooks
    .command('deliveries')
    .description('list what was sent, newest first, with how often it was tried and what was answered last')
    .requiredOption('--store <slug>', 'the store')
    .option('--failed', 'only what was given up')
    .option('--limit <n>', 'how many', wholeNumber, 100)
    .action(async (options: { store: string; failed?: boolean; limit: number }) =>
      inStore(options.store, async (place) => (await import('../webhooks.ts')).deliveries(place, options)),
    )
  webhooks
    .command('redeliver [id]')
    .description('send one again, under the same id; or all that were given up')
    .requiredOption('--store <slug>', 'the store')
    .option('--failed', 'all that were given up')
    .action(async (id: string | undefined, options: { store: string; failed?: boolean }) =>
      inStore(options.store, async (place) => (await import('../webhooks.ts')).sendAgain(place, id, options)),
    )
}
