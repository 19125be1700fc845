//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAStalePidFileDoesNotStopTheNextStart(t *testing.T) {
	for what, squatter := range map[string]func(*testing.T, account) int{
		"of a process that is gone":                   goneProcess,
		"of another program of the server's user":     otherProgram,
		"of a postgres that ended and was not reaped": zombie,
		"of another program that is named postgres":   namesake,
	} {
		t.Run(what, func(t *testing.T) {
			dir := newCluster(t)
			s := start(t, Config{Dir: dir, Durable: true})
			exec1(t, s, `create table event as select 1 as id`)
			killServer(t, dir)
			pid := squatter(t, s.acct)
			for _, file := range []string{"postmaster.pid", socketName + ".lock"} {
				replacePid(t, filepath.Join(s.data, file), pid)
			}
			next := start(t, Config{Dir: dir})
			if got := query(t, next, `select id from event`); got != "1" {
				t.Errorf("answer %q", got)
			}
		})
	}
}

func TestASocketThatNobodyServesIsNotTakenForAServer(t *testing.T) {
	dir := newCluster(t)
	s := start(t, Config{Dir: dir})
	killServer(t, dir)
	socket := filepath.Join(s.data, socketName)
	must(t, os.Remove(socket))
	lingering, err := net.Listen("unix", socket) // as a child does that has not yet noticed its server's death
	must(t, err)
	defer lingering.Close()

	next := start(t, Config{Dir: dir})
	if got := query(t, next, `select 1`); got != "1" {
		t.Errorf("answer %q", got)
	}
}

func replacePid(t *testing.T, path string, pid int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	_, rest, _ := strings.Cut(string(raw), "\n")
	must(t, os.WriteFile(path, fmt.Appendf(nil, "%d\n%s", pid, rest), 0o600))
}

func goneProcess(t *testing.T, acct account) int {
	t.Helper()
	cmd := acct.command(context.Background(), "/", "/bin/sleep", "0")
	must(t, cmd.Run())
	return cmd.Process.Pid
}

func otherProgram(t *testing.T, acct account) int {
	t.Helper()
	return sleeper(t, acct, "/bin/sleep")
}

func namesake(t *testing.T, acct account) int {
	t.Helper()
	return sleeper(t, acct, namedPostgres(t))
}

func namedPostgres(t *testing.T) string {
	t.Helper()
	top, err := os.MkdirTemp("/tmp", "fugong-localpg-test-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	must(t, os.Chmod(top, 0o755))
	raw, err := os.ReadFile("/bin/sleep")
	must(t, err)
	program := filepath.Join(top, "postgres")
	must(t, os.WriteFile(program, raw, 0o755))
	return program
}

func sleeper(t *testing.T, acct account, program string) int {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := acct.command(ctx, "/", program, "600")
	must(t, cmd.Start())
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

func zombie(t *testing.T, acct account) int {
	t.Helper()
	cmd := acct.command(context.Background(), "/", namedPostgres(t), "0")
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // reaped only then
	eventually(t, "the process ended", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
	return cmd.Process.Pid
}
