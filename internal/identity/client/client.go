// Package client keeps the programs that use the API for an org: their tokens, what each may do and until when, and the
// answers to their writes, so that a write repeated under the same key is done once.
//
// A token is shown once; only its SHA-256 is stored. A program acts in a scope of its own, whose account is the negative id
// of the client: never a person's.
package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// MaxLife is the longest that a token may live.
const MaxLife = 366 * 24 * time.Hour

const (
	prefix     = "fg_"
	tokenBytes = 32
	maxName    = 40
)

// Client is one program that may use the API.
type Client struct {
	ID         int32          `db:"id"`
	Org        int32          `db:"org_id"`
	OrgName    string         `db:"org_name"`
	Name       string         `db:"name"`
	Role       authz.Role     `db:"role"`
	Division   string         `db:"division"`
	Scopes     pq.StringArray `db:"scopes"`
	CreatedAt  time.Time      `db:"created_at"`
	ExpiresAt  time.Time      `db:"expires_at"`
	RevokedAt  *time.Time     `db:"revoked_at"`
	LastUsedAt *time.Time     `db:"last_used_at"`
}

// Works reports whether the token is good at the instant.
func (c Client) Works(at time.Time) bool { return c.RevokedAt == nil && at.Before(c.ExpiresAt) }

// offered is what the API can do for each role that a program may have. Releasing holds, revealing numbers and printing
// invitations stay with people.
var offered = map[authz.Role][]authz.Permission{
	authz.HealthOfficer: {authz.EmployeeView, authz.EmployeeEdit, authz.EmployeeExport, authz.RosterImport, authz.SampleRecord,
		authz.SampleImport, authz.SymptomRecord, authz.WeekView, authz.ReminderView},
	authz.CityBureau:     {authz.BureauView, authz.BureauExport},
	authz.DistrictBureau: {authz.BureauView, authz.BureauExport},
	authz.Lab:            {authz.SampleImport},
}

// Offered lists the permissions that a program of the role may be given.
func Offered(r authz.Role) []authz.Permission { return slices.Clone(offered[r]) }

// RolesOf lists the roles that a program of a kind of org may have.
func RolesOf(kind string) []authz.Role {
	switch kind {
	case org.Enterprise:
		return []authz.Role{authz.HealthOfficer}
	case org.Bureau:
		return []authz.Role{authz.CityBureau, authz.DistrictBureau, authz.Lab}
	case org.Operator:
		return []authz.Role{authz.Lab}
	}
	return nil
}

// Service is the door to clients.
type Service struct {
	db    *db.DB
	orgs  *org.Service
	known *known
}

// New builds the service.
func New(d *db.DB, orgs *org.Service, c clock.Clock) *Service {
	return &Service{db: d, orgs: orgs, known: newKnown(c)}
}

// Input asks for a client of the scope's own org.
type Input struct {
	Name      string
	Role      authz.Role
	Division  string // of a district bureau
	Scopes    []authz.Permission
	ExpiresAt time.Time
}

func (s *Service) check(ctx context.Context, sc authz.Scope, in Input, at time.Time) error {
	f := errs.Fields{}
	switch {
	case in.Name == "":
		f.Add("name", "error.required")
	case utf8.RuneCountInString(in.Name) > maxName:
		f.Add("name", "error.too_long", "Max", maxName)
	}
	o, err := s.orgs.Get(ctx, sc.Org)
	if err != nil {
		return err
	}
	if !slices.Contains(RolesOf(o.Kind), in.Role) {
		f.Add("role", "error.choice")
	}
	if len(in.Scopes) == 0 {
		f.Add("scopes", "org.client.no_scope")
	}
	for _, p := range in.Scopes {
		// Nobody hands on what they may not do themselves, save that a city's administrator lets its laboratories in.
		if !slices.Contains(offered[in.Role], p) || !sc.Can(p) && in.Role != authz.Lab {
			f.Add("scopes", "error.choice")
		}
	}
	if !in.ExpiresAt.After(at) || in.ExpiresAt.After(at.Add(MaxLife)) {
		f.Add("expires", "org.client.life")
	}
	if in.Role == authz.DistrictBureau {
		divisions, err := s.orgs.Divisions(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(divisions, func(d org.Division) bool { return d.Code == in.Division && d.Kind != "city" }) {
			f.Add("division", "error.choice")
		}
	}
	return f.Err()
}

const sqlInsert = `insert into api_client (org_id, name, token_hash, role, division, scopes, created_by, created_at, expires_at)
    values ($1, $2, $3, $4, nullif($5, ''), $6, $7, $8, $9) returning id`

// Create adds a client and returns its token, which cannot be had again.
func (s *Service) Create(ctx context.Context, sc authz.Scope, in Input, at time.Time) (id int32, token string, err error) {
	if err := sc.Require(authz.ClientManage); err != nil {
		return 0, "", err
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Role != authz.DistrictBureau {
		in.Division = ""
	}
	if err := s.check(ctx, sc, in, at); err != nil {
		return 0, "", err
	}
	scopes := make([]string, len(in.Scopes))
	for i, p := range in.Scopes {
		scopes[i] = string(p)
	}
	token = newToken()
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &id, sqlInsert, sc.Org, in.Name, hash(token), string(in.Role), in.Division, pq.Array(scopes),
			sc.Account, at, in.ExpiresAt)
		if err != nil {
			return fmt.Errorf("insert client: %w", err)
		}
		return record(ctx, tx, sc, at, "client.create", sc.Org, id, map[string]any{"name": in.Name, "role": in.Role, "scopes": scopes,
			"expires": in.ExpiresAt.UTC().Format(time.RFC3339)})
	})
	if err != nil {
		return 0, "", err
	}
	return id, token, nil
}

func record(ctx context.Context, tx db.Q, sc authz.Scope, at time.Time, action string, orgID, id int32, detail map[string]any) error {
	return audit.Record(ctx, tx, sc, at, audit.Event{Org: orgID, Action: action, Subject: "client", SubjectID: strconv.Itoa(int(id)), Detail: detail})
}

func newToken() string {
	b := make([]byte, tokenBytes)
	_, _ = rand.Read(b) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

func hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

const fragColumns = `c.id, c.org_id, o.name as org_name, c.name, c.role, coalesce(c.division, '') as division, c.scopes, c.created_at,
    c.expires_at, c.revoked_at, c.last_used_at`

// reach is the org whose clients the scope manages, 0 for every org's.
func reach(sc authz.Scope) int32 {
	if sc.Can(authz.OrgManage) && !sc.IsSystem() {
		return 0
	}
	return sc.Org
}

const sqlList = `select ` + fragColumns + ` from api_client c join org o on o.id = c.org_id
    where ($1 = 0 or c.org_id = $1) and ($2 or c.revoked_at is null and c.expires_at > $3)
    order by c.revoked_at is not null or c.expires_at <= $3, c.created_at desc, c.id desc limit 500`

// List returns the clients of the scope's org (of every org for administrators of the installation), working ones first,
// with all adding those that were revoked or have expired.
func (s *Service) List(ctx context.Context, sc authz.Scope, all bool, at time.Time) ([]Client, error) {
	if err := sc.Require(authz.ClientManage); err != nil {
		return nil, err
	}
	var rows []Client
	if err := s.db.Pool().SelectContext(ctx, &rows, sqlList, reach(sc), all, at); err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	return rows, nil
}

const sqlRevoke = `update api_client set revoked_at = $3 where id = $1 and ($2 = 0 or org_id = $2) and revoked_at is null
    returning org_id`

// Revoke ends a token at once, for good.
func (s *Service) Revoke(ctx context.Context, sc authz.Scope, id int32, at time.Time) error {
	if err := sc.Require(authz.ClientManage); err != nil {
		return err
	}
	defer s.known.watch.Again()
	return s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		var orgID int32
		if err := tx.GetContext(ctx, &orgID, sqlRevoke, id, reach(sc), at); err != nil {
			return db.OneRow(err)
		}
		if err := stamp.Raise(ctx, tx, stamp.Access); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "client.revoke", orgID, id, nil)
	})
}
