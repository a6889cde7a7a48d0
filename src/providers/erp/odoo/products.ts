import type { Erp, ErpVariant } from '../../../engine/erp/erp.ts'
import { fieldsOf, once, type OdooCall } from './call.ts'
import { changesOf, pageOfChanges } from './changes.ts'
import { link, links, number, recordsIn, text, textOrNull, time, titleOrNull, type OdooRecord } from './values.ts'

const fields = [
  'product_tmpl_id',
  'name',
  'default_code',
  'barcode',
  'lst_price',
  'weight',
  'active',
  'sale_ok',
  'type',
  'categ_id',
  'product_template_attribute_value_ids',
  'write_date',
]

/** In warehouses: what lies with customers, suppliers or in transit is not to be sold. */
const inWarehouses = ['location_id.usage', '=', 'internal']

/**
 * Reads variants and their stock. `lst_price` is the template's price with what the variant's own values add. Odoo
 * sweeps away a quant that came to nothing, which tells nobody: all stock has to be read now and then.
 * @param source the origin of our own orders: what is reserved for those is promised to nobody else
 */
export function productsOf(call: OdooCall, source: string): Pick<Erp, 'changedVariants' | 'stockOf' | 'changedStock'> {
  // since 18, whether a product is kept in stock is a field of its own; before, it was one of the types
  const hasIsStorable = once(
    async () => (await fieldsOf(call, 'product.product', ['is_storable']))?.includes('is_storable') ?? false,
  )

  async function optionsOf(variants: OdooRecord[]): Promise<Map<number, [attribute: string, value: string]>> {
    const ids = [...new Set(variants.flatMap((variant) => links(variant, valuesField)))]
    if (ids.length === 0) return new Map()
    const answer = await call('product.template.attribute.value', 'search_read', {
      domain: [['id', 'in', ids]],
      fields: ['attribute_id', 'name'],
      context: { active_test: false },
    })
    return new Map(
      recordsIn(answer).map((value) => [value.id, [titleOrNull(value, 'attribute_id') ?? '', text(value, 'name')]]),
    )
  }

  const variants = changesOf<ErpVariant>(async (domain, order, limit) => {
    const isKnown = await hasIsStorable.get()
    const answer = await call('product.product', 'search_read', {
      domain,
      fields: isKnown ? [...fields, 'is_storable'] : fields,
      order,
      limit,
      context: { active_test: false }, // archiving is a change as well
    })
    const records = recordsIn(answer)
    const options = await optionsOf(records)
    return records.map((record) => ({
      id: record.id,
      changedAt: time(record, 'write_date'),
      productId: link(record, 'product_tmpl_id'),
      name: text(record, 'name'),
      sku: textOrNull(record, 'default_code'),
      barcode: textOrNull(record, 'barcode'),
      price: number(record, 'lst_price'),
      weightKg: number(record, 'weight'),
      isActive: record['active'] === true && record['sale_ok'] === true,
      isStorable: isKnown ? record['is_storable'] === true : record['type'] === 'product',
      category: pathOf(titleOrNull(record, 'categ_id')),
      options: Object.fromEntries(
        links(record, valuesField).flatMap((id) => (options.has(id) ? [options.get(id)!] : [])),
      ),
    }))
  })

  // until 16, what a move has reserved; since, the field of what it moves says that as long as it is open
  const reservedField = once(async () => {
    const known = await fieldsOf(call, 'stock.move', ['reserved_availability'])
    return known?.includes('reserved_availability') ? 'reserved_availability' : 'quantity'
  })

  /** What is reserved for our own orders: calls back with each variant and how much. */
  async function eachOfOurs(variantIds: readonly number[], found: (variantId: number, reserved: number) => void) {
    const field = await reservedField.get()
    const answer = await call('stock.move', 'search_read', {
      domain: [
        ['product_id', 'in', variantIds],
        ['state', 'in', ['assigned', 'partially_available']],
        ['picking_id.sale_id.origin', '=', source],
        inWarehouses,
      ],
      fields: ['product_id', field],
    })
    for (const move of recordsIn(answer)) found(link(move, 'product_id'), number(move, field))
  }

  const quants = changesOf(async (domain, order, limit) => {
    const answer = await call('stock.quant', 'search_read', {
      domain: [...domain, inWarehouses],
      fields: ['product_id', 'write_date'],
      order,
      limit,
    })
    return recordsIn(answer).map((quant) => ({
      id: quant.id,
      changedAt: time(quant, 'write_date'),
      variantId: link(quant, 'product_id'),
    }))
  })

  return {
    changedVariants: (since, after, limit) => pageOfChanges(variants, since, after, limit),
    changedStock: (since, after, limit) => pageOfChanges(quants, since, after, limit),

    stockOf: async (variantIds) => {
      if (variantIds.length === 0) return []
      const answer = await call('stock.quant', 'search_read', {
        domain: [['product_id', 'in', variantIds], inWarehouses],
        fields: ['product_id', 'quantity', 'reserved_quantity'],
      })
      const stock = new Map(variantIds.map((variantId) => [variantId, { variantId, onHand: 0, reserved: 0 }]))
      for (const quant of recordsIn(answer)) {
        const place = stock.get(link(quant, 'product_id'))
        if (!place) continue
        place.onHand += number(quant, 'quantity')
        place.reserved += number(quant, 'reserved_quantity')
      }
      await eachOfOurs(variantIds, (variantId, reserved) => {
        const place = stock.get(variantId)
        if (place) place.reserved = Math.max(0, place.reserved - reserved)
      })
      return [...stock.values()] // what has no quant at all has nothing
    },
  }
}

const valuesField = 'product_template_attribute_value_ids'

/** A category's title is its path from the top, "All / Furniture / Tables"; "All" says nothing. */
function pathOf(title: string | null): string[] {
  const path = title?.split(' / ') ?? []
  return path[0] === 'All' ? path.slice(1) : path
}
