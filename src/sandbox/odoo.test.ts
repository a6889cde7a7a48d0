import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { OdooAccount } from './odoo.ts'
import { startSandbox } from './sandbox.ts'
import { startShop, until, type Wire } from './testing.ts'

const shopAccount: OdooAccount = {
  database: 'shop',
  apiKeys: ['key-of-shop'],
  login: 'shop@example.com',
  password: 'password-of-shop',
  webhookUrl: null,
}
const oldAccount: OdooAccount = { ...shopAccount, database: 'old', apiKeys: ['key-of-old'], version: 16 }

async function openOdoo(t: TestContext, account: Partial<OdooAccount> = {}, others: OdooAccount[] = []) {
  const lines: string[] = []
  const odoo = [{ ...shopAccount, ...account }, ...others]
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, razorpay: [], odoo, log: (line) => lines.push(line) })
  t.after(() => sandbox.close())
  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    let parsed: Wire
    try {
      parsed = JSON.parse(text)
    } catch {}
    return { status: response.status, body: parsed, text }
  }
  const headers = { 'content-type': 'application/json', authorization: 'bearer key-of-shop', 'x-odoo-database': 'shop' }
  return {
    call,
    lines,
    headers,
    json2: (path: string, body: unknown = {}, more: Record<string, string> = {}) =>
      call('POST', `/odoo/json/2/${path}`, body, { ...headers, ...more }),
    rpc: (service: string, method: string, args: unknown) =>
      call('POST', '/odoo/jsonrpc', { jsonrpc: '2.0', method: 'call', params: { service, method, args }, id: 4 }),
    make: async (model: string, values: object): Promise<Wire> =>
      (await call('POST', '/odoo/sandbox/records', { model, values })).body,
    list: async (model: string): Promise<Wire> => (await call('GET', `/odoo/sandbox/records/${model}`)).body,
  }
}

test('JSON-2 refuses in Odoo’s form, with the status that tells what is wrong', async (t) => {
  const { json2, call, headers } = await openOdoo(t, {}, [oldAccount])
  const read = 'res.partner/search_read'
  const cases: [
    path: string,
    body: unknown,
    more: Record<string, string>,
    status: number,
    name: string,
    words: RegExp,
  ][] = [
    [read, {}, { authorization: 'bearer wrong' }, 401, 'werkzeug.exceptions.Unauthorized', /^Invalid apikey$/],
    [read, {}, { authorization: 'bearer key-of-old' }, 401, 'werkzeug.exceptions.Unauthorized', /^Invalid apikey$/],
    [read, {}, { authorization: '' }, 401, 'werkzeug.exceptions.Unauthorized', /not authenticated/],
    [read, {}, { 'x-odoo-database': 'none' }, 404, 'werkzeug.exceptions.NotFound', /Did you mean/],
    // before 19, there is no such address
    [
      read,
      {},
      { 'x-odoo-database': 'old', authorization: 'bearer key-of-old' },
      404,
      'werkzeug.exceptions.NotFound',
      /Did/,
    ],
    [read, {}, { 'content-type': 'text/plain' }, 415, 'werkzeug.exceptions.UnsupportedMediaType', /json2/],
    [read, '{', {}, 400, 'werkzeug.exceptions.BadRequest', /could not parse the body as json/],
    [read, [], {}, 400, 'werkzeug.exceptions.BadRequest', /object/],
    ['res.nobody/search_read', {}, {}, 404, 'werkzeug.exceptions.NotFound', /model 'res\.nobody' does not exist/],
    ['__proto__/search_read', {}, {}, 404, 'werkzeug.exceptions.NotFound', /does not exist/],
    ['res.partner/fly', {}, {}, 404, 'werkzeug.exceptions.NotFound', /method 'res\.partner\.fly' does not exist/],
    ['res.partner/constructor', {}, {}, 404, 'werkzeug.exceptions.NotFound', /does not exist/],
    ['res.partner/_write', {}, {}, 403, 'odoo.exceptions.AccessError', /Private methods/],
    [read, { ids: [1] }, {}, 422, 'werkzeug.exceptions.UnprocessableEntity', /with ids/],
    [read, { filter: [] }, {}, 422, 'werkzeug.exceptions.UnprocessableEntity', /unexpected keyword argument 'filter'/],
    ['res.partner/create', {}, {}, 422, 'werkzeug.exceptions.UnprocessableEntity', /missing 1 required .* 'vals_list'/],
    ['res.partner/read', { ids: [99] }, {}, 404, 'odoo.exceptions.MissingError', /does not exist or has been deleted/],
    [read, { fields: ['mobile'] }, {}, 500, 'builtins.ValueError', /Invalid field 'mobile' on 'res\.partner'/],
    [read, { domain: [['x', '=', 1]] }, {}, 500, 'builtins.ValueError', /Invalid field 'x'/],
    [read, { domain: [['name', '~', 1]] }, {}, 500, 'builtins.ValueError', /Invalid operator/],
    [read, { domain: ['&', ['name', '=', 1]] }, {}, 500, 'builtins.ValueError', /invalid domain/],
    [read, { order: 'name; drop' }, {}, 500, 'builtins.ValueError', /Invalid order/],
    ['res.partner/create', { vals_list: [{}] }, {}, 422, 'odoo.exceptions.ValidationError', /'name'/],
    ['res.partner/create', { vals_list: [{ name: 'a\0b' }] }, {}, 500, 'builtins.ValueError', /NUL/],
    [
      'sale.order/create',
      { vals_list: [{ partner_id: 99 }] },
      {},
      422,
      'odoo.exceptions.ValidationError',
      /res\.partner/,
    ],
  ]
  for (const [path, body, more, status, name, words] of cases) {
    const answer = await json2(path, body, more)
    const label = `${path} ${JSON.stringify(body)} ${JSON.stringify(more)}: ${answer.text}`
    assert.deepEqual([answer.status, answer.body.name], [status, name], label)
    assert.match(answer.body.message, words, label)
    assert.deepEqual(Object.keys(answer.body), ['name', 'message', 'arguments', 'context', 'debug'])
  }
  assert.equal((await call('GET', '/odoo/json/2/res.partner/search_read', undefined, headers)).status, 404)
  const large = await json2(read, `{"x":"${'x'.repeat(2_000_000)}"}`)
  assert.deepEqual([large.status, large.body.name], [413, 'werkzeug.exceptions.RequestEntityTooLarge'])
})

test('a key that ran out is refused until it is given again', async (t) => {
  const { json2, rpc, call } = await openOdoo(t)
  assert.equal((await json2('res.users/context_get')).status, 200)
  const expire = (expired: boolean) => call('POST', '/odoo/sandbox/key', { key: 'key-of-shop', expired })
  assert.deepEqual((await expire(true)).body, { key: 'key-of-shop', expired: true })
  assert.deepEqual((await json2('res.users/context_get')).body.message, 'Invalid apikey')
  assert.equal((await rpc('common', 'login', ['shop', 'shop@example.com', 'key-of-shop'])).body.result, false)
  await expire(false)
  assert.equal((await json2('res.users/context_get')).status, 200)
})

test('JSON-RPC answers 200 to everything, refusals with an error that names the exception', async (t) => {
  const { rpc, call } = await openOdoo(t)
  const login = await rpc('common', 'login', ['shop', 'shop@example.com', 'password-of-shop'])
  assert.deepEqual(login.body, { jsonrpc: '2.0', id: 4, result: 2 })
  assert.equal((await rpc('common', 'authenticate', ['shop', 'shop@example.com', 'key-of-shop', {}])).body.result, 2)
  assert.equal((await rpc('common', 'login', ['shop', 'shop@example.com', 'wrong'])).body.result, false)
  const execute = (...args: unknown[]) => rpc('object', 'execute_kw', ['shop', 2, 'password-of-shop', ...args])
  const made = await execute('res.partner', 'create', [{ name: 'A' }])
  assert.equal(typeof made.body.result, 'number')
  assert.equal((await execute('res.partner', 'create', [[{ name: 'B' }]])).body.result.length, 1)
  assert.deepEqual((await execute('res.partner', 'read', [made.body.result], { fields: ['name'] })).body.result, [
    { id: made.body.result, name: 'A' },
  ])
  const cases: [args: unknown[], name: string][] = [
    [['shop', 2, 'wrong', 'res.partner', 'search', [[]]], 'odoo.exceptions.AccessDenied'],
    [['shop', 9, 'password-of-shop', 'res.partner', 'search', [[]]], 'odoo.exceptions.AccessDenied'],
    [['none', 2, 'x', 'res.partner', 'search', [[]]], 'psycopg2.OperationalError'],
    [['shop', 2, 'password-of-shop', 'res.nobody', 'search', [[]]], 'odoo.exceptions.UserError'],
    [['shop', 2, 'password-of-shop', 'res.partner', 'fly', [[]]], 'builtins.AttributeError'],
    [['shop', 2, 'password-of-shop', 'res.partner', '_write', [[1]]], 'odoo.exceptions.AccessError'],
    [['shop', 2, 'password-of-shop', 'res.partner', 'read', [[99]]], 'odoo.exceptions.MissingError'],
    // its values are looked for by their place
    [
      ['shop', 2, 'password-of-shop', 'res.partner', 'create', [], { vals_list: [{ name: 'C' }] }],
      'builtins.IndexError',
    ],
    [['shop', 2, 'password-of-shop', 'res.partner', 'write', [], { vals: {} }], 'builtins.IndexError'],
    [['shop', 2, 'password-of-shop', 'res.partner', 'search', [[]], { domain: [] }], 'builtins.TypeError'],
  ]
  for (const [args, name] of cases) {
    const { status, body } = await rpc('object', 'execute_kw', args)
    assert.deepEqual([status, body.error?.data.name, body.result], [200, name, undefined], JSON.stringify(args))
    assert.deepEqual([body.error.code, body.error.message], [200, 'Odoo Server Error'])
  }
  assert.equal((await call('POST', '/odoo/jsonrpc', '{')).status, 400)
})

test('domains join with &, | and !, look through relations, and leave archived records out unless asked', async (t) => {
  const { json2, make } = await openOdoo(t)
  const parent = await make('res.partner', { name: 'Toko Jaya', is_company: true, city: 'Solo' })
  await make('res.partner', { name: 'Ayu', email: 'a_b@example.com', parent_id: parent.id })
  await make('res.partner', { name: 'Budi', email: 'axb@example.com' })
  await make('res.partner', { name: 'Old', active: false })
  const names = async (domain: unknown[], more: object = {}) => {
    const { body } = await json2('res.partner/search_read', { domain, fields: ['name'], ...more })
    return body.map(({ name }: Wire) => name).join(' ')
  }
  assert.equal(await names([]), 'Toko Jaya Ayu Budi')
  assert.equal(await names([], { context: { active_test: false } }), 'Toko Jaya Ayu Budi Old')
  assert.equal(await names([['active', '=', false]]), 'Old')
  assert.equal(await names(['|', ['name', '=', 'Ayu'], ['name', '=', 'Budi']]), 'Ayu Budi')
  assert.equal(await names(['|', ['name', '=', 'Ayu'], ['name', '=', 'Budi'], ['email', 'ilike', 'AXB']]), 'Budi')
  assert.equal(await names(['!', '|', ['name', '=', 'Ayu'], ['name', '=', 'Budi']]), 'Toko Jaya')
  assert.equal(await names(['&', ['email', '!=', false], ['parent_id', '=', false]]), 'Budi')
  assert.equal(await names([['parent_id.city', '=', 'Solo']]), 'Ayu')
  assert.equal(await names([['parent_id', 'ilike', 'jaya']]), 'Ayu')
  assert.equal(await names([['name', 'in', ['Ayu', 'Old']]]), 'Ayu')
  assert.equal(await names([['name', 'not in', ['Ayu']]]), 'Toko Jaya Budi')
  assert.equal(await names([['email', '=ilike', 'A_B@example.com']]), 'Ayu Budi')
  assert.equal(await names([['email', '=ilike', 'A\\_B@example.com']]), 'Ayu')
  assert.equal(await names([['name', 'not ilike', 'u']]), 'Toko Jaya')
  assert.equal(await names([], { order: 'name desc', offset: 1, limit: 1 }), 'Budi')
  const [ayu] = (await json2('res.partner/search_read', { domain: [['name', '=', 'Ayu']] })).body
  assert.deepEqual([ayu.parent_id, ayu.phone, ayu.is_company], [[parent.id, 'Toko Jaya'], false, false])
})

test('times are kept finer than they are shown: the second that is shown is equal to nothing', async (t) => {
  const { json2, make } = await openOdoo(t)
  await make('res.partner', { name: 'A', write_date: '2026-01-01 10:00:00.250' })
  const count = async (...condition: unknown[]) =>
    (await json2('res.partner/search_count', { domain: [['write_date', ...condition]] })).body
  const [shown] = (await json2('res.partner/search_read', { fields: ['write_date'] })).body
  assert.equal(shown.write_date, '2026-01-01 10:00:00')
  assert.equal(await count('=', shown.write_date), 0)
  assert.equal(await count('>', shown.write_date), 1)
  assert.equal(await count('>=', shown.write_date), 1)
  assert.equal(await count('<', '2026-01-01 10:00:01'), 1)
})

test('a call that fails has done nothing, and a caller does not set what the server sets', async (t) => {
  const { json2, list, make } = await openOdoo(t)
  const partner = await make('res.partner', { name: 'A' })
  const order_line = [[0, 0, { name: 'without a product' }]]
  const refused = await json2('sale.order/create', { vals_list: [{ partner_id: partner.id, order_line }] })
  assert.equal(refused.body.name, 'odoo.exceptions.ValidationError')
  assert.deepEqual([await list('sale.order'), await list('sale.order.line')], [[], []])
  const values = { name: 'B', write_date: '2001-01-01 00:00:00' }
  assert.equal((await json2('res.partner/write', { ids: [partner.id], vals: values })).body, true)
  const [written] = await list('res.partner')
  assert.equal(written.name, 'B')
  assert.notEqual(written.write_date, '2001-01-01 00:00:00')
})

test('a reference of a customer’s order may be there twice, a login may not', async (t) => {
  const { json2, make, list } = await openOdoo(t)
  const partner = await make('res.partner', { name: 'A' })
  const vals_list = [{ partner_id: partner.id, client_order_ref: 'ANS-1' }]
  await json2('sale.order/create', { vals_list })
  await json2('sale.order/create', { vals_list })
  const references = (await list('sale.order')).map(({ name, client_order_ref }: Wire) => [name, client_order_ref])
  assert.deepEqual(references, [
    ['S00001', 'ANS-1'],
    ['S00002', 'ANS-1'],
  ])
  await json2('res.users/create', { vals_list: [{ login: 'a', name: 'A' }] })
  const twin = await json2('res.users/create', { vals_list: [{ login: 'a', name: 'B' }] })
  assert.deepEqual([twin.status, twin.body.message], [422, 'You can not have two users with the same login!'])
})

test('before 18, cancelling a confirmed order opens a window unless the caller says not to', async (t) => {
  const { rpc, make, list } = await openOdoo(t, { version: 17 })
  const partner = await make('res.partner', { name: 'A' })
  const order = await make('sale.order', { partner_id: partner.id, state: 'sale' })
  const cancel = (kwargs: object) =>
    rpc('object', 'execute_kw', ['shop', 2, 'key-of-shop', 'sale.order', 'action_cancel', [[order.id]], kwargs])
  assert.equal((await cancel({})).body.result.res_model, 'sale.order.cancel')
  assert.equal((await list('sale.order'))[0].state, 'sale')
  assert.equal((await cancel({ context: { disable_cancel_warning: true } })).body.result, true)
  assert.equal((await list('sale.order'))[0].state, 'cancel')
})

test('staff delivers what was confirmed: goods leave, the parcel has its number, and it is done once', async (t) => {
  const { json2, make, list, call } = await openOdoo(t)
  const stool = await make('product.product', { name: 'Stool', is_storable: true, list_price: 90 })
  await make('stock.quant', { product_id: stool.id, quantity: 5 })
  const partner = await make('res.partner', { name: 'A' })
  const order_line = [[0, 0, { product_id: stool.id, product_uom_qty: 2 }]]
  const order = await make('sale.order', { partner_id: partner.id, client_order_ref: 'ANS-1', order_line })
  assert.equal(order.amount_total, 180)
  const deliver = () => call('POST', '/odoo/sandbox/deliver', { client_order_ref: 'ANS-1', tracking: 'JP1' })
  assert.equal((await deliver()).status, 404)
  await json2('sale.order/action_confirm', { ids: [order.id] })
  const again = await json2('sale.order/action_confirm', { ids: [order.id] })
  assert.match(again.body.message, /not in a state requiring confirmation/)
  const stock = async () => (await list('stock.quant')).map((quant: Wire) => [quant.quantity, quant.reserved_quantity])
  assert.deepEqual(await stock(), [[5, 2]])
  const delivered = await deliver()
  assert.equal(delivered.status, 200)
  assert.deepEqual(
    delivered.body.pickings.map((picking: Wire) => [picking.state, picking.carrier_tracking_ref, picking.sale_id]),
    [['done', 'JP1', [order.id, 'S00001']]],
  )
  assert.deepEqual(await stock(), [[3, 0]])
  assert.equal((await deliver()).status, 409)
})

test('controls answer with what they changed, and refuse what makes no sense', async (t) => {
  const { call, list, make, lines } = await openOdoo(t, {}, [oldAccount])
  const made = await call('POST', '/odoo/sandbox/records', {
    database: 'old',
    model: 'product.product',
    values: { name: 'A', type: 'product' },
  })
  assert.deepEqual([made.status, made.body.name, made.body.type], [200, 'A', 'product'])
  assert.deepEqual(await list('product.product'), [])
  const partner = await make('res.partner', { name: 'A' })
  const changed = await call('PATCH', `/odoo/sandbox/records/res.partner/${partner.id}`, { values: { phone: '08' } })
  assert.deepEqual([changed.body.name, changed.body.phone], ['A', '08'])
  assert.deepEqual((await call('DELETE', '/odoo/sandbox/records')).body, { emptied: ['shop', 'old'] })
  assert.deepEqual(await list('res.partner'), [])
  assert.equal((await list('res.groups')).length, 2)
  const wrong: [method: string, path: string, body: unknown, status: number][] = [
    ['POST', '/odoo/sandbox/records', '{', 400],
    ['POST', '/odoo/sandbox/records', { model: 'res.nobody', values: {} }, 400],
    ['POST', '/odoo/sandbox/records', { model: '__proto__', values: {} }, 400],
    ['POST', '/odoo/sandbox/records', { model: 'res.partner', values: { mobile: '1' } }, 400],
    ['POST', '/odoo/sandbox/records', { database: 'none', model: 'res.partner', values: {} }, 400],
    ['PATCH', '/odoo/sandbox/records/res.partner/99', { values: {} }, 404],
    ['PATCH', '/odoo/sandbox/records/res.nobody/1', { values: {} }, 400],
    ['GET', '/odoo/sandbox/records/res.nobody', undefined, 400],
    ['POST', '/odoo/sandbox/key', { key: 'none', expired: true }, 404],
    ['POST', '/odoo/sandbox/webhook-url', { webhook_url: 'shop' }, 400],
    ['POST', '/odoo/sandbox/deliver', {}, 400],
  ]
  for (const [method, path, body, status] of wrong) {
    const answer = await call(method, path, body)
    assert.equal(answer.status, status, `${method} ${path} ${answer.text}`)
    assert.equal(typeof answer.body.error, 'string')
  }
  assert.deepEqual(lines, [])
})

test('a change is told to the shop as a hint: which record, with the secret, and nothing else', async (t) => {
  const shop = await startShop(t)
  const { call, make, json2 } = await openOdoo(t, { webhookUrl: shop.url, webhookSecret: 'hint-secret' })
  await make('res.partner', { name: 'nobody watches partners' })
  const variant = await make('product.product', { name: 'A' })
  const told = (): Wire[] => shop.hooks.map(({ raw }) => JSON.parse(raw))
  await until('the product is told', () => shop.hooks.length === 2)
  assert.deepEqual(
    told().map(({ _model, _id }) => [_model, _id]),
    [
      ['product.template', variant.product_tmpl_id[0]],
      ['product.product', variant.id],
    ],
  )
  assert.deepEqual(Object.keys(told()[0]), ['_action', '_id', '_model'])
  assert.equal(shop.hooks[0]!.headers['x-odoo-webhook-secret'], 'hint-secret')

  await call('POST', '/faults', { provider: 'odoo', kind: 'drop', only: 'webhook', count: 1 })
  await call('POST', '/faults', { provider: 'odoo', kind: 'duplicate', copies: 2, only: 'webhook', count: 1 })
  await json2('product.product/write', { ids: [variant.id], vals: { barcode: '1' } })
  await json2('product.product/write', { ids: [variant.id], vals: { barcode: '2' } })
  await until('the second is told twice, the first never', () => shop.hooks.length === 4)

  await call('POST', '/odoo/sandbox/webhook-url', { webhook_url: null })
  await json2('product.product/write', { ids: [variant.id], vals: { barcode: '3' } })
  await call('POST', '/odoo/sandbox/webhook-url', { webhook_url: shop.url })
  await json2('product.product/write', { ids: [variant.id], vals: { barcode: '4' } })
  await until('only the last is told', () => shop.hooks.length === 5)
})

test('faults strike both protocols: before the work or after it, and never in the form of a result', async (t) => {
  const { call, json2, rpc, list } = await openOdoo(t)
  const create = { vals_list: [{ name: 'A' }] }
  await call('POST', '/faults', { provider: 'odoo', kind: 'error', count: 1 })
  assert.equal((await json2('res.partner/create', create)).status, 500)
  assert.equal((await list('res.partner')).length, 0)
  await call('POST', '/faults', { provider: 'odoo', kind: 'garbage', count: 1, after: true })
  assert.equal((await json2('res.partner/create', create)).body, undefined)
  assert.equal((await list('res.partner')).length, 1)
  await call('POST', '/faults', { provider: 'odoo', kind: 'drop', count: 1, after: true })
  await assert.rejects(rpc('common', 'version', []))
  assert.deepEqual((await rpc('common', 'version', [])).body.result.version_info, [19, 0, 0, 'final', 0, ''])
  assert.equal((await call('GET', '/odoo/web/version')).body.version, '19.0')
})

test('two accounts with one database, and an address that is none, are refused at the start', async () => {
  const start = (odoo: OdooAccount[]) => startSandbox({ port: 0, smtpPort: 0, razorpay: [], odoo })
  await assert.rejects(start([shopAccount, shopAccount]), /two Odoo accounts/)
  await assert.rejects(start([{ ...shopAccount, webhookUrl: 'shop' }]), /http or https/)
})
