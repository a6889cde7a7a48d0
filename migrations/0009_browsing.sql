-- Products as shoppers browse them: one row a product, found by category, options, price, rating and words.

create extension if not exists fuzzystrmatch;

-- "Colour" and "Warna" are one option to whoever filters by it.
create function option_key(text) returns text language sql immutable strict parallel safe as $$
  select case plain(trim($1))
    when 'colour' then 'color' when 'warna' then 'color' when 'ukuran' then 'size' when 'finishing' then 'finish'
    else plain(trim($1)) end
$$;

-- Every combination of a variant's options as one text, so that "natural and large" is one key to look up, and true of
-- one variant: three options make seven. U+001F stands between what no option value contains.
create function option_facets(option_names text[], option_values text[]) returns text[]
language sql immutable parallel safe as $$
  with recursive one as (
    select distinct option_key(n) || '=' || plain(trim(v)) as pair
    from unnest(option_names, option_values) as o(n, v) where n is not null and v is not null
  ), combined(combination, last) as (
    select pair, pair from one
    union all
    select c.combination || E'\x1f' || o.pair, o.pair from combined c join one o on o.pair > c.last
  )
  select coalesce(array_agg(combination), '{}') from combined
$$;

-- Plain words only: "dining-table" and "dining table" are found by each other.
create function search_text(text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(plain($1), '[-_/.,:;!?()"''&+@#%*=<>|\\{}]|\[|\]', ' ', 'g')
$$;

alter table product
  add column short_description text,
  add column is_featured boolean not null default false,
  add column length_cm integer check (length_cm >= 0),
  add column width_cm integer check (width_cm >= 0),
  add column height_cm integer check (height_cm >= 0),
  -- kept with every change of the product, its variants and its categories (catalogue/browse/index.ts): what lists filter by.
  -- The price is that of the cheapest variant that is shown.
  add column is_listed boolean not null default false,
  add column price_minor bigint,
  add column list_minor bigint,
  add column facets text[] not null default '{}',
  add column search tsvector not null default '',
  -- pieces sold of late, counted once an hour
  add column sold_count integer not null default 0 check (sold_count >= 0),
  -- reviews with one star, two, … five; raised with each review
  add column ratings integer[] not null default '{0,0,0,0,0}' check (cardinality(ratings) = 5 and 0 <= all (ratings)),
  add column review_count integer not null
    generated always as (ratings[1] + ratings[2] + ratings[3] + ratings[4] + ratings[5]) stored,
  add column rating double precision not null generated always as (coalesce(round(
    (ratings[1] + 2 * ratings[2] + 3 * ratings[3] + 4 * ratings[4] + 5 * ratings[5])::numeric
      / nullif(ratings[1] + ratings[2] + ratings[3] + ratings[4] + ratings[5], 0), 2), 0)::double precision) stored,
  add check (is_listed = (price_minor is not null));

create index product_newest on product (store_id, created_at desc, id desc) where is_listed;
create index product_price on product (store_id, price_minor, id) where is_listed;
create index product_popular on product (store_id, sold_count desc, id desc) where is_listed;
create index product_rating on product (store_id, rating desc, review_count desc, id desc) where is_listed;
create index product_facets on product using gin (store_id, facets, search) where is_listed;
create unique index product_serial on product (store_id, serial);
create unique index variant_serial on variant (store_id, serial);

-- Products that the public list shows: kept, so that a page's total needs no counting.
alter table catalogue_version add column product_count integer not null default 0 check (product_count >= 0);
alter table category add column product_count integer not null default 0 check (product_count >= 0);

-- The words that a store's products are found by: what a misspelt one may have meant is looked for among them.
create table search_word (
  store_id uuid not null,
  word text not null collate "C" check (length(word) <= 40),
  primary key (store_id, word)
);
create index search_word_similar on search_word using gin (store_id, word gin_trgm_ops);

-- What is sold out is seldom much, and changes seldom: an update that leaves it as it is stays off this index.
alter table stock add column is_out boolean not null generated always as (on_hand <= allocated) stored;
create index stock_out on stock (store_id, variant_id) where is_out;

-- What is kept with products, for those that are there already: as src/engine/catalogue/browse/index.ts does it.
with recursive up as (
  select store_id, id as leaf, id, parent_id, name from category
  union all
  select c.store_id, up.leaf, c.id, c.parent_id, c.name from up
  join category c on c.store_id = up.store_id and c.id = up.parent_id
), path as (
  select store_id, leaf, array_agg('category=' || id) as facets, string_agg(name, ' ') as names from up
  group by store_id, leaf
), shown as (
  select v.store_id, v.product_id, min(v.price_minor) as price_minor,
    (array_agg(v.list_minor order by v.price_minor, v.position, v.id))[1] as list_minor,
    string_agg(array_to_string(v.option_values, ' ') || ' ' || coalesce(v.sku, ''), ' ') as words
  from variant v where v.is_listed group by v.store_id, v.product_id
), options as (
  select p.store_id, p.id, array_agg(distinct facet) as facets
  from product p join variant v on v.store_id = p.store_id and v.product_id = p.id and v.is_listed,
  unnest(option_facets(p.option_names, v.option_values)) facet
  group by p.store_id, p.id
)
update product p set is_listed = true, price_minor = s.price_minor, list_minor = s.list_minor,
  facets = path.facets || coalesce(o.facets, '{}'),
  search = setweight(to_tsvector('simple', search_text(p.name)), 'A')
    || setweight(to_tsvector('simple', search_text(path.names || ' ' || coalesce(p.vendor, '') || ' '
      || array_to_string(p.tags, ' ') || ' ' || coalesce(s.words, ''))), 'B')
    || setweight(to_tsvector('simple', search_text(
      left(regexp_replace(coalesce(p.description, ''), '<[^>]*>', ' ', 'g'), 20000))), 'C')
from path, shown s left join options o on o.store_id = s.store_id and o.id = s.product_id
where p.store_id = s.store_id and p.id = s.product_id and path.store_id = p.store_id and path.leaf = p.category_id;

insert into search_word (store_id, word)
select distinct store_id, lexeme from product, unnest(search) where length(lexeme) between 2 and 40;

update category c set product_count = n.count
from (select store_id, facet, count(*)::int as count from product, unnest(facets) facet where is_listed group by 1, 2) n
where n.store_id = c.store_id and n.facet = 'category=' || c.id;

update catalogue_version v set product_count = n.count, version = version + 1
from (select store_id, count(*)::int as count from product where is_listed group by 1) n where n.store_id = v.store_id;
