import { parseArgs } from 'node:util'

/**
 * Plays a whole purchase over HTTP against a running Saudagar (`npm start`), one line a step, and stops with exit code 1
 * at the first step that is not what the contract says.
 */

const plays: Record<string, () => Promise<unknown>> = {
  ionora: () => import('./ionora.ts'),
  ansania: () => import('./ansania.ts'),
  ink: () => import('./ink.ts'),
}

const { positionals } = parseArgs({ allowPositionals: true })
const play = plays[positionals[0] ?? 'ionora']
if (!play) {
  process.stderr.write(`there is no demo ${positionals[0]}: ${Object.keys(plays).join(', ')}\n`)
  process.exit(2)
}
await play()
