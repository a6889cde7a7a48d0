import { open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cosign, newSeed, parseSecretKey, secretKey, signerOf, vkey } from '../engine/log/notes.ts'
import type { Signer } from '../engine/log/notes.ts'
import { tilePath } from '../engine/log/paths.ts'
import { consistencyPath, hashSize, isConsistent, rootOf, tileWidth } from '../engine/log/tree.ts'
import type { ReadTiles, Tile } from '../engine/log/tree.ts'
import { areEqual } from '../verifier/bytes.ts'
import {
  cosignaturesOf,
  isKeyName,
  noteKinds,
  readBareCheckpoint,
  readNote,
  readVerifierKey,
  signatureOf,
} from '../verifier/notes.ts'
import type { Checkpoint, VerifierKey } from '../verifier/notes.ts'
import { UsageError } from './usage.ts'

/**
 * Watches a log from outside: needs its address and its key, a file for the own key and one to remember by, and nothing
 * else of Saudagar.
 */

export interface WitnessOptions {
  logKey: string
  key: string
  state: string
  name?: string
  submit?: boolean
  every?: number
}

/** Where it writes: the process, or a test's. */
interface Terminal {
  stdout: Pick<NodeJS.WritableStream, 'write'>
  stderr: Pick<NodeJS.WritableStream, 'write'>
}

type Say = (line: string) => void

/** The log did what a log must not do. Whoever reads it has what both of its words were. */
class Misbehaviour extends Error {
  override name = 'Misbehaviour'
}

const patienceMs = 20_000
const mostBytes = 64 * 1024

/**
 * Watches once, or again and again.
 * @returns the exit code: 0 when all is well, 1 when the log misbehaved, 2 when it could not be looked at
 */
export async function witness(
  address: string,
  options: WitnessOptions,
  terminal: Terminal = process,
): Promise<0 | 1 | 2> {
  const say = (line: string) => terminal.stdout.write(`${line}\n`)
  const told = (error: unknown) => tell(terminal, error)
  let free = async () => {}
  const { signal, end } = untilSignalled()
  try {
    const url = address.replace(/\/+$/, '')
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new UsageError('a log’s address begins with https://')
    const log = await readVerifierKey(options.logKey, noteKinds.ed25519)
    if (!log) throw new UsageError('--log-key looks like name+id+key: saudagar log show prints it, and <log-url>/vkey')
    const key = await ownKey(options, say)
    free = await claim(options.state)
    for (;;) {
      const code = await watch(url, log, key, options, say).then(() => 0 as const, told)
      if (code === 1 || options.every === undefined || signal.aborted) return code
      await sleep(Math.max(1, options.every) * 1000, undefined, { signal }).catch(() => {})
      if (signal.aborted) return code
    }
  } catch (error) {
    return told(error)
  } finally {
    end()
    await free()
  }
}

/** Says what went wrong. Only what the log did is its fault. */
function tell({ stderr }: Terminal, error: unknown): 1 | 2 {
  const isMisbehaviour = error instanceof Misbehaviour
  const words = isMisbehaviour || error instanceof UsageError ? error.message : (error as Error).stack
  stderr.write(`saudagar: ${isMisbehaviour ? 'THE LOG MISBEHAVED: ' : ''}${words}\n`)
  return isMisbehaviour ? 1 : 2
}

function untilSignalled() {
  const controller = new AbortController()
  const stop = () => controller.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  const end = () => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop)
  }
  return { signal: controller.signal, end }
}

/** An answer that is older than one we had is no crime for so long. */
const staleMs = 2500

/** One look at the log: what it says now must follow from what it said before. */
async function watch(url: string, log: VerifierKey, key: Signer, { state, submit = false }: WitnessOptions, say: Say) {
  const before = await remembered(state, log, key)
  let now = await latest(url, log, before?.text)
  if (before && now.checkpoint.size < before.checkpoint.size) {
    await sleep(staleMs) // a cache before the log may keep a checkpoint for a second
    now = await latest(url, log, before.text)
  }
  const accuse = accuser(before?.text, now.text)
  const readTiles = tilesAt(url, accuse)
  const { size, root } = now.checkpoint
  const [old, fresh] = [before?.checkpoint, now.checkpoint]
  if (old && size < old.size) accuse(`it had ${old.size} entries and has ${size}`)
  if (old && size === old.size && !areEqual(root, old.root)) accuse(`it has two trees of ${size} entries`)
  if (!(await rootOf(size, readTiles)).equals(root)) accuse('its tiles are not of the tree that it has signed')
  if (old && old.size > 0 && !isConsistent(old, fresh, await consistencyPath(old.size, size, readTiles)))
    accuse(`what were its first ${old.size} entries are others now`)

  const line = cosign(now.noteText, key, Math.floor(Date.now() / 1000))
  const cosigned = `${now.noteText}\n${now.signature}\n${line}\n`
  await remember(state, cosigned)
  say(line)
  if (submit) await send(url, cosigned)
}

/** @throws Misbehaviour that shows both checkpoints: what a log has signed, it cannot deny */
const accuser = (before: string | undefined, now: string) => (what: string) => {
  const shown = before === undefined ? now : `${before}\n${now}`
  throw new Misbehaviour(`${what}. What it has signed:\n\n${shown}`)
}

interface Seen {
  /** the whole note as it came */
  text: string
  noteText: string
  /** the log's line */
  signature: string
  checkpoint: Checkpoint
}

async function latest(url: string, log: VerifierKey, before: string | undefined): Promise<Seen> {
  const bytes = await get(`${url}/checkpoint`)
  if (!bytes) throw new UsageError(`${url}/checkpoint: there is none`)
  const text = bytes.toString()
  const accuse = accuser(before, text)
  const note = readNote(text)
  const signature = note && (await signatureOf(note, log))
  if (!signature) throw accuse(`its checkpoint is not signed with ${vkey(log)}`)
  const checkpoint = readBareCheckpoint(note)
  if (checkpoint?.origin !== log.name) throw accuse(`its checkpoint is not one of ${log.name}`)
  return { text, noteText: note.text, signature, checkpoint }
}

/** Tiles over HTTP, all at once. One that has become full may be there only as such. */
const tilesAt =
  (url: string, accuse: (what: string) => never): ReadTiles =>
  (tiles) =>
    Promise.all(
      tiles.map(async (tile) => {
        const path = tilePath(tile)
        const bytes = (await get(`${url}/${path}`)) ?? (await whole(url, tile))
        if (!bytes) throw new UsageError(`${url}/${path}: there is none, though the checkpoint stands for it`)
        const wanted = tile.width * hashSize
        if (bytes.length !== wanted) accuse(`${path} has ${bytes.length} bytes instead of ${wanted}`)
        return bytes
      }),
    )

const whole = async (url: string, { level, index, width }: Tile) =>
  width === tileWidth
    ? undefined
    : (await get(`${url}/${tilePath({ level, index, width: tileWidth })}`))?.subarray(0, width * hashSize)

/** @returns undefined for a 404 @throws UsageError for anything else that is no answer */
async function get(url: string): Promise<Buffer | undefined> {
  const { status, body } = await request(url, {})
  if (status === 404) return undefined
  if (status !== 200) throw new UsageError(`${url} answers ${status}`)
  return body
}

async function send(url: string, cosigned: string) {
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  const { status, body } = await request(`${url}/cosignatures`, { method: 'POST', headers, body: cosigned })
  if (status !== 200) throw new UsageError(`the cosignature was not taken: ${status} ${body.toString().slice(0, 500)}`)
}

async function request(url: string, init: RequestInit): Promise<{ status: number; body: Buffer }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) })
    const pieces: Uint8Array[] = []
    let length = 0
    for await (const piece of response.body ?? []) {
      pieces.push(piece)
      length += piece.length
      if (length > mostBytes) throw new Error(`it answers with more than ${mostBytes} bytes`)
    }
    return { status: response.status, body: Buffer.concat(pieces) }
  } catch (error) {
    const { cause, message } = error as Error
    throw new UsageError(`${url} cannot be read: ${(cause as Error | undefined)?.message ?? message}`)
  }
}

/** The latest checkpoint that was cosigned here; undefined at the first time. @throws UsageError when the file is another's */
async function remembered(file: string, log: VerifierKey, key: Signer) {
  const text = await readFile(file, 'utf8').catch(orNone(file))
  if (text === undefined) return undefined
  const note = readNote(text)
  const checkpoint = note && readBareCheckpoint(note)
  const isOurs = note && (await signatureOf(note, log)) && (await cosignaturesOf(note, key))?.length
  if (!checkpoint || !isOurs) throw new UsageError(`${file} is not what this witness has cosigned of ${log.name}`)
  return { text, checkpoint }
}

/** What is cosigned is remembered first, or a witness that dies would say two things. */
async function remember(file: string, cosigned: string) {
  await write(`${file}.new`, cosigned, 'w')
  await rename(`${file}.new`, file)
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}

async function write(file: string, text: string, flags: string, mode?: number) {
  await using handle = await open(file, flags, mode).catch(notWritable(file))
  await handle.writeFile(text)
  await handle.sync()
}

/** The witness's key, made when there is none. */
async function ownKey({ key: file, name }: WitnessOptions, say: Say): Promise<Signer> {
  const kept = await readFile(file, 'utf8').catch(orNone(file))
  if (kept !== undefined) {
    const key = await parseSecretKey(kept.trim())
    if (key?.kind !== noteKinds.cosignature) throw new UsageError(`${file} holds no key of a witness`)
    if (name !== undefined && name !== key.name) throw new UsageError(`the key in ${file} is ${key.name}’s`)
    return key
  }
  const own = name ?? hostname()
  if (!isKeyName(own)) throw new UsageError('--name may have neither spaces nor +: witness.example.com/w1')
  const seed = newSeed()
  const key = await signerOf(own, noteKinds.cosignature, seed)
  await write(file, `${secretKey(key, seed)}\n`, 'wx', 0o600)
  say(`A new key: ${vkey(key)}`)
  return key
}

/** Two that remember in one file could cosign two histories. @returns lets the file go */
async function claim(state: string): Promise<() => Promise<void>> {
  const file = `${state}.lock`
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(file)(error as Error)
      const pid = Number(await readFile(file, 'utf8').catch(() => ''))
      if (tries > 0 || pid === 0 || isAlive(pid))
        throw new UsageError(`another witness remembers in ${state}; if none does, remove ${file}`)
      await rm(file, { force: true }) // its owner was killed
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const orNone = (file: string) => (error: NodeJS.ErrnoException) => {
  if (error.code === 'ENOENT') return undefined
  throw new UsageError(`${file} cannot be read: ${error.message}`)
}

const notWritable = (file: string) => (error: Error) => {
  throw new UsageError(`${file} cannot be written: ${error.message}`)
}
