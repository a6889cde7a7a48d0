-- Orders that a courier carries, that are paid into an account of their own, and that an invoice is written for.

alter table orders
  add column courier text,
  add column courier_service text,
  -- the price came from the shop's own table: the courier could not be asked
  add column is_shipping_estimated boolean not null default false,
  add column shipping_discount_minor bigint not null default 0 check (shipping_discount_minor >= 0),
  add column weight_grams integer check (weight_grams >= 0),
  add column voucher_code text,
  add column customer_note text;

alter table order_line
  add column product_name text,
  add column length_cm integer,
  add column width_cm integer,
  add column height_cm integer;

alter table payment_session
  add column method text,
  add column channel text,
  add column url text,
  add column token text;

-- by_hand: the gateway cannot give it back, so a person has to, and says so
alter table refund drop constraint refund_state_check;
alter table refund add constraint refund_state_check
  check (state in ('requested', 'pending', 'by_hand', 'processed', 'failed'));

alter table shipment
  drop column carrier,
  add column courier text,
  add column service text,
  add column provider text,
  add column provider_id text,
  add column booking_attempt integer not null default 1 check (booking_attempt > 0),
  add column booking_state text not null default 'none'
    check (booking_state in ('none', 'wanted', 'booked', 'failed')),
  add column state text check (state in ('booked', 'in_transit', 'delivered', 'returned', 'cancelled', 'lost')),
  -- as the courier told it last: [{"at", "place", "description"}]
  add column events jsonb not null default '[]',
  add column polled_at timestamptz;
drop index shipment_order;
create unique index shipment_one on shipment (store_id, order_id);
-- the sweeps': what is to be followed, and what waits for its courier
create index shipment_under_way on shipment (polled_at nulls first)
  where courier is not null and tracking_number is not null and delivered_at is null;
create index shipment_wanted on shipment (shipped_at) where booking_state = 'wanted';

-- The shop's own prices, for when the courier cannot be asked. The narrowest place that fits counts; '' is everywhere.
create table shipping_rate (
  store_id uuid not null references store,
  courier text not null,
  service text not null,
  region text not null default '',
  city text not null default '',
  description text not null,
  first_kg_minor bigint not null check (first_kg_minor >= 0),
  next_kg_minor bigint not null check (next_kg_minor >= 0),
  etd text not null,
  primary key (store_id, courier, service, region, city)
);

-- What a courier said last for such a parcel, and what was shown when it could not be asked: the price that the customer
-- saw is the price of the order.
create table shipping_quote (
  store_id uuid not null,
  courier text not null,
  destination text not null,
  weight_grams integer not null,
  rates jsonb,
  quoted_at timestamptz,
  estimate jsonb,
  estimated_at timestamptz,
  primary key (store_id, courier, destination, weight_grams),
  check ((rates is null) = (quoted_at is null)),
  check ((estimate is null) = (estimated_at is null)),
  check (quoted_at is not null or estimated_at is not null)
);
create index shipping_quote_age on shipping_quote (greatest(quoted_at, estimated_at));

-- Numbered without gaps: the counter's row is locked until the invoice is committed with it.
create table invoice (
  store_id uuid not null,
  order_id uuid not null,
  number text not null,
  issued_at timestamptz not null,
  -- who sold what to whom, as it was then: an invoice does not change with the shop's address
  facts jsonb not null,
  primary key (store_id, order_id),
  foreign key (store_id, order_id) references orders
);
create unique index invoice_number on invoice (store_id, number);
