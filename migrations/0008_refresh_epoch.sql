-- A refresh token made while a reset ends all sessions may be seen by neither: it dies with the epoch it was made in.
alter table refresh_token add column session_epoch integer not null default 0;
update refresh_token t set session_epoch = c.session_epoch
from customer c where c.store_id = t.store_id and c.id = t.customer_id;
