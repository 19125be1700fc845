package archtest

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/citus"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/migrations"
)

// Every table has a place, and could be put there: the schema can be spread over machines as it stands.
func TestTheSchemaCouldBeDistributed(t *testing.T) {
	d := dbtest.New(t)
	bad, err := citus.Problems(t.Context(), d.Owner, migrations.Places)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bad {
		t.Error(b)
	}
	statements, err := citus.Plan(t.Context(), d.Owner, migrations.Places)
	if !errors.Is(err, citus.ErrMissing) {
		t.Errorf("a server without the extension: %v", err)
	}
	for _, s := range statements {
		if strings.HasPrefix(s, "create policy") && strings.Contains(strings.ToLower(s), "select") && !strings.Contains(s, "for select") {
			t.Errorf("a policy of a distributed table with a subquery: %s", s)
		}
	}
	if n := len(statements); n < 2*len(migrations.Places) {
		t.Errorf("only %d statements", n)
	}
}

// Each way in which a table could stand in the way is found, and nothing else is said.
func TestATableThatCouldNotBeDistributedIsFound(t *testing.T) {
	for what, c := range map[string]struct {
		ddl   string
		place migrations.Place
		says  []string
	}{
		"a good one": {`create table extra (org_id integer not null, id bigint generated always as identity, employee_id bigint,
			primary key (org_id, id), foreign key (org_id, employee_id) references employee (org_id, id))`, migrations.Tenant, nil},
		"no place": {`create table extra (org_id integer primary key)`, "", []string{"extra has no place"}},
		"no key column": {`create table extra (id bigint primary key)`, migrations.Tenant,
			[]string{"extra: a tenant table needs a column org_id", "extra: unique index extra_pkey is not led by org_id"}},
		"a key led by another column": {`create table extra (org_id integer not null, id bigint, primary key (id, org_id))`, migrations.Tenant,
			[]string{"extra: unique index extra_pkey is not led by org_id"}},
		"a unique index over all tenants": {`create table extra (org_id integer not null, id bigint, code text unique, primary key (org_id, id))`, migrations.Tenant,
			[]string{"extra: unique index extra_code_key is not led by org_id"}},
		"no primary key": {`create table extra (org_id integer not null)`, migrations.Tenant, []string{"extra has no primary key"}},
		"a foreign key across tenants": {`create table extra (org_id integer not null, id bigint, other integer, employee_id bigint, primary key (org_id, id),
			foreign key (other, employee_id) references employee (org_id, id))`, migrations.Tenant, []string{"it does not hold org_id to org_id"}},
		"a foreign key to a local table": {`create table extra (org_id integer not null, id bigint references task (id), primary key (org_id, id))`, migrations.Tenant,
			[]string{"its target stays on the coordinator"}},
		"a reference table that points at tenants": {`create table extra (org_id integer not null, id bigint, primary key (org_id, id),
			foreign key (org_id, id) references employee (org_id, id))`, migrations.Reference, []string{"its target is cut by org_id"}},
		"a local table with an identity that points at a reference table": {`create table extra (id bigint generated always as identity primary key,
			org_id integer references org (id))`, migrations.Local, []string{"a local table with an identity column"}},
		"a trigger": {`create table extra (org_id integer not null, id bigint, primary key (org_id, id));
			create function extra_touch() returns trigger language plpgsql as 'begin return new; end';
			create trigger extra_t before update on extra for each row execute function extra_touch()`, migrations.Tenant, []string{"extra: trigger extra_t"}},
		"a policy that asks other rows": {`create table extra (org_id integer not null, id bigint, primary key (org_id, id)); alter table extra enable row level security;
			create policy p on extra using (exists (select from employee e where e.org_id = extra.org_id))`, migrations.Tenant, []string{"extra: policy p asks other rows"}},
	} {
		t.Run(what, func(t *testing.T) {
			d := dbtest.New(t)
			d.Owner.MustExec(c.ddl)
			places := map[string]migrations.Place{}
			for name, p := range migrations.Places {
				places[name] = p
			}
			if c.place != "" {
				places["extra"] = c.place
			}
			bad, err := citus.Problems(t.Context(), d.Owner, places)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.says {
				if !slices.ContainsFunc(bad, func(b string) bool { return strings.Contains(b, want) }) {
					t.Errorf("nothing says %q", want)
				}
			}
			if len(bad) != len(c.says) {
				t.Errorf("said %q, want %q", bad, c.says)
			}
		})
	}
}

var setBased = regexp.MustCompile(`(?is)^\s*insert into (\w+)[^;]*?\bselect\b`)

// A distributed insert of many rows that settles no conflict and returns nothing is done by COPY, which row-level security forbids.
func TestSetBasedInsertsCouldBeDistributed(t *testing.T) {
	n := 0
	for _, p := range load(t) {
		for _, s := range p.constants() {
			text := strings.ToLower(s.text)
			m := setBased.FindStringSubmatch(text)
			if m == nil || !isSQL(s.name) || migrations.Places[m[1]] != migrations.Tenant {
				continue
			}
			n++
			if !strings.Contains(text, "on conflict") && !strings.Contains(text, "returning") {
				t.Errorf("%s: %s inserts many rows into %s: let it end with returning %s", s.pos, s.name, m[1], citus.Key)
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d found: the search is broken", n)
	}
}
