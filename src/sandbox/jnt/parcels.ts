import { randomInt } from 'node:crypto'
import { BadInput } from '../input.ts'
import { jakarta } from '../jakarta.ts'

export interface JntAccount {
  username: string
  apiKey: string
  /** signs orders, and cancellations unless these have their own */
  orderKey: string
  cancelKey?: string
  tariffKey: string
  /** the user of tracking's HTTP Basic, and `cusName` of the tariff unless that has its own */
  companyId: string
  customerName?: string
  trackingPassword: string
}

const stages = ['created', 'picked_up', 'in_transit', 'delivered', 'returned', 'cancelled'] as const
type Stage = (typeof stages)[number]

export interface Scan {
  /** Jakarta's time, "2026-02-03 17:00:00" */
  date_time: string
  city_name: string
  status: string
  status_code: number
}

export interface Parcel {
  account: JntAccount
  awb: string
  stage: Stage
  /** as it was ordered, every field a text */
  order: Record<string, string>
  /** oldest first */
  history: Scan[]
}

export type Parcels = ReturnType<typeof createParcels>

/** Every parcel that was ordered, in memory. An orderid is unique within the account that gave it. */
export function createParcels() {
  const byAwb = new Map<string, Parcel>()
  const byOrder = new Map<string, Parcel>()
  const keyOf = (account: JntAccount, orderid: string) => `${account.username} ${orderid}`

  function newAwb(): string {
    const awb = `JT${Array.from({ length: 10 }, () => randomInt(10)).join('')}`
    return byAwb.has(awb) ? newAwb() : awb
  }

  return {
    ofOrder: (account: JntAccount, orderid: string) => byOrder.get(keyOf(account, orderid)),
    ofAwb: (awb: string) => byAwb.get(awb),
    all: () => [...byAwb.values()],
    create(account: JntAccount, order: Record<string, string>): Parcel {
      const parcel: Parcel = { account, awb: newAwb(), stage: 'created', order, history: [] }
      byAwb.set(parcel.awb, parcel)
      byOrder.set(keyOf(account, order['orderid']!), parcel)
      addScan(parcel, 'created')
      return parcel
    },
  }
}

/** What each stage leaves in the history, in the words of J&T's own tracking. */
const scans: Record<Stage, (parcel: Parcel) => [place: string, code: number, status: string][]> = {
  created: (parcel) => [[originOf(parcel), 101, 'Manifes']],
  picked_up: (parcel) => [[originOf(parcel), 100, `Paket telah diterima oleh ${originOf(parcel)}`]],
  in_transit: (parcel) => [
    [originOf(parcel), 101, `Paket akan dikirimkan ke ${targetOf(parcel)}_GATEWAY`],
    [targetOf(parcel), 101, `Paket telah sampai di ${targetOf(parcel)}_GATEWAY`],
  ],
  delivered: (parcel) => [
    [targetOf(parcel), 101, 'Paket akan dikirim ke alamat penerima'],
    [targetOf(parcel), 200, 'Paket telah diterima'],
  ],
  returned: (parcel) => [
    [targetOf(parcel), 101, 'Paket retur akan dikirimkan ke pengirim'],
    [originOf(parcel), 200, 'Paket retur telah diterima'],
  ],
  cancelled: (parcel) => [[originOf(parcel), 101, 'Pesanan dibatalkan']],
}

const originOf = ({ order }: Parcel) => order['origin_code']!
const targetOf = ({ order }: Parcel) => order['destination_code']!

/** Jakarta's time, UTC+7. */
const wib = (at: number) => jakarta(at).replace('T', ' ')

function addScan(parcel: Parcel, stage: Stage): Scan[] {
  const date_time = wib(Date.now())
  const added = scans[stage](parcel).map(([city_name, status_code, status]) => ({
    date_time,
    city_name,
    status,
    status_code,
  }))
  parcel.history.push(...added)
  return added
}

const following: Partial<Record<Stage, Stage>> = {
  created: 'picked_up',
  picked_up: 'in_transit',
  in_transit: 'delivered',
}

/**
 * Moves a parcel on: to the next stage, or to a later one. A parcel that was delivered can still come back.
 * @returns what changed
 * @throws BadInput when it does not go on from here, or not there
 */
export function advance(parcel: Parcel, status?: Stage) {
  const before = parcel.stage
  const next = status ?? following[before]
  if (!next || before === 'cancelled' || stages.indexOf(next) <= stages.indexOf(before))
    throw new BadInput(`${parcel.awb} is ${before}${status ? `: it cannot be ${status} after that` : ''}`, 409)
  parcel.stage = next
  const added = addScan(parcel, next)
  return { awb: parcel.awb, orderid: parcel.order['orderid'], before, status: next, added }
}

/** @returns false when it was picked up already, or is cancelled */
export function cancel(parcel: Parcel): boolean {
  if (parcel.stage !== 'created') return false
  parcel.stage = 'cancelled'
  addScan(parcel, 'cancelled')
  return true
}
