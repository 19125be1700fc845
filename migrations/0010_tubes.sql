-- +goose Up
-- A mixed tube: several people's swabs, one result. Its members are the pooled samples that carry its barcode, and its result is the
-- worst that they have; both follow the samples. 'cancelled' is a tube that was given up before it had a result.
create table tube (
    org_id      integer     not null references org (id),
    id          bigint generated always as identity,
    barcode     text        not null check (barcode <> ''),
    mode        text        not null check (mode in ('pool5', 'pool10', 'pool20')),
    opened_at   timestamptz not null,
    sealed_at   timestamptz,
    institution text        not null default '',
    lab         text        not null default '',
    result      text        not null default 'pending' check (result in ('pending', 'negative', 'pool_abnormal', 'invalid', 'cancelled')),
    reported_at timestamptz,
    opened_by   bigint      not null,
    actor_name  text        not null,
    entered_at  timestamptz not null,
    resulted_by bigint,
    resulted_by_name text   not null default '',
    primary key (org_id, id),
    unique (org_id, barcode)
);
create index tube_recent on tube (org_id, opened_at desc, id desc);
create index tube_abnormal on tube (org_id, opened_at desc, id desc) where result = 'pool_abnormal';
create index sample_barcode on sample (org_id, barcode) where barcode <> '';

-- Tubes that so far were known by their samples only.
insert into tube (org_id, barcode, mode, opened_at, sealed_at, institution, lab, result, reported_at, opened_by, actor_name, entered_at)
select org_id, barcode, mode() within group (order by collect_mode), min(sampled_at), max(sampled_at), max(institution), max(lab),
    (array['pending', 'negative', 'invalid', 'pool_abnormal'])[1 + max(weight)],
    (array_agg(reported_at order by weight desc, reported_at))[1], 0, '', min(entered_at)
from (select org_id, barcode, collect_mode, sampled_at, institution, lab, reported_at, entered_at,
        case result when 'pending' then 0 when 'negative' then 1 when 'invalid' then 2 else 3 end as weight
    from sample where barcode <> '' and collect_mode <> 'single' and result <> 'cancelled') s
group by org_id, barcode;

grant select, insert, update on tube to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('tube');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('tube', 'barcode', 'S', 180, 'opened_at', 'PIPL 13(4) public-health emergency'),
    ('tube', 'result', 'S', 180, 'opened_at', 'PIPL 13(4) public-health emergency'),
    ('tube', 'actor_name', 'P', 180, 'opened_at', 'PIPL 13(2) HR management'),
    ('tube', 'resulted_by_name', 'P', 180, 'opened_at', 'PIPL 13(2) HR management');

-- +goose Down
delete from data_class where table_name = 'tube';
drop index sample_barcode;
drop table tube;
