package ha

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jmoiron/sqlx"
)

const login = "fugong_login"

// newPooler starts pgbouncer in transaction mode in front of the server, with few sessions, so that every client's statements
// wander between them.
func newPooler(t *testing.T, behind *postgres) (port int) {
	t.Helper()
	dir := place(t)
	port = freePort(t)
	config := fmt.Sprintf(`[databases]
%s = host=127.0.0.1 port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s/users
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
logfile = %s/log
`, database, behind.port, port, dir, dir)
	must(t, os.WriteFile(filepath.Join(dir, "pgbouncer.ini"), []byte(config), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "users"), []byte(`"`+login+`" ""`+"\n"), 0o644))
	cmd := asServer(t, exec.Command(tool(t, "pgbouncer", "pgbouncer"), "-q", filepath.Join(dir, "pgbouncer.ini")), dir)
	must(t, cmd.Start())
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // it may have ended
		<-done
	})
	wait(t, patience, "the pooler", func() bool {
		pool := sqlx.MustOpen("postgres", poolerURL(port))
		defer pool.Close()
		return pool.Ping() == nil
	})
	return port
}

func poolerURL(port int) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", login, port, database)
}

// Through a pooler in transaction mode everything works and nothing fails once: samples, lists, a sheet, reminders, jobs.
func TestThroughAPoolerInTransactionMode(t *testing.T) {
	needed(t)
	primary := newPrimary(t)
	c := newCity(t, primary)
	primary.exec(database, `create role `+login+` login in role fugong_app`)
	port := newPooler(t, primary)
	settings := []string{"FUGONG_DATABASE_URL=" + poolerURL(port), "FUGONG_DIRECT_DATABASE_URL=" + primary.url(), "FUGONG_POOL=16"}
	owners := []string{"FUGONG_DATABASE_URL=" + strings.Replace(poolerURL(port), login, owner, 1), settings[1]}
	if out, err := c.run(owners, "job", "jobs.housekeeping"); err == nil {
		t.Errorf("the owner of the tables was taken for the program's login:\n%s", out)
	}
	p := c.serve(settings...)
	officer := c.person(p, "health_officer")
	id := officer.upload("roster", "roster-basic.xlsx", sheet(t, "roster-basic.xlsx"))

	l := startLoad(c, p, 8)
	pages, failed := 0, 0
	var mu sync.Mutex
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for i := range 4 {
		who := c.person(p, "health_officer")
		readers.Go(func() {
			paths := []string{"/employees", "/samples", "/week", "/holds", "/employees?q=1", "/reminders", "/imports/" + id}
			for n := i; ctx.Err() == nil; n++ {
				r, err := who.send(http.MethodGet, paths[n%len(paths)], "", nil)
				if t.Context().Err() != nil {
					return
				}
				mu.Lock()
				pages++
				if err != nil || r.status != http.StatusOK {
					failed++
					t.Errorf("%s: status %d, %v", paths[n%len(paths)], r.status, err)
				}
				mu.Unlock()
			}
		})
	}
	wait(t, patience, "the check of the sheet", func() bool {
		return get[string](primary, `select state from import where org_id = $1 and id = $2`, c.org, id) == "ready"
	})
	if r := officer.post("/imports/"+id+"/commit", nil); r.status != http.StatusSeeOther {
		t.Errorf("commit the sheet: status %d\n%s", r.status, r.body)
	}
	wait(t, patience, "the sheet in the database", func() bool {
		return get[string](primary, `select state from import where org_id = $1 and id = $2`, c.org, id) == "done"
	})
	for _, job := range []string{"reminder.plan", "reminder.send", "rollup.refresh", "verify-standing"} {
		if out, err := c.run(settings, "job", job); err != nil {
			t.Errorf("job %s: %v\n%s", job, err, out)
		}
	}
	wait(t, 3*patience, "two thousand requests of programs and people", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return l.acknowledged.Load() >= 1000 && pages >= 400 && l.acknowledged.Load()+int64(pages) >= 2000
	})
	cancel()
	readers.Wait()
	l.stop()
	refused := l.refused.Load()
	t.Logf("%d samples and %d pages through the pooler, %d and %d failed", l.acknowledged.Load(), pages, refused, failed)
	if n := l.missing(primary); n != 0 || refused > 0 {
		t.Errorf("%d samples missing, %d refused, the last because of %v", n, refused, l.last.Load())
	}
	if n := get[int](primary, `select count(*) from reminder where org_id = $1`, c.org); n == 0 {
		t.Error("no reminder was planned")
	}
	if n := get[int](primary, `select count(*) from task where state <> 'done'`); n != 0 {
		t.Errorf("%d tasks are not done", n)
	}
}
