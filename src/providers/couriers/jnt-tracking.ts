import { CourierError } from '../../engine/fulfilment/courier.ts'
import type { Tracking } from '../../engine/fulfilment/courier.ts'
import { fromWib, textOrNull } from './wire.ts'
import { list } from '../http.ts'
import type { Json } from '../http.ts'

/**
 * What J&T tells of a parcel. Its numeric codes are documented nowhere in public, and what is seen of 100 and 101
 * contradicts itself ("Manifes" under 101, journeys under both), so the words decide. A code only tells who it was that
 * received a parcel, where the words leave that open. Words that are new to us are those of a parcel on its way:
 * delivered, returned and lost are never guessed.
 * @throws CourierError refused when J&T says that there is no such parcel
 */
export function readTracking(body: Json, awb: string): Tracking {
  const failure = textOrNull(body['error_id'])
  if (failure) throw refusal(textOrNull(body['error_message']) ?? failure)
  if (textOrNull(body['awb']) !== awb || !Array.isArray(body['history'])) {
    throw new CourierError('unavailable', 'jnt: not the history of this parcel')
  }
  const scans = list(body['history'])
    .flatMap((scan) => {
      const at = fromWib(textOrNull(scan['date_time']))
      const description = textOrNull(scan['status'])
      if (!at || !description) return []
      return [{ at, place: textOrNull(scan['city_name']), description, code: textOrNull(scan['status_code']) }]
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime())
  const last = scans.at(-1)
  // what reaches somebody after it was sent back has reached the sender
  const isReturning = scans.some(({ description }) => /\bretur|\breturn|dikembalikan/i.test(description))
  return {
    state: last ? stateOf(last.description, last.code, isReturning) : 'booked',
    events: scans.map(({ at, place, description }) => ({ at, place, description })),
  }
}

function stateOf(words: string, code: string | null, isReturning: boolean): Tracking['state'] {
  if (/^manifes/i.test(words)) return 'booked'
  if (/dibatalkan|\bcancel/i.test(words)) return 'cancelled'
  if (/\bhilang\b|\blost\b/i.test(words)) return 'lost'
  // "Paket telah diterima oleh SUKOMANUNGGAL" is a depot's scan, "Paket telah diterima" the recipient's
  const received = /^(?:paket )?(?:retur )?(?:telah )?diterima(?: oleh (?<who>.+?))?\.?$/i.exec(words)
  const who = received?.groups?.['who']
  const isAtDoor = received !== null && (who === undefined || code === '200' || /^(penerima|pengirim)$/i.test(who))
  if (isReturning) return isAtDoor || /\bretur selesai|\breturned\b/i.test(words) ? 'returned' : 'in_transit'
  return isAtDoor && !/^pengirim$/i.test(who ?? '') ? 'delivered' : 'in_transit'
}

/** Words about our own account, which the shop has to mend, and not about the parcel or its place. */
const aboutOurselves =
  /(\b|_)sign(ature)?\b|\bcusname\b|\b(user ?name|api[ _]?key|eccompanyid|password|authorization)\b/i

/**
 * A refusal by J&T in its own words. One of who we are says nothing of the parcel: with the account mended it goes
 * through, so it is like J&T being down.
 */
export const refusal = (words: string) =>
  new CourierError(aboutOurselves.test(words) ? 'unavailable' : 'refused', `jnt: ${words}`)
