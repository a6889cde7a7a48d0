import { median, percentile } from './load.ts'
import type { Sample } from './load.ts'
import type { Contender, Measure, MeasureName, Role } from './measures.ts'
import { cpuOf, cpuOfFamily, ownCpu } from './usage.ts'

/** Whose CPU is counted. */
export interface Pids {
  server: number
  floor: number
  postgres: number
  sandbox: number
}

export interface Figure {
  role: Role
  /** median of the rounds; lowest and highest beside it */
  perSecond: number
  lowest: number
  highest: number
  /** milliseconds; of pgbench only the mean is known */
  p50: number
  p99: number
  done: number
  failed: number
  failure?: string
  /** CPU microseconds per one that was done */
  cpu: { server: number; postgres: number; sandbox: number; client: number }
  /** statements per one that was done, of the server */
  statements?: number
  /** seconds after a round until what it left behind was done, at most */
  behindSeconds: number
}

export interface Result {
  name: MeasureName
  title: string
  figures: Figure[]
}

interface Tally {
  contender: Contender
  samples: Sample[]
  cpu: number[]
  statements: number
  behindSeconds: number
}

/** What a measure needs to know of the place that it runs in. */
export interface Course {
  pids: Pids
  /** how many the server has sent since it started */
  statementsSent(): Promise<number>
  /** waits until what the server was told beside the requests is done with: webhooks */
  settle(): Promise<void>
  /** lets PostgreSQL look at its tables, as it does by itself once a minute */
  analyze(): Promise<void>
}

/**
 * Runs a measure in rounds, the server and its floors in turn, so that a noisy moment of the machine meets all of them.
 * @param seconds for the server, over all rounds; the floors of node:http get half of that
 */
export async function runMeasure(measure: Measure, seconds: number, course: Course): Promise<Result> {
  const { pids, statementsSent, settle } = course
  const rounds = 3
  const tallies: Tally[] = measure.contenders.map((contender) => ({
    contender,
    samples: [],
    cpu: [],
    statements: 0,
    behindSeconds: 0,
  }))
  await warmUp(measure, course)
  for (let round = 0; round < rounds; round++) {
    for (const tally of tallies) {
      const isServer = tally.contender.role === 'server'
      const statements = isServer ? await statementsSent() : 0
      const before = usage(pids, isServer)
      const isLong = isServer || tally.contender.role === 'pgbench'
      const sample = await tally.contender.run(isLong ? seconds / rounds : seconds / rounds / 2)
      const ended = performance.now()
      if (isServer) await settle()
      tally.behindSeconds = Math.max(tally.behindSeconds, (performance.now() - ended) / 1000)
      tally.cpu.push(...usage(pids, isServer).map((value, i) => value - before[i]!))
      if (isServer) tally.statements += (await statementsSent()) - statements
      tally.samples.push(sample)
    }
  }
  return { name: measure.name, title: measure.title, figures: tallies.map(toFigure) }
}

/** Fills caches and pools and has plans made; after the first orders they are made anew. pgbench warms up by itself. */
async function warmUp({ contenders, isWriting }: Measure, { settle, analyze }: Course) {
  for (const seconds of isWriting ? [3, 4] : [2]) {
    for (const { role, run } of contenders) if (role !== 'pgbench') await run(role === 'server' ? seconds : seconds / 2)
    await settle()
    if (isWriting && seconds === 3) await analyze()
  }
}

const usage = (pids: Pids, isServer: boolean) => [
  cpuOf(isServer ? pids.server : pids.floor),
  cpuOfFamily(pids.postgres),
  cpuOf(pids.sandbox),
  ownCpu(),
]

function toFigure({ contender: { role }, samples, cpu, statements, behindSeconds }: Tally): Figure {
  const rates = samples.map((sample) => sample.done / sample.seconds)
  const latencies = samples.flatMap((sample) => sample.latencies)
  const done = samples.reduce((sum, sample) => sum + sample.done, 0)
  const costed = samples.reduce((sum, sample) => sum + (sample.costed ?? sample.done), 0)
  const each = (which: number) => {
    const seconds = cpu.reduce((sum, value, i) => (i % 4 === which ? sum + value : sum), 0)
    return (seconds * 1e6) / costed
  }
  return {
    role,
    perSecond: median(rates),
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    p50: median(latencies),
    p99: role === 'pgbench' ? Number.NaN : percentile(latencies, 0.99),
    done,
    behindSeconds,
    failed: samples.reduce((sum, sample) => sum + sample.failed, 0),
    failure: samples.find((sample) => sample.failure)?.failure,
    cpu: {
      server: role === 'pgbench' ? Number.NaN : each(0),
      postgres: each(1),
      sandbox: role === 'server' ? each(2) : Number.NaN,
      client: role === 'pgbench' ? Number.NaN : each(3),
    },
    ...(role === 'server' ? { statements: statements / done } : {}),
  }
}
