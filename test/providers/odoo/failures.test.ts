import assert from 'node:assert/strict'
import { account, ayu, countdown, each, kind, open, orderIn, type Wire } from './support.ts'

each('no dropped answer doubles a customer', async (t, way) => {
  const { createWith, list, fault, calm, empty } = await open(t, way)
  for (const after of [false, true]) {
    for (let fine = 0; fine < 12; fine += 1) {
      await empty()
      const erp = createWith({})
      const asked = countdown(fine, () => fault({ kind: 'drop', count: 1, after }))
      const given = await asked.run(() => erp.ensurePartner(ayu))
      await calm()
      const settled = await erp.ensurePartner(ayu)
      if (given) assert.deepEqual(given, settled)
      assert.deepEqual([(await list('res.partner')).length, (await list('res.users')).length], [1, 1])
    }
  }
})

each('no dropped answer doubles an order, or its delivery', async (t, way) => {
  const shop = await open(t, way)
  for (const after of [false, true]) {
    for (let fine = 0; fine < 16; fine += 1) {
      await shop.empty()
      const erp = shop.createWith({})
      const order = await orderIn(shop)
      const asked = countdown(fine, () => shop.fault({ kind: 'drop', count: 1, after }))
      const send = async () => {
        const made = await erp.createOrder(order)
        await erp.confirmOrder(made.id)
        return made.id
      }
      const given = await asked.run(send)
      await shop.calm()
      const id = await send()
      if (given !== null) assert.equal(given, id)
      const [orders, pickings] = [await shop.list('sale.order'), await shop.list('stock.picking')]
      assert.deepEqual([orders.length, orders[0].state, pickings.length], [1, 'sale', 1], `${after} ${fine}`)
    }
  }
})

each('what was done and whose answer was lost is found by a second look, within the same call', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop, { extras: [] })
  await shop.erp.ensurePartner({ ...ayu, reference: 'warm', email: null }) // knows the fields and the user's id by now
  const { id } = await shop.erp.createOrder({ ...order, reference: 'ANS-1000' })
  const lost = (fine: number) => countdown(fine, () => shop.fault({ kind: 'drop', count: 1, after: true }))
  for (const [what, fine, work] of [
    ['partner', 2, () => shop.erp.ensurePartner(ayu)],
    ['user', 5, () => shop.erp.ensurePartner({ ...ayu, reference: 'cus-2', email: 'two@example.com' })],
    ['order', 1, () => shop.erp.createOrder(order)],
    ['confirmation', 2, async () => (await shop.erp.confirmOrder(id), true)],
  ] as const) {
    assert.notEqual(await lost(fine).run<unknown>(work), null, what)
    const [fault] = await shop.call('GET', '/faults')
    assert.equal(fault.struck, 1, what)
  }
  const counts = await Promise.all(['res.partner', 'res.users', 'sale.order', 'stock.picking'].map(shop.list))
  assert.deepEqual(
    counts.map((rows: Wire[]) => rows.length),
    [4, 3, 2, 1],
  )
})

each(
  'a request that we gave up and that was done late leaves one order confirmed, and its twin cancelled',
  async (t, way) => {
    const shop = await open(t, way, 150)
    const order = await orderIn(shop, { extras: [] })
    await shop.erp.findOrder('warm') // knows the fields and the user's id by now
    await shop.erp.createOrder({ ...order, reference: 'ANS-1000' })
    const late = countdown(1, () => shop.fault({ kind: 'delay', delayMs: 400, count: 1 }))
    assert.equal(await late.run(() => shop.erp.createOrder(order)), null)
    const { id } = await shop.erp.createOrder(order)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const twins = (await shop.list('sale.order')).filter(
      ({ client_order_ref }: Wire) => client_order_ref === 'ANS-1001',
    )
    assert.equal(twins.length, 2, 'the late one was made: Odoo has nothing against it')
    await shop.erp.confirmOrder(id)
    const states = (await shop.list('sale.order')).map((one: Wire) => [one.client_order_ref, one.id === id, one.state])
    assert.deepEqual(states.slice(1).sort(), [
      ['ANS-1001', false, 'cancel'],
      ['ANS-1001', true, 'sale'],
    ])
    const other = twins.find((twin: Wire) => twin.id !== id)
    await shop.change('sale.order', other.id, { state: 'draft' })
    await assert.rejects(shop.erp.confirmOrder(other.id), kind('refused', /ANS-1001 is S0000\d already/))
    assert.equal((await shop.erp.findOrder('ANS-1001'))?.id, id)
    assert.equal((await shop.list('stock.picking')).length, 1)
  },
)

each('what Odoo says no to is refused, in its words', async (t, way) => {
  const shop = await open(t, way)
  const order = await orderIn(shop)
  await assert.rejects(
    shop.erp.createOrder({ ...order, lines: [{ variantId: 4711, quantity: 1, unitPrice: 1, name: 'gone' }] }),
    kind('refused', /refers to no product\.product/),
  )
  assert.deepEqual([(await shop.list('sale.order')).length, (await shop.list('sale.order.line')).length], [0, 0])
  const { id } = await shop.erp.createOrder(order)
  await shop.erp.confirmOrder(id)
  await shop.change('sale.order', id, { locked: true })
  await assert.rejects(shop.erp.cancelOrder(id), kind('refused', /locked/))
})

each('a key that ran out, or is wrong, is our trouble: it may be asked again, and then it works', async (t, way) => {
  const shop = await open(t, way)
  assert.equal(await shop.erp.findOrder('none'), null)
  await shop.call('POST', '/odoo/sandbox/key', { key: account.apiKey, expired: true })
  await assert.rejects(shop.erp.findOrder('none'), kind('unavailable'))
  await shop.call('POST', '/odoo/sandbox/key', { key: account.apiKey, expired: false })
  assert.equal(await shop.erp.findOrder('none'), null)
  for (const wrong of [{ apiKey: 'wrong' }, { database: 'other' }, { baseUrl: 'http://127.0.0.1:1' }]) {
    await assert.rejects(shop.createWith(wrong).findOrder('none'), kind('unavailable'), JSON.stringify(wrong))
  }
})

each('what was dropped, broken, garbled or too slow is unavailable, and no more', async (t, way) => {
  const shop = await open(t, way, 200)
  await shop.erp.findOrder('none')
  for (const fault of [{ kind: 'drop' }, { kind: 'error' }, { kind: 'garbage' }, { kind: 'delay', delayMs: 2000 }]) {
    await shop.fault({ ...fault, count: 1 })
    await assert.rejects(shop.erp.findOrder('none'), kind('unavailable'), fault.kind)
    await shop.calm()
    assert.equal(await shop.erp.findOrder('none'), null)
  }
})
