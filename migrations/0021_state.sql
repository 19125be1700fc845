-- +goose Up
-- As before, for instants in order as they always are; but most rows are in their first segment, and are done with one comparison.
create or replace function standing_state(at timestamptz, s0 smallint, t1 timestamptz, s1 smallint, t2 timestamptz, s2 smallint,
                                          t3 timestamptz, s3 smallint) returns smallint
    language sql immutable parallel safe
    return case when at < t1 then s0 when at < t2 then s1 when at < t3 then s2 else s3 end;

-- +goose Down
create or replace function standing_state(at timestamptz, s0 smallint, t1 timestamptz, s1 smallint, t2 timestamptz, s2 smallint,
                                          t3 timestamptz, s3 smallint) returns smallint
    language sql immutable parallel safe
    return case when at >= t3 then s3 when at >= t2 then s2 when at >= t1 then s1 else s0 end;
