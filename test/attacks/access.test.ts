import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { openFurnitureTarget, openTarget } from './target.ts'
import { send } from './toolkit.ts'

const ionora = await openTarget({ after })
const ansania = await openFurnitureTarget({ after })

/** Each contract, who has a token of its other store, and how it says that a sign-in is needed. */
const targets = [
  {
    ...ionora,
    strangers: [await ionora.shop.customer(ionora.shop.rival), await ionora.shop.customer(ionora.shop.rival, true)],
    refusal: { message: 'Authentication required.' },
  },
  {
    ...ansania,
    strangers: [await ansania.shop.customer(ansania.shop.rival)],
    refusal: { success: false, error: 'Authentication required', code: 'UNAUTHORIZED', meta: undefined },
  },
]

for (const { name, shop, rows, strangers, refusal, assertRefused } of targets) {
  const { store } = shop
  const asking = rows.filter(({ auth }) => auth === 'user' || auth === 'admin')

  function assertDead(answer: { status: number; body: object }, what: string) {
    assertRefused(answer, what, [401])
    assert.deepEqual({ ...answer.body, ...('meta' in refusal && { meta: undefined }) }, refusal, what)
  }

  test(`${name}: a token is good in the store that made it, and nowhere else`, async () => {
    assert.ok(asking.length > 15)
    for (const row of asking) {
      const path = row.path.replace(/:\w+/g, randomUUID())
      const body = row.request.body ?? undefined
      for (const { token } of strangers) assertDead(await shop.call(store, row.method, path, { token, body }), row.id)
    }
  })

  test(`${name}: a token of another store is refused where guests are served`, async () => {
    for (const row of rows.filter(({ auth, path }) => auth === 'optional' && path.startsWith('/api/cart'))) {
      const path = row.path.replace(/:\w+/g, '1')
      const body = row.request.body ?? undefined
      for (const { token } of strangers) assertDead(await shop.call(store, row.method, path, { token, body }), row.id)
    }
  })

  test(`${name}: every row that asks for a sign-in refuses whoever has none, whatever else is wrong with the request`, async () => {
    for (const row of asking) {
      for (const id of [randomUUID(), 'not-an-id', '1']) {
        const path = row.path.replace(/:\w+/g, id)
        assertDead(await shop.call(store, row.method, path), row.id)
        const broken = { method: row.method, path: `/${store.slug}${path}`, body: '{"broken' }
        assertDead(await send(shop.url, { ...broken, headers: { 'content-type': 'application/json' } }), row.id)
      }
    }
  })
}
