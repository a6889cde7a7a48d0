-- An order is placed from a cart only as it was when it was priced: every change of a cart's lines raises this.
alter table cart add column version integer not null default 0;

-- Nobody looks reservations up by variant.
drop index reservation_live;

-- A session is found by the gateway's id, which it has not yet when it is made.
drop index payment_session_provider;
create unique index payment_session_provider on payment_session (store_id, provider, provider_session_id)
  where provider_session_id is not null;
