//go:build unix && !aix && !solaris

package localpg

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func ownerOf(info fs.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }

// begun tells whether a starter has come as far as running the program.
func begun(dir, program string) bool {
	if program == "postgres" {
		_, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
		return err == nil
	}
	made, _ := filepath.Glob(filepath.Join(dir, "data.new-*", "PG_VERSION"))
	return len(made) > 0
}

func killServer(t *testing.T, dir string) {
	t.Helper()
	pid := serverPid(dir)
	if pid == 0 {
		t.Fatal("no server to kill")
	}
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	eventually(t, "the server is dead", func() bool { return serverPid(dir) == 0 })
}

func TestTheServerStaysUntilTheLastProcessLeaves(t *testing.T) {
	dir := newCluster(t)
	first, second := startApp(t, dir), startApp(t, dir)
	first.says("started")
	second.says("started")
	pid := serverPid(dir)
	first.leave()
	if serverPid(dir) != pid {
		t.Fatal("the first to leave stopped the server under the second")
	}
	second.leave()
	if serverPid(dir) != 0 {
		t.Fatal("the last to leave left the server running")
	}
}

func TestAServerOutlivesAKilledAppAndTheNextStartTakesItOver(t *testing.T) {
	dir := newCluster(t)
	first := startApp(t, dir)
	first.says("started")
	pid := serverPid(dir)
	first.kill()
	if serverPid(dir) != pid {
		t.Fatal("the server died with the app")
	}
	second := startApp(t, dir)
	second.says("started")
	if serverPid(dir) != pid {
		t.Fatal("the second app did not attach to the running server")
	}
	second.leave()
	if serverPid(dir) != 0 {
		t.Fatal("the second app could not stop the server it attached to")
	}
}

func TestAnAcknowledgedRowSurvivesTheKillOfAppAndServer(t *testing.T) {
	dir := newCluster(t)
	s := start(t, Config{Dir: dir, Durable: true})
	exec1(t, s, `create table event (id int primary key, note text)`)
	stop(t, s)

	a := startApp(t, dir, "DURABLE=yes")
	a.says("started")
	a.do("insert")
	acknowledged := 0
	for acknowledged < 500 && a.lines.Scan() {
		n, err := strconv.Atoi(a.lines.Text())
		if err != nil {
			t.Fatal(a.lines.Text())
		}
		acknowledged = n
	}
	killServer(t, dir) // in the middle of the next inserts
	a.kill()
	for a.lines.Scan() { // acknowledged before the kill, read after it
		if n, err := strconv.Atoi(a.lines.Text()); err == nil {
			acknowledged = n
		}
	}

	s = start(t, Config{Dir: dir, Durable: true})
	kept := query(t, s, fmt.Sprintf(`select count(*) from event where id <= %d`, acknowledged))
	if kept != strconv.Itoa(acknowledged) {
		t.Errorf("%d rows were acknowledged, %s are there", acknowledged, kept)
	}
}

func TestANewServerWaitsForBackendsThatOutliveTheOld(t *testing.T) {
	dir := newCluster(t)
	a := startApp(t, dir)
	a.says("started")
	watcher := start(t, Config{Dir: dir})
	a.do("busy") // computes, and so does not notice the death of its server
	eventually(t, "the backend computes", func() bool {
		return query(t, watcher, `select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()`) == "1"
	})
	killServer(t, dir)
	a.kill()

	s := start(t, Config{Dir: dir})
	if got := query(t, s, `select 1`); got != "1" {
		t.Errorf("answer %q", got)
	}
}

// namedPostgres is a program that sleeps and is called postgres.
func TestManyStartersOnAnEmptyFolderShareOneServer(t *testing.T) {
	needPostgres(t)
	dir := newDir(t)
	var apps []*app
	for range 6 {
		apps = append(apps, startApp(t, dir))
	}
	for _, a := range apps {
		a.says("started")
	}
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	must(t, err)
	if n := strings.Count(string(log), "ready to accept connections"); n != 1 {
		t.Errorf("%d servers were started:\n%s", n, log)
	}
	for _, a := range apps {
		if serverPid(dir) == 0 {
			t.Fatal("the server went before its last user")
		}
		a.leave()
	}
	if serverPid(dir) != 0 {
		t.Error("the server stayed after its last user")
	}
}

func TestAKillDuringInitdbLeavesAFolderThatCanBeUsed(t *testing.T) {
	needPostgres(t)
	dir := newDir(t)
	a := startApp(t, dir)
	eventually(t, "initdb works", func() bool { return begun(dir, "initdb") })
	a.kill()
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Fatal("the app was killed too late to prove anything")
	}
	s := start(t, Config{Dir: dir})
	if got := query(t, s, `select 1`); got != "1" {
		t.Errorf("answer %q", got)
	}
	stop(t, s)
	eventually(t, "the next start clears what was left", func() bool {
		stop(t, start(t, Config{Dir: dir}))
		left, _ := filepath.Glob(filepath.Join(dir, "data.new-*"))
		return len(left) == 0
	})
}
