import { correctable, distanceBetween, verdictOf } from './documents.ts'
import type { Changes, CorrectionStatement, EnrolmentStatement, Gps, Statement } from './documents.ts'
import type { Entry, ProofFile } from './file.ts'
import type { LogProof } from './tree.ts'

/** Whether what a file's statements say goes together. Each function says in words what does not, or undefined. */

/** An entry with what is made of it once. */
export interface Placed {
  entry: Entry
  /** how it is called in a report */
  label: string
  proof: LogProof
  /** SHA-256 of the statement's canonical bytes, hex: by which a correction names it */
  hash: string
}

/** One statement with its kind known. */
export type PlacedOf<S extends Statement> = Placed & { entry: { statement: S } }

export const ofKind = <K extends Statement['kind']>(placed: readonly Placed[], kind: K) =>
  placed.filter(({ entry }) => entry.statement.kind === kind) as PlacedOf<Extract<Statement, { kind: K }>>[]

/** Asks of all entries at once, and tells in their order. */
export const each = async <T>(all: readonly Placed[], ask: (one: Placed) => Promise<T[]>) =>
  (await Promise.all(all.map(ask))).flat()

/** One store, one proof, one order of time, and the log's order is the same. */
export function whatIsOutOfOrder(file: ProofFile, placed: readonly Placed[]): string | undefined {
  for (const { entry, label, proof } of placed) {
    const { statement } = entry
    if (statement.store !== file.store) return `the ${label} is of another store`
    if (statement.kind !== 'key' && statement.proof_id !== file.proof_id) return `the ${label} is of another proof`
    if (statement.at > file.made_at) return `the ${label} is later than the file`
    if (placed.some((other) => other.label !== label && other.proof.index === proof.index))
      return `the ${label} stands in the log where something else does`
  }
  for (const kind of ['correction', 'key'] as const) {
    const late = isLate(ofKind(placed, kind))
    if (late) return `the ${late.label} stands in the log before what came before it`
  }
  const [enrolment, delivery] = placed
  return delivery?.entry.statement.kind === 'delivery' ? whatComesBefore(enrolment!, delivery) : undefined
}

const isLate = (placed: readonly Placed[]) =>
  placed.find(({ proof }, i) => i > 0 && proof.index < placed[i - 1]!.proof.index)

function whatComesBefore(first: Placed, then: Placed): string | undefined {
  if (then.entry.statement.at < first.entry.statement.at) return `the ${then.label} is earlier than the ${first.label}`
  if (then.proof.index < first.proof.index) return `the ${then.label} stands in the log before the ${first.label}`
  return undefined
}

/** The enrolment or delivery that a correction is of. */
export const correctedBy = (placed: readonly Placed[], correction: CorrectionStatement): Placed | undefined =>
  placed.find(({ entry, hash }) => entry.statement.kind in correctable && hash === correction.corrects)

/** Each correction names a statement of the file, comes after it, and changes only what belongs to it. */
export function whatIsMiscorrected(placed: readonly Placed[]): string | undefined {
  const photos = new Map<string, number>()
  for (const correction of ofKind(placed, 'correction')) {
    const { label, entry } = correction
    const corrected = correctedBy(placed, entry.statement)
    if (!corrected) return `the ${label} is of no enrolment or delivery in this file`
    const before = whatComesBefore(corrected, correction)
    if (before !== undefined) return before
    const { statement } = corrected.entry
    const changed = Object.keys(entry.statement.changes) as (keyof Changes)[]
    const foreign = changed.find((key) => !correctable[statement.kind as 'enrolment' | 'delivery'].includes(key))
    if (foreign !== undefined) return `the ${label} changes ${foreign}, which no ${statement.kind} has`
    const { photo_urls, photo_hashes } = entry.statement.changes
    if (photo_urls) photos.set('urls', photo_urls.length)
    if (photo_hashes) photos.set('hashes', photo_hashes.length)
    if (statement.kind === 'enrolment') {
      const [urls, hashes] = [photos.get('urls'), photos.get('hashes')]
      if ((urls ?? statement.photo_urls.length) !== (hashes ?? statement.photo_hashes.length))
        return `after the ${label} there are not as many photo_hashes as photo_urls`
    }
  }
  return undefined
}

/**
 * By how many metres two machines may differ: sines differ in their last digit, which is nothing at the distances of a street
 * and tells little of two places on opposite sides of the earth.
 */
const toleranceAt = (metres: number) => (metres > 19_000_000 ? 1 : 1e-6)

/** The distance as one measures it oneself, from the address as it was enrolled. */
export function whatIsMismeasured(placed: readonly Placed[]): string | undefined {
  const { shipping_address_gps } = placed[0]!.entry.statement as EnrolmentStatement
  const { delivery_gps, distance_meters, gps_verdict } = ofKind(placed, 'delivery')[0]!.entry.statement
  const metres = distanceBetween(shipping_address_gps, delivery_gps)
  const near = [-1, 0, 1].map((side) => metres + side * toleranceAt(metres))
  if (near.some((one) => Math.round(one) === distance_meters) && near.some((one) => verdictOf(one) === gps_verdict))
    return undefined
  return `${distance_meters} m and ${gps_verdict} are stated, but the positions are ${metres.toFixed(1)} m apart: ${verdictOf(metres)}`
}

/** What a phone number and a tag can have had to do with a delivery. */
export function whatIsImplausible(placed: readonly Placed[]): string | undefined {
  const { tag } = placed[0]!.entry.statement as EnrolmentStatement
  const { phone_verified, gps_verdict, tag_counter } = ofKind(placed, 'delivery')[0]!.entry.statement
  if (phone_verified && gps_verdict === 'pass')
    return 'a phone number is said to be verified, which is only asked for beyond 100 m'
  if (tag === 'plain' && tag_counter !== null) return 'a plain tag counts nothing, but a count is stated'
  if (tag === 'ntag424' && tag_counter === null) return 'the tag counts how often it is read, but no count is stated'
  return undefined
}

/** Initial bearing of the way from one point to another, degrees clockwise from north. */
export function bearingOf(from: Gps, to: Gps): number {
  const [phi, psi, turn] = [from.lat, to.lat, to.lng - from.lng].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ]
  const east = Math.sin(turn) * Math.cos(psi)
  const north = Math.cos(phi) * Math.sin(psi) - Math.sin(phi) * Math.cos(psi) * Math.cos(turn)
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360
}
