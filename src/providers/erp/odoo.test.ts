import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { saying } from '../../../test/support/stranger.ts'
import { ErpError } from '../../engine/erp/erp.ts'
import { createOdoo, type OdooAccount } from './odoo.ts'

interface Asked {
  url: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

/** An Odoo that answers what it is told to, and what it was asked. */
async function answering(t: TestContext, ...answers: [status: number, body: unknown][]) {
  const asked: Asked[] = []
  const { url } = await saying(t, answers, (answer, one) => {
    const body = JSON.parse(one.body) as Record<string, unknown>
    asked.push({ ...one, body })
    const isRpc = typeof answer === 'object' && answer !== null && ('result' in answer || 'error' in answer)
    return isRpc ? { jsonrpc: '2.0', id: body['id'], ...answer } : answer
  })
  const erp = (more: Partial<OdooAccount> = {}) =>
    createOdoo({
      baseUrl: url,
      database: 'shop',
      apiKey: 'secret-key',
      protocol: 'json2',
      login: 'shop@example.com',
      timeoutMs: 1500,
      ...more,
    })
  return { asked, erp }
}

const kind = (expected: ErpError['kind']) => (error: unknown) =>
  error instanceof ErpError && error.kind === expected && !error.message.includes('secret-key')

test('JSON-2: arguments by name at the address of the method, with the key and the database', async (t) => {
  const { asked, erp } = await answering(t, [200, []])
  assert.equal(await erp({ language: 'id_ID' }).findOrder('ANS-1'), null)
  const [{ url, headers, body }] = asked as [Asked]
  assert.equal(url, '/json/2/sale.order/search_read')
  assert.deepEqual(
    [headers['authorization'], headers['x-odoo-database'], headers['content-type']],
    ['bearer secret-key', 'shop', 'application/json; charset=utf-8'],
  )
  assert.deepEqual(body, {
    domain: [
      ['client_order_ref', '=', 'ANS-1'],
      ['origin', '=', 'Saudagar'],
    ],
    fields: ['name', 'client_order_ref', 'state'],
    order: 'id',
    context: { lang: 'id_ID' },
  })
})

test('JSON-RPC: one login, then calls with the user’s id, ids and new values by their place and the rest by name', async (t) => {
  const { asked, erp } = await answering(
    t,
    [200, { result: 7 }], // login
    [200, { result: [] }], // no such partner
    [200, { result: [12] }], // made
    [200, { result: [{ id: 5, login: 'x' }] }], // their user
  )
  const odoo = erp({ protocol: 'jsonrpc', password: 'a-password' })
  const person = { reference: 'cus-1', name: 'Ayu', email: null, phone: '0812' }
  assert.deepEqual(await odoo.ensurePartner(person), { partnerId: 12, userId: 5 })
  const params = asked.map(({ body }) => body['params'] as { service: string; method: string; args: unknown[] })
  assert.ok(asked.every(({ url }) => url === '/jsonrpc'))
  assert.deepEqual(params[0], { service: 'common', method: 'login', args: ['shop', 'shop@example.com', 'a-password'] })
  assert.deepEqual(params[2], {
    service: 'object',
    method: 'execute_kw',
    args: [
      'shop',
      7,
      'a-password',
      'res.partner',
      'create',
      [[{ ref: 'cus-1', name: 'Ayu', email: false, phone: '0812' }]],
      {},
    ],
  })
  assert.deepEqual(params[3]!.args.slice(3, 6), ['res.users', 'search_read', []])
  assert.equal(params.filter(({ service }) => service === 'common').length, 1)
})

test('JSON-RPC: methods of records get their ids first', async (t) => {
  const order = { id: 3, name: 'S3', client_order_ref: false, state: 'sent' }
  const { asked, erp } = await answering(t, [200, { result: 7 }], [200, { result: [order] }], [200, { result: true }])
  await erp({ protocol: 'jsonrpc' }).confirmOrder(3)
  const { args } = asked.at(-1)!.body['params'] as { args: unknown[] }
  assert.deepEqual(args.slice(3), ['sale.order', 'action_confirm', [[3]], {}])
})

test('JSON-RPC: who is let in no more signs in again, once', async (t) => {
  const denied = { error: { code: 200, data: { name: 'odoo.exceptions.AccessDenied', message: 'Access Denied' } } }
  const again = await answering(t, [200, { result: 7 }], [200, denied], [200, { result: 8 }], [200, { result: [] }])
  assert.equal(await again.erp({ protocol: 'jsonrpc' }).findOrder('x'), null)
  const { args } = again.asked.at(-1)!.body['params'] as { args: unknown[] }
  assert.equal(args[1], 8)
  const never = await answering(t, [200, { result: 7 }], [200, denied], [200, { result: 8 }], [200, denied])
  await assert.rejects(never.erp({ protocol: 'jsonrpc' }).findOrder('x'), kind('unavailable'))
  assert.equal(never.asked.length, 4)
})

test('JSON-RPC needs a login, and one that is not accepted is tried again the next time', async (t) => {
  const { asked, erp } = await answering(t, [200, { result: false }], [200, { result: 7 }], [200, { result: [] }])
  assert.throws(() => erp({ protocol: 'jsonrpc', login: undefined }), /needs a login/)
  const odoo = erp({ protocol: 'jsonrpc' })
  await assert.rejects(odoo.findOrder('x'), kind('unavailable'))
  assert.equal(await odoo.findOrder('x'), null)
  assert.equal(asked.length, 3)
})

const exceptions: [name: string, status: number, kind: ErpError['kind']][] = [
  ['odoo.exceptions.UserError', 422, 'refused'],
  ['odoo.exceptions.ValidationError', 422, 'refused'],
  ['odoo.exceptions.MissingError', 404, 'refused'],
  ['odoo.exceptions.AccessError', 403, 'unavailable'],
  ['odoo.exceptions.AccessDenied', 403, 'unavailable'],
  ['odoo.exceptions.LockError', 409, 'unavailable'],
  ['werkzeug.exceptions.Unauthorized', 401, 'unavailable'],
  ['werkzeug.exceptions.NotFound', 404, 'unavailable'],
  ['builtins.ValueError', 500, 'unavailable'],
  ['psycopg2.OperationalError', 500, 'unavailable'],
]

test('what is about the request is refused; keys, rights, modules and the server’s troubles may pass', async (t) => {
  for (const [name, status, expected] of exceptions) {
    const data = { name, message: 'because', arguments: ['because'], context: {}, debug: 'Traceback secret-key' }
    const json2 = await answering(t, [status, data])
    await assert.rejects(json2.erp().findOrder('x'), kind(expected), `JSON-2 ${name}`)
    const error = { code: 200, message: 'Odoo Server Error', data }
    const rpc = await answering(t, [200, { result: 7 }], [200, { error }])
    await assert.rejects(rpc.erp({ protocol: 'jsonrpc' }).findOrder('x'), kind(expected), `JSON-RPC ${name}`)
  }
})

test('an answer that is none is unavailable', async (t) => {
  const order = { id: 1, name: 'S1', client_order_ref: 'x', state: 'draft' }
  const nonsense: [status: number, body: unknown][] = [
    [0, ''],
    [200, '<html>'],
    [200, ''],
    [502, '<html>'],
    [500, { name: 'odoo.exceptions.UserError', message: 'behind a server error, nobody knows' }],
    [200, { result: 7 }],
    [200, [7]],
    [200, [{ name: 'S1' }]],
    [200, [{ ...order, id: '1' }]],
    [200, [{ ...order, name: false }]],
    [200, [{ ...order, name: 'S\u00001' }]],
    [302, ''],
  ]
  for (const [status, body] of nonsense) {
    const { erp } = await answering(t, [status, body])
    await assert.rejects(erp({ timeoutMs: 300 }).findOrder('x'), kind('unavailable'), JSON.stringify([status, body]))
  }
  const noAnswers = [[], 7, { jsonrpc: '2.0', id: 99, result: [] }, { result: [], jsonrpc: '1.0' }, {}, '<html>']
  for (const answer of noAnswers) {
    const { erp } = await answering(t, [200, { result: 7 }], [200, answer])
    await assert.rejects(erp({ protocol: 'jsonrpc' }).findOrder('x'), kind('unavailable'), JSON.stringify(answer))
  }
})

const variant = {
  id: 9,
  product_tmpl_id: [4, 'Table'],
  name: 'Table',
  default_code: false,
  barcode: false,
  lst_price: '3500000.0',
  weight: false,
  active: true,
  sale_ok: true,
  type: 'consu',
  categ_id: false,
  product_template_attribute_value_ids: [],
  write_date: '2026-01-02 03:04:05',
}

test('`false` is empty in every type, and a number may come as a string', async (t) => {
  const { erp } = await answering(t, [200, {}], [200, [variant]])
  assert.deepEqual(await erp().changedVariants(new Date(0), null, 5), [
    {
      id: 9,
      changedAt: new Date('2026-01-02T03:04:05Z'),
      productId: 4,
      name: 'Table',
      sku: null,
      barcode: null,
      price: 3_500_000,
      weightKg: 0,
      isActive: true,
      isStorable: false,
      category: [],
      options: {},
    },
  ])
})

test('a variant without what it must have is no variant', async (t) => {
  for (const wrong of [
    { name: false },
    { product_tmpl_id: false },
    { lst_price: 'free' },
    { write_date: 'yesterday' },
  ]) {
    const { erp } = await answering(t, [200, {}], [200, [{ ...variant, ...wrong }]])
    await assert.rejects(erp().changedVariants(new Date(0), null, 5), kind('unavailable'), JSON.stringify(wrong))
  }
})

test('a state of a company’s own making is one before confirmation, a locked order is confirmed', async (t) => {
  for (const [state, expected] of [
    ['supervisor', 'sent'],
    ['done', 'sale'],
  ]) {
    const order = { id: 1, name: 'S1', client_order_ref: 'x', state }
    const { erp } = await answering(t, [200, [order]], [200, {}], [200, []])
    assert.equal((await erp().findOrder('x'))?.state, expected)
  }
})

test('an order that stays confirmed though it was to be cancelled is a refusal, whatever the answer looked like', async (t) => {
  const order = { id: 1, name: 'S1', client_order_ref: 'x', state: 'sale' }
  const { erp } = await answering(t, [200, [order]], [200, { type: 'ir.actions.act_window' }], [200, [order]])
  await assert.rejects(erp().cancelOrder(1), kind('refused'))
})

test('without the module that numbers parcels, deliveries are read without it', async (t) => {
  const order = { id: 1, name: 'S1', client_order_ref: 'x', state: 'sale' }
  const known = { sale_id: {}, state: {}, picking_type_code: {} }
  const pickings = [
    { id: 1, sale_id: [1, 'S1'], state: 'done', picking_type_code: 'outgoing' },
    { id: 2, sale_id: [1, 'S1'], state: 'assigned', picking_type_code: 'incoming' }, // comes back
    { id: 3, sale_id: [1, 'S1'], state: 'cancel', picking_type_code: 'outgoing' },
  ]
  const { asked, erp } = await answering(t, [200, [order]], [200, known], [200, pickings])
  const found = await erp().findOrder('x')
  assert.deepEqual(found?.delivery, { state: 'done', trackingNumber: null })
  assert.deepEqual(asked.at(-1)!.body['fields'], ['sale_id', 'state', 'picking_type_code'])
})
