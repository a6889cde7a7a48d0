import { readFileSync } from 'node:fs'
import { design, measureScan, moduleOf, type ScanOptions } from '@saudagar/geometry'

/**
 * One process' share of the geometry bench: a scan measured so often, and when asked for a product made of it; prints
 * the seconds of each step of each round as JSON. The first round is what a command costs, the later ones a server.
 */
const [file = '', part = 'ear', rounds = '3', moduleId, productId] = process.argv.slice(2)
const bytes = readFileSync(file)
const out: { steps: Record<string, number>; measured: number; designed: number | null }[] = []
for (let round = 0; round < Number(rounds); round++) {
  const steps: Record<string, number> = {}
  let step = ''
  let since = performance.now()
  const began = since
  const tick = (next: string) => {
    const now = performance.now()
    if (step) steps[step] = (steps[step] ?? 0) + (now - since) / 1000
    step = next
    since = now
  }
  const scan = measureScan(bytes, { part: part as ScanOptions['part'], unit: 'mm', onStep: tick })
  tick('')
  const measured = (performance.now() - began) / 1000
  let designed: number | null = null
  if (moduleId && productId) {
    const from = performance.now()
    design(scan, moduleOf(moduleId), productId, {}, tick)
    tick('')
    designed = (performance.now() - from) / 1000
  }
  out.push({ steps, measured, designed })
}
process.stdout.write(JSON.stringify({ rounds: out, peakMb: process.resourceUsage().maxRSS / 1024 }))
