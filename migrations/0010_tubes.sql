-- +goose Up
-- A mixed tube: several people's swabs, one result. Its members are the pooled samples that carry its barcode.
create table tube (
    org_id      integer     not null references org (id),
    id          bigint generated always as identity,
    barcode     text        not null,
    mode        text        not null check (mode in ('pool5', 'pool10', 'pool20')),
    opened_at   timestamptz not null,
    sealed_at   timestamptz,
    institution text        not null default '',
    lab         text        not null default '',
    result      text        not null default 'pending' check (result in ('pending', 'negative', 'pool_abnormal', 'invalid', 'cancelled')),
    reported_at timestamptz,
    note        text        not null default '',
    opened_by   bigint      not null,
    actor_name  text        not null,
    entered_at  timestamptz not null,
    resulted_by bigint,
    resulted_by_name text   not null default '',
    primary key (org_id, id),
    unique (org_id, barcode)
);
create index tube_recent on tube (org_id, opened_at desc, id desc);
create index sample_barcode on sample (org_id, barcode) where barcode <> '';

grant select, insert, update on tube to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('tube');

-- +goose Down
drop index sample_barcode;
drop table tube;
