import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import type { Engine } from '../engine/context.ts'
import { importProducts } from '../engine/catalogue/exchange/import.ts'
import type { ImportSummary } from '../engine/catalogue/exchange/import.ts'
import { FileRefused } from '../engine/catalogue/exchange/record.ts'
import type { Store } from '../engine/stores/stores.ts'
import { createProgress } from './progress.ts'
import type { Terminal } from './progress.ts'
import { UsageError } from './usage.ts'

export interface ImportArguments {
  currency?: string
  rate?: string
}

/**
 * `saudagar import products`: lists the lines that were left out, each with the reason, and sums up. The exit code is 1
 * when any was. @throws UsageError when nothing can be imported: no such file, another kind of file, no rate
 */
export async function importCommand(
  { engine, store }: { engine: Engine; store: Store },
  file: string,
  options: ImportArguments,
): Promise<void> {
  // What is read is garbage a batch later. A heap that grows slowly costs a quarter more CPU, which would only wait for
  // PostgreSQL, and saves 130 MB.
  for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=50']) setFlagsFromString(flag)
  const summary = await importFile(engine, store, file, options, process)
  if (summary.rowsRefused > 0) process.exitCode = 1
}

/** Imports a file and tells of it on a terminal: what was done on stdout, how far it is on stderr. */
export async function importFile(
  engine: Engine,
  store: Store,
  file: string,
  options: ImportArguments,
  terminal: Terminal,
): Promise<ImportSummary> {
  const handle = await openFile(file)
  const progress = createProgress(terminal)
  try {
    const { size } = await handle.stat() // 0 for a pipe
    let bytes = 0
    const source = async function* () {
      for await (const chunk of handle.createReadStream({ highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
        bytes += chunk.length
        yield chunk
      }
    }
    const summary = await importProducts(engine, store, source(), {
      ...options,
      onRemark: ({ line, kind, text }) =>
        progress.say(`line ${line}: ${kind === 'refused' ? 'left out: ' : ''}${text}`),
      onProgress: ({ rows }) => progress.show(size > 0 ? bytes / size : undefined, `${rows.toLocaleString('en')} rows`),
    })
    for (const line of summaryLines(summary)) progress.say(line)
    return summary
  } catch (error) {
    throw error instanceof FileRefused ? new UsageError(`${file}: ${error.message}`) : error
  } finally {
    progress.end()
    await handle.close()
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file)
    if (!(await handle.stat()).isDirectory()) return handle
    await handle.close()
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new UsageError(`${file} is a folder`)
}

function summaryLines(summary: ImportSummary) {
  const count = (n: number) => n.toLocaleString('en')
  const { productsAdded, productsChanged, productsUnchanged, productsRefused } = summary
  return [
    `${count(summary.rows)} rows read, ${count(summary.rowsRefused)} left out.`,
    `Products: ${count(productsAdded)} added, ${count(productsChanged)} changed, ${count(productsUnchanged)} unchanged, ` +
      `${count(productsRefused)} left out whole.`,
    `Variants: ${count(summary.variantsAdded)} added, ${count(summary.variantsChanged)} changed. ` +
      `Stock set: ${count(summary.stockChanged)}.`,
  ]
}
