package dbtest

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fugong/fugong/internal/platform/waittest"
	"github.com/fugong/fugong/migrations"
)

// The test binary is also another test process: started with this variable it opens the cluster in the folder, makes a database
// of the migrations, prints its name, and lives until it is killed or its input ends.
const otherProcessDir = "FUGONG_DBTEST_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(otherProcessDir); dir != "" {
		if err := otherProcess(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func otherProcess(dir string) error {
	ctx := context.Background()
	c, err := openCluster(ctx, dir)
	if err != nil {
		return err
	}
	name, err := c.clone(ctx, small("other"))
	if err != nil {
		return err
	}
	fmt.Println(name)
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	if err != nil {
		return nil // end of input
	}
	return c.drop(ctx, name)
}

// small is a schema with the application's role. The note makes it another schema.
func small(note string) fs.FS {
	return fstest.MapFS{"0001_first.sql": {Data: []byte(`-- +goose Up
-- ` + note + `
-- +goose StatementBegin
do $$ begin
    if not exists (select from pg_roles where rolname = 'fugong_app') then
        create role fugong_app nologin;
    end if;
end $$;
-- +goose StatementEnd
create table open_to_app (id int);
grant select, insert on open_to_app to fugong_app;
create table owners_own (id int);
`)}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, d *Database, table string) int {
	t.Helper()
	var n int
	must(t, d.Owner.Get(&n, "select count(*) from "+table))
	return n
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	for i := range 12 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			d := newFrom(t, small("own"))
			d.Owner.MustExec(`insert into open_to_app values (1)`)
			if n := count(t, d, "open_to_app"); n != 1 {
				t.Errorf("%d rows, one of them ours", n)
			}
		})
	}
}

func TestTheProgramsSchemaIsThere(t *testing.T) {
	d := New(t)
	if n := count(t, d, "goose_db_version where version_id > 0 and is_applied"); n == 0 {
		t.Error("no migration was applied")
	}
	if n := count(t, d, "pg_roles where rolname = 'fugong_app'"); n != 1 {
		t.Error("the application's role is missing")
	}
}

func TestTheAppDSNIsBoundByTheAppsRights(t *testing.T) {
	d := newFrom(t, small("own"))
	app, err := sql.Open("postgres", d.AppDSN)
	must(t, err)
	defer app.Close()
	var user string
	must(t, app.QueryRow(`select current_user || ' ' || rolsuper::text from pg_roles where rolname = current_user`).Scan(&user))
	if user != "fugong_app false" {
		t.Errorf("user and superuser: %s", user)
	}
	if _, err := app.Exec(`insert into open_to_app values (1)`); err != nil {
		t.Error(err)
	}
	if _, err := app.Exec(`insert into owners_own values (1)`); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("writing to a table without a grant: %v", err)
	}
	if _, err := d.Owner.Exec(`insert into owners_own values (1)`); err != nil {
		t.Error(err)
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	var name string
	t.Run("the test", func(t *testing.T) {
		d := newFrom(t, small("own"))
		must(t, d.Owner.Get(&name, `select current_database()`))
	})
	d := newFrom(t, small("own"))
	if n := count(t, d, "pg_database where datname = '"+name+"'"); n != 0 {
		t.Errorf("%s is still there", name)
	}
}

// ownCluster is a cluster of this test alone.
// leave does what the end of this process would do.
// stopped waits until the server in dir has ended.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	waittest.Until(t, time.Minute, what, holds)
}

// startOther starts another test process on the cluster and returns it with the name of its database.
func BenchmarkClone(b *testing.B) {
	newFrom(b, small("own")) // starts the server, or skips
	for what, files := range map[string]fs.FS{"small": small("own"), "program": migrations.FS} {
		b.Run(what, func(b *testing.B) {
			c, err := shared()
			must(b, err)
			ctx := b.Context()
			_, err = c.template(ctx, files)
			must(b, err)
			for b.Loop() {
				name, err := c.clone(ctx, files)
				must(b, err)
				b.StopTimer()
				must(b, c.drop(ctx, name))
				b.StartTimer()
			}
		})
	}
}
