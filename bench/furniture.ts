import type { Pool } from 'pg'
import { indexProducts } from '../src/engine/catalogue/browse/index.ts'
import {
  ensureCategories,
  placeCategory,
  recountCategories,
  touchCatalogue,
} from '../src/engine/catalogue/categories.ts'
import { createEngine, system } from '../src/engine/context.ts'
import { execute } from '../src/engine/database.ts'
import type { Db } from '../src/engine/database.ts'
import { setTableRate } from '../src/engine/fulfilment/quotes.ts'
import { addStore, listStores } from '../src/engine/stores/stores.ts'
import type { Store } from '../src/engine/stores/stores.ts'
import { ansaniaCategories, ansaniaRates, ansaniaStore, ansaniaTops } from '../src/server/demo/ansania.ts'

/**
 * A furniture shop of any size. However large it is, some 200 of its products match each list that is measured: what
 * such a list costs is then the cost of the other products.
 */

/** How many products match such a list. */
export const matches = 200

/**
 * The query of three filters and a search, but for the price, of 20,000,000 or more. None of the filters alone, nor two of
 * them, comes to so few: at 100,000 products the category has 10,000.
 */
export const wanted = 'category=dining-tables&color=Natural&search=trembesi&price_max='

/**
 * Fills a store of that slug with products of one to five variants, two thirds of them without a review, and customers with an
 * order each to have written them. Indexes and foreign keys are made after the rows, in a third of the time.
 * @param slug of a store that is not there yet
 * @param options.reviews of orders that were none; without, nobody has reviewed anything
 */
export async function fillFurniture(
  pool: Pool,
  slug: string,
  products: number,
  { reviews = false } = {},
): Promise<Store> {
  const engine = createEngine(pool)
  await addStore(pool, { ...ansaniaStore, slug, hosts: [], erpProvider: null })
  const store = (await listStores(pool)).find((one) => one.slug === slug)!
  const { storeId } = store
  await engine.run(store, system, async (ctx) => {
    await touchCatalogue(ctx)
    await ensureCategories(ctx, [...ansaniaTops, ...Object.keys(nouns)])
    for (const [parent, slugs] of Object.entries(ansaniaCategories))
      for (const child of slugs) await placeCategory(ctx, child, parent)
    for (const rate of ansaniaRates) await setTableRate(ctx, rate)
  })
  const restoreRows = await setAside(pool, ['variant', 'image', 'stock', 'review', 'orders'])
  const restoreProducts = await setAside(pool, ['product'])
  await execute(pool, customersSql, [storeId, reviewers])
  await execute(pool, productsSql, [
    storeId,
    products,
    Object.keys(nouns),
    Object.values(nouns),
    woods.split(' '),
    matches,
    reviews,
  ])
  for (const text of [...rowsSql, ...(reviews ? reviewsSql : [])]) await execute(pool, text, [storeId])
  await restoreRows()
  await execute(pool, 'analyze product, variant')
  const ids = (await execute(pool, 'select id from product where store_id = $1 order by id', [storeId])).map(String)
  for (let at = 0; at < ids.length; at += indexedAtOnce)
    await engine.run(store, system, async (ctx) => {
      await execute(ctx.tx, "set local work_mem = '256MB'")
      await touchCatalogue(ctx)
      await indexProducts(ctx, ids.slice(at, at + indexedAtOnce))
    })
  await engine.run(store, system, async (ctx) => {
    const categories = await execute(ctx.tx, 'select id from category where store_id = $1', [storeId])
    await recountCategories(ctx, categories.map(String))
  })
  await restoreProducts()
  await execute(pool, 'vacuum analyze')
  return store
}

/** Drops the indexes and foreign keys of some tables. @returns makes them again */
async function setAside(db: Db, tables: string[]) {
  const indexes = await execute(
    db,
    `select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid) from pg_index
     where indrelid = any($1::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)`,
    [tables],
  )
  const keys = await execute(
    db,
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname),
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
     from pg_constraint where contype = 'f' and conrelid = any($1::regclass[])`,
    [tables],
  )
  for (const [drop] of [...indexes, ...keys]) await execute(db, String(drop))
  return async () => {
    await Promise.all(indexes.map(([, make]) => execute(db, String(make))))
    for (const [, make] of keys) await execute(db, String(make))
  }
}

const reviewers = 2000
const indexedAtOnce = 10_000

/** Of the lowest categories, by name; the contract's slugs are made of them. */
const nouns: Record<string, string> = {
  Sofas: 'Sofa',
  'Coffee Tables': 'Coffee Table',
  'Living Storage': 'Sideboard',
  Shelves: 'Shelf',
  'Dining Tables': 'Dining Table',
  Chairs: 'Chair',
  Beds: 'Bed',
  'Bedroom Storage': 'Wardrobe',
  Desks: 'Desk',
  'Office Chairs': 'Office Chair',
  Garden: 'Bench',
}

const woods =
  'Trembesi Jati Mahoni Sonokeling Mindi Sungkai Akasia Mangga Nangka Cempaka Bayur Damar Keruing Merbau Pinus Rotan ' +
  'Bambu Ulin Kamper Eboni'

/** A number that looks like chance and is the same in every run. @param below as SQL */
const chance = (what: string, salt: number, below: string | number) =>
  `(abs(hashint4extended(${what}, ${salt}) % ${below}))::int`

const customersSql = `
  with c as (
    insert into customer (store_id, full_name, email, created_at, updated_at)
    select $1, 'Person ' || n, 'person' || n || '@example.com', now(), now() from generate_series(1, $2::int) n
    returning store_id, id, email
  ), l as (
    insert into login (store_id, kind, subject, customer_id) select store_id, 'email', email, id from c
  )
  insert into address (store_id, customer_id, label, recipient_name, phone, line1, city, region, postal_code,
    is_default, created_at, updated_at)
  select store_id, id, 'Home', 'Budi Santoso', '+628123456789', 'Jl. Melati No. 1', 'Jakarta Selatan', 'DKI Jakarta',
    '12345', true, moment, moment
  from c, lateral (select date_trunc('milliseconds', now()) as moment) m -- as JavaScript knows it`

// Those that match three filters and a search lie evenly among the others. Of the others in their category and of their
// wood, none has their color; of garden furniture, the color Sage and the maker Larasati there are as many as of them.
const productsSql = `
  insert into product (store_id, slug, name, description, short_description, vendor, tags, category_id, option_names,
    is_featured, length_cm, width_cm, height_cm, sold_count, specifications, ratings, created_at, updated_at)
  select $1, 'p-' || n, format('%s %s %s %s', m.series, m.wood, m.noun, n),
    format('<p>The %s of %s is made by hand in Jepara, %s. It fits rooms with little space, is easily cleaned with a damp
      cloth, and every part that wears can be ordered one by one.</p>', lower(m.noun), lower(m.wood), m.series),
    'Of ' || lower(m.wood), case when n % m.step = 2 then 'Larasati' else 'Maker ' || ${chance('n', 11, 300)} end,
    array['home', lower(m.series)], m.category_id, array['Warna', 'Finishing', 'Ukuran'], n % 50 = 0,
    40 + ${chance('n', 12, 160)}, 40 + ${chance('n', 13, 60)}, 40 + ${chance('n', 14, 60)},
    ${chance('n', 15, 400)} * (${chance('n', 16, 5)} / 4),
    jsonb_build_object('wanted', m.is_wanted, 'wood', m.wood, 'category', m.place, 'sage', n % m.step = 1),
    case when not $7::boolean then '{0,0,0,0,0}' when n = 1 then array[100, 100, 300, 500, 1000] when ${chance('n', 17, 3)} > 0 then '{0,0,0,0,0}'
      else array[${chance('n', 18, 5)} / 4, 0, ${chance('n', 19, 2)}, ${chance('n', 20, 3)}, ${chance('n', 21, 4)}] end,
    timestamptz '2026-11-01' - n * interval '7 minutes', timestamptz '2026-11-01'
  from generate_series(1, $2::int) n,
    lateral (select greatest($2::int / $6::int, 4) as step) s,
    lateral (select n % step = 0 as is_wanted, n % step = 3 as is_garden) w,
    lateral (select case when is_wanted then 5 when is_garden then 11 else 1 + ${chance('n', 1, 10)} end as place,
      case when is_wanted then 1 else 1 + ${chance('n', 2, 20)} end as wood_place) d,
    lateral (select step, is_wanted, place, ($4::text[])[place] as noun, ($5::text[])[wood_place] as wood, c.id as category_id,
        (array['Aruna', 'Bumi', 'Candra', 'Damai', 'Embun', 'Fajar', 'Gading', 'Hujan', 'Intan', 'Jingga', 'Kala',
          'Laras'])[1 + ${chance('n', 3, 12)}] as series
      from category c where c.store_id = $1 and c.name = ($3::text[])[place]) m`

const rowsSql = [
  `insert into variant (store_id, product_id, position, option_values, name, sku, list_minor, sale_minor, weight_grams,
    category_id, created_at, updated_at)
  select p.store_id, p.id, k, o.option_values, p.name || ' ' || array_to_string(o.option_values, ' '),
    'SKU-' || n || '-' || k, o.price, case when n % 4 = 0 then o.price * 9 / 10 end, 2000 + ${chance('n', 21, 3000)},
    p.category_id, p.created_at, p.updated_at
  from (select p.*, (p.specifications->>'wanted')::boolean as is_wanted,
      not (p.specifications->>'wanted')::boolean and p.specifications->>'category' = '5'
        and p.specifications->>'wood' = 'Trembesi' as is_other,
      (p.specifications->>'sage')::boolean as is_sage, substr(p.slug, 3)::int as n from product p) p,
    generate_series(1, 1 + ${chance('n', 22, 5)}) k,
    lateral (select case when p.is_wanted then 0 when p.is_other then 1 + ${chance('n', 23, 7)}
      else ${chance('n', 24, 12)} end as color) c,
    lateral (select array[
        case when p.is_sage and k = 1 then 'Sage' else (array['Natural', 'Walnut', 'Black', 'White', 'Honey', 'Smoke',
          'Ivory', 'Chestnut', 'Grey', 'Ebony', 'Sand', 'Rust'])[1 + (color + k - 1) % 12] end,
        (array['Matte', 'Satin', 'Glossy', 'Oiled', 'Raw'])[1 + ${chance('n * 7 + k', 25, 5)}],
        (array['Small', 'Medium', 'Large', 'Extra Large'])[1 + ${chance('n * 7 + k', 26, 4)}]] as option_values,
      500000 + 1000 * (${chance('n', 27, 'case when p.is_wanted then 15000 else 35000 end')} + 100 * k)::bigint as price) o
  where p.store_id = $1`,
  `insert into image (store_id, product_id, url, alt, position)
  select store_id, id, 'https://images.example.com/furniture/' || slug || '-' || k || '.jpg', name, k
  from product, generate_series(1, 2) k where store_id = $1`,
  `insert into stock (store_id, variant_id, on_hand)
  select store_id, id, case when ${chance('v.serial::int', 31, 25)} = 0 then 0 else 1000000 end from variant v where store_id = $1`,
]

const reviewsSql = [
  `insert into orders (store_id, number, customer_id, state, payment_state, currency, tax_rate_bps, tax_mode,
    subtotal_minor, tax_minor, shipping_minor, total_minor, shipping_method, item_count, expires_at, created_at,
    updated_at)
  select store_id, 'OLD-' || serial, id, 'expired', 'failed', 'IDR', 1100, 'inclusive', 0, 0, 0, 0, 'standard', 1, now(),
    now(), now()
  from customer where store_id = $1`,
  `with o as (select id, customer_id, row_number() over (order by id) - 1 as place from orders where store_id = $1),
  r as (
    select p.id, star, row_number() over (partition by p.id order by star, k) as nth, substr(p.slug, 3)::int as n
    from product p, generate_series(1, 5) star, generate_series(1, p.ratings[star]) k
    where p.store_id = $1 and p.review_count > 0
  )
  insert into review (store_id, product_id, customer_id, order_id, rating, title, comment, helpful_count, created_at)
  select $1, r.id, o.customer_id, o.id, r.star, 'As described', 'It stands well and was easily put together.',
    ${chance('r.n * 31 + r.nth::int', 41, 20)},
    timestamptz '2026-11-01' - (${chance('r.n * 17 + r.nth::int', 42, 500)}) * interval '1 hour'
  from r join o on o.place = (r.n + r.nth) % ${reviewers}`,
]
