import type { Growth } from './growth.ts'
import type { Figure, Result } from './rounds.ts'
import type { MeasureName, Role } from './measures.ts'

/** What a run found beside the figures of its measures. */
export interface Facts {
  cores: number
  node: string
  postgres: string
  fsyncMs: number
  readySeconds: number
  idleMb: number
  afterMb: number
  /** what must be so after a run, in words, and whether it is */
  checks: { what: string; holds: boolean }[]
}

const roles: Record<Role, string> = {
  server: 'saudagar',
  bytes: 'the same bytes, bare node:http',
  driver: 'the same statements, bare node:http and pg',
  pgbench: 'the same statements, pgbench',
}

/** The table, for a terminal. */
export function printResults(results: Result[]): string {
  const lines = [
    row(['', '/s', '(rounds)', 'p50 ms', 'p99 ms', 'of it', 'server', 'postgres', 'sandbox', 'client', 'SQL']),
    row(['', '', '', '', '', '', 'CPU µs each', '', '', '', 'each']),
  ]
  for (const { title, figures } of results) {
    lines.push('', title)
    const server = figures[0]!
    for (const figure of figures) lines.push(row(cells(figure, server)))
    if (server.behindSeconds > 0.1)
      lines.push(`  its webhooks were done ${number(server.behindSeconds, 1)} s after a round at most`)
    for (const { role, failed, failure } of figures)
      if (failed > 0) lines.push(`  ${roles[role]}: ${failed} FAILED, the first: ${failure}`)
  }
  return lines.join('\n')
}

function cells(figure: Figure, server: Figure): string[] {
  const { role, perSecond, lowest, highest, p50, p99, cpu, statements } = figure
  return [
    `  ${roles[role]}`,
    number(perSecond),
    `${number(lowest)}-${number(highest)}`,
    number(p50, 1) + (role === 'pgbench' ? ' mean' : ''),
    number(p99, 1),
    role === 'server' ? '' : `${number((100 * server.perSecond) / perSecond)} %`,
    number(cpu.server),
    number(cpu.postgres),
    number(cpu.sandbox),
    number(cpu.client),
    statements === undefined ? '' : number(statements, 2),
  ]
}

const widths = [44, 8, 14, 10, 8, 8, 12, 9, 8, 7, 7]
const row = (cells: string[]) =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join('')
    .trimEnd()

const number = (value: number, digits = 0) =>
  Number.isNaN(value)
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

export function printFacts(facts: Facts): string {
  const { cores, node, postgres, fsyncMs, readySeconds, idleMb, afterMb, checks } = facts
  return [
    `${cores} cores, Node ${node}, PostgreSQL ${postgres}, fsync on (${number(fsyncMs, 2)} ms for 8 kB)`,
    `ready in ${number(readySeconds, 1)} s; the server holds ${number(idleMb)} MB when idle, ${number(afterMb)} MB after the run`,
    ...checks.map(({ what, holds }) => `${holds ? 'ok    ' : 'BROKEN'} ${what}`),
  ].join('\n')
}

interface Aim {
  what: string
  reached: number
  wanted: number
  unit: string
  isCeiling?: boolean
  digits?: number
}

/** What is asked for beside what came out, for the measures that were run. */
export function aims(results: Result[], growth: Growth[], idleMb: number): Aim[] {
  const found: Aim[] = []
  const figure = (name: MeasureName, role: Role) =>
    results.find((result) => result.name === name)?.figures.find((figure) => figure.role === role)
  const share = (name: MeasureName, role: Role, wanted: number, what: string) => {
    const [server, floor] = [figure(name, 'server'), figure(name, role)]
    if (server && floor) found.push({ what, reached: (100 * server.perSecond) / floor.perSecond, wanted, unit: '%' })
  }
  const rate = (name: MeasureName, wanted: number, what: string) => {
    const server = figure(name, 'server')
    if (server) found.push({ what, reached: server.perSecond, wanted, unit: '/s' })
  }
  share('list', 'driver', 60, 'lists, of the bare server that runs the statement')
  share('detail', 'driver', 60, 'details, of the bare server that runs the statement')
  rate('list', 4000, 'lists')
  rate('detail', 5000, 'details')
  share('checkout', 'pgbench', 50, 'checkouts, of the bare SQL')
  rate('checkout', 250, 'checkouts')
  const checkout = figure('checkout', 'server')
  if (checkout) found.push({ what: 'checkout, p50', reached: checkout.p50, wanted: 40, unit: 'ms', isCeiling: true })
  for (const { title, p50 } of growth) {
    const what = `growth from 1,000 to 100,000 products, ${title}`
    found.push({ what, reached: p50.at(-1)! / p50[0]!, wanted: 1.5, unit: 'times', isCeiling: true, digits: 2 })
  }
  found.push({ what: 'idle memory', reached: idleMb, wanted: 200, unit: 'MB', isCeiling: true })
  return found
}

export const isReached = ({ reached, wanted, isCeiling }: Aim) => (isCeiling ? reached < wanted : reached >= wanted)

export const printAims = (aims: Aim[]) =>
  aims
    .map((aim) => {
      const side = aim.isCeiling ? 'under' : 'at least'
      const verdict = isReached(aim) ? 'reached    ' : 'NOT REACHED'
      return `${verdict} ${aim.what}: ${number(aim.reached, aim.digits)} ${aim.unit}, wanted ${side} ${aim.wanted.toLocaleString('en')} ${aim.unit}`
    })
    .join('\n')
