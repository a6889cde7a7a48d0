import { readFile } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { inThread } from '@saudagar/geometry'

/**
 * The longest that this thread's loop stands still while another measures a scan and makes a plug, and its floor: the
 * same while another does nothing but run for as long. Prints both, ms, as JSON.
 */
const [file = ''] = process.argv.slice(2)
const job = {
  kind: 'design',
  moduleId: 'forge-audio',
  productId: 'ear-plugs',
  options: {},
  bytes: await readFile(file),
  scan: { part: 'ear', unit: 'mm' },
} as const

async function longestStop(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  return delay.max / 1e6
}

await inThread(job) // the thread has loaded its code
const began = performance.now()
const loopMs = await longestStop(() => inThread(job))
const tookMs = performance.now() - began
const runs = new Worker('for (;;);', { eval: true })
const floorMs = await longestStop(() => setTimeout(tookMs))
await runs.terminate()
process.stdout.write(JSON.stringify({ loopMs, floorMs }))
