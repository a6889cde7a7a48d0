import { sql } from 'kysely'
import { statement } from '../database.ts'
import { system } from '../context.ts'
import type { Ctx, Db, Engine } from '../context.ts'
import { logProofs } from '../log/proofs.ts'
import { Refusal } from '../refusal.ts'
import type { Store } from '../stores/stores.ts'
import { canonical } from '../../verifier/documents.ts'
import type { Statement } from '../../verifier/documents.ts'
import { format } from '../../verifier/file.ts'
import type { ProofFile } from '../../verifier/file.ts'
import { listKeys, toJwk } from './keys.ts'
import { proofIdOf } from './proofs.ts'
import type { Proofs } from './proofs.ts'
import { notBefore } from './statements.ts'

interface Kept {
  id: number
  statement: string
  signature: Buffer
  salt: Buffer
  kid: string
  at: Date
}

// what is said of the proof, and of keys that signed it and are not to be believed any more
const stated = statement(
  'proofs.stated',
  (p: { storeId: string; id: string }) =>
    sql<Kept>`
    with own as (
      select id, statement, signature, salt, kid, at, position from log_entry
      where store_id = ${p.storeId} and proof_id = ${p.id}
    )
    select id, statement, signature, salt, kid, at from (
      select * from own
      union all
      select e.id, e.statement, e.signature, e.salt, e.kid, e.at, null from log_entry e
      where e.store_id = ${p.storeId} and e.id in (
        select k.revoked_entry from proof_key k where k.store_id = ${p.storeId} and k.kid in (select kid from own))
    ) all_of_it
    order by position nulls last, id`,
)

/** How long a request waits for the log to take in what was stated a moment ago. */
const patienceMs = 3000

/**
 * Makes the file by which a proof is checked without us (docs/proofs.md).
 * @param name as the world knows it
 * @returns its text: canonical JSON, signed with the key of the day
 * @throws Refusal proof.unknown; proof.pending when the log is behind
 */
export async function makeProofFile(engine: Engine, proofs: Proofs, store: Store, name: string): Promise<string> {
  for (const deadline = Date.now() + patienceMs; ;) {
    const text = await tryFile(engine.direct(store, system), proofs, name)
    if (text !== undefined) return text
    if (Date.now() > deadline) throw new Refusal('proof.pending', { retryAfterSeconds: 1 })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function tryFile(asked: Ctx<Db>, proofs: Proofs, name: string): Promise<string | undefined> {
  const { store, tx } = asked
  const id = proofIdOf(name)
  const kept = id ? await stated(tx, { storeId: store.storeId, id }) : []
  if (kept.length === 0) throw new Refusal('proof.unknown', { proofId: name })
  const logged = await logProofs(
    asked,
    kept.map((entry) => entry.id),
  )
  if (!logged) return undefined
  const ctx = kept.reduce((later, { at }) => notBefore(later, at), asked) // a file knows nothing that is later than it
  const { now } = ctx
  const { signer, published } = await signerAndKeys(ctx, proofs)
  const used = new Set([signer.kid, ...kept.map(({ kid }) => kid)])
  const file: Omit<ProofFile, 'signature'> = {
    format,
    store: store.storeId,
    proof_id: name,
    made_at: now.toISOString(),
    keys: published.filter(({ kid }) => used.has(kid)).map(toJwk),
    log: { origin: logged.origin, key: logged.vkey },
    entries: kept.map((entry, i) => ({
      statement: JSON.parse(entry.statement) as Statement,
      signature: entry.signature.toString('hex'),
      salt: entry.salt.toString('hex'),
      log_proof: logged.proofs[i]!,
    })),
    key_id: signer.kid,
  }
  return canonical({ ...file, signature: signer.sign(canonical(file)).toString('hex') })
}

/** Who signs a file, and the keys as they are published: nothing is stored that would tell that a key has ended. */
async function signerAndKeys(ctx: Ctx<Db>, { notary }: Proofs) {
  const look = async (isOutdated: boolean) => {
    const signer = await notary.signerOf(ctx, isOutdated)
    const published = await listKeys(ctx.tx, ctx.store)
    const { revokedAt = null, signsUntil = null } = published.find(({ kid }) => kid === signer.kid) ?? {}
    return { signer, published, isGood: revokedAt === null && (signsUntil === null || signsUntil > ctx.now) }
  }
  const remembered = await look(false)
  return remembered.isGood ? remembered : look(true)
}
