package archtest

import (
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/migrations"
)

// schema lists every column, index, policy and grant, as text that can be compared.
const schema = `select string_agg(line, E'\n' order by line) from (
    select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
    from information_schema.columns where table_schema = 'public' and table_name not like 'goose%'
    union all select indexdef from pg_indexes where schemaname = 'public' and tablename not like 'goose%'
    union all select format('policy %s on %s: %s', policyname, tablename, qual) from pg_policies where schemaname = 'public'
    union all select format('grant %s on %s', privilege_type, table_name) from information_schema.role_table_grants where grantee = 'fugong_app') s`

// Every migration can be taken back and applied again, and leaves the same schema.
func TestMigrationsGoUpDownUp(t *testing.T) {
	d := dbtest.New(t)
	read := func() string {
		var s string
		if err := d.Owner.Get(&s, schema); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := read()
	owner, err := sql.Open("postgres", d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, owner, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := d.Owner.Get(&left, `select count(*) from information_schema.tables where table_schema = 'public' and table_name not like 'goose%'`); err != nil || left != 0 {
		t.Errorf("%d tables are left after going down (%v)", left, err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(before, "\n"), strings.Split(read(), "\n")); diff != "" {
		t.Errorf("the schema differs after down and up (-before +after):\n%s", diff)
	}
}

var numbered = regexp.MustCompile(`^(\d{4})_[a-z_]+\.sql$`)

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		m := numbered.FindStringSubmatch(name)
		if m == nil || m[1] != fmt.Sprintf("%04d", i+1) {
			t.Errorf("%s: want %04d_name.sql", name, i+1)
		}
	}
}

// Tenant tables could be distributed as they are: org_id leads every key, and row-level security is on.
func TestTenantTablesAreWalledOff(t *testing.T) {
	d := dbtest.New(t)
	var tables []string
	err := d.Owner.Select(&tables, `select c.table_name from information_schema.columns c
		where c.table_schema = 'public' and c.column_name = 'org_id' and c.table_name not in ('task', 'account', 'invitation', 'api_client')
			and exists (select from pg_class k where k.relname = c.table_name and k.relkind in ('r', 'p') and not k.relispartition)`)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 15 {
		t.Fatalf("only %d tenant tables found", len(tables))
	}
	for _, table := range tables {
		var secured bool
		if err := d.Owner.Get(&secured, `select relrowsecurity from pg_class where oid = $1::regclass`, table); err != nil || !secured {
			t.Errorf("%s has no row-level security (%v)", table, err)
		}
		var first []string
		err := d.Owner.Select(&first, `select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
			where i.indrelid = $1::regclass and i.indisunique`, table)
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range first {
			if column != "org_id" {
				t.Errorf("%s has a unique key led by %s", table, column)
			}
		}
	}
	var unclassed []string
	err = d.Owner.Select(&unclassed, `select c.table_name || '.' || c.column_name from information_schema.columns c
		where c.table_schema = 'public' and c.column_name like '%\_enc' and c.table_name <> 'org'
			and not exists (select from data_class d where d.table_name = c.table_name and d.column_name = c.column_name)`)
	if err != nil || len(unclassed) > 0 {
		t.Errorf("sealed columns without a data class: %v (%v)", unclassed, err)
	}
}
