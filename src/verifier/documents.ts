import canonicalize from 'canonicalize'

/**
 * What is signed, to the byte: the two documents of the published contract, and our own statements, which the log holds.
 * Nothing here needs a server: the same file runs in Node and in a browser.
 */

export interface Gps {
  lat: number
  lng: number
}

export const verdicts = ['pass', 'near', 'flagged'] as const
export type Verdict = (typeof verdicts)[number]

export interface EnrolmentDocument {
  order_id: string
  nfc_uid: string
  photo_hashes: string[]
  shipping_address_gps: Gps
  timestamp: string
}

/** The bytes that an enrolment's signature is over: compact JSON, its keys in the order of the published document. */
export const enrolmentDocument = (signed: EnrolmentDocument): string =>
  JSON.stringify({
    order_id: signed.order_id,
    nfc_uid: signed.nfc_uid,
    photo_hashes: signed.photo_hashes,
    shipping_address_gps: gps(signed.shipping_address_gps),
    timestamp: signed.timestamp,
  })

export interface DeliveryDocument {
  proof_id: string
  order_id: string
  delivery_gps: Gps
  timestamp: string
  gps_verdict: Verdict
}

/** The bytes that a delivery's signature is over; as with `enrolmentDocument`, the order of the keys counts. */
export const deliveryDocument = (signed: DeliveryDocument): string =>
  JSON.stringify({
    proof_id: signed.proof_id,
    order_id: signed.order_id,
    delivery_gps: gps(signed.delivery_gps),
    timestamp: signed.timestamp,
    gps_verdict: signed.gps_verdict,
  })

const gps = ({ lat, lng }: Gps): Gps => ({ lat, lng })

interface Stated {
  /** of who states it, whatever name it is served under: one store's statement is no other's */
  store: string
  /** when, ISO 8601 in UTC with milliseconds */
  at: string
  /** the key that signed it */
  key_id: string
}

/** A parcel was enrolled. Order and tag are bound by the signature, which only who knows them can check. */
export interface EnrolmentStatement extends Stated {
  kind: 'enrolment'
  proof_id: string
  photo_urls: string[]
  photo_hashes: string[]
  shipping_address_gps: Gps
  warehouse_gps: Gps | null
  /** who said so: the shop, by its credentials, or whoever asked */
  by: 'shop' | 'anybody'
  /** whether the tag answers each tap anew, so that a copy of it is told apart */
  tag: 'plain' | 'ntag424'
  /** over the enrolment document, hex */
  signature: string
}

export interface DeliveryStatement extends Stated {
  kind: 'delivery'
  proof_id: string
  delivery_gps: Gps
  /** whole metres from the shipping address */
  distance_meters: number
  gps_verdict: Verdict
  phone_verified: boolean
  /** how often the tag had been read, as it said itself; null for a plain tag */
  tag_counter: number | null
  device_info: string | null
  /** over the delivery document, hex */
  signature: string
}

/** What a correction says instead: of an enrolment or of a delivery, never of who signed it or when. */
export interface Changes {
  photo_urls?: string[]
  photo_hashes?: string[]
  shipping_address_gps?: Gps
  warehouse_gps?: Gps
  delivery_gps?: Gps
  gps_verdict?: Verdict
  device_info?: string
}

/** Which of them belong to which statement. */
export const correctable: Record<'enrolment' | 'delivery', readonly (keyof Changes)[]> = {
  enrolment: ['photo_urls', 'photo_hashes', 'shipping_address_gps', 'warehouse_gps'],
  delivery: ['delivery_gps', 'gps_verdict', 'device_info'],
}

/** Says that an earlier statement was wrong. It stands beside it, and takes nothing away. */
export interface CorrectionStatement extends Stated {
  kind: 'correction'
  proof_id: string
  /** of the statement that was wrong: SHA-256 of its canonical bytes, hex */
  corrects: string
  reason: string
  changes: Changes
}

/** A key was published, or is not to be believed from a time on. */
export interface KeyStatement extends Stated {
  kind: 'key'
  event: 'published' | 'revoked'
  /** the key that it is about */
  subject: string
  /** its public half, base64url */
  x: string
  /** when it begins to sign, or from when on it is not believed */
  from: string
  reason: string | null
}

export type Statement = EnrolmentStatement | DeliveryStatement | CorrectionStatement | KeyStatement

/**
 * The one text of a JSON value (RFC 8785): what is signed by us and is no document of the published contract.
 * @throws Error for what JSON cannot say: NaN, half a surrogate pair
 */
export function canonical(value: object): string {
  const text = canonicalize(value)
  if (text === undefined) throw new Error('not a JSON value')
  return text
}

/** Mean radius of the WGS-84 ellipsoid (2a + b) / 3, in metres (IUGG). */
const earthRadius = 6_371_008.771_4

/** Great-circle distance in metres, by the haversine formula: exact to a centimetre at the distances of a street. */
export function distanceBetween(a: Gps, b: Gps): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const half = (from: number, to: number) => Math.sin(rad(to - from) / 2) ** 2
  const h = half(a.lat, b.lat) + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * half(a.lng, b.lng)
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)))
}

/**
 * What a distance from the address means: up to 100 m `pass`, up to 300 m `near`, beyond that `flagged`. The exact
 * distance counts, not the rounded one that is printed.
 */
export const verdictOf = (metres: number): Verdict => (metres <= 100 ? 'pass' : metres <= 300 ? 'near' : 'flagged')
