import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { createFreshness } from './freshness.ts'
import type { Fresh } from './freshness.ts'
import { loadPage, loadSearch, loadVariant } from './pages.ts'
import type { LoadedPage, PageQuery } from './pages.ts'
import type { ListedVariant } from './variants.ts'

/** A page of the catalogue as it is now. The variants are shared between callers: nobody changes them. */
export interface CatalogueView {
  variants: readonly ListedVariant[]
  /** what can be bought of each, in the same order; null where stock is not counted */
  available: readonly (number | null)[]
  /** all that match, on all pages */
  total: number
}

/**
 * Reads the public catalogue. Pages are kept in memory and are good for one version of the catalogue; every read
 * still asks the database which version stands and what is in stock, in one statement that many requests share
 * (freshness.ts). So an answer holds everything that was committed before its request came, on every process.
 */
export interface CatalogueReader {
  page(storeId: string, query: PageQuery): Promise<CatalogueView>
  search(storeId: string, text: string): Promise<CatalogueView>
  /** undefined when no such variant is shown */
  variant(storeId: string, id: string): Promise<{ variant: ListedVariant; available: number | null } | undefined>
}

/** @param rows how many variants are kept in memory at most, over all stores */
export function createCatalogueReader(db: Db, rows = 40_000): CatalogueReader {
  const ask = createFreshness(db)
  const pages = new LRUCache<string, LoadedPage>({
    maxSize: rows,
    sizeCalculation: (page) => page.variants.length + 1,
  })
  const loading = new Map<string, Promise<LoadedPage>>()

  const loadOnce = (key: string, load: () => Promise<LoadedPage>) => {
    let promise = loading.get(key)
    if (!promise) {
      promise = load().finally(() => loading.delete(key))
      loading.set(key, promise)
    }
    return promise
  }

  const read = async (storeId: string, key: string, load: () => Promise<LoadedPage>): Promise<CatalogueView> => {
    const kept = pages.get(key)
    const fresh = await ask(storeId, kept?.ids ?? none)
    if (kept && kept.version === fresh.version) return view(kept, fresh)
    // somebody may be loading this page since before we came: good enough only if it saw the version we saw
    let page = await loadOnce(key, load)
    if (page.version < fresh.version) page = await load()
    pages.set(key, page)
    return view(page, page.fresh)
  }

  return {
    page: (storeId, query) =>
      read(storeId, `${storeId} p ${JSON.stringify(query)}`, () => loadPage(db, storeId, query)),
    search: (storeId, text) => read(storeId, `${storeId} s ${text}`, () => loadSearch(db, storeId, text)),
    variant: async (storeId, id) => {
      const { variants, available } = await read(storeId, `${storeId} v ${id}`, () => loadVariant(db, storeId, id))
      return variants[0] && { variant: variants[0], available: available[0]! }
    },
  }
}

const none: readonly string[] = []

const view = (page: LoadedPage, fresh: Fresh): CatalogueView => ({
  variants: page.variants,
  available: page.variants.map((variant) => (variant.kind === 'tracked' ? (fresh.available[variant.id] ?? 0) : null)),
  total: page.total,
})
