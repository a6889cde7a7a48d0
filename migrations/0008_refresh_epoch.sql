-- A refresh token made while a reset ends all sessions may be seen by neither: it dies with the epoch it was made in.
alter table refresh_token add column session_epoch integer not null default 0;
