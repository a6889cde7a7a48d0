import { Client } from 'pg'
import { contradictions } from '../contracts/toolkit/contract.ts'
import type { Contract } from '../contracts/toolkit/contract.ts'
import type { Db } from '../engine/database.ts'
import { listStores, storesChanged } from '../engine/stores/stores.ts'
import type { Store } from '../engine/stores/stores.ts'

/** The installation's stores, in memory: every request needs one, and they change once in a while. */
export interface Registry {
  all(): readonly Store[]
  bySlug(slug: string): Store | undefined
  byHost(host: string): Store | undefined
  byId(storeId: string): Store | undefined
  reload(): Promise<void>
  /** Calls back after every reload, which waits for it. */
  onReload(listener: () => Promise<void>): void
  close(): Promise<void>
}

/**
 * Loads the stores and follows their changes. A store that contradicts a contract it serves stops the start; one
 * that is added so later is left out, and reported.
 * @param onProblem told of what could not be followed or served
 * @throws Error that lists every contradiction
 */
export async function openRegistry(
  db: Db,
  url: string,
  contracts: readonly Contract[],
  onProblem: (error: Error) => void,
): Promise<Registry> {
  let stores: Store[] = []
  let slugs = new Map<string, Store>()
  let hosts = new Map<string, Store>()
  let ids = new Map<string, Store>()

  const load = async (refuse: (problem: string) => void) => {
    const fit: Store[] = []
    for (const store of await listStores(db)) {
      const problems = problemsOf(store, contracts)
      if (problems.length === 0) fit.push(store)
      else refuse(problems.join('; '))
    }
    stores = fit
    slugs = new Map(fit.map((store) => [store.slug, store]))
    hosts = new Map(fit.flatMap((store) => store.hosts.map((host) => [host, store])))
    ids = new Map(fit.map((store) => [store.storeId, store]))
  }
  const listeners: (() => Promise<void>)[] = []
  const reload = async () => {
    await load((problem) => onProblem(new Error(problem)))
    for (const listener of listeners) await listener()
  }

  await load((problem) => {
    throw new Error(`a store cannot be served: ${problem}`)
  })
  const listener = await listen(url, reload, onProblem)
  return {
    all: () => stores,
    bySlug: (slug) => slugs.get(slug),
    byHost: (host) => hosts.get(host),
    byId: (id) => ids.get(id),
    reload,
    onReload: (listener) => void listeners.push(listener),
    close: listener.close,
  }
}

function problemsOf(store: Store, contracts: readonly Contract[]): string[] {
  return store.contracts.flatMap((name) => {
    const contract = contracts.find((known) => known.name === name)
    return contract ? contradictions(contract, store) : [`store ${store.slug} has an unknown contract ${name}`]
  })
}

/** Hears of changed stores on a connection of its own, and connects again when that breaks. */
async function listen(url: string, onChange: () => Promise<void>, onProblem: (error: Error) => void) {
  let isClosed = false
  let client: Client | undefined
  const connect = async () => {
    client = new Client({ connectionString: url, application_name: 'saudagar stores' })
    client.on('notification', () => void onChange().catch(onProblem))
    client.on('error', () => {
      if (!isClosed) setTimeout(() => void reconnect(), 1000).unref()
    })
    await client.connect()
    await client.query(`listen ${storesChanged}`)
  }
  const reconnect = async () => {
    try {
      await connect()
      await onChange() // what was said meanwhile was not heard
    } catch (error) {
      onProblem(error as Error)
      if (!isClosed) setTimeout(() => void reconnect(), 1000).unref()
    }
  }
  await connect()
  return {
    close: async () => {
      isClosed = true
      await client?.end().catch(() => {})
    },
  }
}
