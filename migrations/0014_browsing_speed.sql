-- What shops of 100,000 products showed to be slow.

-- As before, in a third of the time: a loop instead of a recursive query, which an import starts once for each kind of
-- variant.
create or replace function option_facets(option_names text[], option_values text[]) returns text[]
language plpgsql immutable parallel safe as $$
declare
  pair text;
  facets text[] := '{}';
begin
  for pair in
    select distinct option_key(n) || '=' || plain(trim(v))
    from unnest(option_names, option_values) as o(n, v) where n is not null and v is not null order by 1
  loop
    facets := facets || array(select f || E'\x1f' || pair from unnest(facets) f) || pair;
  end loop;
  return facets;
end $$;
