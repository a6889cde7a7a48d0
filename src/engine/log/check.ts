import { sql } from 'kysely'
import type { Ctx, Db } from '../context.ts'
import { statement } from '../database.ts'
import { readNote, signatureOf } from '../../verifier/notes.ts'
import { findLog, readTile, verifierOf } from './log.ts'
import { checkpointText } from './notes.ts'
import { append, emptyRoot, leafHash, tileWidth } from './tree.ts'

const stretch = statement(
  'log.stretch',
  (p: { storeId: string; from: number; to: number }) =>
    sql<{ id: number; logIndex: number; entry: Buffer; isItsOwn: boolean }>`
    select id, log_index, entry, entry = sha256(salt || convert_to(statement, 'UTF8')) as is_its_own
    from log_entry where store_id = ${p.storeId} and log_index >= ${p.from} and log_index < ${p.to} order by log_index`,
)

const step = 32 * tileWidth
const enough = 20

/**
 * Makes a store's tree anew from its entries, and compares: each entry with what was stated, each tile, the root, and the
 * checkpoint that was signed. Reads everything once; what is in the tree does not change, so a shop may be at work.
 * @returns what differs, a sentence each, some at most; undefined for a store without a log
 */
export async function checkLog(ctx: Ctx<Db>): Promise<{ size: number; problems: string[] } | undefined> {
  const log = await findLog(ctx)
  if (!log) return undefined
  const problems: string[] = []
  let [size, edge, root]: [number, Buffer[], Buffer] = [0, [], emptyRoot]
  while (size < log.size && problems.length < enough) {
    const to = Math.min(size + step, log.size)
    const rows = await stretch(ctx.tx, { storeId: ctx.store.storeId, from: size, to })
    const gap = rows.findIndex(({ logIndex }, i) => logIndex !== size + i)
    if (gap !== -1 || rows.length !== to - size) {
      problems.push(`there is no entry at index ${size + (gap === -1 ? rows.length : gap)}`)
      break
    }
    for (const { id, logIndex, isItsOwn } of rows) {
      if (!isItsOwn) problems.push(`entry ${id}, index ${logIndex}, is not the hash of its salt and statement`)
    }
    const grown = append(size, edge, Buffer.concat(rows.map(({ entry }) => leafHash(entry))))
    for (const { level, index, hashes } of grown.tiles) {
      const kept = await readTile(ctx, { level, index, width: hashes.length / 32 })
      if (!kept?.equals(hashes)) problems.push(`tile ${index} of level ${level} does not follow from the entries`)
    }
    ;({ size, edge, root } = grown)
  }
  if (size === log.size) {
    if (!root.equals(log.root)) problems.push(`the root of ${size} entries is not the one that is kept`)
    if (log.checkpoint !== null) {
      const note = readNote(log.checkpoint)
      const isSigned = note && (await signatureOf(note, await verifierOf(log)))
      if (!isSigned || note.text !== checkpointText({ origin: log.origin, size, root }))
        problems.push('the checkpoint is not what the log would sign of its entries')
    }
  }
  return { size: log.size, problems: problems.slice(0, enough) }
}
