import { addApiKey } from '../../src/engine/identity/api-keys.ts'
import { system } from '../../src/engine/context.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { inkStore } from '../../src/server/demo/ink.ts'
import { ionoraStore } from '../../src/server/demo/ionora.ts'
import { openInstallation } from './installation.ts'
import type { Answer, Lifetime, ShopOptions, Wire } from './installation.ts'

/** The address of all parcels here, and places at a distance from it, in metres to the north. */
export const home = { lat: 40.7128, lng: -74.006 }
export const metresNorth = (metres: number) => ({ lat: home.lat + metres / 111_195.08, lng: home.lng })

/** The documented enrolment, of a tag of its own. */
export const enrolment = (token: string, more: object = {}) => ({
  order_id: 'ORDER-12345',
  nfc_uid: '04:1A:2B:3C:4D:5E:6F',
  nfc_token: token,
  photo_urls: [1, 2, 3, 4].map((n) => `https://example.com/photo${n}.jpg`),
  photo_hashes: [1, 2, 3, 4].map((n) => `hash${n}234567890abcdef`),
  shipping_address_gps: home,
  customer_phone_last4: '1234',
  warehouse_gps: { lat: 40.758, lng: -73.9855 },
  ...more,
})

/** The documented verification: 14 m from the address. */
export const verification = (token: string, more: object = {}) => ({
  nfc_token: token,
  delivery_gps: { lat: 40.7129, lng: -74.0061 },
  device_info: 'iPhone 14 Pro, iOS 17',
  ...more,
})

/** An installation with stores that prove deliveries: `ink`, which does nothing else, and `ionora`, beside its shop. */
export async function openParcels(t: Lifetime, options: ShopOptions = {}) {
  const installation = await openInstallation(t, options, [inkStore, ionoraStore])
  const { call, engine, storeOf } = installation
  const store = storeOf('ink')
  let tokens = 0
  const newToken = () => `token_test_${++tokens}`

  const post = (path: string, body: unknown, headers?: Record<string, string>, of: Store = store): Promise<Answer> =>
    call(of, 'POST', path, { body, headers })

  /** Enrols a parcel. @returns its token, and the answer */
  const enrolled = async (more: object = {}, of: Store = store): Promise<{ token: string; proofId: string }> => {
    const token = newToken()
    const { status, body } = await post('/enroll', enrolment(token, more), undefined, of)
    if (status !== 200) throw new Error(`enrolment was answered ${status}: ${JSON.stringify(body)}`)
    return { token, proofId: body.proof_id }
  }
  const retrieve = async (proofId: string, of: Store = store): Promise<Wire> =>
    (await call(of, 'GET', `/retrieve/${proofId}`)).body

  const apiKey = (of: Store = store, name = `program ${++tokens}`) => addApiKey(engine.direct(of, system), name)

  return {
    ...installation,
    store,
    newToken,
    post,
    enrolled,
    retrieve,
    apiKey,
    verify: (token: string, more: object = {}, of: Store = store) =>
      post('/verify', verification(token, more), undefined, of),
  }
}

export type Parcels = Awaited<ReturnType<typeof openParcels>>
