package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Purpose of a one-time link. It is also the first part of the link's address.
type Purpose string

// The purposes.
const (
	ForSetup    Purpose = "setup"    // the first administrator
	ForActivate Purpose = "activate" // an invited account chooses its password
	ForReset    Purpose = "reset"    // an active account chooses another
)

// How long links last.
const (
	ActivateFor = 14 * 24 * time.Hour
	ResetFor    = 3 * 24 * time.Hour
	SetupFor    = 24 * time.Hour
)

var lifetimes = map[Purpose]time.Duration{ForActivate: ActivateFor, ForReset: ResetFor, ForSetup: SetupFor}

// MaxTries is how many wrong answers burn a link.
const MaxTries = 5

// Link is a one-time link just made. The token is nowhere else: only its hash is stored.
type Link struct {
	Account   int64
	Token     string
	Purpose   Purpose
	ExpiresAt time.Time
}

// Path is the link's address on this server.
func (l Link) Path() string { return "/" + string(l.Purpose) + "/" + l.Token }

const tokenBytes = 20 // 160 bits; short enough for a QR code that any phone reads

func newToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

const sqlRevoke = `delete from invitation where account_id = any($1) and used_at is null and purpose <> 'setup'`

func revoke(ctx context.Context, q db.Q, accounts []int64) error {
	if _, err := q.ExecContext(ctx, sqlRevoke, pq.Array(accounts)); err != nil {
		return fmt.Errorf("revoke links: %w", err)
	}
	return nil
}

const sqlIssue = `insert into invitation (token_hash, org_id, account_id, purpose, created_at, created_by, expires_at)
    select x.hash, $1, x.account, x.purpose, $2, nullif($3, 0::bigint), x.expires
    from unnest($4::bytea[], $5::bigint[], $6::text[], $7::timestamptz[]) x (hash, account, purpose, expires)`

// target is an account that gets a link: activation while it has no password, a reset afterwards.
type target struct {
	id    int64
	state string
}

func (t target) purpose() Purpose {
	if t.state == Invited {
		return ForActivate
	}
	return ForReset
}

// issue makes a link for each account of one org; links made before are void.
func issue(ctx context.Context, q db.Q, orgID int32, to []target, by int64, at time.Time) ([]Link, error) {
	links := make([]Link, len(to))
	ids := make([]int64, len(to))
	for i, t := range to {
		ids[i] = t.id
		links[i] = Link{Account: t.id, Token: newToken(), Purpose: t.purpose(), ExpiresAt: at.Add(lifetimes[t.purpose()])}
	}
	if err := revoke(ctx, q, ids); err != nil {
		return nil, err
	}
	return links, store(ctx, q, orgID, links, by, at)
}

func store(ctx context.Context, q db.Q, orgID int32, links []Link, by int64, at time.Time) error {
	hashes := make([][]byte, len(links))
	ids := make([]int64, len(links))
	purposes := make([]string, len(links))
	ends := make([]string, len(links))
	for i, l := range links {
		hashes[i], ids[i], purposes[i] = tokenHash(l.Token), l.Account, string(l.Purpose)
		ends[i] = l.ExpiresAt.Format(time.RFC3339Nano)
	}
	_, err := q.ExecContext(ctx, sqlIssue, orgID, at, by, pq.Array(hashes), pq.Array(ids), pq.Array(purposes), pq.Array(ends))
	if err != nil {
		return fmt.Errorf("issue links: %w", err)
	}
	return nil
}

// dead is the answer to a link that is unknown, expired, used, replaced or burnt: which of them is nobody's business.
func dead() error { return errs.New(errs.NotFound, "auth.link.dead") }

// opened is a link that still works, with its account.
type opened struct {
	identity
	Attempts  int       `db:"attempts"`
	ExpiresAt time.Time `db:"expires_at"`
}

const sqlOpen = `select ` + fragIdentityColumns + `, i.attempts, i.expires_at
    from invitation i join account a on a.id = i.account_id join org o on o.id = a.org_id and o.active
    where i.token_hash = $1 and i.purpose = $2 and i.used_at is null and i.expires_at > $3 and i.attempts < $4
        and a.state = case i.purpose when 'reset' then 'active' else 'invited' end`

func open(ctx context.Context, q db.Q, token string, p Purpose, at time.Time) (opened, error) {
	var o opened
	err := q.GetContext(ctx, &o, sqlOpen, tokenHash(token), string(p), at, MaxTries)
	if err = db.OneRow(err); errs.Is(err, errs.NotFound) {
		return o, dead()
	}
	return o, err
}

const sqlUse = `update invitation set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2 and attempts <= $3
    returning account_id`

// use spends the link; of two at once one finds it dead.
func use(ctx context.Context, q db.Q, token string, at time.Time) error {
	var ids []int64
	if err := q.SelectContext(ctx, &ids, sqlUse, tokenHash(token), at, MaxTries); err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	if len(ids) == 0 {
		return dead()
	}
	return nil
}

const sqlTry = `update invitation set attempts = attempts + 1
    where token_hash = $1 and used_at is null and expires_at > $2 and attempts < $3 returning attempts`

// tryLink counts an answer before it is looked at, so that many at once get no more tries; it returns how many are left.
func tryLink(ctx context.Context, q db.Q, token string, at time.Time) (left int, err error) {
	var attempts []int
	if err := q.SelectContext(ctx, &attempts, sqlTry, tokenHash(token), at, MaxTries); err != nil {
		return 0, fmt.Errorf("count answer: %w", err)
	}
	if len(attempts) == 0 {
		return 0, dead()
	}
	return MaxTries - attempts[0], nil
}
