import { parentPort, workerData } from 'node:worker_threads'
import { type GeometryRefusal } from '../src/refusal.ts'
import { type Scan } from '../src/mesh/mesh.ts'
import { allocated, countAllocations } from './allocations.ts'

/** What one input may cost; 4 kB of it at most. */
export const MOST_MS = 250
export const MOST_ALLOCATED = (length: number) => 16 * 1024 + 16 * length

export interface Work {
  readonly seed: number
  readonly from: number
  readonly to: number
  /** The number of the input under work, for the watchdog. */
  readonly progress: SharedArrayBuffer
}

export interface Failure {
  readonly input: number
  readonly why: string
}

export interface Done {
  /** By flavour, then by outcome ("read", or the refusal's code). */
  readonly counts: Record<string, Record<string, number>>
  readonly slowestMs: number
  readonly slowest: number
  /** The most that one input took in typed arrays, as a share of what it may. */
  readonly mostAllocated: number
  readonly hungriest: number
}

export type Message = { readonly failure: Failure } | { readonly done: Done }

countAllocations() // before the readers are loaded, which take the constructors as they are then
const { readScan } = await import('../src/read/read.ts')
const { GeometryRefusal: Refusal } = await import('../src/refusal.ts')
const { inputOf } = await import('./mutate.ts')

/** How a reader ended: what it read, its refusal, or what it should not have thrown. */
type End = { readonly scan: Scan } | { readonly refusal: GeometryRefusal } | { readonly thrown: unknown }

function tried(bytes: Uint8Array): End {
  try {
    return { scan: readScan(bytes) }
  } catch (thrown) {
    return thrown instanceof Refusal ? { refusal: thrown } : { thrown }
  }
}

/** What is wrong with how it ended; undefined when nothing is. */
function wrong(end: End): string | undefined {
  if ('thrown' in end)
    return `threw ${end.thrown instanceof Error ? (end.thrown.stack ?? end.thrown.message) : String(end.thrown)}`
  if ('refusal' in end) {
    const { code, message, details } = end.refusal
    if (/\p{Cc}/u.test(message) || message.length > 1000)
      return `refused with a message that is none: ${JSON.stringify(message)}`
    if (code === 'SCAN_UNREADABLE' && !('at' in details && details.at !== '')) return 'refused without a place'
    return undefined
  }
  return wrongWith(end.scan)
}

function wrongWith({ positions, triangles, colors, normals, labels, parts }: Scan): string | undefined {
  const vertices = positions.length / 3
  if (!Number.isInteger(vertices) || vertices === 0) return `read ${vertices} vertices`
  if (!Number.isInteger(triangles.length / 3)) return `read ${triangles.length} corners`
  if (!positions.every((x) => Number.isFinite(x))) return 'read a vertex without a place'
  if (!triangles.every((v) => v < vertices)) return 'read a triangle of vertices that are not there'
  if (colors && colors.length !== positions.length) return 'read colours for other vertices'
  if (normals && normals.length !== positions.length) return 'read normals for other vertices'
  if (normals && !normals.every((x) => Number.isFinite(x))) return 'read a normal that is none'
  if (labels && labels.length !== triangles.length / 3) return 'read labels for other triangles'
  if (parts?.some(({ from, to }) => from < 0 || to <= from || to > triangles.length / 3))
    return 'read a part of nothing'
  return undefined
}

function timed(bytes: Uint8Array): { end: End; ms: number; took: number } {
  const before = allocated()
  const start = performance.now()
  const end = tried(bytes)
  return { end, ms: performance.now() - start, took: allocated() - before }
}

function run({ seed, from, to, progress }: Work, send: (message: Message) => void) {
  const current = new Int32Array(progress)
  const counts: Done['counts'] = {}
  const most = { slowestMs: 0, slowest: from, mostAllocated: 0, hungriest: from }
  for (let input = from; input < to; input++) {
    current[0] = input
    const { flavour, bytes } = inputOf(seed, input)
    let { end, ms, took } = timed(bytes)
    // another program, or the collector, may have had the processor meanwhile: slow is what is slow each time
    for (let again = 0; again < 3 && ms > MOST_MS; again++) ms = Math.min(ms, timed(bytes).ms)
    const why =
      wrong(end) ??
      (ms > MOST_MS ? `took ${ms.toFixed(0)} ms` : undefined) ??
      (took > MOST_ALLOCATED(bytes.length) ? `took ${took} bytes of arrays for ${bytes.length}` : undefined)
    if (why !== undefined) {
      send({ failure: { input, why } })
      return
    }
    const outcome = 'refusal' in end ? end.refusal.code : 'read'
    counts[flavour] ??= {}
    counts[flavour][outcome] = (counts[flavour][outcome] ?? 0) + 1
    if (ms > most.slowestMs) Object.assign(most, { slowestMs: ms, slowest: input })
    const share = took / MOST_ALLOCATED(bytes.length)
    if (share > most.mostAllocated) Object.assign(most, { mostAllocated: share, hungriest: input })
  }
  send({ done: { counts, ...most } })
}

const port = parentPort
if (port) run(workerData as Work, (message) => port.postMessage(message))
