import { LRUCache } from 'lru-cache'
import type { Db } from '../database.ts'
import { shared } from '../sharing.ts'
import { loadBrowse } from './browse/browse.ts'
import type { BrowseQuery, ListedProduct } from './browse/browse.ts'
import { loadProduct } from './browse/product.ts'
import type { ProductPage } from './browse/product.ts'
import { createFreshness } from './freshness.ts'
import type { Fresh } from './freshness.ts'
import { loadPage, loadSearch, loadVariant } from './pages.ts'
import type { LoadedPage, PageQuery } from './pages.ts'
import type { ListedVariant } from './variants.ts'

/** What was read of the catalogue at one moment, and may be kept for as long as its version stands. */
export interface Kept {
  version: number
  /** the variants whose stock is part of the answer */
  ids: string[]
  fresh: Fresh
  /** what it takes of the memory, counted in rows */
  rows: number
}

/** A page of the catalogue as it is now. The variants are shared between callers: nobody changes them. */
export interface CatalogueView {
  variants: readonly ListedVariant[]
  /** what can be bought of each, in the same order; null where stock is not counted */
  available: readonly (number | null)[]
  /** all that match, on all pages */
  total: number
}

/** What can be bought of counted variants, by their ids. */
export type Available = Readonly<Record<string, number>>

/** A list of products as it is now; the products are shared between callers. */
export interface BrowseView {
  products: readonly ListedProduct[]
  available: Available
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
  browse(storeId: string, query: BrowseQuery): Promise<BrowseView>
  /** undefined when no such product is shown */
  product(storeId: string, slug: string): Promise<{ product: ProductPage; available: Available } | undefined>
}

/** @param rows how many variants and products are kept in memory at most, over all stores */
export function createCatalogueReader(db: Db, rows = 40_000): CatalogueReader {
  const ask = createFreshness(db)
  const pages = new LRUCache<string, Kept>({ maxSize: rows, sizeCalculation: (kept) => kept.rows + 1 })
  const loading = new Map<string, Promise<Kept>>()

  const loadOnce = <T extends Kept>(key: string, load: () => Promise<T>) => {
    let promise = loading.get(key)
    if (!promise) {
      promise = load().finally(() => loading.delete(key))
      loading.set(key, promise)
    }
    return promise as Promise<T>
  }

  const read = async <T extends Kept>(
    storeId: string,
    key: string,
    load: () => Promise<T>,
  ): Promise<{ kept: T; fresh: Fresh }> => {
    const kept = pages.get(key) as T | undefined
    const fresh = await ask(storeId, kept?.ids ?? none)
    if (kept && kept.version === fresh.version) return { kept, fresh }
    // somebody may be loading this page since before we came: good enough only if it saw the version we saw
    let loaded = await loadOnce(key, load)
    if (loaded.version < fresh.version) loaded = await load()
    pages.set(key, loaded)
    return { kept: loaded, fresh: loaded.fresh }
  }

  // which products are in stock changes with every order, so a list of those is asked for anew, for all who ask at once
  const browseStocked = shared((_key, [asked]: { storeId: string; query: BrowseQuery }[]) =>
    loadBrowse(db, asked!.storeId, asked!.query),
  )

  return {
    page: (storeId, query) =>
      read(storeId, `${storeId} p ${JSON.stringify(query)}`, () => loadPage(db, storeId, query)).then(view),
    search: (storeId, text) => read(storeId, `${storeId} s ${text}`, () => loadSearch(db, storeId, text)).then(view),
    variant: async (storeId, id) => {
      const { variants, available } = view(
        await read(storeId, `${storeId} v ${id}`, () => loadVariant(db, storeId, id)),
      )
      return variants[0] && { variant: variants[0], available: available[0]! }
    },
    browse: async (storeId, query) => {
      const key = JSON.stringify([storeId, query])
      if (query.inStock) {
        const { products, total, fresh } = await browseStocked(key, { storeId, query })
        return { products, total, available: fresh.available }
      }
      const { kept, fresh } = await read(storeId, key, () => loadBrowse(db, storeId, query))
      return { products: kept.products, total: kept.total, available: fresh.available }
    },
    product: async (storeId, slug) => {
      const { kept, fresh } = await read(storeId, `${storeId} d ${slug}`, () => loadProduct(db, storeId, slug))
      return kept.product && { product: kept.product, available: fresh.available }
    },
  }
}

const none: readonly string[] = []

const view = ({ kept, fresh }: { kept: LoadedPage; fresh: Fresh }): CatalogueView => ({
  variants: kept.variants,
  available: kept.variants.map((variant) => (variant.kind === 'tracked' ? (fresh.available[variant.id] ?? 0) : null)),
  total: kept.total,
})
