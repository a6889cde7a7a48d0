import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../../src/engine/database.ts'
import { openShop, password } from '../../support/shop.ts'
import { resetMails } from '../../support/reset-mail.ts'
import { openRow } from './table.ts'
import type { Caller } from './table.ts'

const minute = 60_000
let aheadMs = 0
const shop = await openShop({ after }, { worker: true, now: () => new Date(Date.now() + aheadMs) })

const guest: Caller = {
  call: (method, path, body, headers) => shop.call(shop.store, method, path, { body, headers }),
}
const forgot = openRow('auth.forgotPassword')
const reset = openRow('auth.resetPassword')

const signIn = (email: string, secret: string) => guest.call('POST', '/api/auth/login', { email, password: secret })

const { jobsAreDone, mailTo, ask } = resetMails(shop, (email) => forgot.ok(guest, { body: { email } }))
const setTo = (token: string, new_password: string) => ({ body: { token, new_password } })

test('the mail’s link leads to a page, and its token sets a password once', async () => {
  const person = await shop.customer()
  const { mail, link, token } = await ask(person.email)
  assert.equal(mail.to, person.email)
  assert.match(mail.subject, /Ionora/)
  assert.ok(mail.html.includes(token))

  assert.equal(link.pathname, '/ionora/reset-password')
  const page = await fetch(shop.url + link.pathname + link.search)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type')!, /^text\/html/)
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  const html = await page.text()
  const [, script] = /<script src="([^"]+)"/.exec(html)!
  assert.equal((await fetch(new URL(script!, shop.url + link.pathname))).status, 200)

  await reset.ok(guest, setTo(token, 'NewPass123'))
  assert.equal((await signIn(person.email, password)).status, 401)
  assert.equal((await signIn(person.email, 'NewPass123')).status, 200)
  assert.equal((await person.call('GET', '/api/user/profile')).status, 401)
  await reset.no('reset token invalid or expired', guest, setTo(token, 'Other12345'))
  assert.equal((await signIn(person.email, 'NewPass123')).status, 200)
})

test('one reset ends every other link', async () => {
  const { email } = await shop.customer()
  const [first, second] = [await ask(email), await ask(email)]
  assert.notEqual(first.token, second.token)
  await reset.ok(guest, setTo(first.token, 'NewPass123'))
  await reset.no('reset token invalid or expired', guest, setTo(second.token, 'Other12345'))
})

test('a changed password ends the links of before', async () => {
  const person = await shop.customer()
  const { token } = await ask(person.email)
  const body = { current_password: password, new_password: 'Changed123' }
  assert.equal((await person.call('PUT', '/api/auth/change-password', body)).status, 200)
  await reset.no('reset token invalid or expired', guest, setTo(token, 'Other12345'))
})

test('a link is good for 60 minutes, and refused like an unknown one after them', async () => {
  const [quick, slow] = await Promise.all([shop.customer(), shop.customer()])
  const [good, late] = [await ask(quick.email), await ask(slow.email)]
  try {
    aheadMs = 59 * minute
    await reset.ok(guest, setTo(good.token, 'NewPass123'))
    aheadMs = 60 * minute
    const expired = await reset.send(guest, setTo(late.token, 'NewPass123'))
    const unknown = await reset.send(guest, setTo('x'.repeat(late.token.length), 'NewPass123'))
    reset.refuses('reset token invalid or expired', expired)
    reset.refuses('reset token invalid or expired', unknown)
    assert.deepEqual(expired.body, unknown.body)
  } finally {
    aheadMs = 0
  }
  assert.equal((await signIn(slow.email, password)).status, 200)
})

test('an address that nobody has gets the same answer and no mail', async () => {
  const [{ email }, rival] = await Promise.all([shop.customer(), shop.customer(shop.rival)])
  const unknown = 'nobody@example.com'
  const answers = []
  for (const to of [unknown, rival.email, email]) answers.push(await forgot.ok(guest, { body: { email: to } }))
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
  const rows = await execute(
    shop.engine.db,
    `select query_to_xml(format('select * from %s', c.oid::regclass), true, true, '')::text
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and (n.nspname = 'public' or n.nspname like 'graphile%')`,
  )
  const everything = rows.map(([text]) => String(text)).join('')
  assert.ok(everything.includes(email))
  assert.equal(everything.includes(token), false)
  assert.equal(everything.includes(Buffer.from(token).toString('base64')), false)
  assert.equal(everything.includes(Buffer.from(token, 'base64url').toString('base64')), false)
})
