import { isRecord } from '../input.ts'
import { BiteshipError } from './errors.ts'

interface Service {
  courier: string
  courierName: string
  code: string
  name: string
  description: string
  /** rupiah for each begun kilogram */
  perKg: number
  range: string
}

/** Made up: prices are in each shop's contract with Biteship. */
const services: Service[] = [
  { courier: 'jnt', courierName: 'J&T', code: 'ez', name: 'EZ', description: 'Reguler', perKg: 26_000, range: '2 - 3' },
  {
    courier: 'jne',
    courierName: 'JNE',
    code: 'reg',
    name: 'Reguler',
    description: 'Layanan reguler',
    perKg: 24_000,
    range: '2 - 3',
  },
  {
    courier: 'jne',
    courierName: 'JNE',
    code: 'yes',
    name: 'Yakin Esok Sampai (YES)',
    description: 'Yakin esok sampai',
    perKg: 48_000,
    range: '1 - 1',
  },
  {
    courier: 'sicepat',
    courierName: 'SiCepat',
    code: 'reg',
    name: 'Reguler',
    description: 'Layanan reguler',
    perKg: 22_000,
    range: '1 - 2',
  },
  {
    courier: 'sicepat',
    courierName: 'SiCepat',
    code: 'best',
    name: 'Besok Sampai Tujuan',
    description: 'Besok sampai tujuan',
    perKg: 40_000,
    range: '1 - 1',
  },
]

/** Nobody goes there: the sandbox's place for trying that. */
const nowhere = 99_999

export function serviceOf(courier: unknown, code: unknown): Service | undefined {
  return services.find((service) => service.courier === courier && service.code === code)
}

/** `POST /v1/rates/couriers`, of postal codes. */
export function priceCouriers(body: Record<string, unknown>) {
  const origin = postalCodeOf(body['origin_postal_code'], 40001003)
  const destination = postalCodeOf(body['destination_postal_code'], 40001004)
  if (typeof body['couriers'] !== 'string' || body['couriers'] === '')
    throw new BiteshipError(40001005, 'Please specify courier(s) you want to use')
  const couriers = new Set(body['couriers'].split(',').map((name) => name.trim()))
  const grams = weighItems(body['items'], 40001006)
  const offered = services.filter(({ courier }) => couriers.has(courier))
  if (offered.length === 0 || destination === nowhere)
    throw new BiteshipError(40001010, 'No courier available for requested location. Please choose another location')
  return {
    success: true,
    object: 'courier_pricing',
    message: 'Success to retrieve courier pricing',
    code: 20001003,
    origin: { postal_code: origin, country_code: 'ID', country_name: 'Indonesia' },
    destination: { postal_code: destination, country_code: 'ID', country_name: 'Indonesia' },
    pricing: offered.map((service) => printPrice(service, grams)),
  }
}

/** What is quoted, and what an order then costs. */
export const priceOf = ({ perKg }: Service, grams: number) => perKg * Math.max(1, Math.ceil(grams / 1000))

function printPrice(service: Service, grams: number) {
  const { courier, courierName, code, name, description, range } = service
  return {
    available_for_cash_on_delivery: false,
    company: courier,
    courier_name: courierName,
    courier_code: courier,
    courier_service_name: name,
    courier_service_code: code,
    currency: 'IDR',
    description,
    duration: `${range} days`,
    shipment_duration_range: range,
    shipment_duration_unit: 'days',
    service_type: 'standard',
    shipping_type: 'parcel',
    price: priceOf(service, grams),
    type: code,
  }
}

/** Five digits, as a number or a text. */
export function postalCodeOf(value: unknown, code: number): number {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : ''
  if (!/^[1-9]\d{4}$/.test(text)) throw new BiteshipError(code, 'Failed due to invalid or missing postal code.')
  return Number(text)
}

/** @returns grams, of all items together */
export function weighItems(items: unknown, code: number): number {
  if (!Array.isArray(items) || items.length === 0) throw new BiteshipError(code, 'Please specify the items')
  let grams = 0
  for (const item of items as unknown[]) {
    const { name, value, weight, quantity } = isRecord(item) ? item : {}
    if (typeof name !== 'string' || name === '' || !isCount(value, 0) || !isCount(weight, 1) || !isCount(quantity, 1))
      throw new BiteshipError(code, 'Each item needs a name, a value, a weight in grams and a quantity')
    grams += weight * quantity
  }
  return grams
}

const isCount = (value: unknown, least: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= least
