import { fromBase64Url, fromHex, utf8 } from './bytes.ts'
import { canonical, verdicts } from './documents.ts'
import type { EnrolmentStatement, Statement } from './documents.ts'
import { format, limits } from './file.ts'
import type { ProofFile } from './file.ts'
import { readLogProof } from './tree.ts'

/** The form of a proof file: one spelling of it, and nothing in it that is not known. */

/** What is wrong with a value that stands somewhere, in words; undefined when nothing is. */
type Rule = (value: unknown, at: string) => string | undefined

const is =
  (what: string, holds: (value: unknown) => boolean): Rule =>
  (value, at) =>
    holds(value) ? undefined : `${at} is not ${what}`

const matching = (what: string, pattern: RegExp) =>
  is(what, (value) => typeof value === 'string' && pattern.test(value))
const oneOf = (...allowed: readonly (string | null)[]) =>
  is(allowed.join(' or '), (value) => allowed.includes(value as never))
const number = (what: string, low: number, high: number) =>
  is(what, (value) => typeof value === 'number' && value >= low && value <= high)
const whole = (what: string, high: number = Number.MAX_SAFE_INTEGER) =>
  is(what, (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= high)

const isText = (value: unknown) => typeof value === 'string' && value.length <= limits.text
const text = is(`a text of at most ${limits.text} characters`, isText)
const word = is(`a text of 1 to ${limits.text} characters`, (value) => isText(value) && value !== '')
const boolean = is('true or false', (value) => typeof value === 'boolean')
const hex = (bytes: number) =>
  is(`${bytes} bytes in lower-case hex`, (value) => typeof value === 'string' && fromHex(value)?.length === bytes)
const publicKey = is(
  '32 bytes in base64url',
  (value) => typeof value === 'string' && fromBase64Url(value)?.length === 32,
)
const uuid = matching('a UUID in lower case', /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
const kid = matching('a name of a key', /^[\w.:-]{1,100}$/)
/** Whether a text can be a proof's id. */
export const isProofId = (id: string): boolean => /^proof_[\w-]{1,64}$/.test(id)
const proofId = is('a proof’s id', (value) => typeof value === 'string' && isProofId(value))
const time = is('a time such as 2024-01-01T12:00:00.000Z', (value) => {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false
  const read = new Date(value)
  return !Number.isNaN(read.getTime()) && read.toISOString() === value
})
const logProof = is(
  'in the form of c2sp.org/tlog-proof@v1',
  (value) => typeof value === 'string' && !!readLogProof(value),
)

const orNull =
  (rule: Rule): Rule =>
  (value, at) =>
    value === null ? undefined : rule(value, at)

const listOf =
  (rule: Rule, least: number, most: number): Rule =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} is not a list`
    if (value.length < least || value.length > most) return `${at} has ${value.length} of ${least} to ${most}`
    return first(value.map((one, i) => () => rule(one, `${at}[${i}]`)))
  }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Exactly these members: one that is not known could say anything. */
const object =
  (members: Record<string, Rule>, optional: Record<string, Rule> = {}): Rule =>
  (value, at) => {
    if (!isObject(value)) return `${at} is not an object`
    const known = { ...members, ...optional }
    const missing = Object.keys(members).find((key) => !Object.hasOwn(value, key))
    if (missing !== undefined) return `${at} has no ${missing}`
    const strange = Object.keys(value).find((key) => !Object.hasOwn(known, key))
    if (strange !== undefined) return `${at} has a member ${JSON.stringify(strange.slice(0, 40))} that is not known`
    return first(Object.keys(value).map((key) => () => known[key]!(value[key], `${at}.${key}`)))
  }

function first(asked: (() => string | undefined)[]): string | undefined {
  for (const ask of asked) {
    const problem = ask()
    if (problem !== undefined) return problem
  }
  return undefined
}

const gps = object({ lat: number('a latitude', -90, 90), lng: number('a longitude', -180, 180) })
const photoUrls = listOf(text, 1, limits.photos)
const photoHashes = listOf(word, 1, limits.photos)
const stated = { store: uuid, at: time, key_id: kid }
const verdict = oneOf(...verdicts)

const statements: Record<Statement['kind'], Rule> = {
  enrolment: object({
    ...stated,
    kind: oneOf('enrolment'),
    proof_id: proofId,
    photo_urls: photoUrls,
    photo_hashes: photoHashes,
    shipping_address_gps: gps,
    warehouse_gps: orNull(gps),
    by: oneOf('shop', 'anybody'),
    tag: oneOf('plain', 'ntag424'),
    signature: hex(64),
  }),
  delivery: object({
    ...stated,
    kind: oneOf('delivery'),
    proof_id: proofId,
    delivery_gps: gps,
    distance_meters: whole('a whole number of metres'),
    gps_verdict: verdict,
    phone_verified: boolean,
    tag_counter: orNull(whole('a count of 24 bits', 0xff_ff_ff)),
    device_info: orNull(text),
    signature: hex(64),
  }),
  correction: object({
    ...stated,
    kind: oneOf('correction'),
    proof_id: proofId,
    corrects: hex(32),
    reason: text,
    changes: object(
      {},
      {
        photo_urls: photoUrls,
        photo_hashes: photoHashes,
        shipping_address_gps: gps,
        warehouse_gps: gps,
        delivery_gps: gps,
        gps_verdict: verdict,
        device_info: text,
      },
    ),
  }),
  key: object({
    ...stated,
    kind: oneOf('key'),
    event: oneOf('published', 'revoked'),
    subject: kid,
    x: publicKey,
    from: time,
    reason: orNull(text),
  }),
}

const statement: Rule = (value, at) => {
  if (!isObject(value)) return `${at} is not an object`
  const { kind } = value
  if (typeof kind !== 'string' || !Object.hasOwn(statements, kind)) return `${at}.kind is none that is known`
  return statements[kind as Statement['kind']](value, at)
}

const seconds = whole('a whole number of seconds')

const file = object({
  format: oneOf(format),
  store: uuid,
  proof_id: proofId,
  made_at: time,
  keys: listOf(
    object(
      { kid, kty: oneOf('OKP'), crv: oneOf('Ed25519'), x: publicKey, use: oneOf('sig'), nbf: seconds },
      {
        exp: seconds,
        revoked: object({ revoked_at: seconds }, { reason: text, log_index: whole('a place in the log') }),
      },
    ),
    1,
    limits.keys,
  ),
  log: object({ origin: word, key: word }),
  entries: listOf(object({ statement, signature: hex(64), salt: hex(16), log_proof: logProof }), 1, limits.entries),
  key_id: kid,
  signature: hex(64),
})

/** @returns the file, or in words why it is none */
export function readProofFile(given: string | Uint8Array): ProofFile | { problem: string } {
  const problem = (problem: string) => ({ problem })
  if ((typeof given === 'string' ? utf8(given) : given).length > limits.bytes)
    return problem(`it is longer than ${limits.bytes / 1024} KiB`)
  const decoded = typeof given === 'string' ? given : decode(given)
  if (decoded === undefined) return problem('it is not UTF-8')
  const text = decoded.endsWith('\n') ? decoded.slice(0, -1) : decoded
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return problem('it is not JSON')
  }
  if (!isObject(value)) return problem('it is not a JSON object')
  if (!isCanonical(value, text))
    return problem(
      'it is not written in the one way that counts (RFC 8785): a key twice, a number or text in another spelling, or white space',
    )
  const wrong = file(value, 'file') ?? unequal(value as unknown as ProofFile)
  return wrong === undefined
    ? (value as unknown as ProofFile)
    : problem(wrong.replace(/^file\./, '').replace(/^file /, 'it '))
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isCanonical(value: object, text: string): boolean {
  try {
    return canonical(value) === text
  } catch {
    return false // half a surrogate pair
  }
}

/** What lists have to agree with, and in which order they stand. */
function unequal({ keys, entries }: ProofFile): string | undefined {
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) return 'keys has two of one name'
  if (new Set(keys.map(({ x }) => x)).size < keys.length) return 'keys has one key under two names'
  const kinds = entries.map(({ statement }) => statement.kind).join(' ')
  if (!/^enrolment(?: delivery)?(?: correction)*(?: key)*$/.test(kinds))
    return 'entries is not one enrolment, at most one delivery, corrections, and what is said of keys, in this order'
  const { photo_urls, photo_hashes } = entries[0]!.statement as EnrolmentStatement
  return photo_urls.length === photo_hashes.length
    ? undefined
    : 'the enrolment has not as many photo_hashes as photo_urls'
}
