package ha

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

const maxLag = 4 * time.Second

// Lists and rollups come from the standby and say so; who wrote sees what he wrote at once, also while replay stands still; a
// standby that is too far behind or dead is not read from, and no page fails for it.
func TestAReplicaAnswersWhatMayBeStale(t *testing.T) {
	needed(t)
	primary := newPrimary(t)
	c := newCity(t, primary)
	standby := primary.standby("s1")
	replica := "FUGONG_READ_DATABASE_URL=" + standby.url()
	p := c.serve(replica, "FUGONG_READ_MAX_LAG="+maxLag.String())
	officer, other, bureau := c.person(p, authz.HealthOfficer), c.person(p, authz.FirmAdmin), c.person(p, authz.CityBureau)

	fromReplica(t, officer, "/employees")
	fromReplica(t, officer, "/samples")
	fromReplica(t, officer, "/week")
	fromReplica(t, bureau, "/bureau")
	if r := officer.get("/employees"); !strings.Contains(r.body, "来自只读副本") {
		t.Error("the page does not say that it is a replica's")
	}
	if r := officer.get("/holds"); r.asOf != "" || r.status != http.StatusOK {
		t.Errorf("who may not be on post: status %d, as of %q; people act on it at once", r.status, r.asOf)
	}
	if out, err := c.run([]string{replica}, "doctor"); err != nil || !strings.Contains(out, "ok  read replica") {
		t.Errorf("doctor: %v\n%s", err, out)
	}

	walledOff(t, c, primary, standby)

	standby.exec("postgres", `select pg_wal_replay_pause()`)
	wait(t, patience, "replay to stand still", func() bool {
		return getAt[string](standby, "postgres", `select pg_get_wal_replay_pause_state()`) == "paused"
	})
	employee := get[int64](primary, `select min(id) from employee where org_id = $1 and work_status = 'on_post'`, c.org)
	number := get[string](primary, `select employee_no from employee where org_id = $1 and id = $2`, c.org, employee)
	list := "/employees?q=" + number
	version := get[string](primary, `select version::text from employee where org_id = $1 and id = $2`, c.org, employee)
	r := officer.post(fmt.Sprintf("/employees/%d/place", employee), url.Values{"version": {version}, "post": {"守夜复本员"}})
	if r.status != http.StatusSeeOther {
		t.Fatalf("give another post: status %d\n%s", r.status, r.body)
	}
	if r := officer.get(list); r.asOf != "" || !strings.Contains(r.body, "守夜复本员") {
		t.Errorf("who wrote does not see it: as of %q", r.asOf)
	}
	if r := other.get(list); r.asOf == "" || strings.Contains(r.body, "守夜复本员") {
		t.Errorf("somebody else reads as of %q, want the standby's state while it is not too old", r.asOf)
	}
	wait(t, patience, "the standby to be too far behind", func() bool {
		r := other.get(list)
		return r.status == http.StatusOK && r.asOf == "" && strings.Contains(r.body, "守夜复本员")
	})
	if out, err := c.run([]string{replica}, "doctor"); err != nil || !strings.Contains(out, "BAD read replica") {
		t.Errorf("doctor while the standby lags: %v\n%s", err, out)
	}
	standby.exec("postgres", `select pg_wal_replay_resume()`)
	for _, who := range []*person{officer, other} {
		fromReplica(t, who, list)
		if r := who.get(list); !strings.Contains(r.body, "守夜复本员") {
			t.Error("the standby's state went backwards")
		}
	}

	standby.kill()
	for i := range 60 {
		if r := other.get(list); r.status != http.StatusOK || !strings.Contains(r.body, "守夜复本员") {
			t.Fatalf("page %d after the standby died: status %d", i, r.status)
		}
	}
	standby.start()
	fromReplica(t, other, list)
	standby.promote() // no standby any more: it may be another database from now on
	wait(t, patience, "the promoted server to be left alone", func() bool { return other.get(list).asOf == "" })
}

func fromReplica(t *testing.T, who *person, path string) {
	t.Helper()
	wait(t, patience, path+" from the standby", func() bool {
		r := who.get(path)
		if r.status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", path, r.status, r.body)
		}
		return r.asOf != ""
	})
}

func getAt[V any](p *postgres, name, query string) V {
	p.t.Helper()
	pool := sqlx.MustOpen("postgres", p.dsn(name))
	defer pool.Close()
	var v V
	must(p.t, pool.Get(&v, query))
	return v
}

// walledOff holds that the tenant and row-level security are on the standby what they are on the primary.
func walledOff(t *testing.T, c *city, primary, standby *postgres) {
	t.Helper()
	d, err := db.Connect(t.Context(), db.Config{DSN: primary.url(), Replica: standby.url(), MaxConns: 2})
	must(t, err)
	defer d.Close()
	type found struct {
		Standby bool   `db:"standby"`
		Role    string `db:"role"`
		People  int    `db:"people"`
		Others  int    `db:"others"`
	}
	read := func(tenant db.Tenant) (f found, old bool) {
		ctx, r := db.WithRecency(t.Context(), time.Time{}, nil)
		must(t, d.Stale(ctx, tenant, func(tx *sqlx.Tx) error {
			return tx.GetContext(ctx, &f, `select pg_is_in_recovery() as standby, current_user as role, count(*) as people,
				count(*) filter (where org_id <> $1) as others from employee`, c.org)
		}))
		_, old = r.AsOf()
		return f, old
	}
	wait(t, patience, "the standby", func() bool { _, old := read(db.Tenant{Org: c.org}); return old })
	people := get[int](primary, `select count(*) from employee where org_id = $1`, c.org)
	for org, want := range map[int32]found{c.org: {true, db.AppRole, people, 0}, 0: {true, db.AppRole, 0, 0}} {
		if f, old := read(db.Tenant{Org: org}); !old || f != want {
			t.Errorf("org %d sees %+v, want %+v", org, f, want)
		}
	}
	if behind, fault, ok := d.Replica(time.Now()); !ok || fault != nil || behind > 5*time.Second {
		t.Errorf("%v behind, fault %v, configured %t", behind, fault, ok)
	}
}
