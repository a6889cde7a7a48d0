import { randomUUID } from 'node:crypto'
import { openShop } from '../catalogue/exchange/testing.ts'
import { system } from '../context.ts'
import { execute } from '../database.ts'
import { emit } from '../events/events.ts'
import type { EventType } from '../events/events.ts'
import { openVault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'
import { addEndpoint } from './endpoints.ts'

/** Two stores, a vault, and short ways to make events and those who hear of them. */
export async function openTold(url: string) {
  const shop = await openShop(url, ['INR', 'IDR'], 10)
  const { engine, store } = shop
  const vault = openVault('a-secret-of-a-test-that-is-long-enough')
  return {
    ...shop,
    vault,
    other: shop.stores[1]!,
    endpoint: (events: string[], more: { url?: string; form?: string; secret?: string; of?: Store } = {}) =>
      addEndpoint(engine.direct(more.of ?? store, system), vault, {
        url: more.url ?? 'https://hook.example.com/',
        events,
        form: more.form ?? null,
        secret: more.secret ?? 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      }),
    /** @returns its subject */
    event: async (type: EventType = 'order.placed', data: object = {}, of = store) => {
      const subject = randomUUID()
      await engine.run(of, system, (ctx) => emit(ctx, type, subject, data))
      return subject
    },
    /** of all deliveries, in the order in which they were owed */
    deliveries: async () => {
      const rows = await execute(
        engine.db,
        `select d.id, d.endpoint_id, v.type, d.tries, d.due_at,
          case when d.delivered_at is not null then 'delivered' when d.failed_at is not null then 'failed' else 'waiting' end
         from webhook_delivery d join event v on v.store_id = d.store_id and v.id = d.event_id order by d.id`,
      )
      return rows.map(([id, endpointId, type, tries, dueAt, state]) => ({
        id: String(id),
        endpointId: String(endpointId),
        type: String(type),
        tries: Number(tries),
        dueAt: dueAt as Date,
        state: String(state),
      }))
    },
  }
}
