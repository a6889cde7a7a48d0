import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'

/** Our own modules as browsers run them: the very files that run here, without their types. */
export interface Scripts {
  /** of all of them: a change of any makes their addresses new ones */
  hash: string
  /** text by path below `src`, and `canonicalize.js` */
  files: ReadonlyMap<string, string>
}

const source = new URL('../', import.meta.url)
const folders = ['verifier', 'web/browser']

let loading: Promise<Scripts> | undefined

/** Reads and strips them, once in a process. */
export const browserScripts = (): Promise<Scripts> => (loading ??= load())

async function load(): Promise<Scripts> {
  const paths = (
    await Promise.all(
      folders.map(async (folder) => (await readdir(new URL(folder, source))).map((file) => `${folder}/${file}`)),
    )
  )
    .flat()
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .sort()
  const texts = await Promise.all(paths.map((path) => readFile(new URL(path, source), 'utf8')))
  const stripped = await stripTypes(texts)
  const files = new Map(paths.map((path, i) => [path, stripped[i]!.replaceAll(bare, relative)]))
  files.set('canonicalize.js', await readFile(new URL(import.meta.resolve('canonicalize')), 'utf8'))
  const hash = createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex')
    .slice(0, 16)
  return { hash, files }
}

// The one package that they import. A browser finds it by an address; an import map would be an inline script.
const [bare, relative] = [`from 'canonicalize'`, `from '../canonicalize.js'`]

const stripper = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { stripTypeScriptTypes } = require('node:module')
  parentPort.postMessage(workerData.map((text) => stripTypeScriptTypes(text)))`

/**
 * Node calls its stripping experimental, and says so once a process on standard error. In a thread of its own that one
 * warning can be left out without hiding any other.
 */
function stripTypes(texts: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const execArgv = ['--disable-warning=ExperimentalWarning']
    const worker = new Worker(stripper, { eval: true, workerData: texts, execArgv })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
