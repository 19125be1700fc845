-- +goose Up
-- One swab of one person. The primary key is at once the duplicate guard and the timeline's index.
create table sample (
    org_id        integer     not null,
    employee_id   bigint      not null,
    sampled_at    timestamptz not null,
    reported_at   timestamptz,
    tested_at     timestamptz,
    result        text        not null check (result in ('pending', 'negative', 'positive', 'suspicious', 'pool_abnormal', 'invalid', 'cancelled')),
    method        text        not null default 'pcr' check (method in ('pcr', 'antigen_self', 'antigen_staff')),
    collect_mode  text        not null default 'single' check (collect_mode in ('single', 'pool5', 'pool10', 'pool20')),
    source        text        not null check (source in ('employer_org', 'community', 'self', 'quarantine', 'import')),
    proof         text        not null check (proof in ('self', 'photo', 'staff', 'lab')),
    institution   text        not null default '',
    lab           text        not null default '',
    barcode       text        not null default '',
    attachment_id bigint,
    flag          text        not null default '',
    note          text        not null default '',
    entered_by    bigint      not null,
    entered_at    timestamptz not null,
    rev           integer     not null default 1,
    primary key (org_id, employee_id, sampled_at),
    foreign key (org_id, employee_id) references employee (org_id, id)
) partition by range (sampled_at);

-- Partitions are made ahead, by month (UTC), for the twelve months before the instant and two after.
-- +goose StatementBegin
create function ensure_sample_months(at timestamptz) returns integer
    language plpgsql security definer set search_path = public as $$
declare
    first date := date_trunc('month', at at time zone 'UTC')::date - interval '13 months';
    m     date;
    n     integer := 0;
begin
    perform pg_advisory_xact_lock(721001);
    for i in 0..15 loop
        m := (first + make_interval(months => i))::date;
        if to_regclass(format('sample_%s', to_char(m, 'YYYYMM'))) is null then
            execute format('create table sample_%s partition of sample for values from (%L) to (%L)',
                to_char(m, 'YYYYMM'), m::text || ' 00:00:00+00', (m + interval '1 month')::date::text || ' 00:00:00+00');
            n := n + 1;
        end if;
    end loop;
    return n;
end $$;
-- +goose StatementEnd
revoke all on function ensure_sample_months(timestamptz) from public;
grant execute on function ensure_sample_months(timestamptz) to fugong_app;

-- What a sample said before a correction or a later result; the sample row is the newest revision.
create table sample_revision (
    org_id      integer     not null,
    employee_id bigint      not null,
    sampled_at  timestamptz not null,
    rev         integer     not null,
    body        jsonb       not null,
    reason      text        not null default '',
    actor       bigint      not null,
    actor_name  text        not null,
    at          timestamptz not null,
    primary key (org_id, employee_id, sampled_at, rev),
    foreign key (org_id, employee_id) references employee (org_id, id)
);

create table symptom_report (
    org_id       integer     not null,
    employee_id  bigint      not null,
    id           bigint generated always as identity,
    at           timestamptz not null,
    temperature  numeric(3, 1),
    site         text        not null default '' check (site in ('', 'forehead', 'ear', 'axilla')),
    symptoms_enc bytea       not null,
    alert        boolean     not null,
    reporter     text        not null check (reporter in ('self', 'leader', 'staff', 'api')),
    hold_id      bigint,
    seen_at      timestamptz,
    seen_by      bigint,
    entered_by   bigint      not null,
    entered_at   timestamptz not null,
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id)
);
create index symptom_recent on symptom_report (org_id, at desc);
create index symptom_unseen on symptom_report (org_id, at) where alert and seen_at is null;

-- Why someone may not be on post. Never deleted: a release names who and why.
create table hold (
    org_id         integer     not null,
    employee_id    bigint      not null,
    id             bigint generated always as identity,
    kind           text        not null,
    source         text        not null,
    source_id      bigint,
    from_at        timestamptz not null,
    to_at          timestamptz,
    created_by     bigint      not null,
    created_at     timestamptz not null,
    released_at    timestamptz,
    released_by    bigint,
    release_reason text        not null default '',
    primary key (org_id, employee_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id)
);
create index hold_open on hold (org_id, employee_id) where released_at is null;

-- One narrow row per employee: the state now and the instants at which it changes by itself. States are regime.State codes.
-- No index on a column that a sample moves, so that every update is HOT.
create table standing (
    org_id       integer     not null,
    employee_id  bigint      not null,
    s0           smallint    not null,
    s1           smallint    not null default 0,
    s2           smallint    not null default 0,
    s3           smallint    not null default 0,
    t1           timestamptz not null default 'infinity',
    t2           timestamptz not null default 'infinity',
    t3           timestamptz not null default 'infinity',
    held         boolean     not null default false,
    blocks       boolean     not null default false,
    due_at       timestamptz,
    counted_at   timestamptz,
    latest_at    timestamptz,
    evaluated_at timestamptz not null,
    refresh_at   timestamptz not null default 'infinity',
    primary key (org_id, employee_id),
    foreign key (org_id, employee_id) references employee (org_id, id)
) with (fillfactor = 70);

-- The state that a standing row has at an instant. Inlined by the planner.
create function standing_state(at timestamptz, s0 smallint, t1 timestamptz, s1 smallint, t2 timestamptz, s2 smallint,
                               t3 timestamptz, s3 smallint) returns smallint
    language sql immutable parallel safe
    return case when at >= t3 then s3 when at >= t2 then s2 when at >= t1 then s1 else s0 end;

grant select, insert, update on sample, symptom_report, hold, standing to fugong_app;
grant select, insert on sample_revision to fugong_app;

-- +goose Down
drop function standing_state(timestamptz, smallint, timestamptz, smallint, timestamptz, smallint, timestamptz, smallint);
drop table standing, hold, symptom_report, sample_revision;
drop function ensure_sample_months(timestamptz);
drop table sample;
