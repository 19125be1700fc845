-- +goose Up
-- What a roster said when it was merged last, as a keyed digest, and the version that the file had then: a row that says the same
-- again of an unchanged file changes nothing, and nothing of the file has to be opened to know it.
alter table employee add column roster_digest bytea, add column roster_version integer;

-- The rows of an uploaded sheet, a block of them sealed as one: what is to be written, how people are told which row, and what is
-- wrong with it. Only how many rows of each outcome a block holds stands beside it.
create table import_block (
    org_id    integer not null,
    import_id bigint  not null,
    block     integer not null,
    first_row integer not null,
    last_row  integer not null,
    outcomes  jsonb   not null,
    troubled  jsonb   not null,
    rows_enc  bytea   not null,
    primary key (org_id, import_id, block),
    foreign key (org_id, import_id) references import (org_id, id) on delete cascade
);
grant select, insert, delete on import_block to fugong_app;
call wall_off('import_block');

insert into data_class (table_name, column_name, class, retention_days, counted_from, legal_basis) values
    ('employee', 'roster_digest', 'P', 30, 'resigned', 'PIPL 13(2) HR management'),
    ('import_block', 'rows_enc', 'S', 7, 'created_at', 'PIPL 13(4) public-health emergency');

-- Sheets that wait for a decision are checked again, into blocks; their rows of before go.
with again as (
    update import set state = 'queued' where state in ('ready', 'committing') returning org_id, id
)
insert into task (org_id, kind, ref, run_after, created_at) select org_id, 'intake.check', id, now(), now() from again;
delete from import_row;

-- +goose Down
delete from data_class where (table_name, column_name) in (('employee', 'roster_digest'), ('import_block', 'rows_enc'));
update import set state = 'failed' where state in ('ready', 'committing');
drop table import_block;
alter table employee drop column roster_digest, drop column roster_version;
