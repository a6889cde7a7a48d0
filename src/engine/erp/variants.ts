import { sql } from 'kysely'
import { statement } from '../database.ts'
import type { Db } from '../database.ts'
import { byHalves } from '../catalogue/exchange/halves.ts'
import { deactivateVariant, updateVariant } from '../catalogue/products.ts'
import { importRecords } from '../catalogue/exchange/import.ts'
import { optionKey } from '../catalogue/exchange/record.ts'
import type { ProductRecord } from '../catalogue/exchange/record.ts'
import { slugify } from '../catalogue/slugs.ts'
import { system } from '../context.ts'
import type { Ctx, Engine } from '../context.ts'
import type { Store } from '../stores/stores.ts'
import type { ErpVariant } from './erp.ts'

interface Known {
  erpId: number | null
  id: string
  sku: string | null
  optionValues: string[]
  slug: string
  position: number
  isActive: boolean
  erpIsActive: boolean | null
  erpTookOff: boolean
}

// of linked products all variants: one that is archived there may come again under another id. Each way has an index, which
// one condition with OR would not use.
const knownVariants = statement(
  'erp.known_variants',
  (p: { storeId: string; ids: readonly number[]; productIds: readonly number[]; skus: readonly string[] }) =>
    sql<Known>`
    select v.erp_id, v.id, v.sku, v.option_values, p.slug, v.position, v.is_active, v.erp_is_active, v.erp_took_off
    from (
      select id from variant where store_id = ${p.storeId} and erp_id = any(${p.ids}::int[])
      union
      select v.id from product p join variant v on v.store_id = p.store_id and v.product_id = p.id
      where p.store_id = ${p.storeId} and p.erp_id = any(${p.productIds}::int[])
      union
      select id from variant where store_id = ${p.storeId} and erp_id is null and sku = any(${p.skus}::text[])
    ) found
    join variant v on v.store_id = ${p.storeId} and v.id = found.id
    join product p on p.store_id = v.store_id and p.id = v.product_id`,
)

const knownProducts = statement(
  'erp.known_products',
  (p: { storeId: string; ids: readonly number[] }) =>
    sql<{ erpId: number; slug: string; optionNames: string[] }>`
    select erp_id, slug, option_names from product where store_id = ${p.storeId} and erp_id = any(${p.ids}::int[])`,
)

// a variant is found again by its product's slug and its options: they are what the import knew it by
const link = statement(
  'erp.link',
  (p: { storeId: string; rows: string }) =>
    sql`
    with r as (
      select * from jsonb_to_recordset(${p.rows}::jsonb)
        as r(slug text, options text[], erp_id int, product_erp_id int, changed_at timestamptz, is_active boolean)
    ), linked as (
      update product p set erp_id = r.product_erp_id
      from (select distinct on (slug) slug, product_erp_id from r order by slug) r
      where p.store_id = ${p.storeId} and p.slug = r.slug and p.erp_id is null
        and not exists (select from product o where o.store_id = p.store_id and o.erp_id = r.product_erp_id)
    )
    update variant v set erp_id = r.erp_id, erp_changed_at = r.changed_at, erp_is_active = r.is_active,
      erp_took_off = not r.is_active and (v.is_active or v.erp_took_off)
    from r join product p on p.store_id = ${p.storeId} and p.slug = r.slug
    where v.store_id = p.store_id and v.product_id = p.id and v.option_values = r.options
      and (v.erp_id, v.erp_changed_at, v.erp_is_active) is distinct from (r.erp_id, r.changed_at, r.is_active)`,
)

/** Values in the order in which the product has its options; as the ERP gives them where they are not the same ones. */
function valuesOf({ options }: ErpVariant, names: readonly string[] = []): string[] {
  const isSame = names.length === Object.keys(options).length && names.every((name) => Object.hasOwn(options, name))
  return isSame ? names.map((name) => options[name]!) : Object.values(options)
}

/** What could not be taken over. */
interface Left {
  id: number
  name: string
  reason: string
}

/** A variant of the ERP, and what it is here. */
interface Found {
  variant: ErpVariant
  kept: Known | undefined
  slug: string
  /** of the product, when it is there */
  optionNames: string[] | undefined
  options: string[]
}

/**
 * Takes over what the ERP sells, and for how much. A variant is known by the ERP's id, before that by its SKU, and by its
 * options when the one that had them is archived there. What cannot be taken is written down, and keeps nothing else out.
 */
export async function takeVariants(engine: Engine, store: Store, page: readonly ErpVariant[]): Promise<void> {
  const write = (refused: Left[], taken: readonly ErpVariant[]) => async (ctx: Ctx) => {
    await noteRefused(ctx.tx, {
      storeId: store.storeId,
      rows: JSON.stringify(refused),
      ids: taken.map((variant) => variant.id),
      now: ctx.now,
    })
  }
  await byHalves(
    page,
    (some) =>
      engine.run(store, system, async (ctx) => {
        await write(await takeAll(ctx, some), some)(ctx)
      }),
    ({ id, name }, error) => engine.run(store, system, write([{ id, name, reason: error.message }], [])),
  )
}

/** @returns those that could not be taken */
async function takeAll(ctx: Ctx, page: readonly ErpVariant[]): Promise<Left[]> {
  const { storeId, exponent } = ctx.store
  const { found, left } = await findAll(ctx, page)
  const records = new Map<string, ProductRecord>()
  for (const { variant, kept, slug, optionNames, options } of found) {
    const isNew = !kept && !optionNames
    const record = records.get(slug) ?? emptyRecord(slug, isNew ? variant : undefined)
    records.set(slug, record)
    record.variants.push({
      line: variant.id,
      optionValues: options,
      sku: variant.sku ?? undefined,
      barcode: variant.barcode ?? undefined,
      weightGrams: variant.weightKg > 0 ? Math.round(variant.weightKg * 1000) : undefined,
      priceMinor: Math.round(variant.price * 10 ** exponent),
      // what is not counted there can always be bought; of one that the shop knew before, the shop has said
      ...(!kept && !variant.isStorable && { isContinued: true }),
    })
    record.lines.push(variant.id)
  }
  if (found.length === 0) return left
  const plan = await importRecords(ctx, [...records.values()])
  const links = found.map(({ variant, slug, options }) => ({
    slug,
    options,
    erp_id: variant.id,
    product_erp_id: variant.productId,
    changed_at: variant.changedAt.toISOString(),
    is_active: variant.isActive,
  }))
  await link(ctx.tx, { storeId, rows: JSON.stringify(links) })
  for (const { variant, kept } of found) {
    if (kept?.isActive && !variant.isActive) await deactivateVariant(ctx, kept.id)
    // taken off there, and so here, and now sold there again; what the shop took off itself stays off
    if (kept?.erpTookOff && !kept.isActive && variant.isActive)
      await updateVariant(ctx, kept.id, { isActive: true }, { withProduct: false })
  }
  const names = new Map(page.map(({ id, name }) => [id, name]))
  const refused = plan.remarks.filter((remark) => remark.kind === 'refused')
  return [...left, ...refused.map(({ line, text }) => ({ id: line, name: names.get(line) ?? '', reason: text }))]
}

/**
 * What is known of each, in the order in which the shop shows them, and those that cannot be told apart from others. What is
 * archived and was never here is neither.
 */
async function findAll(ctx: Ctx, page: readonly ErpVariant[]): Promise<{ found: Found[]; left: Left[] }> {
  const { storeId } = ctx.store
  const ids = page.map((variant) => variant.id)
  const productIds = [...new Set(page.map((variant) => variant.productId))]
  const skus = page.flatMap((variant) => variant.sku ?? [])
  const [known, products] = await Promise.all([
    knownVariants(ctx.tx, { storeId, ids, productIds, skus }),
    knownProducts(ctx.tx, { storeId, ids: productIds }),
  ])
  const byErpId = new Map(known.map((one) => [one.erpId, one]))
  const bySku = new Map(known.flatMap((one) => (one.erpId === null && one.sku ? [[one.sku, one]] : [])))
  const byOptions = new Map(known.map((one) => [keyOf(one.slug, one.optionValues), one]))
  const productOf = new Map(products.map((one) => [one.erpId, one]))
  const optionNamesOf = new Map<string, string[]>()

  const isArchived = new Set(page.filter((variant) => !variant.isActive).map(({ id }) => id))
  const found = new Map<string, Found>()
  const left: Left[] = []
  for (const variant of page.toSorted((a, b) => a.id - b.id)) {
    const linked = byErpId.get(variant.id) ?? bySku.get(variant.sku ?? '')
    if (!linked && !variant.isActive) continue
    const product = productOf.get(variant.productId)
    const slug = linked?.slug ?? product?.slug ?? `${slugify(variant.name)}-${variant.productId}` // its own, also when its variants come in two pages
    const names = product?.optionNames ?? optionNamesOf.get(slug) ?? Object.keys(variant.options)
    optionNamesOf.set(slug, names)
    const options = linked?.optionValues ?? valuesOf(variant, names)
    const key = keyOf(slug, options)
    const same = byOptions.get(key)
    const kept = linked ?? same
    const other = found.get(key)
    // of two with the same options at most one is sold there
    const isTaken = same && same.erpId !== null && same.erpIsActive !== false && !isArchived.has(same.erpId)
    if (variant.isActive && ((!linked && isTaken) || other?.variant.isActive)) {
      left.push({ id: variant.id, name: variant.name, reason: 'another variant has its options here' })
      continue
    }
    if (!other || variant.isActive)
      found.set(key, { variant, kept: kept ?? other?.kept, slug, optionNames: product?.optionNames, options })
  }
  // which of a product's variants changed first says nothing of the order in which they are shown
  const placeOf = ({ kept }: Found) => kept?.position ?? Infinity
  const inPlace = [...found.values()].sort((a, b) => placeOf(a) - placeOf(b) || a.variant.id - b.variant.id)
  return { found: inPlace, left }
}

const keyOf = (slug: string, options: readonly string[]) => `${slug} ${optionKey(options)}`

function emptyRecord(handle: string, isNew: ErpVariant | undefined): ProductRecord {
  const record: ProductRecord = { handle, line: 0, lines: [], variants: [], images: [] }
  if (!isNew) return record
  const category = isNew.category.at(-1)
  const optionNames = Object.keys(isNew.options)
  return {
    ...record,
    title: isNew.name,
    ...(category !== undefined && { category }),
    ...(optionNames.length > 0 && { optionNames }),
  }
}

const noteRefused = statement(
  'erp.note_refused',
  (p: { storeId: string; rows: string; ids: readonly number[]; now: Date }) =>
    sql`
    with r as (
      select distinct on (id) * from jsonb_to_recordset(${p.rows}::jsonb) as r(id int, name text, reason text) order by id
    ), taken as (
      delete from erp_refused_variant
      where store_id = ${p.storeId} and erp_id = any(${p.ids}::int[]) and erp_id not in (select id from r)
    )
    insert into erp_refused_variant (store_id, erp_id, name, reason, at)
    select ${p.storeId}, id, name, reason, ${p.now} from r
    on conflict (store_id, erp_id) do update set name = excluded.name, reason = excluded.reason, at = excluded.at`,
)

export interface RefusedVariant {
  erpId: number
  name: string
  reason: string
  at: Date
}

const refused = statement(
  'erp.refused_variants',
  (p: { storeId: string; limit: number }) =>
    sql<RefusedVariant>`
    select erp_id, name, reason, at from erp_refused_variant where store_id = ${p.storeId} order by at desc, erp_id limit ${p.limit}`,
)

/** Variants of the ERP that could not be taken over as they are there, newest first. */
export const refusedVariants = (db: Db, storeId: string, limit: number) => refused(db, { storeId, limit })
