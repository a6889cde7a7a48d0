import { Type } from 'typebox'
import { BadInput, inputOf } from '../input.ts'
import { jakarta } from '../jakarta.ts'

const stages = ['picked_up', 'in_transit', 'delivered', 'returned'] as const
type Stage = (typeof stages)[number]

interface Scan {
  manifest_code: string
  manifest_description: string
  manifest_date: string
  manifest_time: string
  city_name: string
}

export interface Waybill {
  awb: string
  courier: string
  /** the last five digits of the recipient's */
  phone: string
  origin: string
  destination: string
  stage: Stage
  /** oldest first */
  manifest: Scan[]
}

const addInput = inputOf(
  Type.Object(
    {
      awb: Type.String({ minLength: 1 }),
      courier: Type.String({ minLength: 1 }),
      phone: Type.String({ pattern: '\\d{5}$' }),
      origin: Type.Optional(Type.String()),
      destination: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
)

const advanceInput = inputOf(
  Type.Object({ awb: Type.String(), status: Type.Optional(Type.Enum([...stages])) }, { additionalProperties: false }),
)

/** What couriers carry that were ordered elsewhere: RajaOngkir orders nobody, and is told of each by a control. */
export function createWaybills() {
  const waybills = new Map<string, Waybill>()
  const ofAwb = (awb: string): Waybill => {
    const waybill = waybills.get(awb)
    if (!waybill) throw new BadInput(`there is no parcel ${awb}`, 404)
    return waybill
  }
  return {
    find: (awb: string, courier: string) => {
      const waybill = waybills.get(awb)
      return waybill?.courier === courier ? waybill : undefined
    },
    all: () => [...waybills.values()],
    ofAwb,
    add(body: string): Waybill {
      const { awb, courier, phone, origin = 'JEPARA', destination = 'JAKARTA' } = addInput(body)
      if (waybills.has(awb)) throw new BadInput(`there is a parcel ${awb} already`, 409)
      const waybill: Waybill = {
        awb,
        courier,
        phone: phone.slice(-5),
        origin,
        destination,
        stage: 'picked_up',
        manifest: [],
      }
      waybills.set(awb, waybill)
      addScans(waybill)
      return waybill
    },
    advance(body: string) {
      const { awb, status } = advanceInput(body)
      const waybill = ofAwb(awb)
      const before = waybill.stage
      const next = status ?? stages[stages.indexOf(before) + 1]
      // by itself a parcel comes to its door; only told so, it comes back from there
      const isLater = next && stages.indexOf(next) > stages.indexOf(before) && (status || before !== 'delivered')
      if (!next || !isLater)
        throw new BadInput(`${awb} is ${before}${status ? `: it cannot be ${status} after that` : ''}`, 409)
      waybill.stage = next
      return { awb, before, status: next, added: addScans(waybill) }
    },
  }
}

/** What each stage leaves behind, in JNE's words. */
const scans: Record<Stage, (waybill: Waybill) => [place: string, code: string, description: string][]> = {
  picked_up: ({ origin }) => [[origin, '1', `SHIPMENT RECEIVED BY JNE COUNTER OFFICER AT [${origin}]`]],
  in_transit: ({ origin, destination }) => [
    [origin, '2', `DEPARTED FROM TRANSIT [${origin}]`],
    [destination, '3', `RECEIVED AT INBOUND STATION [${destination}]`],
  ],
  delivered: ({ destination }) => [
    [destination, '4', `WITH DELIVERY COURIER [${destination}]`],
    [destination, '5', `DELIVERED TO [PENERIMA | ${destination}]`],
  ],
  returned: ({ origin }) => [[origin, '6', `RETURNED TO SHIPPER [${origin}]`]],
}

function addScans(waybill: Waybill): Scan[] {
  const [manifest_date, manifest_time] = jakarta().split('T')
  const added = scans[waybill.stage](waybill).map(([city_name, manifest_code, manifest_description]) => ({
    manifest_code,
    manifest_description,
    manifest_date: manifest_date!,
    manifest_time: manifest_time!,
    city_name,
  }))
  waybill.manifest.push(...added)
  return added
}

const statuses: Record<Stage, string> = {
  picked_up: 'ON PROCESS',
  in_transit: 'ON PROCESS',
  delivered: 'DELIVERED',
  returned: 'RETURN TO SHIPPER',
}

export function printWaybill({ awb, courier, origin, destination, stage, manifest }: Waybill) {
  const [first, last] = [manifest[0]!, manifest.at(-1)!]
  const isAtDoor = stage === 'delivered' || stage === 'returned'
  return {
    delivered: isAtDoor,
    summary: {
      courier_code: courier,
      courier_name: courier.toUpperCase(),
      waybill_number: awb,
      service_code: 'REG',
      waybill_date: first.manifest_date,
      shipper_name: 'PENGIRIM',
      receiver_name: 'PENERIMA',
      origin,
      destination,
      status: statuses[stage],
    },
    details: {
      waybill_number: awb,
      waybill_date: first.manifest_date,
      waybill_time: first.manifest_time,
      weight: '1',
      origin,
      destination,
    },
    delivery_status: {
      status: statuses[stage],
      pod_receiver: isAtDoor ? 'PENERIMA' : '',
      pod_date: isAtDoor ? last.manifest_date : '',
      pod_time: isAtDoor ? last.manifest_time : '',
    },
    manifest,
  }
}
