-- +goose Up
-- The application role owns nothing: it reads and writes rows, and row-level security binds it. Roles are cluster-wide.
-- +goose StatementBegin
do $$
begin
    if not exists (select from pg_roles where rolname = 'fugong_app') then
        create role fugong_app nologin;
    end if;
exception when duplicate_object then null;
end $$;
-- +goose StatementEnd
grant fugong_app to current_user;
grant usage on schema public to fugong_app;

-- One row per background task: an import to check, a file to build. Plain local table, claimed with SKIP LOCKED.
create table task (
    id          bigint generated always as identity primary key,
    org_id      integer     not null,
    kind        text        not null,
    ref         bigint      not null,
    state       text        not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    attempts    integer     not null default 0,
    run_after   timestamptz not null,
    lease_until timestamptz,
    lease_owner text,
    done        bigint      not null default 0,
    total       bigint      not null default 0,
    error       text        not null default '',
    created_at  timestamptz not null,
    finished_at timestamptz
);
create index task_claim on task (run_after) where state in ('queued', 'running');
create index task_ref on task (kind, ref);

-- One row per job and slot: the row is the claim, so that two servers run a slot once and a missed slot is seen.
create table job_run (
    job         text        not null,
    slot        timestamptz not null,
    owner       text        not null,
    started_at  timestamptz not null,
    lease_until timestamptz not null,
    finished_at timestamptz,
    attempts    integer     not null default 1,
    result      text        not null default '',
    error       text        not null default '',
    primary key (job, slot)
);

-- Key and value that belong to the installation as a whole (demo instant, set-up done, …).
create table setting (
    key        text primary key,
    value      text        not null,
    updated_at timestamptz not null
);

-- Class (P personal, S sensitive under PIPL Art. 28, none) and retention of every column that holds data of a person.
create table data_class (
    table_name     text    not null,
    column_name    text    not null,
    class          text    not null check (class in ('P', 'S', 'none')),
    retention_days integer,
    counted_from   text    not null default '',
    legal_basis    text    not null,
    primary key (table_name, column_name)
);

grant select, insert, update, delete on task, job_run, setting to fugong_app;
grant select on data_class to fugong_app;

-- +goose Down
drop table data_class, setting, job_run, task;
revoke usage on schema public from fugong_app;
