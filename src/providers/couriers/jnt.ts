import { createHash } from 'node:crypto'
import { CourierError } from '../../engine/fulfilment/courier.ts'
import type { CourierService, Parcel, Party, Place, Rate, RateAsk } from '../../engine/fulfilment/courier.ts'
import { readTracking, refusal } from './jnt-tracking.ts'
import { ask, daysOrNull, form, isNo, isYes, json, rupiahOrNull, textOrNull, toWib } from './wire.ts'
import { isObject, list, parse } from '../http.ts'
import type { Json } from '../http.ts'

/** A service that the shop's contract with J&T has. */
export interface JntProduct {
  /** what the tariff calls it */
  product: string
  /** what an order calls it */
  expressType: string
  /** what shops call it */
  service: string
  description: string
  /** the tariff tells no days */
  etd: string
}

/** How J&T names a place. Its tariff goes by names, its orders by codes. */
export interface JntAreas {
  /** the city's name in the tariff, as "JAKARTA" */
  city: string
  /** the district's name in the tariff, as "KALIDERES" */
  district: string
  /** the city's code in an order, as "JKT" */
  code: string
  /** the district's code in an order, as "JKT001" */
  area: string
}

export interface JntAccount {
  /** Every API has a host of its own, in production as in J&T's test system; all four whole, with their paths. */
  orderUrl: string
  cancelUrl: string
  tariffUrl: string
  trackingUrl: string
  username: string
  apiKey: string
  /** signs orders, and cancellations unless these have their own */
  orderKey: string
  cancelKey?: string
  tariffKey: string
  /** `cusName` of the tariff; the company id unless it is given */
  customerName?: string
  companyId: string
  trackingPassword: string
  /** the table of areas that comes with the contract, looked up; null: J&T does not go there */
  areas?: (place: Place) => JntAreas | null
  /** every one of them is asked for its price */
  products?: readonly JntProduct[]
  /** for one request, milliseconds */
  timeoutMs?: number
}

const jntProducts: readonly JntProduct[] = [
  { product: 'EZ', expressType: '1', service: 'REG', description: 'Regular Service', etd: '2-3 days' },
  { product: 'JSD', expressType: 'JSD', service: 'YES', description: 'One Day Service', etd: '1 day' },
]

/**
 * J&T Express Indonesia: form posts, signed with a key for each API. Its documents come with a contract only, so this
 * follows public integrations of it (WooCommerce, Python, Go, TypeScript) and believes no more of an answer than it
 * has to. There is no look-up by our reference: a number whose answer was lost stays with J&T (`known`).
 * Overview: https://developer.jet.co.id/documentation
 */
export function createJnt(account: JntAccount): CourierService {
  const { orderKey, cancelKey = orderKey, tariffKey, companyId, customerName = companyId } = account
  const { areas = areasByName, products = jntProducts, timeoutMs = 5000 } = account
  const { username, apiKey: api_key } = account
  const basic = `Basic ${Buffer.from(`${companyId}:${account.trackingPassword}`).toString('base64')}`

  const areasOf = (place: Place): JntAreas => {
    const found = areas(place)
    if (!found) throw new CourierError('refused', `jnt: does not go to ${place.city}`)
    return found
  }

  async function offersOf(product: string, from: JntAreas, to: JntAreas, weightGrams: number) {
    const weight = String(billedKg(weightGrams))
    const route = { sendSiteCode: from.city, destAreaCode: to.district }
    const data = JSON.stringify({ weight, ...route, cusName: customerName, productType: product })
    const answer = await ask('jnt', account.tariffUrl, form({ data, sign: sign(data, tariffKey) }), timeoutMs)
    const body = answer.json as Json
    if (!isYes(body['is_success'])) {
      const words = textOrNull(body['message']) ?? 'no tariff'
      throw isNo(body['is_success']) ? refusal(words) : new CourierError('unavailable', `jnt: ${words}`)
    }
    return readOffers(body['content'], products)
  }

  /**
   * Sends one order's command and returns what J&T says of that order; the outer flag is true for refusals too. An
   * answer that names no order is about the request as a whole: how it was signed, and by whom.
   */
  async function command(url: string, key: string, detail: Record<string, string>): Promise<Json> {
    const data = JSON.stringify({ detail: [{ username, api_key, ...detail }] })
    const answer = await ask('jnt', url, form({ data_param: data, data_sign: sign(data, key) }), timeoutMs)
    const body = answer.json as Json
    const [first] = list(body['detail'])
    if (first && [undefined, detail['orderid']].includes(textOrNull(first['orderid']) ?? undefined)) return first
    throw new CourierError('unavailable', `jnt: ${textOrNull(body['desc']) ?? 'no answer for this order'}`)
  }

  return {
    name: 'jnt',
    couriers: ['jnt'],

    rates: async ({ origin, destination, weightGrams }: RateAsk) => {
      const [from, to] = [areasOf(origin), areas(destination)]
      if (!to) return []
      const asked = products.map(({ product }) => offersOf(product, from, to, weightGrams).catch(refusalOf))
      const answers = await Promise.all(asked)
      const offers = answers.flatMap((answer) => (answer instanceof CourierError ? [] : answer))
      const [first] = answers
      if (first instanceof CourierError && answers.every((answer) => answer instanceof CourierError)) throw first
      return offers.filter(({ service }, at) => offers.findIndex((other) => other.service === service) === at)
    },

    parcels: {
      book: async (parcel) => {
        const [from, to] = [areasOf(parcel.sender), areasOf(parcel.recipient)]
        const detail = await command(account.orderUrl, orderKey, orderOf(parcel, from, to, products))
        const { status, reason } = verdictOf(detail)
        const awb = textOrNull(detail['awb_no'])
        const isRepeat = /^orderid tidak boleh sama/i.test(reason)
        if (status === 'done' && !awb) throw new CourierError('unavailable', 'jnt: an order without a number')
        // the refusal of a repeat is not known to name the number; where it does, that is the answer
        if (awb && (status === 'done' || isRepeat)) {
          return { courier: 'jnt', trackingNumber: awb, providerId: null }
        }
        throw isRepeat ? new CourierError('known', `jnt: ${reason}`) : refusal(reason)
      },

      cancel: async ({ reference }, reason) => {
        const detail = await command(account.cancelUrl, cancelKey, { orderid: reference, remark: reason.slice(0, 30) })
        const verdict = verdictOf(detail)
        // a repeat of a cancellation whose answer was lost: what was wanted is so
        if (verdict.status === 'done' || /status pesanan adalah\s*:\s*cancel/i.test(verdict.reason)) return
        throw refusal(verdict.reason)
      },
    },

    track: async ({ trackingNumber: awb }) => {
      const asked = json({ awb, eccompanyid: companyId }, { authorization: basic })
      const answer = await ask('jnt', account.trackingUrl, asked, timeoutMs)
      return readTracking(answer.json as Json, awb)
    },
  }
}

/**
 * base64 of the 32 hex letters (not of the 16 bytes) of md5 over the JSON text, exactly as sent, and the key. PHP's
 * `base64_encode(md5($json . $key))`, which J&T's own sample calls.
 */
export const sign = (data: string, key: string) =>
  Buffer.from(
    createHash('md5')
      .update(data + key)
      .digest('hex'),
  ).toString('base64')

/**
 * J&T charges whole kilograms, at least one. They are rounded here and not left to J&T, so that the weight that was
 * quoted is the weight that is ordered, and the shipping fee of the order is what J&T will charge.
 */
const billedKg = (weightGrams: number) => Math.max(1, Math.ceil(weightGrams / 1000))

/** Names in upper case, as J&T's tariff wants them; a shop whose address has no district is in its city. */
const areasByName = ({ city, district }: Place): JntAreas => {
  const [cityName, districtName] = [city.trim().toUpperCase(), (district?.trim() || city.trim()).toUpperCase()]
  return { city: cityName, district: districtName, code: cityName, area: districtName }
}

/** @throws CourierError unavailable: what one product's price would be, nobody knows */
function refusalOf(error: unknown): CourierError {
  if (error instanceof CourierError && error.kind === 'refused') return error
  throw error
}

function readOffers(content: unknown, products: readonly JntProduct[]): Rate[] {
  const offers = typeof content === 'string' ? parse(content) : content
  if (!Array.isArray(offers)) throw new CourierError('unavailable', 'jnt: not a tariff')
  return offers.map((offer: unknown): Rate => {
    const name = isObject(offer) ? textOrNull(offer['name']) : null
    const costMinor = isObject(offer) ? rupiahOrNull(offer['cost']) : null
    if (!isObject(offer) || !name || !costMinor) throw new CourierError('unavailable', 'jnt: not a price')
    const known = products.find(({ product }) => product === name)
    const { service, description, etd } = known ?? { service: name, description: name, etd: '' }
    return { service, description, costMinor, etd: daysOrNull(offer['etd']) ?? etd }
  })
}

function verdictOf(detail: Json): { status: 'done' | 'refused'; reason: string } {
  const status = textOrNull(detail['status'])
  if (!status) throw new CourierError('unavailable', 'jnt: an order without a status')
  const isDone = status.toLowerCase() === 'sukses'
  return { status: isDone ? 'done' : 'refused', reason: textOrNull(detail['reason']) ?? status }
}

function orderOf(parcel: Parcel, from: JntAreas, to: JntAreas, products: readonly JntProduct[]) {
  const { sender, recipient, now, service } = parcel
  const contents = parcel.contents.slice(0, 40)
  return {
    orderid: parcel.reference,
    shipper_name: sender.name,
    shipper_contact: sender.name,
    shipper_phone: sender.phone,
    shipper_addr: addressOf(sender),
    origin_code: from.code,
    receiver_name: recipient.name,
    receiver_phone: recipient.phone,
    receiver_addr: addressOf(recipient),
    receiver_zip: recipient.postalCode,
    destination_code: to.code,
    receiver_area: to.area,
    qty: String(parcel.pieces),
    weight: String(billedKg(parcel.weightGrams)),
    goodsdesc: contents,
    servicetype: '1', // somebody comes for it
    insurance: '0',
    orderdate: toWib(now),
    item_name: contents,
    cod: '0',
    sendstarttime: toWib(now),
    sendendtime: toWib(new Date(now.getTime() + 24 * 3600_000)),
    expresstype: products.find((product) => product.service === service)?.expressType ?? service,
    goodsvalue: String(parcel.valueMinor),
  }
}

const addressOf = ({ line1, line2, district, city, region, postalCode }: Party) =>
  [line1, line2, district, city, `${region} ${postalCode}`].filter(Boolean).join(', ')
