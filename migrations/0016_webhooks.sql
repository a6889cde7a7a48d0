-- Who wants to be told of what happens in a store.
create table webhook_endpoint (
  store_id uuid not null references store,
  id uuid not null default uuid_v7(),
  url text not null check (url <> ''),
  -- names of events; `order.*` is every one that begins so, `*` every one
  events text[] not null check (cardinality(events) > 0),
  -- in whose words it is told: a contract's, by its name; null are our own
  form text,
  secret_sealed bytea not null,
  -- one of the environment's is kept as the environment has it
  source text not null check (source in ('command', 'environment')),
  created_at timestamptz not null,
  disabled_at timestamptz,
  disabled_why text,
  primary key (store_id, id),
  check ((disabled_at is null) = (disabled_why is null)),
  check (source = 'command' or form is not null)
);
create unique index webhook_endpoint_environment on webhook_endpoint (store_id, form) where source = 'environment';

-- What each of them is owed: the queue, and what came of it. A row is written by the statement that writes its event. It
-- does not refer to its endpoint: the check would lock that one row for all. Endpoints are switched off and never deleted.
create table webhook_delivery (
  store_id uuid not null,
  id uuid not null default uuid_v7(),
  endpoint_id uuid not null,
  event_id uuid not null,
  created_at timestamptz not null,
  -- when it is tried next; while a worker is at it, when that worker is taken for dead
  due_at timestamptz not null,
  tries integer not null default 0,
  delivered_at timestamptz,
  failed_at timestamptz,
  primary key (store_id, id),
  check (delivered_at is null or failed_at is null)
);
create unique index webhook_delivery_once on webhook_delivery (store_id, endpoint_id, event_id);
create index webhook_delivery_due on webhook_delivery (store_id, endpoint_id, due_at)
  where delivered_at is null and failed_at is null;
create index webhook_delivery_failed on webhook_delivery (store_id, failed_at) where failed_at is not null;
create index webhook_delivery_age on webhook_delivery (created_at);

-- Each try, and what was answered.
create table webhook_attempt (
  store_id uuid not null,
  delivery_id uuid not null,
  id uuid not null default uuid_v7(),
  at timestamptz not null,
  -- of the answer; null when there was none
  status integer,
  problem text,
  duration_ms integer not null check (duration_ms >= 0),
  primary key (store_id, delivery_id, id),
  foreign key (store_id, delivery_id) references webhook_delivery on delete cascade,
  check (status is not null or problem is not null)
);
