import assert from 'node:assert/strict'
import { ayu, each, open, type Wire } from './support.ts'

each('a customer becomes one partner and one portal user, however often that is asked for', async (t, way) => {
  const { erp, list } = await open(t, way)
  const first = await erp.ensurePartner(ayu)
  assert.deepEqual(await erp.ensurePartner(ayu), first)
  assert.deepEqual(await erp.ensurePartner({ ...ayu, email: 'new@example.com' }), first)
  const [partners, users]: Wire[] = [await list('res.partner'), await list('res.users')]
  assert.deepEqual(
    partners.map(({ id, ref, name, email, phone }: Wire) => [id, ref, name, email, phone]),
    [[first.partnerId, ayu.reference, ayu.name, ayu.email, false]],
  )
  assert.deepEqual(
    users.map(({ id, login, partner_id, share }: Wire) => [id, login, partner_id[0], share]),
    [[first.userId, ayu.email, first.partnerId, true]],
  )
})

each('a private person whom staff has written down is found by address', async (t, way) => {
  const { erp, make, list } = await open(t, way)
  await make('res.partner', { name: 'Ayu X', email: 'ayuxl@example.com' })
  const known = await make('res.partner', { name: 'Ayu', email: 'AYU_L@EXAMPLE.COM' })
  assert.equal((await erp.ensurePartner(ayu)).partnerId, known.id)
  assert.deepEqual(await erp.ensurePartner(ayu), await erp.ensurePartner(ayu))
  const refs = (await list('res.partner')).map(({ ref }: Wire) => ref)
  assert.deepEqual(refs, [false, ayu.reference])
})

each('an address alone takes nobody over whom bookkeeping, a company or a login knows', async (t, way) => {
  const { erp, make, list } = await open(t, way)
  const company = await make('res.partner', { name: 'Toko Jaya', email: 'toko@example.com', is_company: true })
  const others: [email: string, values: object, login?: object][] = [
    ['booked@example.com', { ref: 'DEB-77' }],
    ['toko@example.com', {}], // another of the company's address
    ['buyer@example.com', { parent_id: company.id }],
    ['employee@example.com', {}, { login: 'Employee@example.com' }],
    ['portal@example.com', {}, { login: 'old-name', active: false }],
  ]
  const theirs = new Map<string, number>()
  for (const [email, values, user] of others) {
    if (email === 'toko@example.com') continue
    const partner = await make('res.partner', { name: 'Theirs', email, ...values })
    theirs.set(email, partner.id)
    if (user) await make('res.users', { partner_id: partner.id, ...user })
  }
  theirs.set('toko@example.com', company.id)
  const users = new Set((await list('res.users')).map(({ id }: Wire) => id))
  const before = await list('res.partner')
  for (const [index, [email]] of others.entries()) {
    const person = { reference: `cus-${index}`, name: 'Somebody', email, phone: null }
    const made = await erp.ensurePartner(person)
    assert.notEqual(made.partnerId, theirs.get(email), email)
    assert.ok(!users.has(made.userId), email)
    assert.deepEqual(await erp.ensurePartner(person), made)
  }
  assert.deepEqual((await list('res.partner')).slice(0, before.length), before)
  const logins = (await list('res.users')).slice(users.size).map(({ login }: Wire) => login)
  assert.deepEqual(logins, [
    'booked@example.com',
    'toko@example.com',
    'buyer@example.com',
    'cus-3',
    'portal@example.com',
  ])
})

each('a login that is taken, and a customer without an address, do not stand in the way', async (t, way) => {
  const { erp, make, list } = await open(t, way)
  await make('res.users', { login: ayu.email, name: 'Somebody', email: 'else@example.com', active: false })
  await erp.ensurePartner(ayu)
  await erp.ensurePartner({ ...ayu, reference: 'cus-3', email: null })
  const logins = (await list('res.users')).map(({ login }: Wire) => login)
  assert.deepEqual(logins, [ayu.email, 'cus-1', 'cus-3'])
  // one that has our reference for a login as well, as after two partners were merged
  await make('res.users', { login: 'cus-4', name: 'Merged' })
  const { partnerId } = await erp.ensurePartner({ ...ayu, reference: 'cus-4' })
  assert.equal((await list('res.users')).at(-1).login, `cus-4-${partnerId}`)
})
