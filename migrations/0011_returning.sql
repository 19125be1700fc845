-- +goose Up
-- One return to post: what the worker declared (sealed), what the gate found, who decided.
create table return_case (
    org_id           integer     not null,
    employee_id      bigint      not null,
    id               bigint generated always as identity,
    state            text        not null check (state in ('draft', 'submitted', 'deferred', 'override', 'approved', 'rejected', 'withdrawn')),
    source           text        not null check (source in ('self', 'staff', 'import')),
    planned_at       timestamptz not null,
    body_enc         bytea,
    notice_version   text        not null default '',
    consent_at       timestamptz,
    pledge_at        timestamptz,
    submitted_at     timestamptz,
    failed           text[]      not null default '{}',
    reviewed_by      bigint,
    reviewed_by_name text        not null default '',
    reviewed_at      timestamptz,
    review_reason    text        not null default '',
    second_by        bigint,
    second_by_name   text        not null default '',
    second_at        timestamptz,
    import_id        bigint,
    created_by       bigint      not null,
    actor_name       text        not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    version          integer     not null default 1,
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id),
    check (second_by is null or second_by <> reviewed_by)
);
create unique index return_case_open on return_case (org_id, employee_id) where state in ('draft', 'submitted', 'deferred', 'override');
create index return_case_state on return_case (org_id, state, planned_at, id);

grant select, insert, update on return_case to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('return_case');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('return_case', 'body_enc', 'S', 30, 'reviewed_at', 'PIPL 13(4) public-health emergency; separate consent (29)'),
    ('return_case', 'failed', 'S', 30, 'reviewed_at', 'PIPL 13(4) public-health emergency'),
    ('return_case', 'review_reason', 'S', 30, 'reviewed_at', 'PIPL 13(4) public-health emergency'),
    ('return_case', 'consent_at', 'P', 1095, 'consent_at', 'PIPL 55-56: records of consent'),
    ('return_case', 'pledge_at', 'P', 1095, 'pledge_at', 'PIPL 13(4) public-health emergency');

-- +goose Down
delete from data_class where table_name = 'return_case';
drop table return_case;
