import assert from 'node:assert/strict'
import { password } from '../../support/furniture.ts'
import type { Wire } from '../../support/installation.ts'
import { browser, cartOf, change, oakTable, put, serialOf } from './buying.ts'
import type { Person } from './buying.ts'
import { bearer, shop } from './shop.ts'
import type { Caller, RowTests } from './table.ts'

let people = 0

/** Signs in, with whatever cart the caller has as a guest. */
const signIn = async (guest: Caller, { email }: Person): Promise<Wire> => {
  const { status, body } = await guest.call('POST', '/api/auth/login', { email, password })
  assert.equal(status, 200, JSON.stringify(body))
  return body.data
}

/** How many there are of what, by the variants' numbers. */
const quantitiesIn = async (by: Caller): Promise<Record<number, number>> =>
  Object.fromEntries((await cartOf(by)).items.map((item: Wire) => [item.variant.id, item.quantity]))

/** What becomes of a guest's cart when its guest signs in. */
export const merging: RowTests[string] = {
  'what a guest had in the cart is the customer’s after registering': async () => {
    for (const guest of [browser(), shop.guest()]) {
      const product = await shop.product()
      await put(guest, product, 2)
      const email = `merged${++people}@example.com`
      const person = { email, phone: `+62822${1_000_000 + people}`, full_name: 'Siti Rahmawati', password }
      const { status, body } = await guest.call('POST', '/api/auth/register', person)
      assert.equal(status, 201, JSON.stringify(body))
      assert.equal('cart_merge' in body.data, false, 'nothing had to be cut')
      assert.deepEqual(await quantitiesIn(bearer(body.data.token)), { [serialOf(product)]: 2 })
    }
  },
  'at a login quantities add up, and nothing is lost': async () => {
    for (const guest of [browser(), shop.guest()]) {
      const [both, own, theirs] = [await shop.product(), await shop.product(), await shop.product()]
      const person = await shop.customer()
      await put(person, own, 1)
      await put(person, both, 2)
      await put(guest, both, 3)
      await put(guest, theirs, 4)
      const { token, cart_merge: cut } = await signIn(guest, person)
      assert.equal(cut, undefined)
      assert.deepEqual(await quantitiesIn(bearer(token)), {
        [serialOf(both)]: 5,
        [serialOf(own)]: 1,
        [serialOf(theirs)]: 4,
      })
    }
  },
  'a sum is cut to what is in stock, and that is told': async () => {
    const [guest, person] = [browser(), await shop.customer()]
    const few = await shop.product({ name: 'Few', variants: [{ quantity: 4 }] })
    const enough = await shop.product()
    await put(person, few, 3)
    await put(guest, few, 2)
    await put(guest, enough, 1)
    const { token, cart_merge: cut } = await signIn(guest, person)
    assert.deepEqual(cut, { adjusted: [{ product_variant_id: serialOf(few), name: 'Few', wanted: 5, kept: 4 }] })
    assert.deepEqual(await quantitiesIn(bearer(token)), { [serialOf(few)]: 4, [serialOf(enough)]: 1 })
  },
  'what has gone out of stock stays as it was wanted, and the checkout says so': async () => {
    const [guest, person, product] = [browser(), await shop.customer(), await shop.product(oakTable)]
    await put(guest, product, 2)
    await change(product, { quantity: 0 })
    const { token, cart_merge: cut } = await signIn(guest, person)
    assert.equal(cut, undefined)
    const customer = bearer(token)
    assert.deepEqual(await quantitiesIn(customer), { [serialOf(product)]: 2 })
    const { data } = (await customer.call('POST', '/api/checkout/validate')).body
    const [{ id }] = (await cartOf(customer)).items
    assert.deepEqual(data, {
      valid: false,
      issues: [{ item_id: id, type: 'out_of_stock', message: 'Product is out of stock' }],
    })
  },
  'a cart is merged once, however often and at once its guest signs in': async () => {
    const [guest, person, product] = [shop.guest(), await shop.customer(), await shop.product()]
    await put(person, product, 1)
    await put(guest, product, 2)
    await Promise.all(Array.from({ length: 4 }, () => signIn(guest, person)))
    await signIn(guest, person)
    assert.deepEqual(await quantitiesIn(person), { [serialOf(product)]: 3 })
    assert.deepEqual(await quantitiesIn(guest), {}, 'the token is nobody’s any more')
    await put(guest, product, 1)
    assert.deepEqual(await quantitiesIn(person), { [serialOf(product)]: 3 })
  },
  'the browser forgets a cart that was merged; the next guest there begins anew': async () => {
    const [page, person, product] = [browser(), await shop.customer(), await shop.product()]
    await put(page, product, 2)
    await signIn(page, person)
    assert.equal(page.jar.has('cart_ansania'), false)
    assert.deepEqual(await quantitiesIn(page), {})
    await signIn(page, await shop.customer())
    assert.deepEqual(await quantitiesIn(person), { [serialOf(product)]: 2 })
  },
  'a login that fails merges nothing': async () => {
    const [page, person, product] = [browser(), await shop.customer(), await shop.product()]
    await put(page, product, 2)
    const { status } = await page.call('POST', '/api/auth/login', { email: person.email, password: 'not it, really' })
    assert.equal(status, 401)
    assert.deepEqual(await quantitiesIn(page), { [serialOf(product)]: 2 })
    assert.deepEqual(await quantitiesIn(person), {})
  },
  'more than a line can hold is cut to that, and the login does not fail of it': async () => {
    const [guest, person] = [browser(), await shop.customer()]
    const product = await shop.product({ name: 'Screws', variants: [{ quantity: 5_000_000 }] })
    await put(person, product, 700_000)
    await put(guest, product, 600_000)
    const { cart_merge: cut } = await signIn(guest, person)
    assert.deepEqual(cut.adjusted[0], {
      product_variant_id: serialOf(product),
      name: 'Screws',
      wanted: 1_300_000,
      kept: 1_000_000,
    })
    assert.deepEqual(await quantitiesIn(person), { [serialOf(product)]: 1_000_000 })
  },
}
