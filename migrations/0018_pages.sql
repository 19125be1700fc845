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

-- +goose Down
drop table area_week, area_now, snapshot;
alter table org_now drop column name, drop column zone, drop column industry, drop column size, drop column resume_status, reset (fillfactor);
