import assert from 'node:assert/strict'
import { each, longAgo, open, readAll, type Wire } from './support.ts'

each('a variant comes with its price, its options, its category, and null for what is empty', async (t, way) => {
  const { erp, make, product } = await open(t, way)
  const top = await make('product.category', { name: 'All' })
  const furniture = await make('product.category', { name: 'Furniture', parent_id: top.id })
  const tables = await make('product.category', { name: 'Tables', parent_id: furniture.id })
  const color = await make('product.attribute', { name: 'Color' })
  const natural = await make('product.attribute.value', { name: 'Natural', attribute_id: color.id })
  const template = await make('product.template', { name: 'Teak table', list_price: 3_500_000, categ_id: tables.id })
  const value = await make('product.template.attribute.value', {
    product_tmpl_id: template.id,
    product_attribute_value_id: natural.id,
    price_extra: 250_000,
  })
  const table = await make('product.product', {
    product_tmpl_id: template.id,
    default_code: 'TBL-NAT',
    barcode: '8991234567890',
    weight: 32.5,
    product_template_attribute_value_ids: [value.id],
  })
  const stool = await product('Stool')

  const [first, second, ...rest] = await erp.changedVariants(longAgo, null, 10)
  assert.ok(first!.changedAt.getTime() > Date.now() - 60_000)
  assert.deepEqual(first, {
    id: table.id,
    changedAt: first!.changedAt,
    productId: template.id,
    name: 'Teak table',
    sku: 'TBL-NAT',
    barcode: '8991234567890',
    price: 3_750_000,
    weightKg: 32.5,
    isActive: true,
    isStorable: false,
    category: ['Furniture', 'Tables'],
    options: { Color: 'Natural' },
  })
  assert.deepEqual(second, {
    ...second!,
    id: stool.id,
    sku: null,
    barcode: null,
    price: 100,
    weightKg: 0,
    isStorable: true,
    category: [],
    options: {},
  })
  assert.deepEqual(rest, [])
})

each('what is archived, or no longer for sale, comes as inactive', async (t, way) => {
  const { erp, make, change } = await open(t, way)
  const [a, b, c] = [
    await make('product.product', { name: 'A' }),
    await make('product.product', { name: 'B' }),
    await make('product.product', { name: 'C' }),
  ]
  await change('product.product', a.id, { active: false })
  await change('product.template', b.product_tmpl_id[0], { sale_ok: false })
  const variants = await erp.changedVariants(longAgo, null, 10)
  const expected: [id: number, isActive: boolean][] = [
    [a.id, false],
    [b.id, false],
    [c.id, true],
  ]
  assert.deepEqual(new Map(variants.map(({ id, isActive }) => [id, isActive])), new Map(expected))
})

each('a change of the template is a change of its variants', async (t, way) => {
  const { erp, make, change } = await open(t, way)
  const variant = await make('product.product', { name: 'A', list_price: 100, write_date: '2026-01-01 00:00:00' })
  await change('product.template', variant.product_tmpl_id[0], { list_price: 120, write_date: '2026-02-01 10:00:00' })
  const [changed] = await erp.changedVariants(new Date('2026-01-15T00:00:00Z'), null, 10)
  assert.deepEqual(
    [changed?.id, changed?.price, changed?.changedAt],
    [variant.id, 120, new Date('2026-02-01T10:00:00Z')],
  )
})

each('pages of any size miss no change and repeat none, though many stand in one second', async (t, way) => {
  const { erp, make } = await open(t, way)
  // within a second, the order of ids is not that of the fractions
  const fractions = ['00.900', '00.100', '00.500', '01.700', '01.200', '00.300', '02', '01.999', '01.200', '03.000001']
  const ids: number[] = []
  for (const fraction of fractions) {
    const { id } = await make('product.product', { name: 'P', write_date: `2026-03-01 10:00:${fraction}` })
    ids.push(id)
  }
  const since = new Date('2026-03-01T10:00:00.950Z')
  const bySecond = (second: string) => ids.filter((_, index) => fractions[index]!.startsWith(second))
  const expected = ['00', '01', '02', '03'].flatMap(bySecond)
  for (let limit = 1; limit <= 11; limit += 1) {
    const all = await readAll((after) => erp.changedVariants(since, after, limit), limit)
    assert.deepEqual(
      all.map(({ id }) => id),
      expected,
      `by ${limit}`,
    )
  }
  const later = await erp.changedVariants(new Date('2026-03-01T10:00:01Z'), null, 100)
  assert.deepEqual(
    later.map(({ id }) => id),
    ['01', '02', '03'].flatMap(bySecond),
  )
})

each(
  'stock is what lies in warehouses, zero where nothing does, and its changes are told by variant',
  async (t, way) => {
    const { erp, make, change, list, product } = await open(t, way)
    const [a, b, c] = [await product('A', 7), await product('B', 3), await make('product.product', { name: 'C' })]
    const locations: Wire[] = await list('stock.location')
    const customers = locations.find(({ usage }) => usage === 'customer').id
    await make('stock.quant', { product_id: a.id, location_id: customers, quantity: 50 })
    const shelf = await make('stock.location', { name: 'WH/Shelf', usage: 'internal' })
    await make('stock.quant', { product_id: a.id, location_id: shelf.id, quantity: 2, reserved_quantity: 1 })
    assert.deepEqual(await erp.stockOf([a.id, b.id, c.id]), [
      { variantId: a.id, onHand: 9, reserved: 1 },
      { variantId: b.id, onHand: 3, reserved: 0 },
      { variantId: c.id, onHand: 0, reserved: 0 },
    ])
    assert.deepEqual(await erp.stockOf([]), [])

    const quants: Wire[] = await list('stock.quant')
    const ofB = quants.find(({ product_id: [id] }) => id === b.id)
    await change('stock.quant', ofB.id, { quantity: 1, write_date: '2099-01-01 00:00:00' })
    assert.deepEqual(await erp.changedStock(new Date('2098-01-01T00:00:00Z'), null, 10), [
      { id: ofB.id, variantId: b.id, changedAt: new Date('2099-01-01T00:00:00Z') },
    ])
    const all = await readAll((after) => erp.changedStock(longAgo, after, 1), 1)
    assert.deepEqual(Map.groupBy(all, ({ variantId }) => variantId).get(a.id)?.length, 2)
    assert.equal(all.length, 3)
  },
)
