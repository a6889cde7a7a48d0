import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import { q, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Actor, Engine } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { newToken } from '../sealing.ts'
import type { Vault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import type { Customer } from './identity.ts'

/** Access tokens: short signed statements of who the bearer is. What they grant is looked up at every request. */
export interface Tokens {
  sign(store: Store, customer: Pick<Customer, 'id' | 'sessionEpoch'>): Promise<string>
  /** @throws Refusal session.refused for a token that is malformed, over, another store's, or dead by its epoch */
  actorOf(store: Store, token: string): Promise<Actor>
  /**
   * Whose a request's token says that it is, by its signature alone: for counting, not for letting in.
   * @param authorization the header
   * @returns null without a token, and for one that is not genuine or is over
   */
  holderOf(store: Store, authorization: string | undefined): Promise<string | null>
  /** The public keys, as a JWK set. */
  publicKeys(store: Store): Promise<{ keys: JWK[] }>
}

interface Keys {
  signing: { kid: string; key: CryptoKey }
  public: Map<string, CryptoKey>
  jwks: JWK[]
}

/** What a verified token said. The signature cannot change, so a token is verified once and then remembered. */
interface Claims {
  customerId: string
  epoch: number
  expiresAt: number
}

const algorithm = 'EdDSA' // Ed25519: small tokens, quick to sign and to verify, no parameters to get wrong
const tokenType = 'at+jwt' // RFC 9068: a token made for another purpose is no access token

const keysOf = statement('identity.token_keys', (p: { storeId: string }) =>
  q
    .selectFrom('tokenKey')
    .select(['kid', 'publicJwk', 'privateSealed', 'retiredAt'])
    .where('storeId', '=', p.storeId)
    .orderBy('createdAt'),
)

// the first of several processes makes the key; the others find it
const insertFirstKey = statement(
  'identity.insert_token_key',
  (p: { storeId: string; kid: string; publicJwk: string; sealed: Buffer; now: Date }) =>
    sql`insert into token_key (store_id, kid, public_jwk, private_sealed, created_at)
      values (${p.storeId}, ${p.kid}, ${p.publicJwk}::jsonb, ${p.sealed}, ${p.now}) on conflict do nothing`,
)

const actorById = statement('identity.actor', (p: { storeId: string; id: string; epoch: number }) =>
  q
    .selectFrom('customer')
    .select('isAdmin')
    .where('storeId', '=', p.storeId)
    .where('id', '=', p.id)
    .where('sessionEpoch', '=', p.epoch),
)

export function createTokens(engine: Engine, vault: Vault): Tokens {
  const byStore = new Map<string, Promise<Keys>>()
  const verified = new LRUCache<string, Claims>({ max: 20_000 })

  const keys = (store: Store) => {
    let loading = byStore.get(store.storeId)
    if (!loading) {
      loading = loadKeys(engine.db, vault, store.storeId, engine.now())
      byStore.set(store.storeId, loading)
      loading.catch(() => byStore.delete(store.storeId))
    }
    return loading
  }

  const verify = async (store: Store, token: string): Promise<Claims> => {
    const cacheKey = `${store.storeId} ${token}`
    const known = verified.get(cacheKey)
    if (known) return known
    const known_keys = await keys(store)
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = known_keys.public.get(kid ?? '')
        if (!key) throw new Refusal('session.refused', {})
        return key
      },
      {
        algorithms: [algorithm],
        typ: tokenType,
        issuer: store.storeId,
        audience: store.storeId,
        requiredClaims: ['sub', 'exp', 'epoch'],
        currentDate: engine.now(),
      },
    ).catch(() => {
      throw new Refusal('session.refused', {})
    })
    const claims = claimsOf(payload)
    verified.set(cacheKey, claims)
    return claims
  }

  return {
    sign: async (store, customer) => {
      const { signing } = await keys(store)
      const issuedAt = Math.floor(engine.now().getTime() / 1000)
      return new SignJWT({ epoch: customer.sessionEpoch })
        .setProtectedHeader({ alg: algorithm, kid: signing.kid, typ: tokenType })
        .setIssuer(store.storeId)
        .setAudience(store.storeId)
        .setSubject(customer.id)
        .setJti(newToken().slice(0, 16)) // two tokens of one second differ
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + store.tokenMinutes * 60)
        .sign(signing.key)
    },
    actorOf: async (store, token) => {
      const claims = await verify(store, token)
      if (claims.expiresAt <= engine.now().getTime()) throw new Refusal('session.refused', {})
      const { customerId: id, epoch } = claims
      const [row] = await actorById(engine.db, { storeId: store.storeId, id, epoch })
      if (!row) throw new Refusal('session.refused', {})
      return { kind: 'customer', id, isAdmin: row.isAdmin }
    },
    holderOf: async (store, authorization) => {
      const token = bearerOf(authorization)
      if (!token) return null
      const claims = await verify(store, token).catch((error: unknown) => {
        if (error instanceof Refusal) return null
        throw error
      })
      return claims && claims.expiresAt > engine.now().getTime() ? claims.customerId : null
    },
    publicKeys: async (store) => ({ keys: (await keys(store)).jwks }),
  }
}

/** The token of an Authorization header; undefined when it has none. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1]

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The signature says who wrote the claims, not that they are what the database can be asked for. */
function claimsOf({ sub, exp, epoch }: JWTPayload): Claims {
  const isEpoch = typeof epoch === 'number' && Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 31
  if (!isEpoch || typeof sub !== 'string' || !uuid.test(sub)) throw new Refusal('session.refused', {})
  return { customerId: sub, epoch, expiresAt: exp! * 1000 }
}

async function loadKeys(db: Db, vault: Vault, storeId: string, now: Date): Promise<Keys> {
  let rows = await keysOf(db, { storeId })
  if (rows.length === 0) {
    await createFirstKey(db, vault, storeId, now)
    rows = await keysOf(db, { storeId })
  }
  const signingRow = rows.findLast((row) => row.retiredAt === null) ?? rows.at(-1)!
  const privateJwk = JSON.parse(
    vault.open(signingRow.privateSealed, sealFor(storeId, signingRow.kid)).toString(),
  ) as JWK
  const jwks = rows.map((row) => row.publicJwk as JWK)
  const imported = await Promise.all(
    jwks.map(async (jwk) => [jwk.kid!, (await importJWK(jwk, algorithm)) as CryptoKey] as const),
  )
  return {
    signing: { kid: signingRow.kid, key: (await importJWK(privateJwk, algorithm)) as CryptoKey },
    public: new Map(imported),
    jwks,
  }
}

const sealFor = (storeId: string, kid: string) => `token key ${storeId} ${kid}`

async function createFirstKey(db: Db, vault: Vault, storeId: string, now: Date): Promise<void> {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const kid = 'token-1'
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' }
  const sealed = vault.seal(JSON.stringify(await exportJWK(pair.privateKey)), sealFor(storeId, kid))
  await insertFirstKey(db, { storeId, kid, publicJwk: JSON.stringify(publicJwk), sealed, now })
}
