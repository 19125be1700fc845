//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/waittest"
)

// The test binary is also the program under test: started with this variable it is an app that uses the server in the folder.
// runApp starts the server, says so, and obeys its input: "insert" commits rows until killed and prints each number after its
// commit, "busy" keeps a backend computing, "stop" leaves in order.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for a condition that another process brings about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	waittest.Until(t, time.Minute, what, holds)
}

// needPostgres skips the test on a machine without PostgreSQL, but never in CI.
func needPostgres(t testing.TB) installation {
	t.Helper()
	acct, err := accountFor("/nonexistent")
	must(t, err)
	inst, err := find(context.Background(), acct, os.Getenv("FUGONG_PG_BIN"), "/nonexistent", 0)
	if errors.Is(err, ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, NOTHING IS PROVED: %v", err)
	}
	must(t, err)
	return inst
}

// memory is the folder for short-lived clusters: on a memory disk if there is one. /tmp, and not $TMPDIR or t.TempDir, which
// the server's account may not enter.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return "/tmp"
}

// newDir is an empty folder, in memory if there is some, that the server's account may enter. At the end of the test its server
// is stopped.
func newDir(t testing.TB) string {
	t.Helper()
	top, err := os.MkdirTemp(memory(), "fugong-localpg-test-")
	must(t, err)
	must(t, os.Chmod(top, 0o755))
	dir := filepath.Join(top, "pg")
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(dir, "users.lock")); err == nil {
			if err := StopWhenUnused(deadline(t), dir); err != nil {
				t.Error(err)
			}
		}
		if err := os.RemoveAll(top); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// made makes a cluster once, for newCluster to copy, which is ten times quicker than initdb.
var made = sync.OnceValue(func() error {
	var err error
	if madeTop, err = os.MkdirTemp(memory(), "fugong-localpg-test-made-"); err != nil {
		return err
	}
	if err := os.Chmod(madeTop, 0o755); err != nil {
		return err
	}
	s, err := Start(context.Background(), Config{Dir: madeTop})
	if err != nil {
		return err
	}
	return s.Stop(context.Background())
})

var madeTop string // TestMain removes it

// newCluster is a folder with a cluster that was stopped in order.
func newCluster(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	must(t, made())
	dir := newDir(t)
	must(t, makeDir(dir))
	out, err := exec.Command("cp", "-a", filepath.Join(madeTop, "data"), dir).CombinedOutput()
	if err != nil {
		t.Fatalf("copy the cluster: %v: %s", err, out)
	}
	return dir
}

func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(deadline(t), cfg)
	must(t, err)
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Stop(deadline(t)); err != nil {
		t.Error(err)
	}
}

// query runs one statement in the postgres database and returns its first column of its first row.
func query(t testing.TB, s *Server, statement string) string {
	t.Helper()
	db, err := sql.Open("postgres", s.DSN("postgres"))
	must(t, err)
	defer db.Close()
	var answer string
	must(t, db.QueryRowContext(deadline(t), statement).Scan(&answer))
	return answer
}

func exec1(t testing.TB, s *Server, statement string) {
	t.Helper()
	db, err := sql.Open("postgres", s.DSN("postgres"))
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(deadline(t), statement)
	must(t, err)
}

// serverPid is the pid of the server that runs in the folder, 0 when none does.
func serverPid(dir string) int {
	data := filepath.Join(dir, "data")
	pm, err := readPostmaster(data)
	if err != nil || !isServer(pm.pid, data) {
		return 0
	}
	return pm.pid
}

func wantParts(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the message lacks %q:\n%s", part, text)
		}
	}
}
