-- +goose Up
-- A transaction may be entered for a bounded set of orgs: many single writes of several enterprises then share one commit, and
-- see no row of any other.
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
call wall_off('audit_log', 'team', 'employee', 'employee_change', 'account_team', 'import', 'import_row', 'attachment', 'sample',
    'sample_revision', 'symptom_report', 'hold', 'standing', 'reminder', 'delivery', 'hold_set', 'exemption', 'vaccination', 'tube',
    'return_case', 'incident', 'incident_step', 'incident_person', 'incident_note', 'dispute', 'correction_batch', 'quality_week');

alter policy place on rule_change
    using (enterprise is null
        or (select current_setting('app.system', true)) = 'on' or (select current_setting('app.bureau', true)) = 'on'
        or enterprise = (select nullif(current_setting('app.org', true), '')::integer)
        or enterprise = any ((select nullif(current_setting('app.orgs', true), '')::integer[])::integer[]));

-- Counts changes of what servers remember, so that a server asks for one number to know that what it remembers holds.
create table stamp (
    kind text   primary key,
    n    bigint not null
);
insert into stamp (kind, n) values ('rules', 1), ('access', 1);
grant select, update on stamp to fugong_app;

-- A plain file (regime.RenewableFrom): the next negative alone decides where the person stands, if the person is then due no
-- earlier than this. Null: the whole file must be read.
alter table standing add column renew_from timestamptz;

-- +goose Down
alter table standing drop column renew_from;
drop table stamp;
alter policy place on rule_change
    using (enterprise is null
        or (select current_setting('app.system', true)) = 'on' or (select current_setting('app.bureau', true)) = 'on'
        or enterprise = (select nullif(current_setting('app.org', true), '')::integer));
-- +goose StatementBegin
create or replace procedure wall_off(variadic tables text[]) language plpgsql as $$
declare
    t text;
    own constant text := $p$(select current_setting('app.system', true)) = 'on'
                or org_id = (select nullif(current_setting('app.org', true), '')::integer)$p$;
begin
    foreach t in array tables loop
        execute format('alter table %I enable row level security', t);
        execute format('drop policy if exists tenant on %I', t);
        execute format('create policy tenant on %I using (%s) with check (%s)', t, own, own);
    end loop;
end $$;
-- +goose StatementEnd
call wall_off('audit_log', 'team', 'employee', 'employee_change', 'account_team', 'import', 'import_row', 'attachment', 'sample',
    'sample_revision', 'symptom_report', 'hold', 'standing', 'reminder', 'delivery', 'hold_set', 'exemption', 'vaccination', 'tube',
    'return_case', 'incident', 'incident_step', 'incident_person', 'incident_note', 'dispute', 'correction_batch', 'quality_week');
