import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { execute } from '../../src/engine/database.ts'
import { openShop, request } from '../support/shop.ts'
import { startProcess } from '../support/process.ts'
import { whileItWaits } from '../support/wait.ts'

const shop = await openShop({ after })
const env = {
  DATABASE_URL: shop.config.databaseUrl!,
  SAUDAGAR_SECRET: shop.config.secret,
  SMTP_URL: shop.config.smtpUrl,
  RAZORPAY_BASE_URL: shop.config.razorpay.baseUrl,
}

test('a signal lets requests under way finish, and refuses new ones', async (t) => {
  const server = await startProcess(t, env)
  const { id } = await shop.product()
  const person = await shop.customer()
  // the cart's row is locked elsewhere, so the request has to wait in the middle of its work
  await person.call('POST', '/api/cart', { product_id: id, quantity: 1 })
  const slow = () =>
    request(`${server.url}/ionora/api/cart`, {
      method: 'POST',
      body: { product_id: id, quantity: 1 },
      token: person.token,
    })
  const { status, body } = await whileItWaits(
    shop,
    ({ tx }) => execute(tx, 'select 1 from cart for update'),
    slow,
    async () => {
      server.kill('SIGTERM')
      await new Promise((resolve) => setTimeout(resolve, 300))
      await assert.rejects(fetch(`${server.url}/healthz`), 'it still takes new connections')
    },
  )
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.items[0].quantity, 2)
  assert.equal(await server.ended, 0)
})

test('it ends by itself, and quickly, when there is nothing to finish', async (t) => {
  const server = await startProcess(t, env)
  const began = Date.now()
  server.kill('SIGINT')
  assert.equal(await server.ended, 0)
  assert.ok(Date.now() - began < 5000)
})
