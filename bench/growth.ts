import { execute, openPool } from '../src/engine/database.ts'
import { migrate } from '../src/engine/migrate.ts'
import { fillFurniture, wanted } from './furniture.ts'
import { freePorts, query, startCommand } from './installation.ts'
import type { Installation } from './installation.ts'
import { drive, median } from './load.ts'
import type { Sample } from './load.ts'
import { shops } from './shops.ts'
import { cpuOfFamily } from './usage.ts'
import { get, openWire } from './wire.ts'
import type { Wire } from './wire.ts'

/** What lists cost in shops of three sizes, when each time some 200 products match. */

const sizes = [1000, 10_000, 100_000]

/** Of one kind of request, for each size. */
export interface Growth {
  title: string
  /** milliseconds, median */
  p50: number[]
  /** CPU microseconds of PostgreSQL */
  postgres: number[]
  failed: number
}

interface Kind {
  path(n: number): string
  /** the catalogue changes meanwhile, so that hardly anything kept is good; other paths are asked for once each */
  isTouched?: boolean
}

// what is added to a price changes no match
const kinds: Record<string, Kind> = {
  'three filters and a search': {
    path: (n) => `?${wanted}${20_000_000 + n}`,
  },
  'the same, and in stock': {
    path: (n) => `?in_stock=true&${wanted}${20_000_000 + n}`,
  },
  'a category and a price': { path: (n) => `?category=garden&price_max=${90_000_000 + n}` },
  'an option and a price': { path: (n) => `?color=Sage&price_max=${90_000_000 + n}` },
  'a search': { path: (n) => `?search=larasati&price_max=${90_000_000 + n}` },
  'a search with a typo': { path: (n) => `?search=larasatti&price_max=${90_000_000 + n}` },
  'no filter': { path: (n) => `?page=${1 + (n % 50)}`, isTouched: true },
  'one product': { path: (n) => `/p-${1 + (n % 1000)}`, isTouched: true },
}

const rounds = 3
const connections = 2

interface Shop {
  touch(): Promise<unknown>
  wires: Wire[]
  close(): Promise<void>
}

/** @param seconds for each kind and size, over all rounds */
export async function measureGrowth(installation: Installation, seconds: number): Promise<Growth[]> {
  const opened: Shop[] = []
  try {
    for (const size of sizes) opened.push(await openShop(installation, size))
    const results: Growth[] = []
    let asked = 0
    for (const [title, { path, isTouched = false }] of Object.entries(kinds)) {
      const samples: Sample[][] = sizes.map(() => [])
      const cpu = sizes.map(() => 0)
      for (let round = 0; round <= rounds; round++) {
        for (const [place, { wires, touch }] of opened.entries()) {
          const before = cpuOfFamily(installation.postgresPid)
          const next = () => get(`/ansania/api/products${path(asked++)}`)
          const touching = isTouched ? setInterval(() => void touch(), 5) : undefined
          const sample = await drive(wires, round === 0 ? 0.5 : seconds / rounds, next)
          clearInterval(touching)
          if (round === 0) continue // fills what is filled once
          samples[place]!.push(sample)
          cpu[place]! += cpuOfFamily(installation.postgresPid) - before
        }
      }
      results.push({
        title,
        p50: samples.map((each) => median(each.flatMap(({ latencies }) => latencies))),
        postgres: samples.map((each, place) => (1e6 * cpu[place]!) / each.reduce((sum, { done }) => sum + done, 0)),
        failed: samples.flat().reduce((sum, sample) => sum + sample.failed, 0),
      })
    }
    return results
  } finally {
    for (const shop of opened) await shop.close()
  }
}

/** A server of its own, over a database of its own. That of the installation's shop is copied: it takes a minute to fill. */
async function openShop(installation: Installation, size: number): Promise<Shop> {
  const name = `furniture_${size}`
  const isCopy = size === shops.ansania.products
  const url = isCopy ? await installation.copyDatabase(name) : await fillDatabase(installation, name, size)
  const [port] = await freePorts(1)
  const env = { ...installation.env, DATABASE_URL: url, PORT: String(port), LOG_LEVEL: 'error' }
  const server = await startCommand({ ...installation, env }, 'api', `http://127.0.0.1:${port}/readyz`)
  const wires = await Promise.all(Array.from({ length: connections }, () => openWire(port!)))
  const pool = openPool(url, 1)
  return {
    touch: () => execute(pool, 'update catalogue_version set version = version + 1'),
    wires,
    close: async () => {
      await pool.end()
      for (const wire of wires) wire.close()
      await server.stop()
    },
  }
}

async function fillDatabase(installation: Installation, name: string, size: number): Promise<string> {
  await query(installation.databaseUrl, `create database ${name}`, 'postgres')
  const url = new URL(installation.databaseUrl)
  url.pathname = `/${name}`
  await migrate(url.href)
  const pool = openPool(url.href, 4)
  try {
    await fillFurniture(pool, 'ansania', size)
  } finally {
    await pool.end()
  }
  return url.href
}

const number = (value: number, digits: number) => value.toFixed(digits)

/** The table, for a terminal. */
export function printGrowth(results: Growth[]): string {
  const row = (cells: string[]) => cells.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(10))).join('')
  const ends = (values: number[]) => `x ${number(values.at(-1)! / values[0]!, 2)}`
  return [
    row(['', ...sizes.map((size) => size.toLocaleString('en')), 'growth', '', ...sizes.map(() => ''), 'growth']),
    row(['', 'p50 ms', '', '', '', '', 'PostgreSQL', 'CPU µs']),
    ...results.map(({ title, p50, postgres, failed }) =>
      row([
        `${title}${failed > 0 ? ` (${failed} FAILED)` : ''}`,
        ...p50.map((ms) => number(ms, 2)),
        ends(p50),
        '',
        ...postgres.map((us) => number(us, 0)),
        ends(postgres),
      ]),
    ),
  ].join('\n')
}
