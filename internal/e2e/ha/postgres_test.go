package ha

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
)

const (
	owner    = "fugong"
	database = "fugong"
	patience = 30 * time.Second
)

// A postgres is a server process of ours on loopback.
type postgres struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
	done chan struct{}
	args []string
}

// tool finds a program of PostgreSQL or pgbouncer.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is good
	slices.Sort(places)
	slices.Reverse(places)
	for _, dir := range append([]string{os.Getenv("FUGONG_PG_BIN")}, append(places, "/usr/sbin", "/usr/local/sbin")...) {
		if path := filepath.Join(dir, name); dir != "" {
			if _, err := exec.LookPath(path); err != nil {
				continue
			}
			return path
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	t.Skipf("SKIPPED, NOTHING IS PROVED: %s is missing: apt-get install %s", name, pkg)
	return ""
}

// needed skips a test that was not asked for, and bounds one that was.
func needed(t *testing.T) {
	t.Helper()
	if os.Getenv("FUGONG_HA") == "" {
		t.Skip("starts servers; run by make test-ha")
	}
}

// place is a folder that the servers' account may enter.
func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "fugong-ha-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}

// asServer makes a command run as the account of the servers: ours, or for root that of Debian's PostgreSQL, which does not run as
// root.
func asServer(t *testing.T, cmd *exec.Cmd, dir string) *exec.Cmd {
	t.Helper()
	cmd.Dir = dir
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}
	cmd.SysProcAttr = mortal(&syscall.SysProcAttr{})
	if os.Geteuid() != 0 {
		return cmd
	}
	u, err := user.Lookup("postgres")
	must(t, err)
	uid, err := strconv.Atoi(u.Uid)
	must(t, err)
	gid, err := strconv.Atoi(u.Gid)
	must(t, err)
	must(t, os.Chown(dir, uid, gid))
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return cmd
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newPrimary makes a cluster and starts it.
func newPrimary(t *testing.T, settings ...string) *postgres {
	t.Helper()
	dir := place(t)
	p := &postgres{t: t, dir: filepath.Join(dir, "primary"), port: freePort(t)}
	must(t, os.Mkdir(p.dir, 0o700))
	out, err := asServer(t, exec.Command(tool(t, "initdb", "postgresql"), "-D", p.dir, "-U", owner, "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-instructions"), p.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	for _, s := range append([]string{"wal_level=replica", "max_wal_senders=8", "hot_standby=on", "shared_buffers=64MB", "max_connections=100"}, settings...) {
		p.args = append(p.args, "-c", s)
	}
	p.start()
	p.exec("postgres", `create database `+database)
	return p
}

// standby copies the server and starts the copy, which follows it.
func (p *postgres) standby(name string) *postgres {
	p.t.Helper()
	s := &postgres{t: p.t, dir: filepath.Join(filepath.Dir(p.dir), name), port: freePort(p.t), args: p.args}
	must(p.t, os.Mkdir(s.dir, 0o700))
	from := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s", p.port, owner, name)
	out, err := asServer(p.t, exec.Command(tool(p.t, "pg_basebackup", "postgresql"), "-D", s.dir, "-R", "-d", from, "-X", "stream", "-C", "-S", name,
		"-c", "fast"), s.dir).CombinedOutput()
	if err != nil {
		p.t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	s.start()
	return s
}

func (p *postgres) start() {
	p.t.Helper()
	log, err := os.OpenFile(p.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	must(p.t, err)
	args := append([]string{"-D", p.dir, "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(p.port), "-c", "unix_socket_directories="}, p.args...)
	p.cmd = asServer(p.t, exec.Command(tool(p.t, "postgres", "postgresql"), args...), p.dir)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	must(p.t, p.cmd.Start())
	must(p.t, log.Close())
	p.done = make(chan struct{})
	cmd, done := p.cmd, p.done
	go func() { _ = cmd.Wait(); close(done) }()
	p.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // it may have been killed before
		select {
		case <-done:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-done
		}
	})
	wait(p.t, patience, "the server on port "+strconv.Itoa(p.port), func() bool {
		select {
		case <-done:
			text, _ := os.ReadFile(p.dir + ".log")
			p.t.Fatalf("the server ended:\n%s", text)
		default:
		}
		db, err := sql.Open("postgres", p.dsn("postgres"))
		must(p.t, err)
		defer db.Close()
		return db.Ping() == nil
	})
}

// kill ends the server as a power cut would: the postmaster and every backend at once.
func (p *postgres) kill() {
	p.t.Helper()
	pids := append(childrenOf(p.t, p.cmd.Process.Pid), p.cmd.Process.Pid)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one may just have ended
	}
	<-p.done
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	var out []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			must(t, err)
			out = append(out, child)
		}
	}
	return out
}

func (p *postgres) promote() {
	p.t.Helper()
	p.exec("postgres", `select pg_promote(true, 30)`)
}

func (p *postgres) dsn(name string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", owner, p.port, name)
}

// url is the address of the program's database.
func (p *postgres) url() string { return p.dsn(database) }

func (p *postgres) exec(name, query string, args ...any) {
	p.t.Helper()
	db := sqlx.MustOpen("postgres", p.dsn(name))
	defer db.Close()
	if _, err := db.ExecContext(p.t.Context(), query, args...); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
}

// get reads one value as the owner.
func get[T any](p *postgres, query string, args ...any) T {
	p.t.Helper()
	db := sqlx.MustOpen("postgres", p.url())
	defer db.Close()
	var v T
	if err := db.GetContext(context.WithoutCancel(p.t.Context()), &v, query, args...); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return v
}

// all reads one column as the owner.
func all[T any](p *postgres, query string, args ...any) []T {
	p.t.Helper()
	db := sqlx.MustOpen("postgres", p.url())
	defer db.Close()
	var v []T
	if err := db.SelectContext(p.t.Context(), &v, query, args...); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wait asks again and again until the condition holds.
func wait(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	end := time.After(within)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-end:
			t.Fatalf("waited %v for %s", within, what)
		}
	}
}

var errAnswer = errors.New("unexpected answer")
