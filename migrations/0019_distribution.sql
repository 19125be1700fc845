-- +goose Up
-- A policy of a distributed table may look at its own row only: a step says itself whether it belongs to a drill, which the bureau
-- does not see.
alter table incident_step add column drill boolean not null default false;
update incident_step s set drill = true from incident i where i.org_id = s.org_id and i.id = s.incident_id and i.drill;
alter policy bureau on incident_step using ((select current_setting('app.bureau', true)) = 'on' and not drill);

-- +goose Down
alter policy bureau on incident_step using ((select current_setting('app.bureau', true)) = 'on'
    and exists (select from incident i where i.org_id = incident_step.org_id and i.id = incident_step.incident_id and not i.drill));
alter table incident_step drop column drill;
