package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
)

func reader(t *testing.T, d *db.DB) string {
	t.Helper()
	ctx, seen := db.WithRecency(t.Context(), time.Time{}, nil)
	var role string
	err := d.Stale(ctx, db.Tenant{Org: 1}, func(tx *sqlx.Tx) error { return tx.GetContext(ctx, &role, `select current_user`) })
	if err != nil {
		t.Fatal(err)
	}
	if at, old := seen.AsOf(); old {
		t.Errorf("the primary's state is said to be of %s", at)
	}
	return role
}

// A replica that is down, or that is no standby, is never read from, and nothing fails for it.
func TestWithoutAUsableReplicaThePrimaryAnswers(t *testing.T) {
	base := dbtest.New(t)
	for what, replica := range map[string]string{
		"none": "", "down": "host=127.0.0.1 port=1 dbname=none sslmode=disable", "no standby": base.DSN,
	} {
		d, err := db.Connect(t.Context(), db.Config{DSN: base.DSN, Replica: replica, MaxConns: 4})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if role := reader(t, d); role != db.AppRole {
			t.Errorf("%s: read as %s", what, role)
		}
		if _, fault, configured := d.Replica(time.Now()); configured != (replica != "") || configured && fault == nil {
			t.Errorf("%s: configured %t, fault %v", what, configured, fault)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Behind a pooler the role cannot be taken when a session starts, so the login itself must have no more rights than it.
func TestALoginBehindAPoolerMustBeBoundByRowLevelSecurity(t *testing.T) {
	base := dbtest.New(t)
	if _, err := db.Connect(t.Context(), db.Config{DSN: base.DSN, Direct: base.DSN, MaxConns: 2}); !errors.Is(err, db.ErrUnbound) {
		t.Errorf("the owner was let in: %v", err)
	}
	base.Owner.MustExec(`do $$ begin
		if not exists (select from pg_roles where rolname = 'fugong_login') then create role fugong_login login; end if;
	exception when duplicate_object then null; end $$`)
	base.Owner.MustExec(`grant fugong_app to fugong_login`)
	login := base.DSN + " user=fugong_login"
	d, err := db.Connect(t.Context(), db.Config{DSN: login, Direct: base.DSN, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.DSN() != base.DSN {
		t.Errorf("listeners go to %s", d.DSN())
	}
	var n int
	if err := d.Pool().Get(&n, `select count(*) from employee`); err != nil || n != 0 {
		t.Errorf("%d rows without a tenant (%v)", n, err)
	}
	if _, err := d.Pool().Exec(`drop table employee`); err == nil || !strings.Contains(err.Error(), "must be owner") {
		t.Errorf("the login may drop tables: %v", err)
	}
}

// What the reader wrote is remembered by the context at once; a record of reading is not such a write.
func TestAWriteOfTheContextIsHeardOf(t *testing.T) {
	d := open(t, dbtest.New(t), 2)
	var heard []time.Time
	ctx, _ := db.WithRecency(t.Context(), time.Time{}, func(at time.Time) { heard = append(heard, at) })
	refused := errors.New("refused")
	for _, outcome := range []error{nil, refused} {
		if err := d.InTx(ctx, db.Tenant{}, func(*sqlx.Tx) error { return outcome }); !errors.Is(err, outcome) {
			t.Fatal(err)
		}
	}
	if err := d.Read(ctx, db.Tenant{}, func(*sqlx.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 1 {
		t.Errorf("heard of %d writes, want the one that was committed", len(heard))
	}
}
