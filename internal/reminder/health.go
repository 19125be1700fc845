package reminder

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
)

// Health is how a channel did since an instant, over every org: counts, and no person.
type Health struct {
	Sent    int          `db:"sent"`
	Failed  int          `db:"failed"`
	Unsure  int          `db:"unsure"`
	Waiting int          `db:"waiting"`
	Oldest  sql.NullTime `db:"oldest"` // of those that wait, when it was to go
	Error   string       `db:"error"`  // of one that failed or is tried again
}

const sqlHealth = `select count(*) filter (where state = 'sent') as sent, count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'unsure') as unsure, count(*) filter (where state in ('queued', 'sending')) as waiting,
        min(created_at) filter (where state in ('queued', 'sending')) as oldest,
        coalesce(max(error) filter (where state in ('failed', 'queued') and error <> ''), '') as error
    from delivery where channel = $1 and (created_at >= $2 or state in ('queued', 'sending'))`

// ChannelHealth says for an operator how a channel did since the instant.
func ChannelHealth(ctx context.Context, d *db.DB, channel string, since time.Time) (h Health, err error) {
	err = d.Read(ctx, system, func(tx *sqlx.Tx) error { return tx.GetContext(ctx, &h, sqlHealth, channel, since) })
	if err != nil {
		return h, fmt.Errorf("health of a channel: %w", err)
	}
	return h, nil
}
