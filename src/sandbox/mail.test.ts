import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createTransport } from 'nodemailer'
import { openSandbox } from './testing.ts'

async function openMail(t: TestContext) {
  const sandbox = await openSandbox(t)
  const transport = createTransport({ host: '127.0.0.1', port: sandbox.smtpPort, secure: false })
  t.after(() => transport.close())
  const inbox = async (query = '') => (await sandbox.call('GET', `/mail/messages${query}`)).body
  const send = (to: string, subject = 'Hello', more: object = {}) =>
    transport.sendMail({ from: 'shop@example.com', to, subject, text: 'Good day', ...more })
  return { ...sandbox, inbox, send }
}

test('a mail that is sent can be read, newest first, by its address in any case', async (t) => {
  const { inbox, send } = await openMail(t)
  await send('Test@Example.com', 'First: ₹ 9,674.94', { text: 'Grüße', html: '<p>Grüße</p>' })
  await send('other@example.com', 'Between')
  await send('test@example.com', 'Last')
  const mine = await inbox('?to=TEST@example.com')
  assert.deepEqual(
    mine.map(({ subject }: { subject: string }) => subject),
    ['Last', 'First: ₹ 9,674.94'],
  )
  const { to, text, html, sentAt } = mine[1]
  assert.deepEqual([to, text.trim(), html.trim()], ['Test@example.com', 'Grüße', '<p>Grüße</p>'])
  assert.ok(Math.abs(Date.parse(sentAt) - Date.now()) < 5000)
  assert.equal(mine[0].html, '')
  assert.equal((await inbox()).length, 3)
  assert.deepEqual(await inbox('?to=nobody@example.com'), [])
})

test('everyone a mail goes to has it, also by a + address and in blind copy', async (t) => {
  const { inbox, send } = await openMail(t)
  await send('a+b@example.com, c@example.com', 'For all', { bcc: 'd@example.com' })
  for (const to of ['a+b@example.com', 'a%2Bb@example.com', 'c@example.com', 'd@example.com'])
    assert.equal((await inbox(`?to=${to}`)).length, 1, to)
})

test('a password is neither needed nor checked', async (t) => {
  const { inbox, smtpPort } = await openMail(t)
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, auth: { user: 'u', pass: 'p' } })
  t.after(() => transport.close())
  await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'S', text: 'T' })
  assert.equal((await inbox()).length, 1)
})

test('the mailbox can be emptied, and keeps the newest thousand', async (t) => {
  const { inbox, call, smtpPort } = await openMail(t)
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, pool: true, maxMessages: Infinity })
  t.after(() => transport.close())
  for (let start = 0; start < 1100; start += 100) {
    const to = Array.from({ length: 100 }, (_, index) => `n${start + index}@example.com`)
    await transport.sendMail({ from: 'a@example.com', to, subject: 'S', text: 'T' })
  }
  assert.equal((await inbox()).length, 1000)
  assert.equal((await inbox('?to=n99@example.com')).length, 0)
  assert.equal((await inbox('?to=n1099@example.com')).length, 1)
  assert.deepEqual((await call('DELETE', '/mail/messages')).body, { deleted: 1000 })
  assert.deepEqual(await inbox(), [])
})

test('a mail over the limit is refused', async (t) => {
  const { inbox, send } = await openMail(t)
  await assert.rejects(send('a@example.com', 'Large', { text: 'x'.repeat(1_200_000) }), { responseCode: 552 })
  assert.deepEqual(await inbox(), [])
})

test('the page shows the mails and runs nothing of them', async (t) => {
  const { call, send } = await openMail(t)
  const attack = `<script>alert("1")</script>'&`
  await send('a@example.com', attack, { text: attack, html: attack })
  const { text, headers } = await call('GET', '/mail')
  assert.ok(!text.includes('<script'))
  assert.ok(text.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;'))
  assert.match(headers.get('content-security-policy')!, /default-src 'none'/)
})

test('mail can be refused, cut off, answered with garbage and held up, before it is kept or after', async (t) => {
  const { inbox, send, fault, call } = await openMail(t)
  const strike = (more: object) => fault({ provider: 'mail', count: 1, ...more })
  await strike({ kind: 'error' })
  await assert.rejects(send('a@example.com'), { responseCode: 451 })
  await strike({ kind: 'drop' })
  await assert.rejects(send('a@example.com'))
  await strike({ kind: 'garbage' })
  await assert.rejects(send('a@example.com'))
  assert.equal((await inbox()).length, 0)
  await call('DELETE', '/faults')

  for (const kind of ['error', 'drop', 'garbage']) {
    await strike({ kind, after: true })
    await assert.rejects(send('a@example.com', kind))
  }
  assert.equal((await inbox()).length, 3)
  await call('DELETE', '/faults')

  await strike({ kind: 'delay', delayMs: 100 })
  const start = performance.now()
  await send('a@example.com')
  assert.ok(performance.now() - start >= 95)
})
