import type { FaultKinds } from './faults.ts'
import { control, json, route, type Answer, type Call, type Handler } from './http.ts'
import { createWaybills, printWaybill } from './rajaongkir/waybills.ts'
import type { StandIn } from './stand-in.ts'

export interface RajaongkirAccount {
  apiKey: string
}

export const rajaongkirFaults: FaultKinds = { api: ['delay', 'drop', 'error', 'garbage'], webhook: [] }

/** A few of the real one's places; their ids are made up. */
const places = [
  [17001, 'SENAYAN', 'KEBAYORAN BARU', 'JAKARTA SELATAN', 'DKI JAKARTA', '12190'],
  [17002, 'GUNUNG', 'KEBAYORAN BARU', 'JAKARTA SELATAN', 'DKI JAKARTA', '12120'],
  [17003, 'PASAR MINGGU', 'PASAR MINGGU', 'JAKARTA SELATAN', 'DKI JAKARTA', '12345'],
  [17101, 'MENTENG', 'MENTENG', 'JAKARTA PUSAT', 'DKI JAKARTA', '10310'],
  [17102, 'GAMBIR', 'GAMBIR', 'JAKARTA PUSAT', 'DKI JAKARTA', '10110'],
  [20001, 'DAGO', 'COBLONG', 'BANDUNG', 'JAWA BARAT', '40135'],
  [30001, 'GUBENG', 'GUBENG', 'SURABAYA', 'JAWA TIMUR', '60281'],
  [30002, 'TAHUNAN', 'TAHUNAN', 'JEPARA', 'JAWA TENGAH', '59427'],
  [40001, 'DANGIN PURI', 'DENPASAR TIMUR', 'DENPASAR', 'BALI', '80232'],
  [90001, 'GURABESI', 'JAYAPURA UTARA', 'JAYAPURA', 'PAPUA', '99111'],
].map(([id, subdistrict_name, district_name, city_name, province_name, zip_code]) => ({
  id: Number(id),
  label: [subdistrict_name, district_name, city_name, province_name, zip_code].join(', '),
  province_name,
  city_name,
  district_name,
  subdistrict_name,
  zip_code,
}))

/** What a begun kilogram costs, in rupiah. Nobody but J&T goes to Papua here. */
const services = [
  { code: 'jnt', name: 'J&T Express', service: 'EZ', description: 'Reguler', perKg: 25_000, etd: '2-3 day' },
  {
    code: 'jne',
    name: 'Jalur Nugraha Ekakurir (JNE)',
    service: 'REG',
    description: 'Layanan Reguler',
    perKg: 24_000,
    etd: '2 day',
  },
  {
    code: 'jne',
    name: 'Jalur Nugraha Ekakurir (JNE)',
    service: 'YES',
    description: 'Yakin Esok Sampai',
    perKg: 46_000,
    etd: '1 day',
  },
  { code: 'sicepat', name: 'SiCepat Express', service: 'REG', description: 'Reguler', perKg: 22_000, etd: '1-2 day' },
]

/**
 * The stand-in for RajaOngkir's API V2, under `/rajaongkir/api/v1`: the search for places, the price between two, and
 * where parcels are. It orders nobody, so it is told what is under way.
 */
export function createRajaongkir(accounts: RajaongkirAccount[]): StandIn {
  const waybills = createWaybills()
  const keys = new Set(accounts.map(({ apiKey }) => apiKey))

  const withKey =
    (handle: Handler): Handler =>
    (call) =>
      keys.has(String(call.headers['key'] ?? '')) ? handle(call) : refusal('Invalid Api key, key not found', 401)

  function search({ query }: Call): Answer {
    const text = query.get('search')?.trim().toUpperCase()
    if (!text) return refusal('Missing Params', 422)
    const [limit, offset] = [Number(query.get('limit') ?? 10), Number(query.get('offset') ?? 0)]
    const found = places.filter(({ label }) => label.includes(text)).slice(offset, offset + limit)
    if (found.length === 0) return refusal('Domestic Destinations Data not found', 404)
    return success('Success Get Domestic Destinations', found)
  }

  function calculate({ body }: Call): Answer {
    const form = new URLSearchParams(body)
    const [origin, destination, weight, courier] = ['origin', 'destination', 'weight', 'courier'].map(
      (name) => form.get(name) ?? '',
    ) as [string, string, string, string]
    if (!origin || !destination || !courier || !/^[1-9]\d*$/.test(weight)) return refusal('Missing Params', 400)
    const asked = courier.split(':')
    if (asked.some((code) => services.every((service) => service.code !== code))) return refusal('Invalid Courier', 422)
    const [from, to] = [origin, destination].map((id) => places.find((place) => String(place.id) === id))
    if (!from || !to) return refusal('Origin or Destination not found', 422)
    const offers = services
      .filter(({ code }) => asked.includes(code) && (to.province_name !== 'PAPUA' || code === 'jnt'))
      .map(({ perKg, etd, ...service }) => ({ ...service, cost: perKg * Math.ceil(Number(weight) / 1000), etd }))
    if (offers.length === 0) return refusal('Calculate Domestic Shipping Cost not found', 404)
    const sign = form.get('price') === 'highest' ? -1 : 1
    return success(
      'Success Calculate Domestic Shipping cost',
      offers.sort((a, b) => sign * (a.cost - b.cost)),
    )
  }

  function track({ body }: Call): Answer {
    const form = new URLSearchParams(body)
    const [awb, courier] = [form.get('awb') ?? '', form.get('courier') ?? '']
    if (!awb || !courier) return refusal('Missing Params', 400)
    const waybill = waybills.find(awb, courier)
    const isTold = courier !== 'jne' || form.get('last_phone_number') === waybill?.phone
    if (!waybill || !isTold) return refusal('Invalid Waybill', 404)
    return success('Success Get Waybill', printWaybill(waybill))
  }

  return {
    name: 'rajaongkir',
    prefix: '/rajaongkir/api/v1/',
    api: [
      route('GET', '/rajaongkir/api/v1/destination/domestic-destination', withKey(search)),
      route('POST', '/rajaongkir/api/v1/calculate/domestic-cost', withKey(calculate)),
      route('POST', '/rajaongkir/api/v1/track/waybill', withKey(track)),
    ],
    control: [
      route(
        'POST',
        '/rajaongkir/sandbox/parcels',
        control(({ body }) => json(waybills.add(body))),
      ),
      route(
        'POST',
        '/rajaongkir/sandbox/advance',
        control(({ body }) => json(waybills.advance(body))),
      ),
      route('GET', '/rajaongkir/sandbox/parcels', () => json(waybills.all())),
      route(
        'GET',
        '/rajaongkir/sandbox/parcels/:awb',
        control(({ params }) => json(waybills.ofAwb(params['awb']!))),
      ),
    ],
    refuse,
    about:
      'RajaOngkir: API under <code>/rajaongkir/api/v1</code>, parcels are added by <code>POST /rajaongkir/sandbox/parcels</code> and move by <code>POST /rajaongkir/sandbox/advance</code>',
    close() {},
  }
}

const success = (message: string, data: unknown) => json({ meta: { message, code: 200, status: 'success' }, data })

const refusal = (message: string, code: number) => json({ meta: { message, code, status: 'error' }, data: null }, code)

function refuse(why: 'unknown' | 'too large' | 'broken'): Answer {
  if (why === 'unknown') return refusal('Not Found', 404)
  if (why === 'too large') return refusal('Request Entity Too Large', 413)
  return refusal('Server Error', 500)
}
