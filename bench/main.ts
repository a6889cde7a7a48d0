import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { install, query, runCommand, startCommand, startHelper } from './installation.ts'
import type { Installation, Process } from './installation.ts'
import type { FloorPorts } from './floor.ts'
import { measureGrowth, printGrowth } from './growth.ts'
import type { Growth } from './growth.ts'
import {
  cartMeasure,
  checkoutMeasure,
  makePlan,
  measureNames,
  pathsOf,
  picksSql,
  readMeasure,
  toFloorOrder,
} from './measures.ts'
import type { Measure, MeasureName, Site } from './measures.ts'
import { findPgbench } from './pgbench.ts'
import type { RecordOrder, Recording } from './record.ts'
import { aims, isReached, printAims, printFacts, printResults } from './report.ts'
import type { Facts } from './report.ts'
import { runMeasure } from './rounds.ts'
import type { Result } from './rounds.ts'
import { shops } from './shops.ts'
import type { BenchShop } from './shops.ts'
import { memoryOf } from './usage.ts'

/**
 * Measures the server beside floors that run on the same machine in the same minutes. Sets up everything it needs and
 * removes it. `npm run bench -- ansania --only list,checkout --seconds 12`; without a shop's name, all of them.
 * `npm run bench -- ink` measures proofs of delivery instead, `npm run bench -- log` how their log grows,
 * `npm run bench -- geometry` what body scans cost.
 */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: measureNames.join(',') },
    /** for each measure of the server, over its rounds */
    seconds: { type: 'string', default: '6' },
    json: { type: 'boolean', default: false },
    /** a folder for a CPU profile of the server */
    profile: { type: 'string' },
  },
})

const say = (line: string) => process.stderr.write(`${line}\n`)
const wanted = options.only.split(',') as MeasureName[]
const seconds = Number(options.seconds)
if (positionals[0] === 'geometry') {
  await (await import('./geometry.ts')).benchGeometry({ json: options.json, say })
  process.exit()
}
if (positionals[0] === 'log' || positionals[0] === 'ink') {
  if (positionals[0] === 'log') await (await import('./log.ts')).benchLog({ json: options.json, say })
  else await (await import('./ink.ts')).benchInk({ seconds, json: options.json, say })
  process.exit()
}
const unknown = wanted.find((name) => !measureNames.includes(name))
if (unknown !== undefined) fail(`--only takes ${measureNames.join(', ')}, not ${unknown}`)
const chosen = positionals.length > 0 ? positionals : Object.keys(shops)
const unknownShop = chosen.find((name) => !Object.hasOwn(shops, name))
if (unknownShop !== undefined) fail(`there are ${Object.keys(shops).join(', ')}, not ${unknownShop}`)
if (!(seconds >= 3)) fail('--seconds takes a number from 3 on')

function fail(message: string): never {
  say(message)
  process.exit(2)
}

const stopping: (() => Promise<unknown>)[] = []
const stopAll = async () => {
  for (const stop of stopping.splice(0).toReversed()) await stop()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(130)))

for (const name of chosen) {
  try {
    await main(shops[name as keyof typeof shops])
  } finally {
    await stopAll()
  }
}

async function main(shop: BenchShop) {
  say(`setting up ${shop.name}: PostgreSQL, ${shop.products.toLocaleString('en')} products`)
  const installation = await install(shop)
  stopping.push(installation.stop)
  const site = await prepare(shop, installation)
  const { ports, postgresPid, databaseUrl } = installation

  const sandbox = await startSandbox(installation)
  const floor = await startHelper<FloorPorts>(
    installation,
    './floor.ts',
    toFloorOrder(shop, site.recording, site.inputs, site.floorDatabaseUrl),
  )
  stopping.push(floor.stop)
  const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : []
  const shopUrl = `http://127.0.0.1:${ports.shop}`
  const server = await startCommand(installation, 'start', `${shopUrl}/readyz`, profiling)
  stopping.push(server.stop)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const idleMb = memoryOf(server.pid)

  const whole = { ...site, ports: { ...ports, ...floor.answer } }
  const pids = { server: server.pid, floor: floor.pid, postgres: postgresPid, sandbox: sandbox.pid }
  const ordersBefore = await countOrders(databaseUrl)
  const results: Result[] = []
  for (const open of measuresOf(whole)) {
    const measure = await open()
    say(`measuring: ${measure.title}`)
    const course = {
      pids,
      statementsSent: () => statementsSent(shopUrl),
      settle: () => (measure.name === 'checkout' ? webhooksDone(databaseUrl, shop.gateway.events) : Promise.resolve()),
      analyze: async () => {
        for (const url of [databaseUrl, site.floorDatabaseUrl]) await query(url, 'analyze')
      },
    }
    results.push(await runMeasure(measure, seconds, course))
    measure.close()
  }
  const afterMb = memoryOf(server.pid)
  await server.stop()
  let growth: Growth[] = []
  if (shop.name === 'ansania' && wanted.includes('growth')) {
    say('measuring: lists of 1,000, 10,000 and 100,000 products')
    growth = await measureGrowth(installation, seconds / 2)
  }

  const facts: Facts = {
    cores: cpus().length,
    node: process.versions.node,
    postgres: installation.postgresVersion,
    fsyncMs: installation.fsyncMs,
    readySeconds: server.readySeconds,
    idleMb,
    afterMb,
    checks: await check(installation, results, ordersBefore),
  }
  report(shop, results, growth, facts)
}

function report(shop: BenchShop, results: Result[], growth: Growth[], facts: Facts) {
  const found = aims(results, growth, facts.idleMb)
  if (options.json) {
    const judged = found.map((aim) => ({ ...aim, isReached: isReached(aim) }))
    process.stdout.write(`${JSON.stringify({ shop: shop.name, facts, results, growth, aims: judged }, null, 2)}\n`)
    return
  }
  const note = findPgbench() ? '' : '\n\npgbench not found: without it there is no floor of bare SQL'
  const table = growth.length > 0 ? `\n\n${printGrowth(growth)}` : ''
  process.stdout.write(
    `\n${shop.name.toUpperCase()}\n${printResults(results)}${table}${note}\n\n${printFacts(facts)}\n\n${printAims(found)}\n`,
  )
}

/** Overhears the server once, and copies the database for the floors to write in. */
async function prepare(shop: BenchShop, installation: Installation): Promise<Omit<Site, 'ports'>> {
  const { filled, ports, folder } = installation
  const plan = makePlan(shop, filled)
  const sandbox = await startSandbox(installation)
  const buyer = filled.customers.at(-1)!
  const variant = filled.variants[0]!
  const order: RecordOrder = { shop: shop.name, paths: pathsOf(plan), buyer, variant, sandboxPort: ports.sandbox }
  say('overhearing which statements the server sends')
  const recorder = await startHelper<Recording>(installation, './record.ts', order)
  await recorder.stop()
  await sandbox.stop()
  const floorDatabaseUrl = await installation.copyDatabase('floor')
  for (const text of picksSql({ plan, filled })) await query(floorDatabaseUrl, text)
  return {
    shop,
    plan,
    filled,
    recording: recorder.answer,
    inputs: { customer_id: buyer.id, address_id: buyer.addressId, variant_id: variant.id },
    floorDatabaseUrl,
    folder,
    pgbench: findPgbench(),
  }
}

async function startSandbox(installation: Installation): Promise<Process> {
  const url = `http://127.0.0.1:${installation.ports.sandbox}/healthz`
  const sandbox = await startCommand(installation, 'sandbox', url)
  stopping.push(sandbox.stop)
  return sandbox
}

function measuresOf(site: Site): (() => Promise<Measure>)[] {
  const reads = site.plan.reads.map((read) => ({ name: read.name, open: () => readMeasure(site, read) }))
  const all: { name: MeasureName; open: () => Promise<Measure> }[] = [
    ...reads,
    { name: 'cart', open: () => cartMeasure(site) },
    { name: 'checkout', open: () => checkoutMeasure(site) },
  ]
  return all.filter(({ name }) => wanted.includes(name)).map(({ open }) => open)
}

async function statementsSent(shopUrl: string): Promise<number> {
  const text = await (await fetch(`${shopUrl}/metrics`)).text()
  return Number(/^saudagar_sql_statements_total (\d+)/m.exec(text)?.[1])
}

/** Waits until every webhook of the payments made so far has come and was acted on. */
async function webhooksDone(databaseUrl: string, perPayment: number) {
  for (let tries = 0; tries < 600; tries++) {
    const { rows } = await query(
      databaseUrl,
      `select (select count(*) from webhook_inbox where done_at is not null)::int as done,
        (select count(*) from payment where state = 'captured')::int as payments`,
    )
    const { done, payments } = rows[0] as { done: number; payments: number }
    if (done >= payments * perPayment) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  say('webhooks are still open after 30 s')
}

interface Orders {
  orders: number
  paid: number
  pieces: number
  allocated: number
  onHand: number
}

async function countOrders(databaseUrl: string): Promise<Orders> {
  const { rows } = await query(
    databaseUrl,
    `select count(*)::int as orders, count(paid_at)::int as paid,
       (select coalesce(sum(quantity), 0) from order_line)::int as pieces,
       (select sum(allocated) from stock)::int as allocated, (select sum(on_hand) from stock)::float8 as "onHand"
     from orders`,
  )
  return rows[0] as unknown as Orders
}

async function check(installation: Installation, results: Result[], before: Orders): Promise<Facts['checks']> {
  const after = await countOrders(installation.databaseUrl)
  const audit = await runCommand(installation, 'audit')
  const bought = results.find(({ name }) => name === 'checkout')?.figures.find(({ role }) => role === 'server')
  const orders = after.orders - before.orders
  const sold = after.allocated - before.allocated
  return [
    { what: `saudagar audit: ${audit.output.split('\n')[0]}`, holds: audit.code === 0 },
    ...(bought
      ? [
          { what: `${orders} orders, ${after.paid - before.paid} paid`, holds: after.orders === after.paid },
          {
            what: `${sold} pieces promised of the stock, ${after.pieces - before.pieces} ordered`,
            holds: after.allocated === after.pieces && after.onHand === before.onHand,
          },
        ]
      : []),
  ]
}
