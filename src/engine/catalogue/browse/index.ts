import { sql } from 'kysely'
import { statement } from '../../database.ts'
import type { Ctx } from '../../context.ts'

// What is kept with a product so that one index finds it: whether it is shown, its lowest price, the facets of its
// category with all above, those of its variants' options, its words. Kept counts are moved by the difference. What a
// set of options comes to is made out once for all variants that have it, which in an import are many.
const index = statement(
  'catalogue.index_products',
  (p: { storeId: string; ids: readonly string[] }) =>
    sql`
    with recursive wanted as materialized (
      select p.id, p.category_id, p.option_names, p.is_listed as was_listed, p.facets as had_facets from product p
      where p.store_id = ${p.storeId} and p.id = any(${p.ids}::uuid[])
    ), up as (
      select c.id as leaf, c.id, c.parent_id, c.name from category c
      where c.store_id = ${p.storeId} and c.id in (select category_id from wanted)
      union all
      select up.leaf, c.id, c.parent_id, c.name from up
      join category c on c.store_id = ${p.storeId} and c.id = up.parent_id
    ), path as (
      select leaf, array_agg('category=' || id) as facets, string_agg(name, ' ') as names from up group by leaf
    ), offered as materialized (
      select v.id, v.product_id, v.position, v.price_minor, v.list_minor, v.option_values, v.sku, w.option_names
      from wanted w join variant v on v.store_id = ${p.storeId} and v.product_id = w.id and v.is_listed
    ), shown as (
      select product_id, min(price_minor) as price_minor,
        (array_agg(list_minor order by price_minor, position, id))[1] as list_minor,
        string_agg(array_to_string(option_values, ' ') || ' ' || coalesce(sku, ''), ' ') as words
      from offered group by product_id
    ), kinds as materialized (
      select option_names, option_values, option_facets(option_names, option_values) as facets
      from (select distinct option_names, option_values from offered) o
    ), options as (
      select o.product_id, array_agg(distinct facet) as facets
      from offered o join kinds k using (option_names, option_values), unnest(k.facets) facet
      group by o.product_id
    ), indexed as (
      update product p set is_listed = s.product_id is not null, price_minor = s.price_minor, list_minor = s.list_minor,
        facets = path.facets || coalesce(o.facets, '{}'),
        search = setweight(to_tsvector('simple', search_text(p.name)), 'A')
          || setweight(to_tsvector('simple', search_text(path.names || ' ' || coalesce(p.vendor, '') || ' '
            || array_to_string(p.tags, ' ') || ' ' || coalesce(s.words, ''))), 'B')
          || setweight(to_tsvector('simple', search_text(coalesce(p.short_description, '') || ' '
            || left(regexp_replace(coalesce(p.description, ''), '<[^>]*>', ' ', 'g'), 20000))), 'C')
      from wanted w join path on path.leaf = w.category_id
        left join shown s on s.product_id = w.id left join options o on o.product_id = w.id
      where p.store_id = ${p.storeId} and p.id = w.id
      returning p.is_listed, p.facets, p.search, w.was_listed, w.had_facets
    ), learnt as (
      insert into search_word (store_id, word)
      select distinct ${p.storeId}::uuid, lexeme from indexed, unnest(search)
      where length(lexeme) between 2 and 40
      on conflict do nothing
    ), moved as (
      select facet, sum(change)::int as change from (
        select unnest(had_facets) as facet, -1 as change from indexed where was_listed
        union all
        select unnest(facets), 1 from indexed where is_listed
        union all
        select 'all', is_listed::int - was_listed::int from indexed) m
      where facet = 'all' or starts_with(facet, 'category=')
      group by facet having sum(change) <> 0
    ), counted as (
      update category c set product_count = c.product_count + m.change
      from moved m where c.store_id = ${p.storeId} and m.facet = 'category=' || c.id
    )
    update catalogue_version set product_count = product_count + m.change
    from moved m where store_id = ${p.storeId} and m.facet = 'all'`,
)

/**
 * Brings what lists are made of up to date for some products: last in a transaction that changes them or their
 * variants, after `touchCatalogue`, whose lock keeps the counts right.
 */
export async function indexProducts(ctx: Ctx, productIds: readonly string[]): Promise<void> {
  if (productIds.length > 0) await index(ctx.tx, { storeId: ctx.store.storeId, ids: productIds })
}
