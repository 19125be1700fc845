-- +goose Up
-- The instant of the snapshot that pages show. It stands apart from the rows, so that a refresh writes only those that moved.
create table snapshot (
    id    smallint primary key check (id = 1),
    as_of timestamptz not null
);
insert into snapshot (id, as_of) select 1, min(as_of) from org_now having count(*) > 0;

-- What the enterprise was called and where it belonged when it was counted: a page of the bureau needs no other table, and its
-- parts agree with each other. as_of is from now on the instant at which the row last moved.
alter table org_now
    add column name          text not null default '',
    add column zone          text not null default '',
    add column industry      text not null default '',
    add column size          text not null default '',
    add column resume_status text not null default '',
    set (fillfactor = 60);
update org_now n set name = coalesce(nullif(o.short_name, ''), o.name), zone = coalesce(o.admin_zone, ''), industry = o.industry,
        size = o.size, resume_status = o.resume_status
    from org o where o.id = n.org_id;
delete from org_now n using org o where o.id = n.org_id and not (o.kind = 'enterprise' and o.active);

-- The sums of org_now by reporting line and industry, and those of org_week by week as well.
create table area_now (
    zone         text    not null,
    industry     text    not null,
    orgs         integer not null,
    resumed      integer not null,
    headcount    integer not null,
    owed         integer not null,
    tested       integer not null,
    due_soon     integer not null,
    pending      integer not null,
    result_late  integer not null,
    overdue      integer not null,
    no_record    integer not null,
    exempt       integer not null,
    off_post     integer not null,
    held         integer not null,
    symptoms_24h integer not null,
    primary key (zone, industry)
) with (fillfactor = 50);
create table area_week (
    week     date        not null,
    zone     text        not null,
    industry text        not null,
    owed     integer     not null,
    tested   integer     not null,
    frozen   boolean     not null,
    as_of    timestamptz not null,
    primary key (week, zone, industry)
) with (fillfactor = 80);
insert into area_now
    select zone, industry, count(*), count(*) filter (where resume_status in ('partial', 'full')), sum(headcount), sum(owed), sum(tested),
        sum(due_soon), sum(pending), sum(result_late), sum(overdue), sum(no_record), sum(exempt), sum(off_post), sum(held), sum(symptoms_24h)
    from org_now group by 1, 2;
insert into area_week
    select w.week, n.zone, n.industry, sum(w.owed), sum(w.tested), bool_and(w.frozen_at is not null), min(w.as_of)
    from org_week w join org_now n on n.org_id = w.org_id group by 1, 2, 3;

grant select, insert, update, delete on snapshot, area_now, area_week to fugong_app;

-- An area of one enterprise tells of that enterprise: only the bureau reads them.
-- +goose StatementBegin
do $$
declare t text;
begin
    foreach t in array array['area_now', 'area_week'] loop
        execute format('alter table %I enable row level security', t);
        execute format($p$create policy bureau on %I
            using ((select current_setting('app.system', true)) = 'on' or (select current_setting('app.bureau', true)) = 'on')
            with check ((select current_setting('app.system', true)) = 'on')$p$, t);
    end loop;
end $$;
-- +goose StatementEnd

-- A policy of the form  (select current_setting(…)) = 'on' or org_id = …  is taken by the planner to let one row in two hundred
-- through. Written as a sub-select that answers yes or no it is taken to let half of them through: scans of a whole city are
-- planned as what they are, and a tenant's own statements no longer expect a handful of rows where thousands come.
-- +goose StatementBegin
do $$
declare
    p    record;
    old  text := $re$\(\( SELECT current_setting\('app\.([a-z]+)'::text, true\) AS current_setting\) = 'on'::text\)$re$;
    new  text := $re$( SELECT (current_setting('app.\1'::text, true) = 'on'::text))$re$;
begin
    for p in select tablename, policyname, qual, with_check from pg_policies
        where schemaname = 'public' and (qual ~ old or with_check ~ old) loop
        execute format('alter policy %I on %I', p.policyname, p.tablename)
            || coalesce(' using (' || regexp_replace(p.qual, old, new, 'g') || ')', '')
            || coalesce(' with check (' || regexp_replace(p.with_check, old, new, 'g') || ')', '');
    end loop;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace procedure wall_off(variadic tables text[]) language plpgsql as $$
declare
    t text;
    own constant text := $p$(select current_setting('app.system', true) = 'on')
                or org_id = (select nullif(current_setting('app.org', true), '')::integer)
                or org_id = any ((select nullif(current_setting('app.orgs', true), '')::integer[])::integer[])$p$;
begin
    foreach t in array tables loop
        execute format('alter table %I enable row level security', t);
        execute format('drop policy if exists tenant on %I', t);
        execute format('create policy tenant on %I using (%s) with check (%s)', t, own, own);
    end loop;
end $$;
-- +goose StatementEnd

-- Everything by which a list of files is filtered, searched and counted, so that a list of thirteen thousand people reads some
-- hundred pages of this index and none of their files. n-grams were not looked up behind row-level security.
create index employee_list on employee (org_id, team_id, id)
    include (work_status, status_until, test_category, employee_no, name, pinyin, initials);
drop index employee_team;
create index employee_canteen on employee (org_id, canteen_table) where canteen_table <> '';
drop index employee_grams;

-- +goose Down
create index employee_grams on employee using gin (name_grams);
create index employee_team on employee (org_id, team_id, id);
drop index employee_canteen, employee_list;
-- +goose StatementBegin
create or replace procedure wall_off(variadic tables text[]) language plpgsql as $$
declare
    t text;
    own constant text := $p$(select current_setting('app.system', true)) = 'on'
                or org_id = (select nullif(current_setting('app.org', true), '')::integer)
                or org_id = any ((select nullif(current_setting('app.orgs', true), '')::integer[])::integer[])$p$;
begin
    foreach t in array tables loop
        execute format('alter table %I enable row level security', t);
        execute format('drop policy if exists tenant on %I', t);
        execute format('create policy tenant on %I using (%s) with check (%s)', t, own, own);
    end loop;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
declare
    p    record;
    old  text := $re$\( SELECT \(current_setting\('app\.([a-z]+)'::text, true\) = 'on'::text\)( AS "\?column\?")?\)$re$;
    new  text := $re$(( SELECT current_setting('app.\1'::text, true)) = 'on'::text)$re$;
begin
    for p in select tablename, policyname, qual, with_check from pg_policies
        where schemaname = 'public' and (qual ~ old or with_check ~ old) loop
        execute format('alter policy %I on %I', p.policyname, p.tablename)
            || coalesce(' using (' || regexp_replace(p.qual, old, new, 'g') || ')', '')
            || coalesce(' with check (' || regexp_replace(p.with_check, old, new, 'g') || ')', '');
    end loop;
end $$;
-- +goose StatementEnd
drop table area_week, area_now, snapshot;
alter table org_now drop column name, drop column zone, drop column industry, drop column size, drop column resume_status, reset (fillfactor);
