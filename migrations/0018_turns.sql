-- +goose Up
-- A gateway that takes reminders by HTTP is one more channel.
alter table delivery drop constraint delivery_channel_check;
alter table delivery add constraint delivery_channel_check check (channel in ('inapp', 'email', 'wecom', 'webhook'));

-- A step is planned as one row; its deliveries are written when its turn comes. turn_at is that instant, and null once the turn
-- was had, so that the index holds what waits and nothing else. Rows that already have deliveries have had theirs.
alter table reminder add column turn_at timestamptz;
create index reminder_turn on reminder (turn_at, org_id, id) where turn_at is not null;

-- What is planned already is looked for among the rows about the days around now. Rows come in order of time, so a few pages of
-- summaries find them, and writing one costs nothing.
create index reminder_due on reminder using brin (due_at) with (pages_per_range = 32);

-- Nothing reads these.
drop index reminder_open, reminder_log;

-- Senders look for what waits on one channel; what is being sent is looked for by its lease. Neither serves to look up the rows of
-- a batch, which go by their key however many others are on their way.
drop index delivery_open;
create index delivery_queue on delivery (channel, next_at, org_id, reminder_id) where state = 'queued';
create index delivery_lease on delivery (lease_until) where state = 'sending' and lease_until is not null;

-- Both keys are copied from rows read in the same statement (standing, reminder), and the program may delete neither those nor
-- these. Checking them anew for each of 300,000 rows cost more than writing the rows.
alter table reminder drop constraint reminder_org_id_fkey;
alter table delivery drop constraint delivery_org_id_reminder_id_fkey;

-- Room in a page for what a delivery and a reminder go through, so that a change stays in its page.
alter table reminder set (fillfactor = 80);
alter table delivery set (fillfactor = 80);

-- +goose Down
alter table delivery reset (fillfactor);
alter table reminder reset (fillfactor);
alter table delivery add constraint delivery_org_id_reminder_id_fkey foreign key (org_id, reminder_id) references reminder (org_id, id);
alter table reminder add constraint reminder_org_id_fkey foreign key (org_id) references org (id);
drop index delivery_queue, delivery_lease;
create index delivery_open on delivery (next_at) where state in ('queued', 'sending');
create index reminder_open on reminder (send_from) where state = 'planned';
create index reminder_log on reminder (org_id, planned_at desc, id desc);
drop index reminder_due, reminder_turn;
alter table reminder drop column turn_at;
delete from delivery where channel = 'webhook';
alter table delivery drop constraint delivery_channel_check;
alter table delivery add constraint delivery_channel_check check (channel in ('inapp', 'email', 'wecom'));
