-- +goose Up
-- A laboratory of the city is a program of a bureau or of the operator.
alter table api_client drop constraint api_client_role_check,
    add constraint api_client_role_check check (role in ('health_officer', 'district_bureau', 'city_bureau', 'lab'));

-- A laboratory's number finds the file in the index alone.
drop index employee_identity_any;
create index employee_identity_any on employee (id_number_bidx) include (org_id, id, work_status);

-- Whoever stores a sample has found its file in the same transaction, and no file is ever deleted, which now nobody but the owner
-- could. Asking again for each row cost more than storing it.
revoke delete on employee from fugong_app;
alter table sample drop constraint sample_org_id_employee_id_fkey;

-- The forms of a feed's passing tables. A chunk of a feed makes temporary tables like them, which lie before them on the search
-- path and end with its transaction. Nothing is ever stored in these: nobody but their owner may.
create table feed_row (
    line         integer     not null, -- of the body
    id_bidx      bytea,                -- whom it means: the blind index of an identity number
    employee_id  bigint,               -- or a file of the feeder's own enterprise
    sampled_at   timestamptz not null,
    reported_at  timestamptz,
    tested_at    timestamptz,
    result       text        not null,
    method       text        not null,
    collect_mode text        not null,
    source       text        not null,
    proof        text        not null,
    institution  text        not null,
    lab          text        not null,
    barcode      text        not null,
    note         text        not null,
    late_reason  text        not null,
    settled      boolean     not null  -- how it was collected is known
);

-- A row in the file that it means, or one for each of the enterprises that the person works at, in the order of the files.
create table feed_hit (
    org          integer     not null,
    employee_id  bigint      not null,
    line         integer     not null,
    way          text        not null, -- new, duplicate, or fold: to be folded into what is known; after that its outcome
    sampled_at   timestamptz not null,
    reported_at  timestamptz,
    tested_at    timestamptz,
    result       text        not null,
    method       text        not null,
    collect_mode text        not null,
    source       text        not null,
    proof        text        not null,
    institution  text        not null,
    lab          text        not null,
    barcode      text        not null,
    note         text        not null,
    late_reason  text        not null,
    settled      boolean     not null
);
grant select on feed_row, feed_hit to fugong_app;

-- +goose Down
drop table feed_hit, feed_row;
alter table sample add constraint sample_org_id_employee_id_fkey foreign key (org_id, employee_id) references employee (org_id, id);
grant delete on employee to fugong_app;
drop index employee_identity_any;
create index employee_identity_any on employee (id_number_bidx);
delete from api_client where role = 'lab';
alter table api_client drop constraint api_client_role_check,
    add constraint api_client_role_check check (role in ('health_officer', 'district_bureau', 'city_bureau'));
