-- The tree that a store's log is, as of its latest checkpoint. Whoever locks the row is the one who brings entries in.
create table log_tree (
  store_id uuid primary key references store,
  -- by which the log is known outside, for ever: it stands in every checkpoint and names the key
  origin text not null check (origin ~ '^[^[:space:][:cntrl:]+]+$'),
  public_key bytea not null check (length(public_key) = 32),
  private_sealed bytea not null,
  size bigint not null check (size between 0 and 9007199254740991),
  root bytea not null check (length(root) = 32),
  -- the signed note of this size and root
  checkpoint text,
  checkpointed_at timestamptz,
  check ((size = 0) = (checkpoint is null) and (size = 0) = (checkpointed_at is null))
);

-- Hashes of the tree, up to 256 in a tile (C2SP tlog-tiles). A full one never changes; the last of a level grows.
create table log_tile (
  store_id uuid not null references log_tree,
  level smallint not null check (level between 0 and 6),
  index bigint not null check (index >= 0),
  hashes bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0),
  primary key (store_id, level, index)
);
-- hashes do not get smaller
alter table log_tile alter column hashes set storage external;

-- Who watches a log from outside, and the latest checkpoint that each has cosigned.
create table log_witness (
  store_id uuid not null references store,
  name text not null check (name ~ '^[^[:space:][:cntrl:]+]+$'),
  public_key bytea not null check (length(public_key) = 32),
  added_at timestamptz not null,
  size bigint check (size > 0),
  -- as the log signed it, without cosignatures
  checkpoint text,
  -- the witness's line of it
  cosignature text,
  cosigned_at timestamptz,
  primary key (store_id, name),
  check (num_nulls(size, checkpoint, cosignature, cosigned_at) in (0, 4))
);
create unique index log_witness_key on log_witness (store_id, public_key);
