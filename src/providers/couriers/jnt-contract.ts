import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Place } from '../../engine/fulfilment/courier.ts'
import type { JntAreas, JntProduct } from './jnt.ts'
import { placeName } from './wire.ts'

const Name = Type.String({ minLength: 1 })

const Area = Type.Object(
  {
    city: Name,
    district: Type.Optional(Name),
    postalCode: Type.Optional(Type.String({ pattern: '^\\d{5}$' })),
    tariffCity: Name,
    tariffDistrict: Name,
    code: Name,
    area: Name,
  },
  { additionalProperties: false },
)

const Product = Type.Object(
  { product: Name, expressType: Name, service: Name, description: Name, etd: Type.String() },
  { additionalProperties: false },
)

const check = Compile(
  Type.Object(
    {
      areas: Type.Optional(Type.Array(Area, { minItems: 1 })),
      products: Type.Optional(Type.Array(Product, { minItems: 1 })),
    },
    { additionalProperties: false },
  ),
)

/**
 * Reads what comes with a shop's contract with J&T: its table of areas, and the services that were agreed on.
 * @param value as it stands in the store's profile; undefined for a shop without a table
 * @throws RangeError that names what is wrong
 */
export function readJntContract(value: unknown): {
  areas?: (place: Place) => JntAreas | null
  products?: readonly JntProduct[]
} {
  if (value === undefined) return {}
  if (!check.Check(value)) {
    const [first] = check.Errors(value)
    throw new RangeError(`jnt${(first?.instancePath ?? '').replaceAll('/', '.')} ${first?.message ?? 'is no contract'}`)
  }
  const { areas, products } = value
  const services = products?.map(({ service }) => service) ?? []
  const twice = services.find((service, at) => services.indexOf(service) !== at)
  if (twice !== undefined) throw new RangeError(`jnt.products has ${twice} twice`)
  return { ...(areas && { areas: tableOf(areas) }), ...(products && { products }) }
}

/**
 * The area of a place: that of its postal code, in its district if the code has several; else that of its district in
 * its city. An address without a district is in the row of its city that has none.
 */
function tableOf(areas: Static<typeof Area>[]): (place: Place) => JntAreas | null {
  const byCode = Map.groupBy(areas, ({ postalCode }) => postalCode)
  const key = (city: string, district?: string | null) => `${placeName(city)}\n${placeName(district ?? '')}`
  const byName = new Map(areas.map((area) => [key(area.city, area.district), area]))
  return ({ postalCode, city, district }) => {
    const ofCode = byCode.get(postalCode) ?? []
    const named = key(city, district)
    const found = ofCode.find((area) => key(area.city, area.district) === named) ?? ofCode[0] ?? byName.get(named)
    return found ? { city: found.tariffCity, district: found.tariffDistrict, code: found.code, area: found.area } : null
  }
}
