import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readScan } from '@saudagar/geometry'
import { decimate, subdivide } from '../packages/geometry/src/mesh/resample.ts'
import { stlOf } from '../packages/geometry/src/write/stl.ts'

/**
 * What scans cost on one core, beside admesh reading and repairing the same file in the same minute: the HUTUBS ear at
 * several sizes read, cleaned, judged and measured, an ear plug made, and how long a server's loop stands still meanwhile.
 */

const sizes = [25_000, 100_000, 400_000, 1_000_000]
const rounds = 3
/** The aims: seconds, megabytes, milliseconds. */
const aims = { measure100k: 1.5, plug: 3, measure1M: 10, memory1M: 1500, loopMs: 20 }

interface Loop {
  loopMs: number
  floorMs: number
}

interface Run {
  rounds: { steps: Record<string, number>; measured: number; designed: number | null }[]
  peakMb: number
}

const run = promisify(execFile)
const ear = new URL('../test/scans/ear/hutubs_pp3_left_ear.ply', import.meta.url)

export async function benchGeometry({ json, say }: { json: boolean; say(line: string): void }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'saudagar-geometry-'))
  try {
    const scan = readScan(await readFile(ear))
    const results = []
    for (const size of sizes) {
      say(`${size.toLocaleString('en')} triangles`)
      const file = join(folder, `${size}.stl`)
      let mesh: Parameters<typeof decimate>[0] = scan
      while (mesh.triangles.length / 3 < size) mesh = subdivide(mesh)
      await writeFile(file, stlOf(decimate(mesh, size), 'ear'))
      const floors: number[] = []
      const runs: Run[] = []
      // taking turns, so that a slow minute of the machine is both of theirs
      for (let round = 0; round < rounds; round++) {
        floors.push(await timed(() => oneCore('admesh', ['-b', join(folder, 'repaired.stl'), file])))
        const product = size === 100_000 ? ['forge-audio', 'ear-plugs'] : []
        const { stdout } = await oneCore(process.execPath, [runner, file, 'ear', '2', ...product], {
          NODE_COMPILE_CACHE: join(folder, 'compiled'), // the command keeps what it compiled, too
        })
        runs.push(JSON.parse(stdout) as Run)
      }
      results.push({ size, admesh: median(floors), ...figuresOf(runs) })
    }
    // a server's process: one that has just made these files has a heap that its collector stands still for
    const { stdout } = await run(process.execPath, [loopRunner, join(folder, '100000.stl')])
    const loop = JSON.parse(stdout) as Loop
    if (json) process.stdout.write(`${JSON.stringify({ node: process.versions.node, results, ...loop }, null, 2)}\n`)
    else print(results, loop)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const runner = new URL('geometry-run.ts', import.meta.url).pathname
const loopRunner = new URL('geometry-loop.ts', import.meta.url).pathname

/** Runs a program with all its threads on one core. */
const oneCore = (program: string, args: string[], env: Record<string, string> = {}) =>
  run('taskset', ['-c', '1', program, ...args], { maxBuffer: 2 ** 24, env: { ...process.env, ...env } })

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

function figuresOf(runs: Run[]) {
  const of = (round: 0 | 1, pick: (figures: Run['rounds'][number]) => number | null) => {
    const found = runs.map((one) => pick(one.rounds[round]!)).filter((value) => value !== null)
    return found.length > 0 ? median(found) : null
  }
  const steps = Object.keys(runs[0]!.rounds[0]!.steps)
  return {
    first: of(0, ({ measured }) => measured)!,
    again: of(1, ({ measured }) => measured)!,
    firstPlug: of(0, ({ designed }) => designed),
    againPlug: of(1, ({ designed }) => designed),
    steps: Object.fromEntries(steps.map((step) => [step, of(0, (round) => round.steps[step] ?? 0)])),
    peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
  }
}

type Result = { size: number; admesh: number } & ReturnType<typeof figuresOf>

function print(results: Result[], { loopMs, floorMs }: Loop) {
  const line = (text: string) => process.stdout.write(`${text}\n`)
  const s = (value: number | null) => (value === null ? '' : value.toFixed(2)).padStart(8)
  line('\nGEOMETRY, one core; seconds, medians of 3 processes')
  line('triangles     admesh   first   again  x admesh  peak MB  plug: first   again')
  for (const r of results) {
    line(
      `${r.size.toLocaleString('en').padStart(9)}   ${s(r.admesh)}${s(r.first)}${s(r.again)}${(r.first / r.admesh).toFixed(1).padStart(10)}${r.peakMb.toFixed(0).padStart(9)}     ${s(r.firstPlug)}${s(r.againPlug)}`,
    )
    line(
      `            ${Object.entries(r.steps)
        .map(([step, value]) => `${step.replaceAll('_', ' ')} ${value?.toFixed(2)}`)
        .join(', ')}`,
    )
  }
  const [at100k, at1M] = [100_000, 1_000_000].map((size) => results.find((r) => r.size === size)!)
  const growth = at1M!.again / at100k!.again
  const allowed = (1_000_000 * Math.log(1_000_000)) / (100_000 * Math.log(100_000))
  const reached = (name: string, value: number, aim: number, unit: string) =>
    line(`${value <= aim ? 'reached    ' : 'NOT reached'}  ${name}: ${value.toFixed(2)} ${unit}, wanted ${aim}`)
  reached('100,000 triangles measured', at100k!.first, aims.measure100k, 's')
  reached('ear plug', at100k!.firstPlug ?? NaN, aims.plug, 's')
  reached('1,000,000 triangles measured', at1M!.first, aims.measure1M, 's')
  reached('memory for 1,000,000', at1M!.peakMb, aims.memory1M, 'MB')
  reached('growth from 100,000 to 1,000,000 (n log n: 12)', growth, allowed, 'times')
  line(`             a loop beside a thread that does nothing but run stood still: ${floorMs.toFixed(2)} ms`)
  reached('a server’s loop stood still', loopMs, aims.loopMs, 'ms')
}
