package db_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
)

// open connects to a test's database as the program does.
func open(t *testing.T, base *dbtest.Database, maxConns int) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), base.DSN, maxConns)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// A statement that is kept is prepared once in a session, and is prepared anew when its table was changed under it.
func TestAKeptStatementOutlivesItsTable(t *testing.T) {
	base := dbtest.New(t)
	base.Owner.MustExec(`create table kept (a integer); insert into kept values (7); grant select on kept to ` + db.AppRole)
	d := open(t, base, 1)
	read := func() (a int64, err error) {
		err = d.Read(t.Context(), db.Tenant{Org: 1}, func(tx *sqlx.Tx) error {
			return tx.GetContext(t.Context(), &a, db.Kept+`select a from kept where a >= $1 and current_setting('app.org') = '1'`, 0)
		})
		return a, err
	}
	for range 3 {
		if a, err := read(); err != nil || a != 7 {
			t.Fatalf("read %d, %v; want the row", a, err)
		}
	}
	var n int
	if err := d.Pool().Get(&n, `select count(*) from pg_prepared_statements where statement like '/*kept*/%'`); err != nil || n != 1 {
		t.Fatalf("%d statements kept, %v", n, err)
	}
	base.Owner.MustExec(`alter table kept alter a type bigint`)
	if a, err := read(); err != nil || a != 7 {
		t.Fatalf("read %d, %v after the column got another type", a, err)
	}
}

// Each transaction names its tenant and its mode itself, whatever the session says and the one before it was.
func TestATransactionNamesItsTenantAndMode(t *testing.T) {
	d := open(t, dbtest.New(t), 1)
	if _, err := d.Pool().Exec(`set default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	for org := range int32(3) {
		if err := d.InTx(t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) error {
			var got string
			if err := tx.Get(&got, `select current_setting('app.org') || current_setting('transaction_read_only')`); err != nil {
				return err
			}
			if want := map[int32]string{0: "off", 1: "1off", 2: "2off"}[org]; got != want {
				t.Errorf("org and mode %q, want %q", got, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
