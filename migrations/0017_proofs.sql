-- Keys that sign what a store states. Their private halves are sealed; the public ones are published for ever.
create table proof_key (
  store_id uuid not null references store,
  kid text not null,
  public_key bytea not null check (length(public_key) = 32),
  private_sealed bytea not null,
  published_at timestamptz not null,
  signs_from timestamptz not null,
  signs_until timestamptz check (signs_until >= signs_from),
  revoked_at timestamptz,
  revoked_why text,
  -- the entry that tells the log so
  revoked_entry bigint,
  primary key (store_id, kid)
);

-- By which a program of the store's is known: a warehouse's, say. Only their hashes are here.
create table api_key (
  store_id uuid not null references store,
  id uuid not null default uuid_v7(),
  name text not null,
  key_hash bytea not null check (length(key_hash) = 32),
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (store_id, id)
);
create unique index api_key_name on api_key (store_id, name);
create unique index api_key_hash on api_key (store_id, key_hash);

-- Keys of tags that answer each tap anew (NTAG 424 DNA), by the name that an enrolment refers to.
create table tag_key (
  store_id uuid not null references store,
  name text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  primary key (store_id, name)
);

-- The highest count that a tag was seen with: of two messages with one count, one is a copy.
create table tag (
  store_id uuid not null,
  uid bytea not null check (length(uid) = 7),
  counter integer not null check (counter between 0 and 16777215),
  seen_at timestamptz not null,
  primary key (store_id, uid)
);

-- A parcel's proof of delivery. What was signed stays as it was signed: text, whose bytes are the statement.
create table proof (
  store_id uuid not null,
  id uuid not null,
  token_hash bytea not null check (length(token_hash) = 32),
  -- as whoever enrolled it wrote it: free text, and not unique
  order_ref text not null,
  nfc_uid text not null,
  -- set only when a signed-in actor enrolled it and the order had been shipped; else it moves no order
  order_id uuid,
  photo_urls text[] not null check (cardinality(photo_urls) between 1 and 4),
  photo_hashes text[] not null check (cardinality(photo_hashes) = cardinality(photo_urls)),
  shipping_lat double precision not null check (shipping_lat between -90 and 90),
  shipping_lng double precision not null check (shipping_lng between -180 and 180),
  warehouse_lat double precision check (warehouse_lat between -90 and 90),
  warehouse_lng double precision check (warehouse_lng between -180 and 180),
  -- of four digits, under a key that is not in the database
  phone_hash bytea check (length(phone_hash) = 32),
  tag_key text,
  tag_uid bytea check (length(tag_uid) = 7),
  enrolled_at timestamptz not null,
  enrolled_document text not null,
  enrolled_signature bytea not null check (length(enrolled_signature) = 64),
  enrolled_kid text not null,
  verified_at timestamptz,
  delivery_lat double precision check (delivery_lat between -90 and 90),
  delivery_lng double precision check (delivery_lng between -180 and 180),
  device_info text,
  verdict text check (verdict in ('pass', 'near', 'flagged')),
  distance_m integer check (distance_m >= 0),
  phone_verified boolean,
  tag_counter integer,
  verified_document text,
  verified_signature bytea check (length(verified_signature) = 64),
  verified_kid text,
  phone_tries smallint not null default 0 check (phone_tries between 0 and 5),
  phone_locked_until timestamptz,
  primary key (store_id, id),
  foreign key (store_id, order_id) references orders,
  foreign key (store_id, tag_key) references tag_key,
  check ((warehouse_lat is null) = (warehouse_lng is null)),
  check (num_nulls(verified_at, delivery_lat, delivery_lng, verdict, distance_m, phone_verified, verified_document,
    verified_signature, verified_kid) in (0, 9))
);
create unique index proof_token on proof (store_id, token_hash);
create index proof_order on proof (store_id, order_id) where order_id is not null;
