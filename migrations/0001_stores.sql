-- Tenants, and what belongs to the installation rather than to one of them.
--
-- Every table of a store leads its primary key and its foreign keys with store_id, so that a row cannot refer to
-- another store's row, and so that a distributed PostgreSQL can spread the tables by it.
-- Tables that every request writes to do not refer to store itself: the check would lock that one row for all.
-- Identity columns (serial) are for contracts that show integer ids; JSON numbers end at 2^53 - 1.

create extension if not exists pg_trgm;
create extension if not exists unaccent;
create extension if not exists btree_gin;

-- RFC 9562 version 7: milliseconds first, so that keys made one after another lie beside each other in the index.
create function uuid_v7() returns uuid language sql volatile parallel safe as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
      52, 1), 53, 1), 'hex')::uuid
$$;

-- unaccent() depends on a dictionary that could be replaced, so PostgreSQL calls it stable; ours is never replaced.
create function plain(text) returns text language sql immutable strict parallel safe as $$
  select lower(public.unaccent('public.unaccent'::regdictionary, $1))
$$;

create table store (
  store_id uuid primary key default uuid_v7(),
  slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (name <> ''),
  contracts text[] not null check (cardinality(contracts) > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text not null,
  tax_rate_bps integer not null default 0 check (tax_rate_bps between 0 and 10000),
  tax_mode text not null check (tax_mode in ('exclusive', 'inclusive')),
  tax_rounding text not null check (tax_rounding in ('order', 'line')),
  shipping_minor bigint not null default 0 check (shipping_minor >= 0),
  -- {year} {month} {day} in the store's time zone, {number:4} at least four digits
  order_number_template text not null check (order_number_template ~ '\{number(:[0-9]+)?\}'),
  unpaid_minutes integer not null check (unpaid_minutes > 0),
  token_minutes integer not null check (token_minutes > 0),
  payment_provider text not null,
  -- its providers' secrets come from the environment
  is_demo boolean not null default false,
  created_at timestamptz not null default now()
);

-- Which store answers to a path prefix or a host name. Not a table of one store: it is what finds the store.
create table store_name (
  kind text not null check (kind in ('slug', 'host')),
  name text not null,
  store_id uuid not null,
  primary key (kind, name)
);

-- What a provider gave us to prove who we are, sealed under SAUDAGAR_SECRET.
create table store_secret (
  store_id uuid not null references store,
  name text not null,
  sealed bytea not null,
  updated_at timestamptz not null default now(),
  primary key (store_id, name)
);

-- What happened, for whoever follows: webhooks, realtime, analytics. Written with the change itself.
create table event (
  store_id uuid not null,
  id uuid not null default uuid_v7(),
  type text not null,
  subject_id uuid not null,
  data jsonb not null default '{}',
  at timestamptz not null,
  primary key (store_id, id)
);

-- Idempotency-Key: one row a request, per store, actor and route. A row that names an order is a lease: the effect
-- of its first transaction is committed, and a retry goes on from that order instead of placing another.
create table idempotency_key (
  store_id uuid not null,
  actor text not null,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null,
  order_id uuid,
  leased_until timestamptz,
  status integer,
  body text,
  created_at timestamptz not null,
  primary key (store_id, actor, route, key)
);
create index idempotency_key_age on idempotency_key (created_at);

-- Requests counted by all server processes together. Lost in a crash, and no harm: a window is short.
create unlogged table rate_counter (
  bucket text not null,
  window_start bigint not null,
  count bigint not null,
  changed_at timestamptz not null,
  primary key (bucket, window_start)
);
create index rate_counter_changed on rate_counter (changed_at);
