import { CourierError } from '../../engine/fulfilment/courier.ts'
import type { CourierService, Place, Rate, RateAsk, Tracking } from '../../engine/fulfilment/courier.ts'
import { ask, daysOrNull, form, fromWib, isYes, placeName, rupiahOrNull, textOrNull } from './wire.ts'
import { isObject, list } from '../http.ts'
import type { Json } from '../http.ts'

export interface RajaongkirAccount {
  /** https://rajaongkir.komerce.id, or a stand-in; without the version */
  baseUrl: string
  /** of the Shipping Cost API: each of their products has its own */
  apiKey: string
  /** in RajaOngkir's codes, which are the contracts' */
  couriers: readonly string[]
  /** for one request, milliseconds */
  timeoutMs?: number
}

/** Places whose ids are remembered: a call each, of the 100 a day that the smallest plan has. */
const placesKept = 5000

/**
 * RajaOngkir's API V2, by Komerce: prices of many couriers between two places that it has its own ids for, and where
 * their parcels are. It orders nobody.
 * https://rajaongkir.com/docs/shipping-cost/getting_started/about
 */
export function createRajaongkir(account: RajaongkirAccount): CourierService {
  const { baseUrl, apiKey, couriers, timeoutMs = 5000 } = account
  const headers = { key: apiKey }
  const ids = new Map<string, Promise<string | null>>()

  /** @returns null where it says that there is nothing like it */
  const send = async (path: string, init: RequestInit): Promise<unknown> => {
    const answer = await ask('rajaongkir', `${baseUrl}/api/v1${path}`, init, timeoutMs)
    const { meta, data } = answer.json as Json
    if (!isObject(meta)) throw new CourierError('unavailable', 'rajaongkir: not an answer')
    if (answer.status < 300 && textOrNull(meta['status']) === 'success') return data
    const message = textOrNull(meta['message']) ?? `status ${answer.status}`
    if (/^(calculate domestic shipping cost|domestic destinations data) not found/i.test(message)) return null
    // our own key or quota, also where it is said with another status
    const isOurs = ['401', '402', '403', '429'].includes(textOrNull(meta['code']) ?? '') || /api.?key/i.test(message)
    throw new CourierError(isOurs ? 'unavailable' : 'refused', `rajaongkir: ${message}`)
  }

  const listOf = async (path: string, init: RequestInit): Promise<Json[]> => {
    const data = (await send(path, init)) ?? []
    if (!Array.isArray(data)) throw new CourierError('unavailable', 'rajaongkir: not a list')
    return list(data)
  }

  const search = (text: string) =>
    listOf(`/destination/domestic-destination?search=${encodeURIComponent(text)}&limit=50&offset=0`, { headers })

  async function find(place: Place): Promise<string | null> {
    const found = (await search(place.postalCode)).filter((entry) => textOrNull(entry['zip_code']) === place.postalCode)
    const entry = found.find((entry) => isIn(entry, place)) ?? found[0] ?? (await findByName(place))
    return entry ? textOrNull(entry['id']) : null
  }

  /** A postal code that nobody knows: its district, if it has one, in its own city. */
  async function findByName({ district, city }: Place): Promise<Json | undefined> {
    if (!district) return undefined
    return (await search(district)).find(
      (entry) => isAlike(entry['district_name'], district) && isAlike(entry['city_name'], city),
    )
  }

  /** Also remembers that nothing was found; a failure is forgotten. */
  function idOf(place: Place): Promise<string | null> {
    const key = [place.postalCode, place.district, place.city].join('\n').toLowerCase()
    const known = ids.get(key)
    if (known) return known
    const asked = find(place)
    ids.set(key, asked)
    asked.catch(() => ids.delete(key))
    const [oldest] = ids.keys()
    if (ids.size > placesKept && oldest !== undefined) ids.delete(oldest)
    return asked
  }

  return {
    name: 'rajaongkir',
    couriers,

    rates: async ({ courier, origin, destination, weightGrams }: RateAsk) => {
      const [from, to] = await Promise.all([idOf(origin), idOf(destination)])
      if (!from) throw new CourierError('refused', `rajaongkir: does not know ${origin.postalCode} ${origin.city}`)
      if (!to) return []
      const weight = String(Math.max(1, weightGrams))
      const asked = form({ origin: from, destination: to, weight, courier, price: 'lowest' }, headers)
      return (await listOf('/calculate/domestic-cost', asked))
        .filter((offer) => textOrNull(offer['code']) === courier)
        .map(toRate)
    },

    parcels: null,

    track: async ({ trackingNumber: awb, courier, phone }) => {
      // JNE tells of a parcel only to who knows its recipient's number
      const last_phone_number = courier === 'jne' ? phone.replace(/\D/g, '').slice(-5) : ''
      const asked = form({ awb, courier, ...(last_phone_number && { last_phone_number }) }, headers)
      return readTracking(await send('/track/waybill', asked), awb)
    },
  }
}

/** "KOTA JAKARTA SELATAN" is "Jakarta Selatan". */
const isAlike = (theirs: unknown, ours: string) => placeName(textOrNull(theirs) ?? '') === placeName(ours)

const isIn = (entry: Json, { district, city }: Place) =>
  district ? isAlike(entry['district_name'], district) : isAlike(entry['city_name'], city)

function toRate(offer: Json): Rate {
  const [service, costMinor] = [textOrNull(offer['service']), rupiahOrNull(offer['cost'])]
  if (!service || costMinor === null) throw new CourierError('unavailable', 'rajaongkir: not a price')
  const description = textOrNull(offer['description']) ?? service
  return { service, description, costMinor, etd: daysOrNull(offer['etd']) ?? '' }
}

function readTracking(data: unknown, awb: string): Tracking {
  const { summary, delivery_status, delivered, manifest } = isObject(data) ? data : {}
  const [about, end] = [isObject(summary) ? summary : {}, isObject(delivery_status) ? delivery_status : {}]
  const its = textOrNull(about['waybill_number'])
  if (its?.toUpperCase() !== awb.toUpperCase() || !Array.isArray(manifest))
    throw new CourierError('unavailable', 'rajaongkir: not the history of this parcel')
  const events = list(manifest)
    .flatMap((scan) => {
      const [day, time] = [textOrNull(scan['manifest_date']), textOrNull(scan['manifest_time']) ?? '00:00']
      const at = fromWib(day && `${day} ${time}`)
      const description = textOrNull(scan['manifest_description'])
      return at && description ? [{ at, place: textOrNull(scan['city_name']), description }] : []
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime())
  const statuses = [textOrNull(about['status']), textOrNull(end['status'])].filter((status) => status !== null)
  return { state: stateOf(isYes(delivered), statuses, events.length), events }
}

/** Each courier has statuses of its own, so what is common counts: the flag, unless the words tell of another end. */
function stateOf(isDelivered: boolean, statuses: string[], scans: number): Tracking['state'] {
  const says = (words: RegExp) => statuses.some((status) => words.test(status))
  if (says(/\bretur/i)) return isDelivered ? 'returned' : 'in_transit' // what reaches somebody then reaches the sender
  if (says(/\bcancel|dibatalkan/i)) return 'cancelled'
  if (says(/\blost\b|\bhilang\b/i)) return 'lost'
  if (isDelivered) return 'delivered'
  return scans > 0 ? 'in_transit' : 'booked'
}
