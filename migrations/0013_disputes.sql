-- +goose Up
-- A worker contests a state or a record; the answer runs by a clock. matter tells what exactly was contested (this version of a
-- record, this due instant), so that a rejected matter is not contested again and again: once, by a dispute that names it.
create table dispute (
    org_id           integer     not null,
    employee_id      bigint      not null,
    id               bigint generated always as identity,
    subject          text        not null check (subject in ('standing', 'sample', 'symptom', 'hold', 'file')),
    subject_ref      text        not null default '',
    matter           text        not null default '',
    reopens          bigint,
    about_at         timestamptz not null,
    shown            jsonb       not null default '{}',
    claim_enc        bytea       not null,
    attachment_id    bigint,
    state            text        not null default 'open' check (state in ('open', 'upheld', 'rejected', 'withdrawn')),
    opened_by        bigint      not null,
    opened_at        timestamptz not null,
    due_at           timestamptz not null,
    answer_enc       bytea,
    answered_by      bigint,
    answered_by_name text        not null default '',
    answered_at      timestamptz,
    seen_at          timestamptz,
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id)
);
create unique index dispute_one_open on dispute (org_id, employee_id, subject, subject_ref) where state = 'open';
create unique index dispute_reopened on dispute (org_id, employee_id, reopens) where reopens is not null;
create index dispute_open on dispute (org_id, due_at, id) where state = 'open';
create index dispute_recent on dispute (org_id, opened_at desc, id desc);

-- Many records corrected for one reason in one action; the records themselves keep their versions. A batch that takes another
-- back names it.
create table correction_batch (
    org_id     integer     not null references org (id),
    id         bigint generated always as identity,
    kind       text        not null check (kind in ('move', 'report', 'add', 'cancel', 'undo')),
    undoes     bigint,
    change     jsonb       not null,
    reason     text        not null,
    selected   integer     not null,
    corrected  integer     not null,
    unchanged  integer     not null,
    refused    integer     not null,
    outcome    jsonb       not null default '[]',
    actor      bigint      not null,
    actor_name text        not null,
    at         timestamptz not null,
    primary key (org_id, id),
    foreign key (org_id, undoes) references correction_batch (org_id, id)
);
create unique index correction_undone on correction_batch (org_id, undoes) where undoes is not null;
create index correction_recent on correction_batch (org_id, at desc, id desc);

-- How right "overdue" was in a week: person-checks (a person at a check instant) that were shown overdue, and those of them that
-- the records of today say were not. Beside it how long results took, and whether a reminder was sent twice. No person; the
-- bureau may read it.
create table quality_week (
    org_id          integer     not null references org (id),
    week            date        not null,
    people          integer     not null,
    checks          integer     not null,
    shown_overdue   integer     not null,
    false_overdue   integer     not null,
    missed_overdue  integer     not null,
    people_wronged  integer     not null,
    results         integer     not null,
    results_in_day  integer     not null,
    median_minutes  integer,
    reminders       integer     not null,
    reminders_twice integer     not null,
    computed_at     timestamptz not null,
    primary key (org_id, week)
);
create index quality_week_week on quality_week (week, org_id);

grant select, insert, update on dispute, quality_week to fugong_app;
grant select, insert on correction_batch to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('dispute', 'correction_batch', 'quality_week');
create policy bureau on quality_week for select using ((select current_setting('app.bureau', true)) = 'on');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('dispute', 'claim_enc', 'S', 180, 'answered_at', 'PIPL 46: correction'),
    ('dispute', 'answer_enc', 'S', 180, 'answered_at', 'PIPL 46: correction'),
    ('dispute', 'shown', 'S', 180, 'answered_at', 'PIPL 46: correction'),
    ('correction_batch', 'outcome', 'S', 180, 'at', 'PIPL 46: correction');

-- +goose Down
delete from data_class where table_name in ('dispute', 'correction_batch');
drop table quality_week, correction_batch, dispute;
