package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
)

const sqlGetSetting = `select value from setting where key = $1`

// getSetting reads a setting of the installation; "" when it was never set.
func getSetting(ctx context.Context, d *db.DB, key string) (string, error) {
	var v string
	err := d.Pool().GetContext(ctx, &v, sqlGetSetting, key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read setting %s: %w", key, err)
	}
	return v, nil
}

const sqlPutSetting = `insert into setting (key, value, updated_at) values ($1, $2, $3)
    on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`

func putSetting(ctx context.Context, d *db.DB, key, value string, at time.Time) error {
	if _, err := d.Pool().ExecContext(ctx, sqlPutSetting, key, value, at); err != nil {
		return fmt.Errorf("write setting %s: %w", key, err)
	}
	return nil
}
