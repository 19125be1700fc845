-- +goose Up
-- A laboratory of the city is a program of a bureau or of the operator.
alter table api_client drop constraint api_client_role_check,
    add constraint api_client_role_check check (role in ('health_officer', 'district_bureau', 'city_bureau', 'lab'));

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
delete from api_client where role = 'lab';
alter table api_client drop constraint api_client_role_check,
    add constraint api_client_role_check check (role in ('health_officer', 'district_bureau', 'city_bureau'));
