import type { NewStore } from '../../engine/stores/stores.ts'

/** The settings of the demo's appliance shop; tests and the bench make theirs of them. */
export const ionoraStore: NewStore = {
  slug: 'ionora',
  name: 'Ionora',
  contracts: ['ionora', 'ink'],
  currency: 'INR',
  timeZone: 'Asia/Kolkata',
  taxRateBps: 1800,
  taxMode: 'exclusive',
  taxRounding: 'order',
  shippingMinor: 0,
  orderNumberTemplate: 'ION-{year}-{number:4}',
  unpaidMinutes: 30,
  tokenMinutes: 7 * 24 * 60,
  paymentProvider: 'razorpay',
  country: 'IN',
  profile: {},
  couriers: {},
  erpProvider: null,
  isDemo: true,
  hosts: ['ionora.localhost'],
}
