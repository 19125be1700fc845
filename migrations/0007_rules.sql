-- +goose Up
-- Walls off tenant tables: a row is visible to its own org, or to a named system identity.
-- +goose StatementBegin
create procedure wall_off(variadic tables text[]) language plpgsql as $$
declare t text;
begin
    foreach t in array tables loop
        execute format('alter table %I enable row level security', t);
        execute format($p$create policy tenant on %I
            using ((select current_setting('app.system', true)) = 'on'
                or org_id = (select nullif(current_setting('app.org', true), '')::integer))
            with check ((select current_setting('app.system', true)) = 'on'
                or org_id = (select nullif(current_setting('app.org', true), '')::integer))$p$, t);
    end loop;
end $$;
-- +goose StatementEnd

-- Rule packs that a bureau added; those that come with the program are not stored. A version is never changed.
create table rule_pack (
    id         text        not null,
    version    integer     not null,
    title      text        not null,
    body       jsonb       not null,
    added_by   bigint      not null,
    actor_name text        not null,
    added_at   timestamptz not null,
    primary key (id, version)
);

-- What applies where, from when: a pack for a division (the city is one, too), or an overlay that tightens it for a division or
-- an enterprise. A newer change of the same kind and place replaces the older from its effective_at on; an empty overlay lifts.
-- Nobody confirms what they proposed. Never deleted, so that the rules known at any past instant can be told.
create table rule_change (
    id               bigint generated always as identity primary key,
    kind             text        not null check (kind in ('pack', 'overlay')),
    division         text references division (code),
    enterprise       integer references org (id),
    pack             text        not null default '',
    pack_version     integer     not null default 0,
    overlay          jsonb       not null default '{}',
    effective_at     timestamptz not null,
    reason           text        not null,
    state            text        not null default 'proposed' check (state in ('proposed', 'confirmed', 'refused', 'withdrawn')),
    preview          jsonb,
    previewed_at     timestamptz,
    proposed_by      bigint      not null,
    proposed_by_name text        not null,
    proposed_at      timestamptz not null,
    decided_by       bigint,
    decided_by_name  text        not null default '',
    decided_at       timestamptz,
    decision_note    text        not null default '',
    rebuilt_to       integer     not null default 0, -- standings of orgs up to this id follow the confirmed change
    rebuilt_people   bigint      not null default 0,
    rebuilt_at       timestamptz,                    -- all do
    check ((division is null) <> (enterprise is null)),
    check (kind = 'overlay' or pack <> ''),
    check (decided_by is null or state = 'withdrawn' or decided_by <> proposed_by)
);
create index rule_change_place on rule_change (division, enterprise, effective_at) where state = 'confirmed';

grant select, insert on rule_pack to fugong_app;
grant select, insert, update on rule_change to fugong_app;
grant usage on all sequences in schema public to fugong_app;

-- An enterprise sees the divisions' changes and its own; the bureau sees them all.
alter table rule_change enable row level security;
create policy place on rule_change
    using (enterprise is null
        or (select current_setting('app.system', true)) = 'on' or (select current_setting('app.bureau', true)) = 'on'
        or enterprise = (select nullif(current_setting('app.org', true), '')::integer))
    with check ((select current_setting('app.system', true)) = 'on' or (select current_setting('app.bureau', true)) = 'on'
        or enterprise = (select nullif(current_setting('app.org', true), '')::integer));

-- +goose Down
drop table rule_change, rule_pack;
drop procedure wall_off;
