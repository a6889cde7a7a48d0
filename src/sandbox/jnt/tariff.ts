/** What a kilogram costs to somewhere, in rupiah, and how long it takes there. */
interface Zone {
  name: string
  /** parts of city and district names, as the tariff spells them */
  places: RegExp
  firstKg: number
  nextKg: number
  etd: string
  hasNextDay: boolean
}

/** The first that fits. Made up, but for the 25 000 of a kilogram to Jakarta: prices are in each shop's contract. */
const zones: Zone[] = [
  { name: 'nowhere', places: /^PULAU TERPENCIL$/, firstKg: 0, nextKg: 0, etd: 'No Data', hasNextDay: false },
  {
    name: 'jabodetabek',
    places:
      /JAKARTA|KEBAYORAN|MENTENG|KALIDERES|GAMBIR|TEBET|SETIABUDI|PASAR MINGGU|CILANDAK|KEMAYORAN|BEKASI|DEPOK|BOGOR|TANGERANG/,
    firstKg: 25_000,
    nextKg: 10_000,
    etd: '2-3',
    hasNextDay: true,
  },
  {
    name: 'java',
    places:
      /\b(BANDUNG|COBLONG|SEMARANG|SURABAYA|GUBENG|YOGYAKARTA|SLEMAN|SOLO|SURAKARTA|MALANG|CIREBON|JEPARA|JAWA)\b/,
    firstKg: 30_000,
    nextKg: 14_000,
    etd: '2-4',
    hasNextDay: true,
  },
  {
    name: 'papua',
    places: /PAPUA|JAYAPURA|SORONG|MERAUKE|AMBON/,
    firstKg: 95_000,
    nextKg: 80_000,
    etd: '5-9',
    hasNextDay: false,
  },
]
const elsewhere: Zone = {
  name: 'elsewhere',
  places: /./,
  firstKg: 45_000,
  nextKg: 30_000,
  etd: '3-5',
  hasNextDay: false,
}

/** Regular, and the next day at twice its price. */
export const products = ['EZ', 'JSD'] as const

export const zoneOf = (place: string): Zone => zones.find(({ places }) => places.test(place.toUpperCase())) ?? elsewhere

/** @param weightKg begun kilograms count whole */
export function priceOf(product: string, place: string, weightKg: number): number | undefined {
  const zone = zoneOf(place)
  if (zone.firstKg === 0 || (product === 'JSD' && !zone.hasNextDay)) return undefined
  const price = zone.firstKg + zone.nextKg * (Math.max(1, Math.ceil(weightKg)) - 1)
  return product === 'JSD' ? price * 2 : price
}
