import assert from 'node:assert/strict'
import { each, kind, longAgo, open, orderIn, readAll, type Wire } from './support.ts'

each('an order goes out with its lines, its shipping and its discount, and adds up', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop)
  assert.equal(await shop.erp.findOrder(order.reference), null)
  const made = await shop.erp.createOrder(order)
  assert.deepEqual(made, {
    id: made.id,
    name: 'S00001',
    reference: 'ANS-1001',
    state: 'draft',
    delivery: null,
  })
  assert.deepEqual(await shop.erp.findOrder(order.reference), made)
  const [kept] = await shop.list('sale.order')
  assert.deepEqual(
    [kept.client_order_ref, kept.partner_id[0], kept.date_order, kept.amount_total, kept.note],
    ['ANS-1001', order.partnerId, '2026-04-05 06:07:08', 191, 'Ring &lt;twice&gt;<br>please'],
  )
  const lines: Wire[] = await shop.list('sale.order.line')
  assert.deepEqual(
    lines.map((line) => [line.product_id[1], line.name, line.product_uom_qty, line.price_unit, line.discount]),
    [
      ['Stool', 'Stool, natural', 2, 95, 0],
      ['[DELIVERY] Delivery', 'JNT EZ', 1, 20, 0],
      ['[DISCOUNT] Discount', 'WELCOME10', 1, -19, 0],
    ],
  )
  await shop.erp.createOrder({ ...order, reference: 'ANS-1002' })
  const services = (await shop.list('product.product')).filter(({ type }: Wire) => type === 'service')
  assert.deepEqual(
    services.map(({ default_code, sale_ok }: Wire) => [default_code, sale_ok]),
    [
      ['DELIVERY', false],
      ['DISCOUNT', false],
    ],
  )
})

each('shipping and discounts are of the products that the account names', async (t, way) => {
  const shop = await open(t, way)
  const [freight, rebate] = [
    await shop.make('product.product', { name: 'Freight', type: 'service' }),
    await shop.make('product.product', { name: 'Rebate', type: 'service' }),
  ]
  const erp = shop.createWith({ deliveryProductId: freight.id, discountProductId: rebate.id })
  await erp.createOrder(await orderIn(shop))
  const lines: Wire[] = await shop.list('sale.order.line')
  assert.deepEqual(
    lines.map(({ product_id }) => product_id[1]),
    ['Stool', 'Freight', 'Rebate'],
  )
})

each('an order that was there is the answer, also one that staff has cancelled', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop)
  const made = await shop.erp.createOrder(order)
  assert.deepEqual(await shop.erp.createOrder({ ...order, note: 'other' }), made)
  await shop.change('sale.order', made.id, { state: 'cancel' })
  assert.deepEqual(await shop.erp.createOrder(order), { ...made, state: 'cancel' })
  assert.equal((await shop.list('sale.order')).length, 1)
})

each(
  'confirming reserves and prepares one delivery, cancelling takes both back, and neither minds a repeat',
  async (t, way) => {
    const shop = await open(t, way)
    const order = await orderIn(shop)
    const { id } = await shop.erp.createOrder(order)
    await shop.erp.confirmOrder(id)
    await shop.erp.confirmOrder(id)
    const reserved = async () => (await shop.list('stock.quant'))[0].reserved_quantity
    assert.equal(await reserved(), 2)
    const confirmed = await shop.erp.findOrder(order.reference)
    assert.deepEqual([confirmed?.state, confirmed?.delivery], ['sale', { state: 'ready', trackingNumber: null }])
    await shop.erp.cancelOrder(id)
    await shop.erp.cancelOrder(id)
    assert.equal(await reserved(), 0)
    const cancelled = await shop.erp.findOrder(order.reference)
    assert.deepEqual([cancelled?.state, cancelled?.delivery?.state], ['cancel', 'cancel'])
    await assert.rejects(shop.erp.confirmOrder(id), kind('refused', /is cancelled/))
    await assert.rejects(shop.erp.confirmOrder(4711), kind('refused', /no order 4711/))
  },
)

each(
  'what staff does with a delivery is a change of its order, though the order itself did not change',
  async (t, way) => {
    const shop = await open(t, way)
    const order = await orderIn(shop, { lines: [] })
    const variant = await shop.product('Rare', 1)
    const { id } = await shop.erp.createOrder({
      ...order,
      lines: [{ variantId: variant.id, quantity: 2, unitPrice: 9, name: 'Rare' }],
    })
    await shop.erp.confirmOrder(id)
    const stateOf = async () => (await shop.erp.changedOrders(longAgo, null, 10)).at(-1)?.delivery
    assert.deepEqual(await stateOf(), { state: 'waiting', trackingNumber: null })
    const [picking] = await shop.list('stock.picking')
    await shop.change('stock.picking', picking.id, { state: 'assigned', write_date: '2098-01-01 10:00:00.5' })
    const [ready, ...none] = await shop.erp.changedOrders(new Date('2098-01-01T10:00:00Z'), null, 10)
    assert.deepEqual(none, [])
    assert.deepEqual(
      [ready?.id, ready?.changedAt, ready?.delivery],
      [id, new Date('2098-01-01T10:00:00Z'), { state: 'ready', trackingNumber: null }],
    )
    await shop.call('POST', '/odoo/sandbox/deliver', { client_order_ref: order.reference, tracking: 'JP123' })
    assert.deepEqual(await shop.erp.findOrder(order.reference).then((found) => found?.delivery), {
      state: 'done',
      trackingNumber: 'JP123',
    })
    // a parcel left without the rest, which waits
    await shop.make('stock.picking', { sale_id: id, state: 'confirmed' })
    assert.equal((await stateOf())?.state, 'waiting')
  },
)

each('changed orders come by pages of any size, those of staff’s own making not at all', async (t, way) => {
  const shop = await open(t, way)
  const [partnerId, origin] = [await shop.partner(), 'Saudagar']
  const expected: string[] = []
  for (let index = 0; index < 6; index += 1) {
    const write_date = `2026-05-01 10:00:0${index >> 1}.${9 - index}00`
    const client_order_ref = `ANS-${index}`
    const order = await shop.make('sale.order', { partner_id: partnerId, client_order_ref, origin, write_date })
    expected.push(`${order.id} 0${index >> 1}`)
    // several deliveries of one order, of which two within one second
    const others = [
      `2026-05-01 10:00:0${5 - (index >> 1)}.100`,
      `2026-05-01 10:00:0${5 - (index >> 1)}.700`,
      write_date,
    ]
    for (const write_date of others) await shop.make('stock.picking', { sale_id: order.id, write_date })
    expected.push(`${order.id} 0${5 - (index >> 1)}`)
  }
  for (const own of [{}, { client_order_ref: 'ANS-1' }, { client_order_ref: 'ANS-2', origin: 'Saudagar of another' }]) {
    const { id } = await shop.make('sale.order', { partner_id: partnerId, ...own })
    await shop.make('stock.picking', { sale_id: id })
  }
  expected.sort((a, b) => a.slice(-2).localeCompare(b.slice(-2)) || Number.parseInt(a) - Number.parseInt(b))
  for (let limit = 1; limit <= 14; limit += 1) {
    const all = await readAll((after) => shop.erp.changedOrders(new Date('2026-05-01'), after, limit), limit)
    assert.deepEqual(
      all.map(({ id, changedAt }) => `${id} ${String(changedAt.getUTCSeconds()).padStart(2, '0')}`),
      expected,
      `by ${limit}`,
    )
  }
})

each('what is reserved for our own orders is promised to nobody else', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop)
  const variantId = order.lines[0]!.variantId
  const { id } = await shop.erp.createOrder(order)
  const order_line = [[0, 0, { product_id: variantId, product_uom_qty: 3 }]]
  // staff's own, with a reference of its customer's
  const other = await shop.make('sale.order', { partner_id: order.partnerId, client_order_ref: 'PO-7', order_line })
  await shop.erp.confirmOrder(id)
  assert.deepEqual(await shop.erp.stockOf([variantId]), [{ variantId, onHand: 10, reserved: 0 }])
  await shop.erp.confirmOrder(other.id)
  assert.deepEqual(await shop.erp.stockOf([variantId]), [{ variantId, onHand: 10, reserved: 3 }])
  const elsewhere = shop.createWith({ source: 'another store' })
  assert.deepEqual(await elsewhere.stockOf([variantId]), [{ variantId, onHand: 10, reserved: 5 }])
  await shop.call('POST', '/odoo/sandbox/deliver', { client_order_ref: order.reference })
  assert.deepEqual(await shop.erp.stockOf([variantId]), [{ variantId, onHand: 8, reserved: 3 }])
})

each('two stores in one database, whose orders have the same numbers, have an order each', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop)
  const [here, there] = ['Saudagar ansania', 'Saudagar rumah'].map((source) => shop.createWith({ source }))
  const made = await here!.createOrder(order)
  assert.equal(await there!.findOrder(order.reference), null)
  const other = await there!.createOrder({ ...order, note: 'theirs' })
  assert.notEqual(other.id, made.id)
  // whoever is confirmed first takes the other's for no twin of theirs
  await there!.confirmOrder(other.id)
  await here!.confirmOrder(made.id)
  const seen = async () => [await here!.findOrder(order.reference), await there!.findOrder(order.reference)]
  assert.deepEqual(
    (await seen()).map((one) => [one?.id, one?.state]),
    [
      [made.id, 'sale'],
      [other.id, 'sale'],
    ],
  )
  await shop.call('POST', '/odoo/sandbox/deliver', { client_order_ref: order.reference, origin: 'Saudagar rumah' })
  for (const [erp, { id }, state] of [
    [here!, made, 'ready'],
    [there!, other, 'done'],
  ] as const) {
    const changes = await erp.changedOrders(longAgo, null, 10)
    assert.deepEqual(
      [...new Set(changes.map((change) => `${change.id} ${change.delivery?.state}`))],
      [`${id} ${state}`],
    )
  }
  await here!.cancelOrder(made.id)
  assert.equal((await seen())[1]?.state, 'sale')
})
