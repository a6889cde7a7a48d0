import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { audit } from '../../../src/engine/audit.ts'
import { execute } from '../../../src/engine/database.ts'
import { enrolment, metresNorth, openParcels, verification } from '../../support/parcels.ts'

// Many taps at once: of what may happen once, one happens.

const parcels = await openParcels({ after })
const query = (text: string, values: unknown[] = []) => execute(parcels.engine.db, text, values)
const counted = (answers: { status: number; body: { error?: string } }[]) => {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const what = `${status} ${body.error ?? 'verified'}`
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}
const many = <T>(count: number, work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)))

test('of fifty taps at once one is verified', async () => {
  const { token, proofId } = await parcels.enrolled()
  const answers = await many(50, () => parcels.verify(token))
  assert.deepEqual(counted(answers), { '200 verified': 1, '400 Already verified': 49 })
  const said = answers.find(({ status }) => status === 200)!.body
  assert.equal((await parcels.retrieve(proofId)).signature, said.signature)
  const entries = await query(
    `select kind, count(*)::int from log_entry e join proof p on p.id = e.proof_id
     where p.verified_signature = decode($1, 'hex') group by kind order by kind`,
    [said.signature],
  )
  assert.deepEqual(entries, [
    ['delivery', 1],
    ['enrolment', 1],
  ])
})

test('of fifty enrolments of one token at once one is enrolled', async () => {
  const token = parcels.newToken()
  const answers = await many(50, (n) => parcels.post('/enroll', enrolment(token, { order_id: `ORDER-${n}` })))
  assert.deepEqual(counted(answers), { '200 verified': 1, '400 NFC token already enrolled': 49 })
})

test('of a thousand guesses at once, five are looked at', async () => {
  const { token } = await parcels.enrolled({ customer_phone_last4: '0999' })
  const guess = (n: number) =>
    parcels.post('/verify', verification(token, { delivery_gps: metresNorth(200), phone_last4: String(n) }))
  const answers = []
  for (let from = 1000; from < 2000; from += 100) answers.push(...(await many(100, (n) => guess(from + n))))
  assert.deepEqual(counted(answers), { '403 Phone verification failed': 1000 })
  const [tries] = await query('select phone_tries, verified_at from proof where phone_locked_until is not null')
  assert.deepEqual(tries, [5, null])
})

test('the right digits among a hundred guesses at once verify at most once, and only if they are among five', async () => {
  for (let round = 0; round < 5; round++) {
    const { token, proofId } = await parcels.enrolled({ customer_phone_last4: '0042' })
    const answers = await many(100, (n) =>
      parcels.post(
        '/verify',
        verification(token, { delivery_gps: metresNorth(200), phone_last4: String(n).padStart(4, '0') }),
      ),
    )
    const verified = answers.filter(({ status }) => status === 200)
    assert.ok(verified.length <= 1)
    assert.equal((await parcels.retrieve(proofId)).delivery !== null, verified.length === 1)
    const others = counted(answers.filter(({ status }) => status !== 200))
    assert.ok(
      Object.keys(others).every((what) => what === '403 Phone verification failed' || what === '400 Already verified'),
    )
  }
})

test('after all that, the books are in order', async () => {
  assert.deepEqual((await audit(parcels.engine.db)).findings, [])
})
