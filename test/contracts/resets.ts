import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from '../../src/engine/context.ts'
import type { Store } from '../../src/engine/stores/stores.ts'
import { everythingIn } from '../support/faults.ts'
import type { Wire } from '../support/installation.ts'
import { resetMails } from '../support/reset-mail.ts'
import type { Caller, OpenRow } from './rows.ts'

interface Person extends Caller {
  email: string
}

/** A contract that resets passwords by mail, in a shop whose worker runs. */
export interface Resets<P extends Person> {
  shop: {
    engine: Engine
    sandbox: { url: string }
    url: string
    store: Store
    rival: Store
    customer(of?: Store): Promise<P>
  }
  /** turns the shop's clock */
  ahead(ms: number): void
  guest: Caller
  forgot: OpenRow
  reset: OpenRow
  /** of the customers of the shop, and one that they change it to */
  password: string
  newPassword: string
  /** what the mail calls the shop, and where its page is */
  title: string
  page: string
  /** how the refusal of a token begins in the table, and the words of its answer */
  unusable: string
  words: string
  /** an answer without what differs between any two */
  said(body: Wire): Wire
  /** asserts more of the sessions of before */
  assertOver?(person: P): Promise<void>
}

const minute = 60_000

/** Declares the tests that every such contract passes. @returns what tests of its own go on with */
export function testResets<P extends Person>(contract: Resets<P>) {
  const { shop, ahead, guest, forgot, reset, password, newPassword, unusable, said } = contract
  const signIn = (email: string, secret: string) => guest.call('POST', '/api/auth/login', { email, password: secret })
  const { jobsAreDone, mailTo, ask } = resetMails(shop, (email) => forgot.ok(guest, { body: { email } }))
  const setTo = (token: string, new_password: string) => ({ body: { token, new_password } })

  test('the mail’s link leads to a page, and its token sets a password once', async () => {
    const person = await shop.customer()
    const { mail, link, token } = await ask(person.email)
    assert.equal(mail.to, person.email)
    assert.ok(mail.subject.includes(contract.title), mail.subject)
    assert.ok(mail.html.includes(token))

    assert.equal(link.pathname, contract.page)
    const page = await fetch(shop.url + link.pathname + link.search)
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type')!, /^text\/html/)
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
    const html = await page.text()
    const [, script] = /<script src="([^"]+)"/.exec(html)!
    assert.equal((await fetch(new URL(script!, shop.url + link.pathname))).status, 200)

    await reset.ok(guest, setTo(token, newPassword))
    assert.equal((await signIn(person.email, password)).status, 401)
    assert.equal((await signIn(person.email, newPassword)).status, 200)
    assert.equal((await person.call('GET', '/api/user/profile')).status, 401)
    await contract.assertOver?.(person)
    await reset.no(unusable, guest, setTo(token, 'Other12345'))
    assert.equal((await signIn(person.email, newPassword)).status, 200)
  })

  test('one reset ends every other link', async () => {
    const { email } = await shop.customer()
    const [first, second] = [await ask(email), await ask(email)]
    assert.notEqual(first.token, second.token)
    await reset.ok(guest, setTo(first.token, newPassword))
    await reset.no(unusable, guest, setTo(second.token, 'Other12345'))
  })

  test('a link is good for 60 minutes, and refused like an unknown one after them', async () => {
    const [quick, slow] = await Promise.all([shop.customer(), shop.customer()])
    const [good, late] = [await ask(quick.email), await ask(slow.email)]
    try {
      ahead(59 * minute)
      await reset.ok(guest, setTo(good.token, newPassword))
      ahead(60 * minute)
      const expired = await reset.send(guest, setTo(late.token, newPassword))
      const unknown = await reset.send(guest, setTo('x'.repeat(late.token.length), newPassword))
      reset.refuses(unusable, expired)
      reset.refuses(unusable, unknown)
      assert.equal(expired.body.error ?? expired.body.message, contract.words)
      assert.deepEqual(said(expired.body), said(unknown.body))
    } finally {
      ahead(0)
    }
    assert.equal((await signIn(slow.email, password)).status, 200)
  })

  test('an address that nobody has gets the same answer and no mail', async () => {
    const [{ email }, rival] = await Promise.all([shop.customer(), shop.customer(shop.rival)])
    const unknown = 'nobody@example.com'
    const answers = []
    for (const to of [unknown, rival.email, email]) answers.push(said(await forgot.ok(guest, { body: { email: to } })))
    assert.deepEqual(answers[0], answers[2])
    await jobsAreDone()
    // a customer of another store is nobody in this one
    const counts = await Promise.all([unknown, rival.email, email].map(async (to) => (await mailTo(to)).length))
    assert.deepEqual(counts, [0, 0, 1])
  })

  test('the mail goes to the address as it was registered, in whatever case it was asked for', async () => {
    const { email } = await shop.customer()
    await forgot.ok(guest, { body: { email: email.toUpperCase() } })
    await jobsAreDone()
    assert.deepEqual(
      (await mailTo(email)).map((mail) => mail.to),
      [email],
    )
  })

  test('a token lies nowhere in the database', async () => {
    const { email } = await shop.customer()
    const { token } = await ask(email)
    await jobsAreDone()
    const everything = await everythingIn(shop.engine)
    assert.ok(everything.includes(email))
    assert.equal(everything.includes(token), false)
    assert.equal(everything.includes(Buffer.from(token).toString('base64')), false)
    assert.equal(everything.includes(Buffer.from(token, 'base64url').toString('base64')), false)
  })

  return { ask, setTo }
}
