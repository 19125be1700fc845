-- +goose Up
-- Who ever had an abnormal result. It stands until a later sample clears it, so every evaluation asks for it; without the index that
-- means a look at every month of samples. No other result has an entry, and few samples are abnormal.
create index sample_abnormal on sample (org_id, employee_id, sampled_at) where result in ('positive', 'suspicious', 'pool_abnormal');

-- +goose Down
drop index sample_abnormal;
