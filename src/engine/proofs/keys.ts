import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { sql } from 'kysely'
import { q, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx } from '../context.ts'
import type { Vault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import type { FileKey } from '../../verifier/file.ts'
import { appendPart, signStatement } from './statements.ts'
import type { SignedStatement } from './statements.ts'

/** A key's public half, and when it may be believed. */
export interface PublishedKey {
  kid: string
  /** 32 bytes */
  publicKey: Buffer
  publishedAt: Date
  signsFrom: Date
  signsUntil: Date | null
  /** what it signed from then on is not believed; and nothing that the log took in after the word of it */
  revokedAt: Date | null
  revokedWhy: string | null
  /** where that word stands in the log; null while it is on its way there */
  revokedIndex: number | null
}

/** Signs for one store. */
export interface Signer {
  kid: string
  /** Ed25519 over the text's UTF-8 bytes; 64 bytes */
  sign(text: string): Buffer
}

/** What signs a store's statements, at each time with the key whose time it is. */
export interface Notary {
  /**
   * The key of the context's store and time. What is not in memory is read on the context's connection: with another,
   * as many requests as there are connections would hold them all and wait for one more.
   * @param isOutdated the key that was got before has ended meanwhile: look again
   */
  signerOf(ctx: Ctx<Db>, isOutdated?: boolean): Promise<Signer>
}

interface OpenKey {
  kid: string
  key: KeyObject
  signsFrom: Date
  signsUntil: Date | null
}

const publishedKeys = statement(
  'proofs.keys',
  (p: { storeId: string }) =>
    sql<PublishedKey>`
    select k.kid, k.public_key, k.published_at, k.signs_from, k.signs_until, k.revoked_at, k.revoked_why,
      e.log_index as revoked_index
    from proof_key k left join log_entry e on e.store_id = k.store_id and e.id = k.revoked_entry
    where k.store_id = ${p.storeId} order by k.published_at, k.kid`,
)

const signingKeys = statement('proofs.signing_keys', (p: { storeId: string; now: Date }) =>
  q
    .selectFrom('proofKey')
    .select(['kid', 'privateSealed', 'signsFrom', 'signsUntil'])
    .where('storeId', '=', p.storeId)
    .where('revokedAt', 'is', null)
    .where((is) => is.or([is('signsUntil', 'is', null), is('signsUntil', '>', p.now)])),
)

/** All keys that a store ever published, oldest first: none is ever left out. */
export const listKeys = (db: Db, store: Store): Promise<PublishedKey[]> => publishedKeys(db, { storeId: store.storeId })

const seconds = (time: Date) => Math.floor(time.getTime() / 1000)

/** A key as a JWK; when it may be believed is said in the words of OpenID Federation's historical keys. */
export const toJwk = (key: PublishedKey): FileKey => ({
  kty: 'OKP',
  crv: 'Ed25519',
  kid: key.kid,
  x: key.publicKey.toString('base64url'),
  use: 'sig',
  nbf: seconds(key.signsFrom),
  ...(key.signsUntil && { exp: Math.ceil(key.signsUntil.getTime() / 1000) }),
  ...(key.revokedAt && {
    revoked: {
      revoked_at: Math.ceil(key.revokedAt.getTime() / 1000),
      ...(key.revokedWhy !== null && { reason: key.revokedWhy }),
      ...(key.revokedIndex !== null && { log_index: key.revokedIndex }),
    },
  }),
})

/** What a private key is sealed for: it cannot be opened as another store's, or under another name. */
export const keyPurpose = (storeId: string, kid: string) => `proof key ${storeId} ${kid}`

const signerWith = (kid: string, key: KeyObject): Signer => ({
  kid,
  sign: (text) => sign(null, Buffer.from(text), key),
})

/** `key_001`, and so on: the names by which the published contract knows keys. */
export const kidOf = (number: number) => `key_${String(number).padStart(3, '0')}`

interface AddedKey extends SignedStatement {
  storeId: string
  newKid: string
  publicKey: Buffer
  privateSealed: Buffer
  now: Date
  from: Date
  /** only where there is none: the first of several processes makes it, and the others find it */
  isFirst: boolean
  /** the key that the statement is signed with */
  kid: string
}

const insertKey = statement(
  'proofs.add_key',
  (p: AddedKey) =>
    sql`with made as (
      insert into proof_key (store_id, kid, public_key, private_sealed, published_at, signs_from)
      select ${p.storeId}, ${p.newKid}, ${p.publicKey}, ${p.privateSealed}, ${p.now}, ${p.from}
      where not (${p.isFirst} and exists (select from proof_key where store_id = ${p.storeId}))
      on conflict do nothing
      returning kid
    ), ${appendPart(p, 'key', sql`null::uuid`, sql`null::int`, sql`made`)}
    select`,
)

/**
 * Publishes a new key, and tells the log.
 * @param from when it begins to sign
 * @param by who signs that it is the store's; null where only itself can
 */
export async function addKey(
  db: Db,
  vault: Vault,
  storeId: string,
  newKid: string,
  now: Date,
  from: Date,
  by: Signer | null,
  isFirst = false,
): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { x } = publicKey.export({ format: 'jwk' })
  const privateSealed = vault.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), keyPurpose(storeId, newKid))
  const signer = by ?? signerWith(newKid, privateKey)
  const stated = signStatement(signer, {
    kind: 'key',
    event: 'published',
    store: storeId,
    at: now.toISOString(),
    subject: newKid,
    x: x!,
    from: from.toISOString(),
    reason: null,
  })
  const key = { storeId, newKid, publicKey: Buffer.from(x!, 'base64url'), privateSealed, now, from, isFirst }
  await insertKey(db, { ...key, ...stated, kid: signer.kid })
}

/** Makes a store's first key where it has none, so that it is published before anything is signed. */
export const ensureFirstKey = ({ tx, now, store }: Ctx<Db>, vault: Vault): Promise<void> =>
  addKey(tx, vault, store.storeId, kidOf(1), now, atOnce(now), null, true)

/** From when on a key signs that has to sign at once, on servers whose clocks differ by less than this, too. */
export const atOnce = (now: Date) => new Date(now.getTime() - 60_000)

/**
 * Keeps the open keys in memory. That another process has ended one is found out by the statement that would store what
 * it signed (`goodKey`), which then asks again.
 */
export function createNotary(vault: Vault): Notary {
  const byStore = new Map<string, Promise<OpenKey[]>>()

  const load = async (ctx: Ctx<Db>): Promise<OpenKey[]> => {
    const { tx, now, store } = ctx
    const { storeId } = store
    let rows = await signingKeys(tx, { storeId, now })
    if (rows.length === 0) {
      await ensureFirstKey(ctx, vault)
      rows = await signingKeys(tx, { storeId, now })
    }
    return rows.map(({ kid, privateSealed, signsFrom, signsUntil }) => {
      const der = vault.open(privateSealed, keyPurpose(storeId, kid))
      return { kid, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), signsFrom, signsUntil }
    })
  }
  const current = async (ctx: Ctx<Db>) => {
    const { now, store } = ctx
    let loading = byStore.get(store.storeId)
    if (!loading) {
      byStore.set(store.storeId, (loading = load(ctx)))
      loading.catch(() => byStore.delete(store.storeId))
    }
    const due = (await loading).filter(
      ({ signsFrom, signsUntil }) => signsFrom <= now && (signsUntil === null || signsUntil > now),
    )
    return due.toSorted((a, b) => b.signsFrom.getTime() - a.signsFrom.getTime())[0]
  }

  return {
    signerOf: async (ctx, isOutdated = false) => {
      const { slug, storeId } = ctx.store
      if (isOutdated) byStore.delete(storeId)
      let key = await current(ctx)
      if (!key) {
        byStore.delete(storeId) // a key that was published since
        key = await current(ctx)
      }
      if (!key) throw new Error(`store ${slug} has no key that signs at this time: saudagar keys rotate`)
      return signerWith(key.kid, key.key)
    },
  }
}

/**
 * A part of a WITH, `good`: a row as long as the key still signs. What is stored depends on it, so that nothing is that
 * was signed with a key that somebody has ended, on whatever process.
 */
export const goodKey = (p: { storeId: string; kid: string; now: Date }) => sql`
  good as (
    select from proof_key where store_id = ${p.storeId} and kid = ${p.kid} and revoked_at is null
      and signs_from <= ${p.now} and (signs_until is null or signs_until > ${p.now})
  )`

/**
 * Signs what is to be stored, and stores it by a statement that has `goodKey`; when the key has ended meanwhile, signs anew
 * with the one that has come after it.
 */
export async function signAndStore<R extends { isKeyGood: boolean }>(
  ctx: Ctx<Db>,
  notary: Notary,
  store: (signer: Signer) => Promise<R>,
): Promise<R> {
  for (let isOutdated = false; ; isOutdated = true) {
    const signer = await notary.signerOf(ctx, isOutdated)
    const stored = await store(signer)
    if (stored.isKeyGood) return stored
    if (isOutdated) throw new Error(`${signer.kid} of ${ctx.store.slug} ended twice while it was signed with`)
  }
}
