-- +goose Up
-- The response to a hold that calls for one. Holds no name of anyone concerned: people stand in incident_person, words in
-- incident_note. Who opened it is named only where somebody opened it by hand.
create table incident (
    org_id       integer     not null references org (id),
    id           bigint generated always as identity,
    kind         text        not null,
    episode      text        not null,
    drill        boolean     not null default false,
    detected_at  timestamptz not null,
    team_id      bigint,
    place        text        not null default '',
    state        text        not null default 'open' check (state in ('open', 'closed')),
    outcome      text        not null default '' check (outcome in ('', 'excluded', 'suspected', 'confirmed', 'asymptomatic', 'other_disease', 'drill')),
    pack         text        not null,
    pack_version integer     not null,
    opened_by    bigint      not null,
    opened_by_name text      not null default '',
    opened_at    timestamptz not null,
    closed_by    bigint,
    closed_by_name text      not null default '',
    closed_at    timestamptz,
    primary key (org_id, id),
    unique (org_id, episode, drill),
    foreign key (org_id, team_id) references team (org_id, id)
);
create index incident_open on incident (org_id, detected_at desc) where state = 'open';

-- One timed step. A step that comes again has a further round. The clock runs from from_at; a step without due_at has none.
create table incident_step (
    org_id       integer     not null,
    incident_id  bigint      not null,
    step         text        not null check (step in ('stop_isolate', 'internal_report', 'external_report', 'resample', 'send_clinic',
        'contacts_list', 'close_area', 'disinfect', 'follow_up', 'epi_support', 'close')),
    round        integer     not null default 1,
    owner_role   text        not null,
    owner        bigint,
    owner_name   text        not null default '',
    from_at      timestamptz not null,
    due_at       timestamptz,
    hard_at      timestamptz,
    done_at      timestamptz,
    done_by      bigint,
    done_by_name text        not null default '',
    skipped      boolean     not null default false,
    escalated_at timestamptz,
    escalations  integer     not null default 0,
    primary key (org_id, incident_id, step, round),
    foreign key (org_id, incident_id) references incident (org_id, id)
);
create index incident_step_due on incident_step (due_at) where done_at is null and due_at is not null;

-- index: why the incident is; contact: '' listed, asked = a second person shall confirm the hold, waiting = told to wait in place,
-- cleared = struck off the list.
create table incident_person (
    org_id      integer     not null,
    incident_id bigint      not null,
    employee_id bigint      not null,
    role        text        not null check (role in ('index', 'contact')),
    links       text[]      not null default '{}',
    state       text        not null default '' check (state in ('', 'asked', 'waiting', 'held', 'cleared')),
    asked_by    bigint,
    asked_by_name text      not null default '',
    confirmed_by bigint check (confirmed_by <> asked_by),
    added_by    bigint      not null,
    added_at    timestamptz not null,
    primary key (org_id, incident_id, employee_id),
    foreign key (org_id, incident_id) references incident (org_id, id),
    foreign key (org_id, employee_id) references employee (org_id, id)
);
create index incident_person_file on incident_person (org_id, employee_id);

-- What was done and said, step by step: evidence, told to whom, clinic's answer. Sealed, as is the photo.
create table incident_note (
    org_id        integer     not null,
    incident_id   bigint      not null,
    id            bigint generated always as identity,
    step          text        not null default '',
    round         integer     not null default 1,
    text_enc      bytea       not null,
    photo_enc     bytea,
    actor         bigint      not null,
    actor_name    text        not null,
    at            timestamptz not null,
    primary key (org_id, incident_id, id),
    foreign key (org_id, incident_id) references incident (org_id, id)
);

grant select, insert, update on incident, incident_step, incident_person to fugong_app;
grant select, insert on incident_note to fugong_app;
grant usage on all sequences in schema public to fugong_app;
call wall_off('incident', 'incident_step', 'incident_person', 'incident_note');

-- The bureau sees clocks: incident and incident_step hold nobody concerned. It may read, not write, and never a drill.
create policy bureau on incident for select using ((select current_setting('app.bureau', true)) = 'on' and not drill);
create policy bureau on incident_step for select using ((select current_setting('app.bureau', true)) = 'on'
    and exists (select from incident i where i.org_id = incident_step.org_id and i.id = incident_step.incident_id and not i.drill));

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('incident', 'place', 'P', 1095, 'closed_at', 'Emergency Regulation Art. 19-21; PIPL 13(3)'),
    ('incident_person', 'employee_id', 'S', 1095, 'closed_at', 'Emergency Regulation Art. 19-21; PIPL 13(3)'),
    ('incident_person', 'links', 'S', 1095, 'closed_at', 'Emergency Regulation Art. 19-21; PIPL 13(3)'),
    ('incident_note', 'text_enc', 'S', 1095, 'closed_at', 'Emergency Regulation Art. 19-21; PIPL 13(3)'),
    ('incident_note', 'photo_enc', 'S', 1095, 'closed_at', 'Emergency Regulation Art. 19-21; PIPL 13(3)');

-- +goose Down
delete from data_class where table_name like 'incident%';
drop table incident_note, incident_person, incident_step, incident;
