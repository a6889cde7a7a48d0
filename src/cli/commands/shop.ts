import type { Command } from 'commander'
import { inStore, percent, time, wholeNumber } from './arguments.ts'

/** What the people of a shop do. */
export function shopCommands(program: Command): void {
  program.commandsGroup('Shop:')

  const importing = program.command('import').description('bring data in')
  importing
    .command('products <file>')
    .description('import a Shopify product CSV; what is known is updated, running it twice changes nothing')
    .requiredOption('--store <slug>', 'the store')
    .option('--currency <code>', 'what the file’s prices are in, when not the store’s currency')
    .option('--rate <rate>', 'what one unit of it is in the store’s currency')
    .action(async (file: string, options: { store: string; currency?: string; rate?: string }) =>
      inStore(options.store, async (place) =>
        (await import('../import-products.ts')).importCommand(place, file, options),
      ),
    )

  const exporting = program.command('export').description('write data out')
  exporting
    .command('products')
    .description('write all products as a Shopify product CSV, which imports without a change')
    .requiredOption('--store <slug>', 'the store')
    .option('--out <file>', 'a file; standard output without it')
    .action(async (options: { store: string; out?: string }) =>
      inStore(options.store, async (place) => (await import('../export-products.ts')).exportCommand(place, options)),
    )

  const orders = program.command('orders').description('move orders')
  orders
    .command('move <number> <state>')
    .description('move an order: confirmed, processing, shipped, delivered, returned, cancelled')
    .requiredOption('--store <slug>', 'the store')
    .option('--tracking <number>', 'of the parcel; shipped without one, its courier is ordered')
    .option('--note <text>', 'for its timeline')
    .action(async (number: string, state: string, options: { store: string; tracking?: string; note?: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).move(place, number, state, options)),
    )

  const shipments = program.command('shipments').description('follow parcels')
  shipments
    .command('list')
    .description('list the parcels that somebody has to see to')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).listParcels(place)),
    )
  shipments
    .command('rebook <number>')
    .description('send the courier of an order’s parcel away, and order it anew')
    .requiredOption('--store <slug>', 'the store')
    .action(async (number: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).rebook(place, number)),
    )
  shipments
    .command('number <number> <tracking>')
    .description('say under which number somebody has sent an order’s parcel')
    .requiredOption('--store <slug>', 'the store')
    .action(async (number: string, tracking: string, options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).numbered(place, number, tracking)),
    )
  shipments
    .command('track')
    .description('ask the couriers now where parcels are')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).track(place)),
    )

  const refunds = program.command('refunds').description('money that a gateway cannot give back, and somebody has to')
  refunds
    .command('list')
    .description('list it')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).listRefunds(place)),
    )
  refunds
    .command('done <id>')
    .description('write down that it was given back')
    .requiredOption('--store <slug>', 'the store')
    .requiredOption('--reference <text>', 'the bank’s, of the transfer')
    .action(async (id: string, options: { store: string; reference: string }) =>
      inStore(options.store, async (place) => (await import('../orders.ts')).refundDone(place, id, options.reference)),
    )

  program
    .command('categories')
    .description('the tree of categories')
    .command('place <slug>')
    .description('put a category below another, or at the top')
    .requiredOption('--store <slug>', 'the store')
    .option('--under <slug>', 'the category above it; none is the top')
    .action(async (slug: string, options: { store: string; under?: string }) =>
      inStore(options.store, async (place) => (await import('../shop.ts')).place(place, slug, options.under)),
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
      inStore(options.store, async (place) => (await import('../shop.ts')).voucher(place, code, options)),
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
      inStore(options.store, async (place) => (await import('../shop.ts')).rate(place, courier, service, options)),
    )

  const odoo = program.command('odoo').description('the shop and its Odoo')
  odoo
    .command('status')
    .description('show what is behind; exit 1 when orders wait or were refused')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../odoo.ts')).status(place)),
    )
  odoo
    .command('sync')
    .description('read what has changed there and send what waits, now')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../odoo.ts')).sync(place)),
    )
  odoo
    .command('retry')
    .description('try again what Odoo refused')
    .requiredOption('--store <slug>', 'the store')
    .action(async (options: { store: string }) =>
      inStore(options.store, async (place) => (await import('../odoo.ts')).retry(place)),
    )
}
