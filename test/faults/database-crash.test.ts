import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { migrate } from '../../src/engine/migrate.ts'
import { useEmbeddedDatabase } from '../../src/server/embedded-database.ts'
import { assertSound, endFaults, fault, shoppers, value } from '../support/faults.ts'
import { openShop } from '../support/shop.ts'
import { until } from '../support/wait.ts'

// What a client was told outlives PostgreSQL, though not every commit on the way there waits for the disk. What is not
// on the disk by then is mostly lost here: PostgreSQL's own writer looks every ten seconds only.
const patient = { wal_writer_delay: '10s', wal_writer_flush_after: '2GB', autovacuum: 'off', checkpoint_timeout: '1h' }

const folder = await mkdtemp(join(tmpdir(), 'saudagar-crash-'))
after(() => rm(folder, { recursive: true, force: true }))
await chmod(folder, 0o755) // PostgreSQL may have to run as another user
let database = await useEmbeddedDatabase(folder, { settings: patient })
after(() => database.release())
/** over TCP: the folder of its socket is another one after each start */
const address = () => database.url.replace(/\?.*/, '')
await migrate(address())
const shop = await openShop({ after }, { databaseUrl: address() })
const { id: variantId } = await shop.product({ quantity: 1000 })
afterEach(() => endFaults(shop))

/** Ends PostgreSQL as a power cut would: nothing more is written. Then it starts again, and recovers what it has. */
async function crash() {
  const [pid] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGQUIT')
  await until('PostgreSQL is gone', () => !isAlive(Number(pid)))
  const before = database
  database = await useEmbeddedDatabase(folder, { settings: patient })
  await before.release()
  assert.equal(address(), before.url.replace(/\?.*/, ''), 'it listens where it did')
  await until('the server has found it again', async () => (await fetch(`${shop.url}/readyz`)).ok)
}

function isAlive(pid: number) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function shopping() {
  const [buyer] = await shoppers(shop, 1)
  assert.equal((await buyer!.add(variantId)).status, 200)
  return buyer!
}

test('an order that was answered is there after a crash, and can be paid', async () => {
  const buyer = await shopping()
  const placed = await buyer.checkout()
  await crash()
  assert.equal(placed.status, 201)
  const { order, razorpay_order_id } = placed.body
  assert.equal((await buyer.order(order.id)).status, 'pending')
  const back = await shop.pay(razorpay_order_id)
  assert.equal((await buyer.comeBack(order.id, back)).status, 200)
  await assertSound(shop.engine)
})

test('so is one that was answered under a key, and the key gives the same answer', async () => {
  const buyer = await shopping()
  const key = { 'idempotency-key': 'crash-1' }
  const placed = await buyer.checkout(key)
  await crash()
  const again = await buyer.checkout(key)
  assert.deepEqual([again.status, again.body], [201, placed.body])
  assert.equal((await buyer.order(placed.body.order.id)).status, 'pending')
})

test('so is one whose gateway did not answer, as the client was told its number', async () => {
  const buyer = await shopping()
  await fault(shop, { kind: 'error' })
  const refused = await buyer.checkout()
  await crash()
  assert.equal(refused.status, 503)
  const orders = (await buyer.call('GET', '/api/orders')).body.orders
  assert.deepEqual(
    orders.map((order: { id: string }) => order.id),
    [refused.body.order.id],
  )
})

test('so is one that costs nothing', async () => {
  const { id } = await shop.product({ name: 'A gift', listMinor: 0, quantity: 5 })
  const [buyer] = await shoppers(shop, 1)
  await buyer!.add(id)
  const placed = await buyer!.checkout()
  await crash()
  assert.equal(placed.status, 201)
  assert.equal((await buyer!.order(placed.body.order.id)).status, 'confirmed')
  await assertSound(shop.engine)
})

test('so is a payment, and every webhook that was taken', async () => {
  const buyer = await shopping()
  const { order, razorpay_order_id } = (await buyer.checkout()).body
  const back = await shop.pay(razorpay_order_id)
  const paid = await buyer.comeBack(order.id, back)
  await crash()
  assert.equal(paid.status, 200)
  assert.equal((await buyer.order(order.id)).payment_status, 'paid')
  await until('the webhooks are there', async () => {
    const taken = await value(
      shop.engine,
      `select count(*)::int from webhook_inbox where body like '%' || $1 || '%'`,
      razorpay_order_id,
    )
    return taken === 3
  })
  await assertSound(shop.engine)
})
