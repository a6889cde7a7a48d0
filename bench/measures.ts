import type { FloorOrder, FloorPorts } from './floor.ts'
import { drive, driveMany } from './load.ts'
import type { Sample } from './load.ts'
import { pgbenchClients, preparePgbench } from './pgbench.ts'
import type { Recording } from './record.ts'
import { toPgbench, toPgbenchChoice, toScript } from './script.ts'
import type { Recorded } from './script.ts'
import type { BenchShop, Filled, Send } from './shops.ts'
import { ask, get, openWire, post } from './wire.ts'
import type { Wire } from './wire.ts'

export const measureNames = ['list', 'detail', 'search', 'cart', 'checkout', 'growth'] as const
export type MeasureName = (typeof measureNames)[number]

export type Role = 'server' | 'bytes' | 'driver' | 'pgbench'

/** Something that is measured: the server, or a floor. */
export interface Contender {
  role: Role
  run(seconds: number): Promise<Sample>
}

export interface Measure {
  name: MeasureName
  title: string
  contenders: Contender[]
  /** orders and carts come into being */
  isWriting: boolean
  close(): void
}

/** What one customer may do next: who, and which product. */
interface Pick {
  customer: number
  variant: number
}

const readers = 50
const buyers = 8

/** Paths that are asked for by chance, and those of them whose statements are recorded for the floors. */
export interface Reads {
  name: MeasureName
  title: string
  paths: string[]
  known: string[]
}

/** The paths and picks of a run: the same for the server and its floors. */
export interface Plan {
  reads: Reads[]
  cart: Pick[]
  checkout: Pick[]
}

/** How many each customer has: three products, so that a cart stays as large as it is; and eight purchases. */
const picksEach = { cart: 3, checkout: 8 }

export function makePlan(shop: BenchShop, { variants, pages, customers }: Filled): Plan {
  const random = seeded(20_251)
  const whole = (below: number) => Math.floor(random() * below)
  const lists = shop.lists(random).map(({ name, title, paths, overheard = paths.length }) => ({
    name,
    title,
    paths: paths.map((path) => shop.api + path),
    known: paths.slice(0, overheard).map((path) => shop.api + path),
  }))
  const details = pages.map((path) => shop.api + path)
  const half = Math.floor((customers.length - 1) / 2) // the last is overheard
  const cart = Array.from({ length: half * picksEach.cart }, (_, n) => ({
    customer: Math.floor(n / picksEach.cart),
    variant: (n * 37) % variants.length,
  }))
  const checkout = Array.from({ length: half * picksEach.checkout }, (_, n) => ({
    customer: half + Math.floor(n / picksEach.checkout),
    variant: whole(variants.length),
  }))
  const detail: Reads = {
    name: 'detail',
    title: `product detail, ${shop.products.toLocaleString('en')} products`,
    paths: details,
    known: details.filter((_, i) => i % Math.ceil(details.length / 64) === 0),
  }
  const [searches, others] = [lists.filter(isSearch), lists.filter((list) => !isSearch(list))]
  return { reads: [...others, detail, ...searches], cart, checkout }
}

const isSearch = ({ name }: { name: MeasureName }) => name === 'search'

/** The paths whose statements the floors have to know. */
export const pathsOf = (plan: Plan) => [...new Set(plan.reads.flatMap(({ known }) => known))]

/** @param customer who was overheard */
function scriptsOf(recording: Recording, inputs: Record<string, string>) {
  return {
    cart: toScript(recording.cart.statements, inputs, {}),
    checkout: toScript(recording.checkout.statements, inputs, recording.checkout.fresh),
  }
}

/** The statement that makes a page, beside the one that looks whether the page kept is still good. */
const pageStatement = ({ statements, path }: Recording['pages'][number]): Recorded => {
  const found = statements.findLast(({ text }) => /\bimage\b/.test(text))
  if (!found) throw new Error(`no statement was recorded that makes ${path}`)
  return found
}

export function toFloorOrder(
  shop: BenchShop,
  recording: Recording,
  inputs: Record<string, string>,
  databaseUrl: string,
): FloorOrder {
  const pages = recording.pages.map((page) => [page.path, pageStatement(page)] as const)
  const { cart, checkout } = scriptsOf(recording, inputs)
  return {
    shop: shop.name,
    databaseUrl,
    answers: {
      ...recording.checkout.answers,
      ...recording.cart.answers,
      ...Object.fromEntries(recording.pages.map(({ path, body }) => [path, { status: 200, body }])),
    },
    pages: Object.fromEntries(pages),
    scripts: { '/cart': cart, '/checkout': checkout },
  }
}

export interface Site {
  shop: BenchShop
  plan: Plan
  filled: Filled
  recording: Recording
  inputs: Record<string, string>
  ports: { shop: number; sandbox: number } & FloorPorts
  floorDatabaseUrl: string
  folder: string
  pgbench: string | undefined
}

/** Gets of paths taken by chance, at 50 connections. */
export async function readMeasure(site: Site, { name, title, paths, known }: Reads): Promise<Measure> {
  const opened: Wire[] = []
  const over = async (role: Role, port: number, paths: string[]): Promise<Contender> => {
    const wires = await Promise.all(Array.from({ length: readers }, () => openWire(port)))
    opened.push(...wires)
    const requests = paths.map((path) => get(path))
    const random = seeded(7)
    const next = () => requests[Math.floor(random() * requests.length)]!
    return { role, run: (seconds) => drive(wires, seconds, next) }
  }
  const contenders = [
    await over('server', site.ports.shop, paths),
    await over('bytes', site.ports.bytes, known),
    await over('driver', site.ports.driver, known),
  ]
  if (site.pgbench) {
    const pages = new Map(site.recording.pages.map((page) => [page.path, pageStatement(page)]))
    const byStatement = Map.groupBy(known.slice(0, 400), (path) => pages.get(path)!.text)
    const scripts = [...byStatement.values()].map((paths, i) => ({
      ...toPgbenchChoice(
        paths.slice(0, 64).map((path) => pages.get(path)!),
        `v${i}`,
      ),
      weight: paths.length,
    }))
    const protocol = known.some((path) => pages.get(path)!.name) ? 'prepared' : 'extended'
    const file = title.replaceAll(/\W+/g, '-')
    const run = await preparePgbench(site.pgbench, site.floorDatabaseUrl, site.folder, file, scripts, 1, protocol)
    contenders.push({ role: 'pgbench', run })
  }
  return { name, title, contenders, isWriting: false, close: () => opened.forEach((wire) => wire.close()) }
}

/** Picks of 8 players: no customer is two players' at once. */
function dealer(picks: Pick[]) {
  const share = Math.floor(picks.length / buyers)
  const next = Array.from({ length: buyers }, () => 0)
  return (player: number) => picks[player * share + (next[player]!++ % share)]!
}

/** Lines of pgbench that take one of the picks, each client from customers of its own: two would meet in one cart. */
const takePick = (kind: keyof typeof picksEach, count: number) => {
  const each = picksEach[kind]
  const share = Math.floor(count / each / pgbenchClients) * each
  return `\\set pick :client_id * ${share} + random(0, ${share - 1})
select customer_id, address_id, variant_id from bench_pick where kind = '${kind}' and n = :pick \\gset in_`
}

/** SQL that makes the table from which pgbench takes its picks. */
export function picksSql({ plan, filled }: Chosen): string[] {
  const rows = (['cart', 'checkout'] as const).flatMap((kind) =>
    plan[kind].map(({ customer, variant }, n) => {
      const { id, addressId } = filled.customers[customer]!
      return `('${kind}', ${n}, '${id}', '${addressId}', '${filled.variants[variant]!.id}')`
    }),
  )
  return [
    'create table bench_pick (kind text, n int, customer_id uuid, address_id uuid, variant_id uuid, primary key (kind, n))',
    `insert into bench_pick values ${rows.join(',')}`,
    'analyze bench_pick',
  ]
}

interface Chosen {
  plan: Plan
  filled: Filled
}

/** One product into the cart of a signed-in customer. */
export async function cartMeasure(site: Site): Promise<Measure> {
  const { plan, ports } = site
  return buyMeasure(site, 'cart', 'add to cart', plan.cart, {
    server: await addingAt(site, ports.shop),
    bytes: await addingAt(site, ports.bytes),
  })
}

type Player = (pick: Pick, player: number) => Promise<void>

async function addingAt({ shop, filled }: Site, port: number): Promise<Played> {
  const wires = await openWires(port)
  const play: Player = async ({ customer, variant }, player) => {
    const { path, body, status } = shop.add(filled.variants[variant]!)
    await ask(wires[player]!, post(shop.api + path, body, filled.customers[customer]!.token), status)
  }
  return { play, wires }
}

const openWires = (port: number) => Promise.all(Array.from({ length: buyers }, () => openWire(port)))

/** From the cart to the paid order, as a customer does it; the gateway's webhooks come beside it. */
export async function checkoutMeasure(site: Site): Promise<Measure> {
  const { plan, ports } = site
  return buyMeasure(site, 'checkout', 'checkout, cart to paid order', plan.checkout, {
    server: await purchasesAt(site, ports.shop, ports.sandbox),
    bytes: await purchasesAt(site, ports.bytes, ports.bytes),
  })
}

async function purchasesAt({ shop, filled }: Site, shopPort: number, sandboxPort: number): Promise<Played> {
  const wires = { shop: await openWires(shopPort), sandbox: await openWires(sandboxPort) }
  const play: Player = async (pick, player) => {
    const customer = filled.customers[pick.customer]!
    const send: Send = (to, path, body, status) => {
      const [whole, token] = to === 'shop' ? [shop.api + path, customer.token] : [path, undefined]
      return ask(wires[to][player]!, body ? post(whole, body, token) : get(whole, token), status)
    }
    await shop.purchase(send, customer, filled.variants[pick.variant]!)
  }
  return { play, wires: [...wires.shop, ...wires.sandbox] }
}

interface Played {
  play: Player
  wires: Wire[]
}

/** 8 buyers at once. */
async function buyMeasure(
  site: Site,
  name: 'cart' | 'checkout',
  title: string,
  picks: Pick[],
  over: { server: Played; bytes: Played },
): Promise<Measure> {
  const inputsOf = ({ customer, variant }: Pick) => {
    const { id, addressId } = site.filled.customers[customer]!
    return { customer_id: id, address_id: addressId, variant_id: site.filled.variants[variant]!.id }
  }
  const driverWires = await openWires(site.ports.driver)
  const driver: Player = async (pick, player) =>
    void (await ask(driverWires[player]!, post(`/${name}`, inputsOf(pick)), 200))
  const contender = (role: Role, play: Player): Contender => {
    const deal = dealer(picks)
    return { role, run: (seconds) => driveMany(buyers, seconds, (player) => play(deal(player), player)) }
  }
  const contenders = [
    contender('server', over.server.play),
    contender('bytes', over.bytes.play),
    contender('driver', driver),
  ]
  if (site.pgbench) {
    const steps = scriptsOf(site.recording, site.inputs)[name]
    const script = { ...toPgbench(steps, takePick(name, picks.length)), weight: 1 }
    const run = await preparePgbench(site.pgbench, site.floorDatabaseUrl, site.folder, name, [script], 2)
    contenders.push({ role: 'pgbench', run })
  }
  const wires = [...over.server.wires, ...over.bytes.wires, ...driverWires]
  return { name, title, contenders, isWriting: true, close: () => wires.forEach((wire) => wire.close()) }
}

/** The same numbers in every run (mulberry32). */
function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
