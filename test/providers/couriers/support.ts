import type { TestContext } from 'node:test'
import { CourierError } from '../../../src/engine/fulfilment/courier.ts'
import type { Booking, CourierService, Parcel } from '../../../src/engine/fulfilment/courier.ts'
import type { JntAccount } from '../../../src/providers/couriers/jnt.ts'
import { saying } from '../../support/stranger.ts'
import type { Said } from '../../support/stranger.ts'
import { startSandbox } from '../../../src/sandbox/sandbox.ts'

export const shop = {
  name: 'Toko Jati',
  phone: '+628111222333',
  line1: 'Jl. Raya Tahunan No. 1',
  line2: null,
  district: 'Tahunan',
  city: 'Jepara',
  region: 'Jawa Tengah',
  postalCode: '59427',
}

/** As the contract's sample address: without a district. */
export const john = {
  name: 'John Doe',
  phone: '+628123456789',
  line1: 'Jl. Example No. 123',
  line2: 'RT 1/RW 2',
  district: null,
  city: 'Jakarta Selatan',
  region: 'DKI Jakarta',
  postalCode: '12345',
}

export const parcelOf = (reference: string, more: Partial<Parcel> = {}): Parcel => ({
  reference,
  courier: 'jnt',
  service: 'REG',
  sender: shop,
  recipient: john,
  weightGrams: 800,
  pieces: 1,
  contents: 'Oak Dining Table',
  valueMinor: 3_500_000,
  now: new Date('2026-02-03T10:05:00Z'),
  ...more,
})

export const askOf = (courier: string, more: object = {}) => ({
  courier,
  origin: shop,
  destination: john,
  weightGrams: 800,
  valueMinor: 3_500_000,
  ...more,
})

export const jntKeys = {
  username: 'SAUDAGAR',
  apiKey: 'jnt-api',
  orderKey: 'jnt-order-key',
  tariffKey: 'jnt-tariff-key',
  companyId: 'SAUDAGAR-CO',
  trackingPassword: 'jnt-tracking',
}

export const jntAccount = (host: string): JntAccount => ({
  ...jntKeys,
  orderUrl: `${host}/jnt/jts-idn-ecommerce-api/api/order/create`,
  cancelUrl: `${host}/jnt/jts-idn-ecommerce-api/api/order/cancel`,
  tariffUrl: `${host}/jnt/jandt_track/inquiry.action`,
  trackingUrl: `${host}/jnt/jandt_track/track/trackAction!tracking.action`,
  timeoutMs: 1200,
})

/** What a test picks from an answer. */
// oxlint-disable-next-line typescript/no-explicit-any -- what comes over the wire is what the test is about
export type Wire = any

/** A sandbox with an account at each courier. */
export async function openSandbox(t: TestContext) {
  const sandbox = await startSandbox({
    port: 0,
    smtpPort: 0,
    razorpay: [],
    jnt: [jntKeys],
    biteship: [{ apiKey: 'biteship_test.one' }],
    rajaongkir: [{ apiKey: 'ro-key' }],
  })
  t.after(() => sandbox.close())
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(sandbox.url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) })
    return { status: response.status, body: (await response.json()) as Wire }
  }
  return {
    url: sandbox.url,
    call,
    fault: (provider: string, fault: object) => call('POST', '/faults', { provider, count: 1, ...fault }),
  }
}

/** A service of somebody else's that answers what it is told to, and tells what it was asked. */
export const answering = (t: TestContext, ...said: Said[]) => saying(t, said)

export const isKind =
  (kind: CourierError['kind'], words = /./) =>
  (error: unknown) =>
    error instanceof CourierError && error.kind === kind && words.test(error.message)

export function parcelsOf(service: CourierService) {
  if (!service.parcels) throw new Error(`${service.name} orders nobody`)
  return { ...service.parcels, track: (booking: Booking) => service.track({ ...booking, phone: john.phone }) }
}

/** Every way in which nobody learns what was done. */
export const unheard = [
  { kind: 'delay', delayMs: 5000 },
  { kind: 'drop' },
  { kind: 'error' },
  { kind: 'garbage' },
] as const
