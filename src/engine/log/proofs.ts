import type { Ctx, Db } from '../context.ts'
import { q, statement } from '../database.ts'
import { findLog, tilesOf, verifierOf } from './log.ts'
import type { Log } from './log.ts'
import { vkey } from './notes.ts'
import { consistencyPath, inclusionPaths } from './tree.ts'
import { listWitnesses } from './witnesses.ts'
import type { Witness } from './witnesses.ts'

/** The latest checkpoint, with the cosignatures there are of that very one. @returns undefined before there is one */
export async function latestCheckpoint(ctx: Ctx<Db>): Promise<string | undefined> {
  const [log, witnesses] = await Promise.all([findLog(ctx), listWitnesses(ctx)])
  return log?.checkpoint ? withCosignatures(log.checkpoint, witnesses) : undefined
}

const withCosignatures = (checkpoint: string, witnesses: Witness[]) =>
  checkpoint +
  witnesses
    .filter((witness) => witness.checkpoint === checkpoint)
    .map(({ cosignature }) => `${cosignature}\n`)
    .join('')

const places = statement('log.places', (p: { storeId: string; ids: number[] }) =>
  q
    .selectFrom('logEntry')
    .select(['id', 'logIndex'])
    .where('storeId', '=', p.storeId)
    .where((e) => e('id', '=', e.fn.any(e.val(p.ids))))
    .$castTo<{ id: number; logIndex: number | null }>(),
)

export interface LogProofs {
  origin: string
  /** by which the checkpoint's signature is checked */
  vkey: string
  /** one for each entry, in the order asked for: C2SP tlog-proof@v1, all over one checkpoint */
  proofs: string[]
}

/**
 * Proves that entries of the context's store are in its log, for a check that needs no server.
 * @param ids of log_entry
 * @returns undefined while one of them is not in the tree, for a second at most; and for an id that is not there
 */
export async function logProofs(ctx: Ctx<Db>, ids: number[]): Promise<LogProofs | undefined> {
  const [log, witnesses, rows] = await Promise.all([
    findLog(ctx),
    listWitnesses(ctx),
    places(ctx.tx, { storeId: ctx.store.storeId, ids }),
  ])
  const indexOf = new Map(rows.map(({ id, logIndex }) => [id, logIndex]))
  const indexes = ids.map((id) => indexOf.get(id) ?? Infinity)
  const chosen = log && choose(log, witnesses, Math.max(-1, ...indexes) + 1)
  if (!chosen) return undefined
  const paths = await inclusionPaths(indexes, chosen.size, tilesOf(ctx))
  const note = withCosignatures(chosen.checkpoint, witnesses)
  return {
    origin: log.origin,
    vkey: vkey(await verifierOf(log)),
    proofs: paths.map((path, i) =>
      ['c2sp.org/tlog-proof@v1', `index ${indexes[i]}`, ...path.map((hash) => hash.toString('base64')), '', note].join(
        '\n',
      ),
    ),
  }
}

/** Of the checkpoints that cover as much: the one that most witnesses have cosigned, and of those the newest. */
function choose(log: Log, witnesses: Witness[], covered: number) {
  const counts = new Map<string, { size: number; checkpoint: string; cosigned: number }>()
  for (const { size, checkpoint } of witnesses) {
    if (checkpoint === null || size! < covered) continue
    const known = counts.get(checkpoint) ?? { size: size!, checkpoint, cosigned: 0 }
    counts.set(checkpoint, { ...known, cosigned: known.cosigned + 1 })
  }
  const [best] = [...counts.values()].sort((a, b) => b.cosigned - a.cosigned || b.size - a.size)
  if (best) return best
  return log.checkpoint !== null && log.size >= covered ? { size: log.size, checkpoint: log.checkpoint } : undefined
}

export interface HashPath {
  /** of the tree that it is about */
  size: number
  hashes: Buffer[]
}

/**
 * The audit path of the entry at an index.
 * @param size of the tree; the latest when left out
 * @returns undefined when such a tree, or such an entry of it, has not been signed
 */
export async function inclusion(ctx: Ctx<Db>, index: number, size?: number): Promise<HashPath | undefined> {
  const log = await findLog(ctx)
  const of = size ?? log?.size ?? 0
  if (!log || of > log.size || index >= of) return undefined
  return { size: of, hashes: (await inclusionPaths([index], of, tilesOf(ctx)))[0]! }
}

/** The proof that a tree of this log grew out of an earlier one. @returns undefined when there were no such trees */
export async function consistency(ctx: Ctx<Db>, from: number, to?: number): Promise<HashPath | undefined> {
  const log = await findLog(ctx)
  const of = to ?? log?.size ?? 0
  if (!log || of > log.size || from > of || from < 1) return undefined
  return { size: of, hashes: await consistencyPath(from, of, tilesOf(ctx)) }
}
