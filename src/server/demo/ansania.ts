import type { TableRate } from '../../engine/fulfilment/quotes.ts'
import type { NewVoucher } from '../../engine/promotions/vouchers.ts'
import type { NewStore } from '../../engine/stores/stores.ts'

/** The settings of the demo's furniture shop; tests and the bench make theirs of them. */
export const ansaniaStore: NewStore = {
  slug: 'ansania',
  name: 'Ansania',
  contracts: ['ansania'],
  currency: 'IDR',
  timeZone: 'Asia/Jakarta',
  taxRateBps: 1100,
  taxMode: 'inclusive',
  taxRounding: 'order',
  shippingMinor: 0,
  orderNumberTemplate: 'ORD-{year}{month}{day}-{number:3}',
  unpaidMinutes: 24 * 60,
  tokenMinutes: 60,
  paymentProvider: 'doku',
  country: 'ID',
  profile: {
    legalName: 'PT Ansania Mebel Indonesia',
    addressLines: ['Jl. Pemuda No. 45', 'Jepara, Jawa Tengah 59427', 'Indonesia'],
    taxNumber: '01.234.567.8-516.000',
    email: 'halo@ansania.example',
    phone: '+62 291 123 456',
    invoiceNumbers: 'INV/{year}/{number:5}',
    origin: {
      name: 'Gudang Ansania',
      phone: '+62291123456',
      line1: 'Jl. Pemuda No. 45',
      line2: null,
      district: 'Jepara',
      city: 'Jepara',
      region: 'Jawa Tengah',
      postalCode: '59427',
    },
  },
  couriers: { jnt: 'jnt', sicepat: 'biteship', jne: 'rajaongkir' },
  erpProvider: 'odoo',
  isDemo: true,
  hosts: ['ansania.localhost'],
}

/** Its categories, by the slug of the one above. Tops that no product is in itself are made with them. */
export const ansaniaTops = ['Furniture', 'Living Room', 'Dining Room', 'Bedroom', 'Office']

export const ansaniaCategories: Record<string, string[]> = {
  'living-room': ['sofas', 'coffee-tables', 'living-storage', 'shelves'],
  'dining-room': ['dining-tables', 'chairs'],
  bedroom: ['beds', 'bedroom-storage'],
  office: ['desks', 'office-chairs'],
  furniture: ['living-room', 'dining-room', 'bedroom', 'office', 'garden'],
}

const year = 365 * 86_400_000

const voucher = {
  percentBps: null,
  amountMinor: null,
  maxDiscountMinor: null,
  minPurchaseMinor: 0,
  usageLimit: null,
  customerLimit: null,
  firstOrderOnly: false,
  isPublic: true,
  categories: [],
}

export const ansaniaVouchers = (now: Date): NewVoucher[] => {
  const startsAt = new Date('2026-01-01T00:00:00Z')
  const endsAt = new Date(now.getTime() + year)
  return [
    {
      ...voucher,
      code: 'WELCOME10',
      name: 'Welcome Discount 10%',
      description: 'Get 10% off for your first order',
      kind: 'percentage',
      percentBps: 1000,
      maxDiscountMinor: 1_000_000,
      minPurchaseMinor: 500_000,
      startsAt,
      endsAt,
      customerLimit: 1,
      firstOrderOnly: true,
    },
    {
      ...voucher,
      code: 'FREESHIP',
      name: 'Free Shipping',
      description: 'Whatever the courier takes',
      kind: 'free_shipping',
      startsAt,
      endsAt,
      customerLimit: 5,
    },
    {
      ...voucher,
      code: 'EXPIRED5',
      name: 'Last year’s 5%',
      description: 'Is over',
      kind: 'percentage',
      percentBps: 500,
      startsAt: new Date('2025-01-01T00:00:00Z'),
      endsAt: new Date('2025-12-31T23:59:59Z'),
    },
    {
      ...voucher,
      code: 'LAST1',
      name: 'The very last one',
      description: 'Rp 50.000 off, once in all',
      kind: 'fixed_amount',
      amountMinor: 50_000,
      startsAt,
      endsAt,
      usageLimit: 1,
    },
  ]
}

const jnt = { courier: 'jnt', region: '', city: '' }

/** For when J&T cannot be asked: what its parcels cost the shop lately, rounded up. */
export const ansaniaRates: TableRate[] = [
  {
    ...jnt,
    service: 'REG',
    description: 'Regular Service',
    firstKgMinor: 45_000,
    nextKgMinor: 20_000,
    etd: '3-6 days',
  },
  {
    ...jnt,
    service: 'REG',
    region: 'DKI Jakarta',
    description: 'Regular Service',
    firstKgMinor: 28_000,
    nextKgMinor: 12_000,
    etd: '2-3 days',
  },
  {
    ...jnt,
    service: 'YES',
    region: 'DKI Jakarta',
    description: 'One Day Service',
    firstKgMinor: 55_000,
    nextKgMinor: 22_000,
    etd: '1 day',
  },
]
