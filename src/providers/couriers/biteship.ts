import { CourierError } from '../../engine/fulfilment/courier.ts'
import type {
  Booking,
  CourierService,
  Parcel,
  Party,
  Rate,
  RateAsk,
  Tracking,
} from '../../engine/fulfilment/courier.ts'
import { ask, daysOrNull, json, rupiahOrNull, textOrNull } from './wire.ts'
import { isObject, list } from '../http.ts'
import type { Json } from '../http.ts'

export interface BiteshipAccount {
  /** https://api.biteship.com, or a stand-in; without the version */
  baseUrl: string
  /** "biteship_live.…" or "biteship_test.…" */
  apiKey: string
  /** the couriers that are switched on in the account, in Biteship's codes, which are the contracts' */
  couriers: readonly string[]
  /** for one request, milliseconds; it asks the couriers in its turn */
  timeoutMs?: number
}

/** `POST /v1/orders` of a `reference_id` that was ordered before; `details` name that order. */
const repeated = '40002060'
/** The key is unknown, not activated, or broken: ours to mend, and then the order goes through. */
const badKey = new Set(['40002001', '40002002', '40002003'])
/** No courier goes there. */
const noCourier = '40001010'

/**
 * Biteship, which speaks for J&T, JNE, SiCepat and others: prices in rupiah, weights in grams, the key in
 * `authorization` without "Bearer". A `reference_id` is taken once; the refusal of a repeat names the order, so that a
 * number whose answer was lost is found again.
 * https://biteship.com/en/docs/api/orders/overview, error codes: https://biteship.com/en/docs/api/orders/error
 */
export function createBiteship(account: BiteshipAccount): CourierService {
  const { baseUrl, apiKey, couriers, timeoutMs = 8000 } = account

  const send = async (path: string, body?: object): Promise<Json> => {
    const headers = { authorization: apiKey }
    const init = body ? json(body, headers) : { headers }
    const answer = await ask('biteship', `${baseUrl}/v1${path}`, init, timeoutMs)
    const found = answer.json as Json
    if (answer.status < 300 && found['success'] === true) return found
    const code = textOrNull(found['code']) ?? ''
    const said = textOrNull(found['error']) ?? textOrNull(found['message']) ?? `status ${answer.status}`
    if (badKey.has(code)) throw new CourierError('unavailable', `biteship: ${said}`)
    throw new BiteshipRefusal(`biteship: ${said}`, code, isObject(found['details']) ? found['details'] : found)
  }

  const orderOf = (id: string) => send(`/orders/${encodeURIComponent(id)}`)

  return {
    name: 'biteship',
    couriers,

    rates: async ({ courier, origin, destination, weightGrams, valueMinor }: RateAsk) => {
      const body = {
        origin_postal_code: postalCodeOf(origin.postalCode),
        destination_postal_code: postalCodeOf(destination.postalCode),
        couriers: courier,
        items: [{ name: 'Parcel', value: valueMinor, weight: Math.max(1, weightGrams), quantity: 1 }],
      }
      const answer = await send('/rates/couriers', body).catch((error: unknown) => {
        if (error instanceof BiteshipRefusal && error.code === noCourier) return { pricing: [] }
        throw error
      })
      if (!Array.isArray(answer['pricing'])) throw new CourierError('unavailable', 'biteship: no pricing')
      return list(answer['pricing'])
        .filter((offer) => textOrNull(offer['courier_code']) === courier)
        .map(toRate)
    },

    parcels: {
      book: async (parcel) => {
        try {
          return toBooking(await send('/orders', toOrder(parcel)), parcel)
        } catch (error) {
          if (!(error instanceof BiteshipRefusal) || error.code !== repeated) throw error
          const id = textOrNull(error.details['order_id'])
          if (!id) throw new CourierError('known', error.message, { cause: error })
          const found = await orderOf(id)
          if (!isOurs(found, parcel))
            throw new CourierError(
              'refused',
              `biteship: ${parcel.reference} is the reference of somebody else's parcel`,
            )
          return toBooking(found, parcel)
        }
      },

      cancel: async ({ providerId }, reason) => {
        const id = orderIdOf(providerId)
        const body = { cancellation_reason_code: 'others', cancellation_reason: reason }
        try {
          await send(`/orders/${encodeURIComponent(id)}/cancel`, body)
        } catch (error) {
          // a repeat of a cancellation whose answer was lost: what was wanted is so
          if (error instanceof BiteshipRefusal && (await orderOf(id))['status'] === 'cancelled') return
          throw error
        }
      },
    },

    track: async (booking) => {
      if (!booking.providerId) return toTracking(await send(publicTrackingOf(booking)))
      // the order knows whether it was cancelled; its history is the tracking's
      const order = await orderOf(booking.providerId)
      const courier = isObject(order['courier']) ? order['courier'] : {}
      const trackingId = textOrNull(courier['tracking_id'])
      const events = trackingId ? toTracking(await send(`/trackings/${encodeURIComponent(trackingId)}`)).events : []
      return { state: stateOf(order['status']), events }
    },
  }
}

/** Kept apart within, so that what the code stands for can be acted on; to the engine it is a refusal like others. */
class BiteshipRefusal extends CourierError {
  readonly code: string
  readonly details: Json
  constructor(message: string, code: string, details: Json) {
    super('refused', message)
    this.code = code
    this.details = details
  }
}

function postalCodeOf(text: string): number {
  if (!/^[1-9]\d{4}$/.test(text)) throw new CourierError('refused', `biteship: ${text} is no Indonesian postal code`)
  return Number(text)
}

function orderIdOf(providerId: string | null): string {
  if (!providerId) throw new CourierError('refused', 'biteship: an order without its id')
  return providerId
}

const publicTrackingOf = ({ trackingNumber, courier }: Booking) =>
  `/trackings/${encodeURIComponent(trackingNumber)}/couriers/${encodeURIComponent(courier)}`

/** Services are in lower case there, "reg", and in upper case here, "REG", as every courier prints them. */
function toRate(offer: Json): Rate {
  const [code, costMinor] = [textOrNull(offer['courier_service_code']), rupiahOrNull(offer['price'])]
  if (!code || costMinor === null) throw new CourierError('unavailable', 'biteship: not a price')
  const range = textOrNull(offer['shipment_duration_range'])
  const unit = textOrNull(offer['shipment_duration_unit']) ?? 'days'
  return {
    service: code.toUpperCase(),
    description: textOrNull(offer['courier_service_name']) ?? code.toUpperCase(),
    costMinor,
    etd: daysOrNull(range && `${range} ${unit}`) ?? daysOrNull(offer['duration']) ?? '',
  }
}

const toOrder = (parcel: Parcel) => ({
  ...partyOf('origin', parcel.sender),
  ...partyOf('destination', parcel.recipient),
  courier_company: parcel.courier,
  courier_type: parcel.service.toLowerCase(),
  delivery_type: 'now',
  reference_id: parcel.reference,
  // one parcel, weighed whole: its pieces are not told apart here
  items: [{ name: parcel.contents, value: parcel.valueMinor, weight: Math.max(1, parcel.weightGrams), quantity: 1 }],
})

const partyOf = (role: 'origin' | 'destination', party: Party) => ({
  [`${role}_contact_name`]: party.name,
  [`${role}_contact_phone`]: party.phone,
  [`${role}_address`]: [party.line1, party.line2, party.district, party.city, party.region].filter(Boolean).join(', '),
  [`${role}_postal_code`]: postalCodeOf(party.postalCode),
})

/**
 * Whether an order found by its reference is for this parcel's recipient: another shop on the same account may have an
 * order of the same number. What the answer does not tell cannot be held against it.
 */
function isOurs(order: Json, { recipient }: Parcel): boolean {
  const there = isObject(order['destination']) ? order['destination'] : {}
  const isSame = (theirs: unknown, ours: string) => [null, plain(ours)].includes(plain(textOrNull(theirs)))
  return isSame(there['contact_name'], recipient.name) && isSame(there['postal_code'], recipient.postalCode)
}

const plain = (text: string | null) => text && text.trim().replace(/\s+/g, ' ').toLowerCase()

/** A courier that gives its number later leaves it out: ordered again, the order is found and asked again. */
function toBooking(order: Json, { reference, courier }: Parcel): Booking {
  const [id, its] = [textOrNull(order['id']), textOrNull(order['reference_id'])]
  const waybill = isObject(order['courier']) ? textOrNull(order['courier']['waybill_id']) : null
  if (!id || its !== reference) throw new CourierError('unavailable', 'biteship: not the order that was asked for')
  if (!waybill) throw new CourierError('unavailable', `biteship: order ${id} has no number yet`)
  return { courier, trackingNumber: waybill, providerId: id }
}

function toTracking(tracking: Json): Tracking {
  if (!Array.isArray(tracking['history'])) throw new CourierError('unavailable', 'biteship: no history')
  const events = list(tracking['history'])
    .flatMap((event) => {
      const at = new Date(textOrNull(event['updated_at']) ?? Number.NaN)
      const description = textOrNull(event['note']) ?? textOrNull(event['status'])
      return Number.isNaN(at.getTime()) || !description ? [] : [{ at, place: null, description }]
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime())
  return { state: stateOf(tracking['status']), events }
}

const states: Record<string, Tracking['state']> = {
  confirmed: 'booked',
  scheduled: 'booked',
  allocated: 'booked',
  picking_up: 'booked',
  picked: 'in_transit',
  dropping_off: 'in_transit',
  on_hold: 'in_transit',
  return_in_transit: 'in_transit',
  delivered: 'delivered',
  returned: 'returned',
  disposed: 'lost',
  rejected: 'cancelled',
  courier_not_found: 'cancelled',
  cancelled: 'cancelled',
}

/** A status that is new to us is one of a parcel on its way: nothing is concluded from it. */
function stateOf(status: unknown): Tracking['state'] {
  const name = textOrNull(status)
  if (!name) throw new CourierError('unavailable', 'biteship: no status')
  return Object.hasOwn(states, name) ? states[name]! : 'in_transit'
}
