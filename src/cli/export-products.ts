import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Engine } from '../engine/context.ts'
import { exportProducts } from '../engine/catalogue/exchange/export.ts'
import type { Store } from '../engine/stores/stores.ts'
import { createProgress } from './progress.ts'
import type { Terminal } from './progress.ts'
import { UsageError } from './usage.ts'

/** `saudagar export products`: to a file, or to standard output. */
export async function exportCommand(
  { engine, store }: { engine: Engine; store: Store },
  options: { out?: string },
): Promise<void> {
  await exportFile(engine, store, options.out, process)
}

/**
 * Exports a store's products. A file of that name appears, or is replaced, only when the export is complete.
 * @param out a file; undefined writes to standard output
 * @returns how many products were written
 */
export async function exportFile(
  engine: Engine,
  store: Store,
  out: string | undefined,
  terminal: Terminal & { stdout: NodeJS.WritableStream },
): Promise<number> {
  const progress = createProgress(terminal)
  let products = 0
  const text = exportProducts(engine, store, (count) => {
    products = count
    progress.show(undefined, `${count.toLocaleString('en')} products`)
  })
  try {
    if (out === undefined) await pipeline(text, passOn(terminal.stdout)).catch(unlessGone)
    else {
      await writeWhole(out, text)
      progress.say(`${products.toLocaleString('en')} products written to ${out}.`)
    }
  } finally {
    progress.end()
  }
  return products
}

async function writeWhole(out: string, text: AsyncIterable<string>) {
  const half = `${out}.${process.pid}.part`
  try {
    await pipeline(text, createWriteStream(half))
    await rename(half, out)
  } catch (error) {
    await rm(half, { force: true })
    if (!(error instanceof Error && 'path' in error)) throw error
    throw new UsageError(`${out} cannot be written: ${error.message}`)
  }
}

/** Standard output is not ours to end. */
function passOn(stream: NodeJS.WritableStream) {
  stream.once('error', () => {}) // the write that failed tells of it
  return new Writable({ write: (chunk: Buffer, _, done) => void stream.write(chunk, (error) => done(error)) })
}

/** Who reads only the beginning (`| head`) has what he wants. */
function unlessGone(error: NodeJS.ErrnoException) {
  if (error.code !== 'EPIPE') throw error
}
