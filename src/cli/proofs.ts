import { text } from 'node:stream/consumers'
import { system } from '../engine/context.ts'
import { violates } from '../engine/database.ts'
import { addApiKey, listApiKeys, revokeApiKey } from '../engine/identity/api-keys.ts'
import { KeyError, revokeKey, rotateKey } from '../engine/proofs/key-changes.ts'
import { createNotary, ensureFirstKey, listKeys } from '../engine/proofs/keys.ts'
import type { PublishedKey } from '../engine/proofs/keys.ts'
import { addTagKey } from '../engine/proofs/tags/tags.ts'
import type { Place } from './stores.ts'
import { UsageError, say } from './usage.ts'

/** What cannot be done is said in one line. */
const orUsage = (error: unknown): never => {
  throw error instanceof KeyError ? new UsageError(error.message) : error
}

export async function showKeys({ engine, vault, store }: Place): Promise<void> {
  await ensureFirstKey(engine.direct(store, system), vault)
  for (const key of await listKeys(engine.db, store))
    say([key.kid, key.publicKey.toString('base64url'), lifeOf(key, engine.now())].join('  '))
}

function lifeOf({ signsFrom, signsUntil, revokedAt, revokedWhy, revokedIndex }: PublishedKey, now: Date): string {
  if (revokedAt) {
    const told = revokedIndex === null ? 'the log is not told yet' : `entry ${revokedIndex} of the log`
    return `revoked since ${revokedAt.toISOString()}: ${revokedWhy} (${told})`
  }
  if (signsFrom > now) return `signs from ${signsFrom.toISOString()} on`
  if (signsUntil && signsUntil <= now) return `signed until ${signsUntil.toISOString()}`
  return signsUntil ? `signs until ${signsUntil.toISOString()}` : 'signs'
}

export async function rotate({ engine, vault, store }: Place, afterMinutes: number): Promise<void> {
  const notary = createNotary(vault)
  const { kid, from } = await rotateKey(engine, vault, notary, store, afterMinutes * 60_000).catch(orUsage)
  say(`${kid} is published, and signs from ${from.toISOString()} on.`)
}

export async function revoke(
  { engine, vault, store }: Place,
  kid: string,
  { reason, since = engine.now() }: { reason: string; since?: Date },
): Promise<void> {
  const notary = createNotary(vault)
  await revokeKey(engine, vault, notary, store, kid, since, reason).catch(orUsage)
  say(`${kid} is not to be believed from ${since.toISOString()} on.`)
  await showKeys({ engine, vault, store } as Place)
}

export async function newApiKey({ engine, store }: Place, name: string): Promise<void> {
  const key = await addApiKey(engine.direct(store, system), name).catch((error: unknown) => {
    throw violates(error, 'api_key_name') ? new UsageError(`${store.slug} has a key ${name}, or had one`) : error
  })
  say(`X-API-Key: ${key}`)
  say('It is shown this once, and kept nowhere.')
}

export async function showApiKeys({ engine, store }: Place): Promise<void> {
  const keys = await listApiKeys(engine.direct(store, system))
  for (const { name, createdAt, revokedAt } of keys)
    say(
      [name, `since ${createdAt.toISOString()}`, revokedAt ? `ended ${revokedAt.toISOString()}` : '']
        .join('  ')
        .trimEnd(),
    )
  if (keys.length === 0) say('There is none yet: saudagar api-keys add')
}

export async function endApiKey({ engine, store }: Place, name: string): Promise<void> {
  if (!(await revokeApiKey(engine.direct(store, system), name)))
    throw new UsageError(`${store.slug} has no key ${name} that is good`)
  say(`${name} is good no more.`)
}

export async function newTagKey({ engine, vault, store }: Place, name: string, systemId?: string): Promise<void> {
  const [meta, file, ...rest] = (await text(process.stdin)).split(/\s+/).filter((line) => line !== '')
  const isKey = (hex: string | undefined): hex is string => /^[0-9a-f]{32}$/i.test(hex ?? '')
  if (!isKey(meta) || !isKey(file) || rest.length > 0)
    throw new UsageError('the keys are read from standard input: two lines of 32 hex digits')
  if (systemId !== undefined && !/^([0-9a-f]{2}){1,16}$/i.test(systemId))
    throw new UsageError('--system-id is in hex, 16 bytes at most')
  const keys = {
    meta: Buffer.from(meta, 'hex'),
    file: Buffer.from(file, 'hex'),
    systemId: systemId === undefined ? null : Buffer.from(systemId, 'hex'),
  }
  await addTagKey(engine.direct(store, system), vault, name, keys).catch((error: unknown) => {
    throw violates(error, 'tag_key_pkey') ? new UsageError(`${store.slug} has tag keys ${name} already`) : error
  })
  say(`Tags of ${name} are known: enrol them with "tag_key": "${name}".`)
}
