import assert from 'node:assert/strict'
import { address, password } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { guest, nobody, shop } from './shop.ts'
import type { RowTests } from './table.ts'

type Person = Awaited<ReturnType<typeof shop.customer>>

const addressesOf = async (person: Person): Promise<Wire[]> =>
  (await person.call('GET', '/api/user/addresses')).body.data.addresses
const defaultsOf = async (person: Person): Promise<number[]> =>
  (await addressesOf(person)).filter((one) => one.is_default).map((one) => one.id)
const add = async (person: Person, more: object = {}): Promise<Wire> =>
  (await person.call('POST', '/api/user/addresses', { ...address, ...more })).body.data.address
const signIn = async (login: string): Promise<number> =>
  (await guest.call('POST', '/api/auth/login', { email: login, password })).status

/** What an address must have. */
const required = ['label', 'recipient_name', 'phone', 'address_line1', 'city', 'province', 'postal_code']

let phones = 0
const newPhone = () => `+62815${String(1_000_000 + ++phones)}`

export const user: RowTests = {
  'user.getProfile': {
    'a customer sees himself, in data itself': async (row) => {
      const [one, two] = await Promise.all([shop.customer(), shop.customer()])
      const { created_at: at, ...rest } = (await row.ok(one)).data
      const { id, email, phone } = { ...one, id: one.serial }
      assert.deepEqual(rest, { id, email, phone, full_name: rest.full_name, email_verified: false })
      assert.match(rest.full_name, /^Person \d+$/)
      assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000)
      assert.equal((await row.ok(two)).data.id, two.serial)
    },
  },

  'user.updateProfile': {
    'the documented request changes name and phone': async (row) => {
      const person = await shop.customer()
      const before = (await person.call('GET', '/api/user/profile')).body.data
      const body = { ...row.request.body, phone: newPhone() }
      const { data } = await row.ok(person, { body })
      assert.deepEqual(data, { ...before, ...body })
      assert.deepEqual((await person.call('GET', '/api/user/profile')).body.data, data)
    },
    'a field that is left out keeps its value; nothing at all is no fault': async (row) => {
      const person = await shop.customer()
      const phone = newPhone()
      assert.equal((await row.ok(person, { body: { full_name: 'John Doe' } })).data.phone, person.phone)
      assert.equal((await row.ok(person, { body: { phone } })).data.full_name, 'John Doe')
      for (const body of [{}, undefined]) {
        const { data } = await row.ok(person, { body })
        assert.deepEqual([data.full_name, data.phone], ['John Doe', phone])
      }
    },
    'a new phone number signs in from then on, and the old one does not': async (row) => {
      const person = await shop.customer()
      const phone = newPhone()
      await row.ok(person, { body: { phone: `0${phone.slice(3, 6)}-${phone.slice(6)}` } })
      assert.deepEqual(await Promise.all([phone, person.email, person.phone].map(signIn)), [200, 200, 401])
      // nobody has the old number now
      const other = await shop.customer()
      await row.ok(other, { body: { phone: person.phone } })
      assert.equal(await signIn(person.phone), 200)
    },
    'somebody else’s phone number is refused, however it is written, and nothing is changed': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      for (const phone of [other.phone, `0${other.phone.slice(3)}`, other.phone.slice(1)]) {
        const { status, body } = await row.send(person, { body: { full_name: 'Somebody', phone } })
        assert.deepEqual([status, body.code, body.error], [409, 'CONFLICT', 'Phone number already registered'])
      }
      assert.deepEqual(await Promise.all([person, other].map(({ phone }) => signIn(phone))), [200, 200])
      const { data } = await row.ok(person, { body: {} })
      assert.deepEqual([data.phone, data.full_name.startsWith('Person ')], [person.phone, true])
      // one's own is no conflict
      await row.ok(person, { body: { phone: person.phone } })
    },
    'nothing else can be changed here': async (row) => {
      const person = await shop.customer()
      const body = { email: 'other@example.com', password: 'Other12345', email_verified: true, is_admin: true, id: 1 }
      const { data } = await row.ok(person, { body })
      assert.deepEqual([data.email, data.email_verified, data.id], [person.email, false, person.serial])
      assert.equal(await signIn(person.email), 200)
    },
    'an empty value and one of the wrong type are refused': async (row) => {
      const person = await shop.customer()
      for (const body of [
        { full_name: '', phone: 628123456789 },
        { full_name: '  ', phone: '' },
        { full_name: 5, phone: 'one two three' },
      ]) {
        const wrong = await row.no('full_name or phone is malformed', person, { body })
        assert.deepEqual(wrong.toSorted(), ['full_name', 'phone'])
      }
    },
    'what looks like a number and is none takes nobody’s login away': async (row) => {
      const person = await shop.customer()
      for (const phone of ['+0812345678', '(((((((((', '0.-.-.-.-.-'])
        await row.no('full_name or phone is malformed', person, { body: { phone } })
      assert.equal((await row.ok(person, { body: {} })).data.phone, person.phone)
      assert.equal(await signIn(person.phone), 200)
    },
  },

  'user.listAddresses': {
    'the list is empty at first, and then has every address': async (row) => {
      const person = await shop.customer()
      assert.deepEqual((await row.ok(person)).data, { addresses: [] })
      for (let i = 0; i < 25; i++) await add(person, { is_default: i % 2 === 0, postal_code: `0${12345 + i}` })
      const { addresses } = (await row.ok(person)).data
      assert.equal(addresses.length, 25)
      assert.equal(addresses.filter((one: Wire) => one.is_default).length, 1)
      assert.equal(addresses[0].postal_code, '012345')
    },
    'the second line and the district are there only where they were given': async (row) => {
      const person = await shop.customer()
      const plain = await add(person)
      const full = await add(person, { address_line2: 'Suite 100', district: 'Menteng', is_default: false })
      await add(person, { address_line2: null, district: '', is_default: false })
      const { addresses } = (await row.ok(person)).data
      assert.deepEqual(addresses.slice(0, 2), [plain, full])
      for (const one of [addresses[0], addresses[2]])
        assert.deepEqual(Object.keys(one).toSorted(), ['id', 'is_default', ...required].toSorted())
      assert.deepEqual([full.address_line2, full.district], ['Suite 100', 'Menteng'])
    },
    'a customer sees no address of another': async (row) => {
      await add(await shop.customer())
      assert.deepEqual((await row.ok(await shop.customer())).data, { addresses: [] })
    },
  },

  'user.addAddress': {
    'the documented request makes an address': async (row) => {
      const person = await shop.customer()
      const { id, ...rest } = (await row.ok(person, { body: row.request.body })).data.address
      assert.deepEqual(rest, row.request.body)
      assert.deepEqual(await addressesOf(person), [{ id, ...rest }])
    },
    'line 2, district and is_default may be left out': async (row) => {
      const person = await shop.customer()
      const { address_line2: _, district: __, is_default: ___, ...body } = row.request.body
      const { address: made } = (await row.ok(person, { body })).data
      assert.deepEqual(made, { ...body, id: made.id, is_default: false })
    },
    'a new default demotes the others': async (row) => {
      const person = await shop.customer()
      await row.ok(person, { body: address })
      const { address: second } = (await row.ok(person, { body: address })).data
      assert.deepEqual(await defaultsOf(person), [second.id])
      await row.ok(person, { body: { ...address, is_default: false } })
      assert.deepEqual(await defaultsOf(person), [second.id])
    },
    'of defaults that are set at once, one stays': async (row) => {
      const person = await shop.customer()
      await Promise.all(Array.from({ length: 6 }, () => row.ok(person, { body: address })))
      assert.equal((await addressesOf(person)).length, 6)
      assert.equal((await defaultsOf(person)).length, 1)
    },
    'every missing field is named, and one of the wrong type is': async (row) => {
      const person = await shop.customer()
      for (const body of [{}, undefined]) assert.deepEqual(await row.no('a required field', person, { body }), required)
      for (const field of required) {
        for (const value of [undefined, '', '  ', 5, null]) {
          const body = { ...address, [field]: value }
          assert.deepEqual(await row.no('a required field', person, { body }), [field], `${field} ${value}`)
        }
      }
      const odd = { ...address, is_default: 'yes', address_line2: 5, district: [] }
      const wrong = await row.no('a required field', person, { body: odd })
      assert.deepEqual(wrong.toSorted(), ['address_line2', 'district', 'is_default'])
      assert.deepEqual(await addressesOf(person), [])
    },
    'sent twice with one Idempotency-Key, it makes one address; another body under that key is refused': async (
      row,
    ) => {
      const person = await shop.customer()
      const headers = { 'idempotency-key': 'one-address' }
      const first = await row.send(person, { body: address, headers })
      const second = await row.send(person, { body: address, headers })
      assert.deepEqual(row.answers(second), row.answers(first))
      assert.deepEqual(
        [first, second].map((answer) => answer.headers.get('idempotent-replayed')),
        [null, 'true'],
      )
      assert.equal((await addressesOf(person)).length, 1)
      const other = await row.send(person, { body: { ...address, city: 'Bogor' }, headers })
      assert.deepEqual([other.status, other.body.code], [422, 'VALIDATION_ERROR'])
      // a key is its customer's own
      await row.ok(await shop.customer(), { body: address, headers })
    },
  },

  'user.updateAddress': {
    'the whole address is replaced': async (row) => {
      const person = await shop.customer()
      const { id } = await add(person)
      const { address: changed } = (await row.ok(person, { params: { id }, body: row.request.body })).data
      assert.deepEqual(changed, { id, ...row.request.body })
      assert.deepEqual(await addressesOf(person), [changed])
      // what is not said again of line 2 and district is gone
      const { address_line2: _, district: __, ...body } = row.request.body
      assert.deepEqual((await row.ok(person, { params: { id }, body })).data.address, { id, ...body })
    },
    'a new default demotes the others; left out, it stays what it was': async (row) => {
      const person = await shop.customer()
      const first = await add(person)
      const { id } = await add(person, { is_default: false })
      const { is_default: _, ...silent } = address
      await row.ok(person, { params: { id: first.id }, body: silent })
      assert.deepEqual(await defaultsOf(person), [first.id])
      await row.ok(person, { params: { id }, body: address })
      assert.deepEqual(await defaultsOf(person), [id])
      await row.ok(person, { params: { id }, body: { ...address, is_default: false } })
      assert.deepEqual(await defaultsOf(person), [])
    },
    'an unknown address and another customer’s are refused alike, and nothing is demoted': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const [own, theirs] = [await add(person), await add(other)]
      const rivals = await add(await shop.customer(shop.rival))
      for (const id of [nobody, theirs.id, rivals.id]) {
        const answer = await row.send(person, { params: { id }, body: address })
        row.refuses('no address of the caller has this id', answer)
        assert.equal(answer.body.error, 'Address not found')
      }
      assert.deepEqual(await defaultsOf(person), [own.id])
      assert.deepEqual(await addressesOf(other), [theirs])
    },
    'an id that is none, and a field that is missing or of the wrong type, are refused': async (row) => {
      const person = await shop.customer()
      const made = await add(person)
      for (const id of ['one', '0', '-1', '1.5', '9007199254740993'])
        assert.deepEqual(await row.no('a field is malformed', person, { params: { id }, body: address }), ['id'])
      const params = { id: made.id }
      assert.deepEqual(await row.no('a field is malformed', person, { params, body: {} }), required)
      const odd = { ...address, city: 5, is_default: 'yes' }
      assert.deepEqual(await row.no('a field is malformed', person, { params, body: odd }), ['city', 'is_default'])
      assert.deepEqual(await addressesOf(person), [made])
    },
  },

  'user.deleteAddress': {
    'a deleted address leaves the list, once': async (row) => {
      const person = await shop.customer()
      const [{ id }, kept] = [await add(person), await add(person)]
      await row.ok(person, { params: { id } })
      assert.deepEqual(await addressesOf(person), [kept])
      await row.no('no address of the caller has this id', person, { params: { id } })
    },
    'another customer’s address stays': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const theirs = await add(other)
      for (const id of [nobody, theirs.id])
        await row.no('no address of the caller has this id', person, { params: { id } })
      assert.deepEqual(await addressesOf(other), [theirs])
    },
    'orders keep the address that they were placed with': async (row) => {
      const { variants } = await shop.product()
      const buyer = await shop.buyer(variants[0]!.serial)
      const { order_number: number } = (await buyer.checkout()).body.data.order
      const { shipping } = await buyer.orderOf(number)
      assert.equal(shipping.address, 'Jl. Example No. 123, Jakarta Selatan, DKI Jakarta 12345')
      const elsewhere = { ...address, recipient_name: 'Siti', city: 'Bogor' }
      await buyer.call('PUT', `/api/user/addresses/${buyer.addressId}`, elsewhere)
      await row.ok(buyer, { params: { id: buyer.addressId } })
      assert.deepEqual((await buyer.orderOf(number)).shipping, shipping)
    },
  },

  'user.setDefaultAddress': {
    'the address is the default, and the one of before no longer': async (row) => {
      const person = await shop.customer()
      const [first, second] = [await add(person), await add(person, { is_default: false })]
      const { address: answered } = (await row.ok(person, { params: { id: second.id } })).data
      assert.deepEqual(answered, { ...second, is_default: true })
      assert.deepEqual(await addressesOf(person), [{ ...first, is_default: false }, answered])
      // a second time it is no news
      await row.ok(person, { params: { id: second.id } })
      assert.deepEqual(await defaultsOf(person), [second.id])
    },
    'an unknown address and another customer’s are refused alike, and nothing is demoted': async (row) => {
      const [person, other] = await Promise.all([shop.customer(), shop.customer()])
      const [own, theirs] = [await add(person), await add(other, { is_default: false })]
      for (const id of [nobody, theirs.id])
        await row.no('no address of the caller has this id', person, { params: { id } })
      assert.deepEqual(await defaultsOf(person), [own.id])
      assert.deepEqual(await defaultsOf(other), [])
    },
  },
}
