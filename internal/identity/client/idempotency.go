package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
)

const (
	maxKey = 128
	// takeOver is when a write that never ended may be tried again: its process must have died, since no request lasts as
	// long.
	takeOver = 2 * time.Minute
	keepFor  = 48 * time.Hour
)

// Answer is what was answered to a write. A zero Status means that it has still to be done.
type Answer struct {
	Status int    `db:"status"`
	Body   string `db:"response"`
}

// Done reports whether the answer is that of an earlier request.
func (a Answer) Done() bool { return a.Status != 0 }

// RequestHash is the hash of what a request asks for.
func RequestHash(method, path string, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", method, path)
	h.Write(body)
	return h.Sum(nil)
}

const sqlBegin = `insert into idempotency (client_id, key, request_hash, created_at) values ($1, $2, $3, $4)
    on conflict (client_id, key) do update set created_at = excluded.created_at
        where idempotency.status = 0 and idempotency.created_at < $5 and idempotency.request_hash = excluded.request_hash
    returning key`

const sqlEarlier = `select status, response, request_hash from idempotency where client_id = $1 and key = $2`

// Begin claims a key for a write before it is done. An Answer that is Done is to be repeated instead of the write. The same
// key for another request, or while the first still runs, is errs.Conflict. Call it outside the write's transaction, and
// Finish or Forget after.
func (s *Service) Begin(ctx context.Context, q db.Q, client int32, key string, request []byte, at time.Time) (Answer, error) {
	if key == "" || len(key) > maxKey {
		return Answer{}, errs.New(errs.Invalid, "org.client.key")
	}
	var claimed []string
	if err := q.SelectContext(ctx, &claimed, sqlBegin, client, key, request, at, at.Add(-takeOver)); err != nil {
		return Answer{}, fmt.Errorf("claim key: %w", err)
	}
	if len(claimed) == 1 {
		return Answer{}, nil
	}
	var earlier struct {
		Answer
		Request []byte `db:"request_hash"`
	}
	if err := q.GetContext(ctx, &earlier, sqlEarlier, client, key); err != nil {
		// Forgotten between the two statements: the first has failed and the caller may try again.
		return Answer{}, fmt.Errorf("earlier answer: %w", running(db.OneRow(err)))
	}
	switch {
	case !bytes.Equal(earlier.Request, request):
		return Answer{}, errs.New(errs.Conflict, "org.client.key_reused")
	case !earlier.Done():
		return Answer{}, errs.New(errs.Conflict, "org.client.key_running")
	}
	return earlier.Answer, nil
}

func running(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Conflict, "org.client.key_running").Because(err)
	}
	return err
}

const sqlFinish = `update idempotency set status = $3, response = $4 where client_id = $1 and key = $2`

// Finish keeps the answer to a write that was done.
func (s *Service) Finish(ctx context.Context, q db.Q, client int32, key string, a Answer) error {
	if _, err := q.ExecContext(ctx, sqlFinish, client, key, a.Status, a.Body); err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// FragKeep keeps the rows named answer (client_id, key, request_hash, response, created_at) in the statement that does the
// writes: claimed and finished at once. A key that was claimed meanwhile fails the statement.
const FragKeep = `insert into idempotency (client_id, key, request_hash, status, response, created_at)
    select client_id, key, request_hash, 200, response, created_at from answer`

const sqlForget = `delete from idempotency where client_id = $1 and key = $2 and status = 0`

// Forget gives a key back after a write that failed, so that it may be tried again.
func (s *Service) Forget(ctx context.Context, q db.Q, client int32, key string) error {
	if _, err := q.ExecContext(ctx, sqlForget, client, key); err != nil {
		return fmt.Errorf("forget key: %w", err)
	}
	return nil
}

const sqlExpire = `delete from idempotency where created_at < $1`

// Jobs are what this package does on a schedule: answers are kept for two days.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{{Name: "client.idempotency", Spec: "23 * * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
		res, err := s.db.Pool().ExecContext(ctx, sqlExpire, slot.Add(-keepFor))
		if err != nil {
			return "", fmt.Errorf("expire keys: %w", err)
		}
		n, err := res.RowsAffected()
		return fmt.Sprintf("forgot %d", n), err
	}}}
}
