-- +goose Up
-- Who travels, sleeps and eats together: needed to hold a group and to find contacts.
alter table employee
    add column bus           text not null default '',
    add column canteen_table text not null default '';
create index employee_dorm on employee (org_id, dorm_building, dorm_room) where dorm_room <> '';
create index employee_bus on employee (org_id, bus) where bus <> '';

-- A group held or released in one action: a mixed tube, a team, a dormitory room, a bus, a canteen table, a list of people.
create table hold_set (
    org_id           integer     not null references org (id),
    id               bigint generated always as identity,
    action           text        not null check (action in ('put', 'release')),
    kind             text        not null,
    ground           text        not null,
    selector         text        not null check (selector in ('tube', 'team', 'dorm', 'bus', 'canteen', 'list')),
    selector_value   text        not null,
    people           integer     not null,
    members          bigint[]    not null,
    from_at          timestamptz not null,
    to_at            timestamptz,
    note             text        not null default '',
    document         text        not null default '',
    state            text        not null check (state in ('proposed', 'done', 'refused')),
    proposed_by      bigint      not null,
    proposed_by_name text        not null,
    proposed_at      timestamptz not null,
    decided_by       bigint,
    decided_by_name  text        not null default '',
    decided_at       timestamptz,
    outcome          jsonb       not null default '{}',
    primary key (org_id, id),
    constraint hold_set_second check (decided_by is null or decided_by <> proposed_by or state = 'refused'),
    constraint hold_set_limit check (state <> 'done' or people <= 20 or decided_by is not null)
);
create index hold_set_recent on hold_set (org_id, proposed_at desc, id desc);

-- void: entered in error, it never held.
-- derived: the row follows from a result (regime holds the person by itself); it carries author, incident and release.
alter table hold
    add column ground      text    not null default 'symptom_report',
    add column derived     boolean not null default false,
    add column void        boolean not null default false,
    add column set_id      bigint,
    add column author_name text    not null default '',
    add column note        text    not null default '',
    add column released_by_name text not null default '',
    add column release_doc text    not null default '',
    add constraint hold_kind check (kind in ('symptom', 'pool_abnormal', 'suspicious', 'positive', 'confirmed', 'asymptomatic', 'suspected',
        'close_contact', 'secondary_contact', 'co_spatiotemporal', 'general_risk', 'self_monitor', 'two_point_one_line', 'home_monitor',
        'home_quarantine', 'central_quarantine', 'hospital', 'temp_isolation')),
    add constraint hold_ground check (ground in ('symptom_report', 'sample_result', 'cdc_notice', 'community_notice', 'hospital_notice',
        'self_declared', 'contact_tracing', 'return_gate')),
    add foreign key (org_id, set_id) references hold_set (org_id, id);
create unique index hold_derived on hold (org_id, employee_id, kind, from_at) where derived;
create index hold_recent on hold (org_id, created_at desc, id desc);

grant select, insert, update on hold_set to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('hold_set');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('employee', 'bus', 'P', 30, 'resigned', 'PIPL 13(4) public-health emergency'),
    ('employee', 'canteen_table', 'P', 30, 'resigned', 'PIPL 13(4) public-health emergency'),
    ('hold', 'note', 'S', 1095, 'released_at', 'PIPL 13(4) public-health emergency'),
    ('hold', 'release_reason', 'S', 1095, 'released_at', 'PIPL 13(4) public-health emergency'),
    ('hold', 'release_doc', 'S', 1095, 'released_at', 'PIPL 13(4) public-health emergency'),
    ('hold_set', 'selector_value', 'P', 1095, 'proposed_at', 'PIPL 13(4) public-health emergency'),
    ('hold_set', 'members', 'S', 1095, 'proposed_at', 'PIPL 13(4) public-health emergency'),
    ('hold_set', 'document', 'S', 1095, 'proposed_at', 'PIPL 13(4) public-health emergency'),
    ('hold_set', 'outcome', 'S', 1095, 'proposed_at', 'PIPL 13(4) public-health emergency'),
    ('hold_set', 'note', 'S', 1095, 'proposed_at', 'PIPL 13(4) public-health emergency');

-- +goose Down
delete from data_class where (table_name, column_name) in (('employee', 'bus'), ('employee', 'canteen_table'), ('hold', 'note'),
    ('hold', 'release_reason'), ('hold', 'release_doc'), ('hold_set', 'selector_value'), ('hold_set', 'members'), ('hold_set', 'document'),
    ('hold_set', 'outcome'), ('hold_set', 'note'));
drop index hold_recent, hold_derived;
alter table hold drop constraint hold_ground, drop constraint hold_kind, drop column release_doc, drop column released_by_name,
    drop column note, drop column author_name, drop column set_id, drop column void, drop column derived, drop column ground;
drop table hold_set;
drop index employee_bus, employee_dorm;
alter table employee drop column canteen_table, drop column bus;
