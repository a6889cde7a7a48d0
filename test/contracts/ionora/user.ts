import assert from 'node:assert/strict'
import type { Wire } from '../../support/shop.ts'
import { address } from '../../support/shop.ts'
import { later, nobody, placed, shop } from './shop.ts'
import type { RowTests } from './table.ts'

type Person = Awaited<ReturnType<typeof shop.customer>>

const addressesOf = async (person: Person): Promise<Wire[]> =>
  (await person.call('GET', '/api/user/addresses')).body.addresses
const defaultsOf = async (person: Person): Promise<string[]> =>
  (await addressesOf(person)).filter((one) => one.is_default).map((one) => one.id)
const add = async (person: Person, more: object = {}): Promise<Wire> =>
  (await person.call('POST', '/api/user/address', { ...address, ...more })).body.address

export const user: RowTests = {
  'user.profile.get': {
    'a customer sees himself': async (row) => {
      const [one, two] = await Promise.all([shop.customer(), shop.customer()])
      assert.equal((await row.ok(one)).user.email, one.email)
      assert.equal((await row.ok(two)).user.id, two.id)
    },
  },

  'user.profile.update': {
    'the documented request changes name and phone, and updated_at moves': async (row) => {
      const person = await shop.customer()
      const { user: before } = (await person.call('GET', '/api/user/profile')).body
      await later(5)
      const { user } = await row.ok(person, { body: row.request.body })
      assert.deepEqual({ ...user, updated_at: 0 }, { ...before, ...row.request.body, updated_at: 0 })
      assert.ok(user.updated_at > before.updated_at)
    },
    'a field that is left out keeps its value; nothing at all is no fault': async (row) => {
      const person = await shop.customer()
      await row.ok(person, { body: row.request.body })
      assert.equal((await row.ok(person, { body: { full_name: 'John Doe' } })).user.phone, '9876543210')
      const { user } = await row.ok(person, { body: { phone: '1234567890' } })
      assert.deepEqual([user.full_name, user.phone], ['John Doe', '1234567890'])
      for (const body of [{}, undefined]) {
        const { user: same } = await row.ok(person, { body })
        assert.deepEqual([same.full_name, same.phone], ['John Doe', '1234567890'])
      }
    },
    'nothing else can be changed here': async (row) => {
      const person = await shop.customer()
      const body = { email: 'other@example.com', password: 'Other12345', is_admin: true, email_verified: true }
      const { user } = await row.ok(person, { body })
      assert.deepEqual([user.email, user.is_admin, user.email_verified], [person.email, false, false])
      assert.equal((await person.call('GET', '/api/admin/orders')).status, 403)
    },
    'an empty value and one of the wrong type are refused': async (row) => {
      const person = await shop.customer()
      for (const body of [
        { phone: 9876543210, full_name: '' },
        { phone: '', full_name: 5 },
      ])
        assert.deepEqual((await row.no('validation', person, { body })).toSorted(), ['full_name', 'phone'])
    },
  },

  'user.addresses.list': {
    'the list is empty at first, and then has every address': async (row) => {
      const person = await shop.customer()
      assert.deepEqual(await row.ok(person), { addresses: [] })
      for (let i = 0; i < 25; i++) await add(person, { is_default: i % 2 === 0, pincode: `0${400001 + i}` })
      const { addresses } = await row.ok(person)
      assert.equal(addresses.length, 25)
      assert.equal(addresses.filter((one: Wire) => one.is_default).length, 1)
      assert.equal(addresses[0].pincode, '0400001')
    },
    'a customer sees no address of another': async (row) => {
      await add(await shop.customer())
      assert.deepEqual(await row.ok(await shop.customer()), { addresses: [] })
    },
  },

  'user.address.create': {
    'the documented request makes a shipping address': async (row) => {
      const person = await shop.customer()
      const { address: made } = await row.ok(person, { body: row.request.body })
      const { id, created_at: _, ...rest } = made
      assert.deepEqual(rest, { ...row.request.body, address_type: 'shipping' })
      assert.deepEqual(await addressesOf(person), [made])
      assert.deepEqual(await defaultsOf(person), [id])
    },
    'address_type and is_default are optional': async (row) => {
      const person = await shop.customer()
      const { is_default: _, ...required } = row.request.body
      assert.equal((await row.ok(person, { body: required })).address.is_default, false)
      const { address: billing } = await row.ok(person, { body: { ...required, address_type: 'billing' } })
      assert.equal(billing.address_type, 'billing')
    },
    'a new default demotes the others': async (row) => {
      const person = await shop.customer()
      await row.ok(person, { body: row.request.body })
      const { address: second } = await row.ok(person, { body: row.request.body })
      assert.deepEqual(await defaultsOf(person), [second.id])
    },
    'every missing field is named': async (row) => {
      const person = await shop.customer()
      const required = ['full_address', 'city', 'state', 'pincode', 'country']
      assert.deepEqual(await row.no('validation', person, { body: {} }), required)
      assert.deepEqual(await row.no('validation', person, { body: { ...row.request.body, pincode: 400001 } }), [
        'pincode',
      ])
      assert.deepEqual(await addressesOf(person), [])
    },
  },

  'user.address.update': {
    'a new default demotes the others, and the whole address is answered': async (row) => {
      const person = await shop.customer()
      const first = await add(person, { is_default: false })
      await add(person)
      const { address: changed } = await row.ok(person, { params: { id: first.id }, body: row.request.body })
      assert.deepEqual(changed, { ...first, is_default: true })
      assert.deepEqual(await defaultsOf(person), [first.id])
    },
    'any fields may be changed, and the others keep their values': async (row) => {
      const person = await shop.customer()
      const made = await add(person)
      const params = { id: made.id }
      const all = {
        address_type: 'billing',
        full_address: '9 Road',
        city: 'Pune',
        state: 'XX',
        pincode: '1',
        country: 'Y',
      }
      const expected = { ...made }
      for (const [field, value] of Object.entries({ ...all, is_default: false })) {
        Object.assign(expected, { [field]: value })
        assert.deepEqual((await row.ok(person, { params, body: { [field]: value } })).address, expected)
      }
      assert.deepEqual(await addressesOf(person), [expected])
    },
    'no known field is no change': async (row) => {
      const person = await shop.customer()
      const params = { id: (await add(person)).id }
      for (const body of [{}, undefined, { colour: 'red' }])
        await row.no('no changes supplied', person, { params, body })
    },
    'an unknown address and another customer’s are refused alike, and nothing is demoted': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const [own, theirs] = [await add(person), await add(other)]
      for (const id of [nobody, theirs.id])
        await row.no('no such address', person, { params: { id }, body: { is_default: true, city: 'Pune' } })
      assert.deepEqual(await defaultsOf(person), [own.id])
      assert.deepEqual(await addressesOf(other), [theirs])
    },
    'an id that is none and a field of the wrong type are refused': async (row) => {
      const person = await shop.customer()
      const made = await add(person)
      assert.deepEqual(await row.no('validation', person, { params: { id: 'one' }, body: { city: 'Pune' } }), ['id'])
      const wrong = await row.send(person, { params: { id: made.id }, body: { city: 5, is_default: 'yes' } })
      assert.equal(wrong.status, 400)
      assert.deepEqual(
        wrong.body.errors.map((error: Wire) => error.param),
        ['city', 'is_default'],
      )
      assert.deepEqual(await addressesOf(person), [made])
    },
  },

  'user.address.delete': {
    'a deleted address leaves the list, once': async (row) => {
      const person = await shop.customer()
      const made = await add(person)
      await row.ok(person, { params: { id: made.id } })
      assert.deepEqual(await addressesOf(person), [])
      await row.no('no such address', person, { params: { id: made.id } })
    },
    'another customer’s address stays': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const theirs = await add(other)
      await row.no('no such address', person, { params: { id: theirs.id } })
      assert.deepEqual(await addressesOf(other), [theirs])
    },
    'orders keep the address that they were placed with': async (row) => {
      const { buyer, read } = await placed()
      const before = (await read()).shipping_address
      await buyer.call('PUT', `/api/user/address/${buyer.addressId}`, { city: 'Pune', is_default: false })
      await row.ok(buyer, { params: { id: buyer.addressId } })
      assert.deepEqual((await read()).shipping_address, before)
      assert.deepEqual(before, { id: buyer.addressId, ...address })
    },
  },
}
