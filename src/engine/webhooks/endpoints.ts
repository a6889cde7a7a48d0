import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx, Engine } from '../context.ts'
import type { Vault } from '../sealing.ts'
import type { Store } from '../stores/stores.ts'

/** Somebody who is told of what happens in a store. */
export interface Endpoint {
  id: string
  url: string
  events: string[]
  form: string | null
  source: 'command' | 'environment'
  createdAt: Date
  disabledAt: Date | null
  disabledWhy: string | null
}

/** What a secret is sealed for: no other store's, and no other address. Who can only write rows cannot lead it elsewhere. */
export const secretPurpose = (storeId: string, url: string) => `webhook secret ${storeId} ${url}`

const unnamed = 'the environment does not name it any more'
const replaced = 'the store has one of its own'

/** Two parts of a WITH that switch endpoints off, and give up what they are still owed. */
const offParts = (p: { storeId: string; why: string; now: Date }, which: RawBuilder<unknown>) => sql`
  off as (
    update webhook_endpoint set disabled_at = coalesce(disabled_at, ${p.now}), disabled_why = coalesce(disabled_why, ${p.why})
    where store_id = ${p.storeId} and ${which} returning id
  ), ended as (
    update webhook_delivery d set failed_at = ${p.now} from off
    where d.store_id = ${p.storeId} and d.endpoint_id = off.id and d.delivered_at is null and d.failed_at is null
  )`

const insert = statement(
  'webhooks.add_endpoint',
  (p: {
    storeId: string
    url: string
    events: string[]
    form: string | null
    sealed: Buffer
    why: string
    now: Date
  }) =>
    sql<{ id: string }>`
    with ${offParts(p, sql`source = 'environment' and form = ${p.form}`)}
    insert into webhook_endpoint (store_id, url, events, form, secret_sealed, source, created_at)
    values (${p.storeId}, ${p.url}, ${p.events}, ${p.form}, ${p.sealed}, 'command', ${p.now}) returning id`,
)

/**
 * Tells an address of events from now on. In a contract's form, it takes the place of the one that the environment names.
 * @param events names, `order.*` for all that begin so, `*` for all
 * @returns its id
 */
export async function addEndpoint(
  ctx: Ctx<Db>,
  vault: Vault,
  { url, events, form, secret }: Pick<Endpoint, 'url' | 'events' | 'form'> & { secret: string },
): Promise<string> {
  const { storeId } = ctx.store
  const sealed = vault.seal(secret, secretPurpose(storeId, url))
  return one(await insert(ctx.tx, { storeId, url, events, form, sealed, why: replaced, now: ctx.now })).id
}

const all = statement(
  'webhooks.endpoints',
  (p: { storeId: string }) =>
    sql<Endpoint & { secretSealed: Buffer }>`
    select id, url, events, form, source, created_at, disabled_at, disabled_why, secret_sealed
    from webhook_endpoint where store_id = ${p.storeId} order by created_at, id`,
)

/** A store's endpoints, those that are switched off too, oldest first. */
export const listEndpoints = ({ tx, store }: Ctx<Db>): Promise<Endpoint[]> => all(tx, { storeId: store.storeId })

const enable = statement(
  'webhooks.enable',
  (p: { storeId: string; id: string }) =>
    sql`update webhook_endpoint set disabled_at = null, disabled_why = null
    where store_id = ${p.storeId} and id = ${p.id} returning id`,
)

/** Tells it again, of what happens from now on. @returns whether there is such an endpoint */
export const enableEndpoint = async ({ tx, store }: Ctx<Db>, id: string): Promise<boolean> =>
  (await enable(tx, { storeId: store.storeId, id })).length > 0

// what is written for it meanwhile, by statements that saw it on, ends at its first try
const disable = statement(
  'webhooks.disable',
  (p: { storeId: string; id: string; why: string; now: Date }) =>
    sql`with ${offParts(p, sql`id = ${p.id}`)}
    select id from off`,
)

/** Switches it off: what it is still owed is given up, and what happens from now on is not. @returns whether it is there */
export const disableEndpoint = async ({ tx, store, now }: Ctx<Db>, id: string, why: string): Promise<boolean> =>
  (await disable(tx, { storeId: store.storeId, id, why, now })).length > 0

/** What the environment names for one form: where to, and the secret. */
export interface NamedTarget {
  url: string
  secret: string
  events: readonly string[]
}

const keep = statement(
  'webhooks.keep',
  (p: { storeId: string; url: string; events: readonly string[]; form: string; sealed: Buffer; now: Date }) =>
    sql`
    insert into webhook_endpoint as e (store_id, url, events, form, secret_sealed, source, created_at)
    select ${p.storeId}, ${p.url}, ${p.events}, ${p.form}, ${p.sealed}, 'environment', ${p.now}
    where not exists (
      select from webhook_endpoint o where o.store_id = ${p.storeId} and o.form = ${p.form} and o.source = 'command')
    on conflict (store_id, form) where source = 'environment'
    do update set url = excluded.url, events = excluded.events, secret_sealed = excluded.secret_sealed,
      disabled_at = null, disabled_why = null`,
)

/**
 * Keeps a store's endpoint of one form as the environment has it: made, changed with address, secret or events, switched off
 * when none is named or the store has one of its own. One that was switched off for another reason stays so until it is named
 * differently. Several processes may do so at once, and again.
 */
export async function keepNamed(
  engine: Engine,
  vault: Vault,
  store: Store,
  form: string,
  target: NamedTarget | undefined,
): Promise<void> {
  const { storeId } = store
  const now = engine.now()
  const known = (await all(engine.db, { storeId })).filter((endpoint) => endpoint.form === form)
  const kept = known.find(({ source }) => source === 'environment')
  const isReplaced = known.some(({ source }) => source === 'command')
  if (!target || isReplaced) {
    if (kept && !kept.disabledAt)
      await disable(engine.db, { storeId, id: kept.id, why: target ? replaced : unnamed, now })
    return
  }
  const { url, secret, events } = target
  const isSame =
    kept?.url === url &&
    kept.events.join() === events.join() &&
    kept.disabledWhy !== unnamed &&
    kept.disabledWhy !== replaced &&
    opens(vault, storeId, kept) === secret
  if (isSame) return
  await keep(engine.db, { storeId, url, events, form, sealed: vault.seal(secret, secretPurpose(storeId, url)), now })
}

/** @returns undefined when SAUDAGAR_SECRET was another one then */
function opens(vault: Vault, storeId: string, { secretSealed, url }: { secretSealed: Buffer; url: string }) {
  try {
    return vault.open(secretSealed, secretPurpose(storeId, url)).toString()
  } catch {
    return undefined
  }
}
