-- +goose Up
-- Dated, grounded reasons why no test is owed. Cancelled, never deleted.
create table exemption (
    org_id         integer     not null,
    employee_id    bigint      not null,
    id             bigint generated always as identity,
    ground         text        not null check (ground in ('vaccinated_48h', 'fever_symptom', 'in_quarantine', 'off_post', 'medical')),
    from_at        timestamptz not null,
    to_at          timestamptz,
    proof          text        not null default '',
    source         text        not null check (source in ('staff', 'import', 'api')),
    entered_by     bigint      not null,
    actor_name     text        not null,
    entered_at     timestamptz not null,
    cancelled_at   timestamptz,
    cancelled_by   bigint,
    cancelled_name text        not null default '',
    cancel_reason  text        not null default '',
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id),
    check (to_at is null or to_at > from_at)
);
create unique index exemption_once on exemption (org_id, employee_id, ground, from_at) where cancelled_at is null;
create index exemption_recent on exemption (org_id, entered_at desc, id desc);

-- One dose; dose 0 says why there is none.
create table vaccination (
    org_id         integer     not null,
    employee_id    bigint      not null,
    id             bigint generated always as identity,
    dose           smallint    not null check (dose between 0 and 9),
    at             timestamptz,
    product        text        not null default '',
    none_reason    text        not null default '' check (none_reason in ('', 'contraindicated', 'interval', 'refused')),
    source         text        not null check (source in ('staff', 'import', 'api')),
    entered_by     bigint      not null,
    actor_name     text        not null,
    entered_at     timestamptz not null,
    cancelled_at   timestamptz,
    cancelled_by   bigint,
    cancelled_name text        not null default '',
    cancel_reason  text        not null default '',
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id),
    check ((dose = 0) = (at is null)),
    check ((dose = 0) = (none_reason <> ''))
);
create unique index vaccination_once on vaccination (org_id, employee_id, dose) where cancelled_at is null;
create index vaccination_recent on vaccination (org_id, entered_at desc, id desc);

grant select, insert, update on exemption, vaccination to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('exemption', 'vaccination');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('exemption', 'ground', 'S', 180, 'from_at', 'PIPL 13(4) public-health emergency'),
    ('exemption', 'proof', 'S', 180, 'from_at', 'PIPL 13(4) public-health emergency'),
    ('vaccination', 'dose', 'S', 180, 'entered_at', 'PIPL 13(4) public-health emergency'),
    ('vaccination', 'at', 'S', 180, 'entered_at', 'PIPL 13(4) public-health emergency'),
    ('vaccination', 'none_reason', 'S', 180, 'entered_at', 'PIPL 13(4) public-health emergency');

-- +goose Down
delete from data_class where table_name in ('exemption', 'vaccination');
drop table vaccination, exemption;
