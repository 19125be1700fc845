// Package auth keeps accounts: passwords, signing in and out, lock-out, sessions, one-time links, and who an account is for
// the rest of the program (Viewer). It owns the tables account, account_team, invitation and session.
//
// Nobody learns from it whether an account exists: an unknown login, a wrong password, a locked and a disabled account get
// the same answer after the same work. Tokens of links are kept as hashes only. Every change is in the audit log of the
// account's org, in the same transaction.
package auth

import (
	"context"
	"sync"
	"time"

	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
)

// Contact is what a worker's file says that an invitation needs.
type Contact struct {
	EmployeeID  int64
	Name        string
	EmployeeNo  string
	MobileIndex []byte // blind index of the mobile number, nil when the file has none
	IDTail      string // last four characters of the identity number, normalised
	TeamID      int64
	Workshop    string
	Team        string
}

// People reads workers' files, whose identity numbers are sealed. The feature that owns the files implements it.
type People interface {
	// Contacts returns the files with the ids within one org, inside the caller's transaction, in any order. Files that do
	// not exist or whose person left are missing from the answer.
	Contacts(ctx context.Context, q db.Q, org int32, ids []int64) ([]Contact, error)
}

// Config is what a Service may be told. The zero value of each field but Clock is a good one.
type Config struct {
	Clock clock.Clock
	// Hash is the cost of a password hash; the default is 19 MiB and two passes (OWASP's minimum for argon2id).
	Hash *password.Params
	// Hashes is how many are computed at once; each takes Hash.Memory.
	Hashes int
	// Floor is the least time that a refused sign-in takes, so that its length tells nothing. Negative means none.
	Floor time.Duration
}

// Service is the door to accounts for other packages. Its methods stand by subject: how people get in (Entry), what they do
// with their own account (Self), what managers do with others' (Management), and how workers are invited (Invites).
type Service struct {
	*core
	Entry
	Self
	Management
	Invites
}

// Entry is how people get in: signing in, one-time links, set-up.
type Entry struct{ *core }

// Self is what people do with their own account.
type Self struct{ *core }

// Management is what managers do with the accounts in their reach.
type Management struct{ *core }

// Invites is how workers come to an account.
type Invites struct{ *core }

// core is what all of them share.
type core struct {
	db      *db.DB
	box     *secret.Box
	orgs    *org.Service
	people  People
	clock   clock.Clock
	hasher  *password.Hasher
	limiter *limiter
	floor   time.Duration

	mu      sync.Mutex
	viewers map[int64]cachedViewer
}

const defaultFloor = 400 * time.Millisecond

// New builds the service.
func New(d *db.DB, box *secret.Box, orgs *org.Service, people People, cfg Config) *Service {
	if cfg.Floor == 0 {
		cfg.Floor = defaultFloor
	}
	c := &core{db: d, box: box, orgs: orgs, people: people, clock: cfg.Clock, floor: cfg.Floor,
		hasher: password.NewHasher(cfg.Hash, cfg.Hashes), limiter: newLimiter(), viewers: map[int64]cachedViewer{}}
	return &Service{core: c, Entry: Entry{c}, Self: Self{c}, Management: Management{c}, Invites: Invites{c}}
}

// From tells where a request without a scope comes from.
type From struct {
	IP        string
	RequestID string
}

// Session is what the web server keeps of a sign-in: the account, and its epoch, which a sign-out everywhere moves on.
type Session struct {
	Account int64
	Epoch   int
	OrgCode string // enterprise of somebody with a file, to be remembered on the device; "" for staff
}

// State of an account.
const (
	Invited  = "invited" // has no password yet
	Active   = "active"
	Disabled = "disabled"
)

// identity is an account as this package works with it.
type identity struct {
	ID       int64      `db:"id"`
	Org      int32      `db:"org_id"`
	OrgCode  string     `db:"org_code"`
	OrgName  string     `db:"org_name"`
	Role     authz.Role `db:"role"`
	Employee int64      `db:"employee_id"`
	Login    string     `db:"login"`
	Name     string     `db:"display_name"`
	State    string     `db:"state"`
	Hash     string     `db:"password_hash"`
	Epoch    int        `db:"session_epoch"`
	Mobile   []byte     `db:"mobile_bidx"`
}

const fragIdentityColumns = `a.id, a.org_id, o.code as org_code, o.name as org_name, a.role, coalesce(a.employee_id, 0) as employee_id,
        coalesce(a.login, '') as login, a.display_name, a.state, a.password_hash, a.session_epoch, a.mobile_bidx`

const fragIdentity = `select ` + fragIdentityColumns + ` from account a join org o on o.id = a.org_id and o.active`

// self is the scope in which an account acts on itself before it has a session.
func (i identity) self(from From) authz.Scope {
	return authz.Scope{Account: i.ID, Actor: i.Name, Role: i.Role, Org: i.Org, Employee: i.Employee, RequestID: from.RequestID}
}

func (i identity) session() Session {
	ses := Session{Account: i.ID, Epoch: i.Epoch}
	if i.Employee != 0 {
		ses.OrgCode = i.OrgCode
	}
	return ses
}
