import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { correctable } from '../../verifier/documents.ts'
import type { Changes } from '../../verifier/documents.ts'
import { goodKey, signAndStore } from './keys.ts'
import { proofIdOf } from './proofs.ts'
import type { Correction, Proofs } from './proofs.ts'
import { appendPart, notBefore, signStatement, statementHash } from './statements.ts'
import type { SignedStatement } from './statements.ts'

/** Who signed a statement, and when, cannot be wrong. */
export type Corrected = keyof typeof correctable

const lock = statement(
  'proofs.lock',
  (p: { storeId: string; id: string }) =>
    sql<{ id: string }>`
    select id from proof where store_id = ${p.storeId} and id = ${p.id} for no key update`,
)

const original = statement(
  'proofs.statement',
  (p: { storeId: string; id: string; kind: Corrected }) =>
    sql<{ statement: string; at: Date }>`
    select statement, at from log_entry where store_id = ${p.storeId} and proof_id = ${p.id}
      and position = case ${p.kind}::text when 'enrolment' then 0 else 1 end`,
)

/** A proof file has room for as many, and for what is said of keys; and for so many bytes of statements. */
const maxCorrections = 32
const maxBytes = 512 * 1024

const insert = statement(
  'proofs.correct',
  (p: SignedStatement & { storeId: string; id: string; kid: string; now: Date }) =>
    sql<{ isKeyGood: boolean; isDone: boolean }>`
    with ${goodKey(p)}, proof as (
      select greatest(max(position), 1) + 1 as position from log_entry, good
      where store_id = ${p.storeId} and proof_id = ${p.id}
      having count(*) > 0 and max(position) <= ${maxCorrections}
        and sum(octet_length(statement)) + octet_length(${p.statement}) <= ${maxBytes}
    ), ${appendPart(p, 'correction', sql`${p.id}::uuid`, sql`position`, sql`proof`)}
    select exists (select from good) as is_key_good, exists (select from proof) as is_done`,
)

/**
 * Says that a statement was wrong. Nothing is edited: the correction is signed, stands beside what it corrects and names
 * it by its hash, and both are shown from then on. One at a time: what follows another takes the next place.
 * @throws Refusal proof.unknown, correction.refused
 */
export async function correctProof(
  asked: Ctx,
  proofs: Proofs,
  name: string,
  corrects: Corrected,
  reason: string,
  changes: Changes,
): Promise<Correction> {
  const id = proofIdOf(name)
  const { store, tx } = asked
  const place = { storeId: store.storeId, id: id ?? '' }
  if (!id || (await lock(tx, place)).length === 0) throw new Refusal('proof.unknown', { proofId: name })
  const [wrong] = await original(tx, { ...place, kind: corrects })
  if (!wrong) throw new Refusal('correction.refused', { why: 'there is no delivery yet' })
  const stranger = Object.keys(changes).find((key) => !(correctable[corrects] as readonly string[]).includes(key))
  if (stranger !== undefined) throw new Refusal('correction.refused', { why: `${stranger} is not in ${corrects}` })
  const ctx = notBefore(asked, wrong.at) // also of what waited here for its turn
  const { now } = ctx
  const stated = {
    kind: 'correction' as const,
    store: store.storeId,
    at: now.toISOString(),
    proof_id: name,
    corrects: statementHash(wrong.statement),
    reason,
    changes,
  }
  const stored = await signAndStore(ctx, proofs.notary, async (signer) => {
    const signed = signStatement(signer, stated)
    const row = one(await insert(ctx.tx, { ...place, ...signed, kid: signer.kid, now }))
    return { ...row, kid: signer.kid, signature: signed.statementSignature.toString('hex') }
  })
  if (!stored.isDone)
    throw new Refusal('correction.refused', { why: `a proof has ${maxCorrections} corrections at most, of 512 kB` })
  return { stated: { ...stated, key_id: stored.kid }, signature: stored.signature }
}
