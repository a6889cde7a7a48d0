/**
 * Feeds the readers changed files: `npm run fuzz` a million of them, `npm run fuzz -- --count 20000 --seed 1` fewer,
 * `-- --seed 1 --only 77` one alone. Whatever is not a scan or a refusal fails: another exception, more than 250 ms,
 * more memory than a small multiple of the file, a scan that does not hold together. Exit 1 then, with the input.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { inputOf } from './mutate.ts'
import { type Done, type Failure, type Message, type Work } from './worker.ts'

/** An input that is still worked on after this is a hang: the worker is ended from outside. */
const HANG_MS = 10_000
/** What the process may take at most, whatever it has read: V8 with two heaps takes about 150 MB of it. */
const MOST_RESIDENT_MB = 400

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
const from = values.only === undefined ? 0 : Number(values.only)
const to = values.only === undefined ? Number(values.count) : from + 1
if (![seed, from, to].every((n) => Number.isSafeInteger(n) && n >= 0))
  throw new RangeError('--count, --seed, --only: whole numbers')

const print = (line: string) => process.stdout.write(`${line}\n`)

function fuzz(): Promise<Message> {
  const progress = new SharedArrayBuffer(4)
  const current = new Int32Array(progress)
  const work: Work = { seed, from, to, progress }
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  return new Promise((resolve) => {
    let last = -1
    let since = performance.now()
    const end = (message: Message) => {
      clearInterval(watchdog)
      void worker.terminate()
      resolve(message)
    }
    const watchdog = setInterval(() => {
      if (current[0] !== last) {
        last = current[0]
        since = performance.now()
      } else if (performance.now() - since > HANG_MS) {
        end({ failure: { input: last, why: `did not end in ${HANG_MS / 1000} s` } })
      }
      const resident = process.memoryUsage.rss() / 2 ** 20
      if (resident > MOST_RESIDENT_MB) {
        end({ failure: { input: current[0], why: `the process takes ${resident.toFixed(0)} MB` } })
      }
    }, 100)
    worker.on('message', end)
    worker.on('error', (error) => end({ failure: { input: current[0], why: `ended the worker: ${String(error)}` } }))
  })
}

function report({ input, why }: Failure) {
  const { flavour, bytes } = inputOf(seed, input)
  const file = join(tmpdir(), `fuzz-${seed}-${input}.bin`)
  writeFileSync(file, bytes)
  print(`FAILED: input ${input} of seed ${seed} (from ${flavour}, ${bytes.length} bytes) ${why}`)
  print(`saved as ${file}; again: npm run fuzz -- --seed ${seed} --only ${input}`)
  print(Buffer.from(bytes).toString('hex'))
}

function summary({ counts, slowest, slowestMs, hungriest, mostAllocated }: Done, seconds: number) {
  const outcomes = [...new Set(Object.values(counts).flatMap((by) => Object.keys(by)))].sort()
  const flavours = Object.keys(counts).sort()
  const width = Math.max(...flavours.map((flavour) => flavour.length), 5)
  const row = (name: string, cells: readonly string[]) =>
    print(name.padEnd(width) + cells.map((cell, i) => cell.padStart(Math.max(outcomes[i].length, 7) + 2)).join(''))
  row('', outcomes)
  for (const flavour of flavours)
    row(
      flavour,
      outcomes.map((outcome) => String(counts[flavour][outcome] ?? 0)),
    )
  row(
    'all',
    outcomes.map((outcome) => String(flavours.reduce((sum, flavour) => sum + (counts[flavour][outcome] ?? 0), 0))),
  )
  const peak = process.resourceUsage().maxRSS / 1024
  print(
    `${to - from} inputs of seed ${seed} in ${seconds.toFixed(1)} s, ${((to - from) / seconds).toFixed(0)} a second`,
  )
  print(`slowest: input ${slowest}, ${slowestMs.toFixed(1)} ms`)
  print(`most memory in arrays: input ${hungriest}, ${(100 * mostAllocated).toFixed(0)} % of what it may take`)
  print(`peak of the process: ${peak.toFixed(0)} MB of ${MOST_RESIDENT_MB}`)
  return peak <= MOST_RESIDENT_MB
}

const start = performance.now()
const message = await fuzz()
if ('failure' in message) {
  report(message.failure)
  process.exitCode = 1
} else if (!summary(message.done, (performance.now() - start) / 1000)) {
  print('FAILED: the process took more memory than it may')
  process.exitCode = 1
}
