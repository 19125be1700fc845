package auth

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
)

// Sessions stores web sessions for scs (scs.CtxStore), which hands over tokens hashed already. Their expiry is counted by
// the machine's clock, as scs does.
type Sessions struct {
	db *db.DB

	mu    sync.Mutex
	known map[string]kept // by token, as they were last read or written here
}

// kept is what the database holds of a session.
type kept struct {
	Data   []byte    `db:"data"`
	Expiry time.Time `db:"expires_at"`
}

// NewSessions builds the store.
func NewSessions(d *db.DB) *Sessions { return &Sessions{db: d, known: map[string]kept{}} }

const sqlFindSession = db.Kept + `select data, expires_at from session where token = $1 and expires_at > $2`

// FindCtx returns the data of a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var k kept
	err := s.db.Pool().GetContext(ctx, &k, sqlFindSession, token, time.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	s.remember(token, k)
	return k.Data, true, nil
}

const (
	// With each page the session is to last longer. That is written down when it is worth a write.
	worthWriting = 10 * time.Minute
	maxKnown     = 20_000
)

func (s *Sessions) remember(token string, k kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[token] = k
}

// holds tells whether the database holds as much of the session as matters.
func (s *Sessions) holds(token string, data []byte, expiry time.Time) bool {
	s.mu.Lock()
	k, ok := s.known[token]
	s.mu.Unlock()
	return ok && expiry.Sub(k.Expiry) < worthWriting && same(k.Data, data)
}

// same compares two encoded sessions, which list their values in any order.
func same(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var codec scs.GobCodec
	endA, valuesA, errA := codec.Decode(a)
	endB, valuesB, errB := codec.Decode(b)
	return errA == nil && errB == nil && endA.Equal(endB) && maps.Equal(valuesA, valuesB)
}

// A request does not wait for the disk to keep its session: after a crash the last moments' sign-ins have to be repeated.
const sqlCommitSession = `with soft as (select set_config('synchronous_commit', 'off', true))
    insert into session (token, data, expires_at) select $1, $2::bytea, $3::timestamptz from soft
    on conflict (token) do update set data = excluded.data, expires_at = excluded.expires_at`

// CommitCtx keeps the data of a session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if s.holds(token, data, expiry) {
		return nil
	}
	if _, err := s.db.Pool().ExecContext(ctx, sqlCommitSession, token, data, expiry); err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	s.remember(token, kept{data, expiry})
	return nil
}

const sqlDeleteSession = `delete from session where token = $1`

// DeleteCtx ends a session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	s.mu.Lock()
	delete(s.known, token)
	s.mu.Unlock()
	if _, err := s.db.Pool().ExecContext(ctx, sqlDeleteSession, token); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// Find, Commit and Delete are the forms without a context, which scs asks for and does not call.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

const sqlDropSessions = `delete from session where expires_at < $1`

// Links that ended a month ago explain nothing any more.
const sqlDropInvitations = `delete from invitation where expires_at < $1`

const keepLinks = 30 * 24 * time.Hour

// Jobs are what this package does on a schedule.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "auth.expired", Spec: "11 * * * *", Run: s.dropExpired},
		{Name: "auth.workers", Spec: "CRON_TZ=Asia/Shanghai 41 3 * * *", Timeout: 10 * time.Minute, Run: s.syncEveryone},
	}
}

func (s *Service) dropExpired(ctx context.Context, slot time.Time) (string, error) {
	sessions, err := s.db.Pool().ExecContext(ctx, sqlDropSessions, time.Now())
	if err != nil {
		return "", fmt.Errorf("drop sessions: %w", err)
	}
	links, err := s.db.Pool().ExecContext(ctx, sqlDropInvitations, slot.Add(-keepLinks))
	if err != nil {
		return "", fmt.Errorf("drop links: %w", err)
	}
	ns, err := sessions.RowsAffected()
	if err != nil {
		return "", err
	}
	nl, err := links.RowsAffected()
	return fmt.Sprintf("dropped %d sessions, %d links", ns, nl), err
}
