import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { system } from '../engine/context.ts'
import { checkLog } from '../engine/log/check.ts'
import { findLog, readEntries, tilesOf, verifierOf } from '../engine/log/log.ts'
import type { Log } from '../engine/log/log.ts'
import { vkey } from '../engine/log/notes.ts'
import { entryBundle, tilePath } from '../engine/log/paths.ts'
import type { Resource } from '../engine/log/paths.ts'
import { latestCheckpoint } from '../engine/log/proofs.ts'
import { tileWidth } from '../engine/log/tree.ts'
import { addWitness, cosignerOf, listWitnesses } from '../engine/log/witnesses.ts'
import { noteKinds, readBareCheckpoint, readNote, readVerifierKey } from '../verifier/notes.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

/** All of them stand on each proof's checkpoint, and a verifier reads 32 signatures. */
const maxWitnesses = 16

const contextOf = ({ engine, store }: Place) => engine.direct(store, system)

async function existing(place: Place): Promise<Log> {
  const log = await findLog(contextOf(place))
  if (!log) throw new UsageError(`${place.store.slug} has stated nothing yet, so it has no log`)
  return log
}

/** Shows what of a log others have to know, how far it is, and who watches it. */
export async function show(place: Place): Promise<void> {
  const log = await existing(place)
  say(`Origin:   ${log.origin}`)
  say(`Key:      ${vkey(await verifierOf(log))}`)
  say(`Size:     ${log.size}`)
  say(`Root:     ${log.root.toString('base64')}`)
  say(`Signed:   ${log.checkpointedAt?.toISOString() ?? 'nothing yet'}`)
  await witnesses(place)
}

export async function witnesses(place: Place): Promise<void> {
  const all = await listWitnesses(contextOf(place))
  for (const one of all) {
    const { size, cosignedAt } = one
    const latest = size === null ? 'has cosigned nothing yet' : `cosigned ${size} entries, ${cosignedAt!.toISOString()}`
    say(`Witness:  ${vkey(await cosignerOf(one))} ${latest}`)
  }
  if (all.length === 0) say('Witness:  none; saudagar witnesses add')
}

export async function addOne(place: Place, word: string): Promise<void> {
  const key = await readVerifierKey(word, noteKinds.cosignature)
  if (!key) throw new UsageError('a witness’s key looks like name+id+key, as saudagar witness prints it')
  const known = await listWitnesses(contextOf(place))
  if (known.length >= maxWitnesses && !known.some(({ name }) => name === key.name))
    throw new UsageError(`${place.store.slug} has ${maxWitnesses} witnesses, and a proof has room for no more`)
  if (!(await addWitness(contextOf(place), key)))
    throw new UsageError(`another witness of ${place.store.slug} has that name, or that key`)
  say(`${key.name} is a witness of ${place.store.slug}’s log.`)
}

/** Makes the tree anew from what was stated. Exit code 1 when it is not the tree that was signed. */
export async function check(place: Place): Promise<void> {
  await existing(place)
  const { size, problems } = (await checkLog(contextOf(place)))!
  for (const problem of problems) say(`BROKEN  ${problem}`)
  say(problems.length === 0 ? `All ${size} entries are in the tree as it was signed.` : 'The log is not what it was.')
  process.exitCode = problems.length === 0 ? 0 : 1
}

/**
 * Writes a log as files that any web server can serve. The checkpoint comes last, so whoever reads it finds all that it
 * stands for; from it the next export knows what is there already.
 */
export async function exportFiles(place: Place, folder: string): Promise<{ size: number; written: number }> {
  const ctx = contextOf(place)
  const log = await existing(place)
  const checkpoint = await latestCheckpoint(ctx)
  if (checkpoint === undefined) throw new UsageError(`${place.store.slug}’s log has signed nothing yet`)
  const { size } = readBareCheckpoint(readNote(checkpoint)!)!
  const before = await exportedSize(folder, log)
  let written = 0
  const write = async (path: string, bytes: string | Buffer) => {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.new`, bytes)
    await rename(`${file}.new`, file)
    written++
  }
  const readTiles = tilesOf(ctx)
  for (const resource of resourcesBetween(before, size)) {
    const { level, index, width } = resource
    const bytes =
      level === 'entries'
        ? entryBundle(await readEntries(ctx, index * tileWidth, index * tileWidth + width))
        : (await readTiles([{ level, index, width }]))[0]!
    await write(tilePath(resource), bytes)
    // what a full tile stands for as well
    if (width === tileWidth) await rm(join(folder, `${tilePath(resource)}.p`), { recursive: true, force: true })
  }
  const kept = await readFile(join(folder, 'checkpoint'), 'utf8').catch(() => '')
  if (kept !== checkpoint) await write('checkpoint', checkpoint)
  return { size, written }
}

/** Of the tree that the folder holds whole; 0 for none. @throws UsageError for another log's folder */
async function exportedSize(folder: string, log: Log): Promise<number> {
  const kept = await readFile(join(folder, 'checkpoint'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError(`${folder} cannot be read: ${error.message}`)
  })
  if (kept === undefined) return 0
  const note = readNote(kept)
  const checkpoint = note && readBareCheckpoint(note)
  if (checkpoint?.origin !== log.origin || checkpoint.size > log.size)
    throw new UsageError(`${folder} holds another log, or a later state of this one`)
  return checkpoint.size
}

/** The tiles and bundles of a tree that an earlier tree of the same log did not have, or not as wide. */
function* resourcesBetween(before: number, size: number): Generator<Resource> {
  for (let level = 0; size >= tileWidth ** level; level++) {
    const count = Math.floor(size / tileWidth ** level)
    const had = Math.floor(before / tileWidth ** level)
    if (count === had) continue
    for (let index = Math.floor(had / tileWidth); index * tileWidth < count; index++) {
      const width = Math.min(tileWidth, count - index * tileWidth)
      yield { level, index, width }
      if (level === 0) yield { level: 'entries', index, width }
    }
  }
}

export async function exportCommand(place: Place, folder: string): Promise<void> {
  const { size, written } = await exportFiles(place, folder)
  say(`${folder} holds the ${size} entries of ${place.store.slug}’s log: ${written} files are new.`)
}
