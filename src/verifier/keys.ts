import { fromBase64Url, fromHex, isSignedBy, sha256, toBase64Url, utf8 } from './bytes.ts'
import { canonical } from './documents.ts'
import type { KeyStatement } from './documents.ts'
import type { FileKey, Revocation } from './file.ts'

/** A store's key as one knows it from elsewhere than the file: from its JWKS, say. */
export type KnownKey = Pick<FileKey, 'kid' | 'x' | 'exp' | 'revoked'> & { nbf?: number }

/** A JSON Web Key Set, or the payload of OpenID Federation's historical keys. */
export interface KeySet {
  keys: KnownKey[]
}

/** Reads a key set. Keys of other kinds in it, and members that say nothing here, are passed over. @returns undefined for what is none */
export function readKeySet(text: string): KeySet | undefined {
  try {
    const { keys } = JSON.parse(text)
    const ours = keys.filter(({ kty, crv }: { kty: unknown; crv: unknown }) => kty === 'OKP' && crv === 'Ed25519')
    return ours.every(isKnownKey) ? { keys: ours } : undefined
  } catch {
    return undefined
  }
}

const isTime = (value: unknown) => value === undefined || (typeof value === 'number' && Number.isFinite(value))

const isKnownKey = ({ kid, x, nbf, exp, revoked }: Record<string, unknown>): boolean =>
  typeof kid === 'string' &&
  typeof x === 'string' &&
  fromBase64Url(x)?.length === 32 &&
  isTime(nbf) &&
  isTime(exp) &&
  (revoked === undefined || isRevocation(revoked as Partial<Revocation>))

const isRevocation = ({ revoked_at, log_index }: Partial<Revocation>) =>
  revoked_at !== undefined && isTime(revoked_at) && isTime(log_index)

/** RFC 7638, of a key as RFC 8037 writes it: what two people can compare. */
export const thumbprint = async ({ x }: { x: string }): Promise<string> =>
  toBase64Url(await sha256(utf8(canonical({ crv: 'Ed25519', kty: 'OKP', x }))))

export const isSameKey = (a: { kid: string; x: string }, b: { kid: string; x: string }): boolean =>
  a.kid === b.kid && a.x === b.x

/** Whether a signature, hex, is a key's over a text. */
export const signs = (key: FileKey, signature: string, text: string) =>
  isSignedBy(fromBase64Url(key.x)!, fromHex(signature)!, utf8(text))

/** A key with the narrower of two validities: what either says against it counts. */
export function narrowed(key: FileKey, known: KnownKey): FileKey {
  const revoked = earlier(key.revoked, known.revoked)
  return {
    ...key,
    nbf: Math.max(key.nbf, known.nbf ?? 0),
    ...((key.exp ?? known.exp) !== undefined && { exp: Math.min(key.exp ?? Infinity, known.exp ?? Infinity) }),
    ...(revoked && { revoked }),
  }
}

function earlier(a: Revocation | undefined, b: Revocation | undefined): Revocation | undefined {
  if (!a || !b) return a ?? b
  const log_index = Math.min(a.log_index ?? Infinity, b.log_index ?? Infinity)
  return {
    revoked_at: Math.min(a.revoked_at, b.revoked_at),
    reason: a.reason ?? b.reason,
    ...(log_index < Infinity && { log_index }),
  }
}

/** What a statement in the log says of a key. @param logIndex where it stands */
export function saidOf({ event, subject, x, from }: KeyStatement, logIndex: number): KnownKey {
  const seconds = Date.parse(from) / 1000
  return event === 'published'
    ? { kid: subject, x, nbf: Math.floor(seconds) }
    : { kid: subject, x, revoked: { revoked_at: Math.ceil(seconds), log_index: logIndex } }
}

const told = (seconds: number) => new Date(seconds * 1000).toISOString()

/**
 * Why a key does not count for what it signed, in words; undefined when it does.
 * @param at when it was signed, as it says itself
 * @param logIndex where it stands in the log; for a whole file, the last place of the log that it knows
 */
export function whyNotValid(
  key: FileKey,
  at: string,
  logIndex: number,
  stands = 'it stands in the log at',
): string | undefined {
  const moment = Date.parse(at)
  const { kid, nbf, exp, revoked } = key
  if (moment < nbf * 1000) return `it was made at ${at}, before ${kid} begins to sign at ${told(nbf)}`
  if (exp !== undefined && moment >= exp * 1000)
    return `it was made at ${at}, when ${kid} signs no more since ${told(exp)}`
  if (revoked && moment >= revoked.revoked_at * 1000)
    return `it was made at ${at}, and ${kid} is revoked from ${told(revoked.revoked_at)} on`
  if (revoked?.log_index !== undefined && logIndex >= revoked.log_index)
    return `${stands} ${logIndex}, after the revocation of ${kid} at ${revoked.log_index}, whatever its time says`
  return undefined
}
