//go:build unix && !aix && !solaris

package localpg

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestACommittedRowIsThereAfterStopAndStart(t *testing.T) {
	needPostgres(t)
	dir := newDir(t)
	first := start(t, Config{Dir: dir, Durable: true})
	exec1(t, first, `create table event as select 42 as id`)
	stop(t, first)
	if pid := serverPid(dir); pid != 0 {
		t.Fatalf("server %d runs after the last user left", pid)
	}

	second := start(t, Config{Dir: dir, Durable: true})
	if got := query(t, second, `select id from event`); got != "42" {
		t.Errorf("id = %s", got)
	}
}

func TestTheServerIsSetUpAsPromised(t *testing.T) {
	needPostgres(t)
	s := start(t, Config{Dir: newDir(t), Durable: true, Settings: map[string]string{
		"work_mem": "7MB", "shared_buffers": "32MB", "listen_addresses": "*",
	}})
	for setting, want := range map[string]string{
		"server_encoding":         "UTF8",
		"data_checksums":          "on",
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"full_page_writes":        "on",
		"jit":                     "off",
		"random_page_cost":        "1.1",
		"timezone":                "UTC",
		"max_connections":         "100",
		"work_mem":                "7MB",  // ours
		"shared_buffers":          "32MB", // ours, against a default of the package
		"listen_addresses":        "",     // cannot be opened to the network
		"unix_socket_permissions": "0700",
	} {
		if got := query(t, s, "show "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if got := query(t, s, `select datcollate || ' ' || current_user from pg_database where datname = current_database()`); got != "C fugong" {
		t.Errorf("collation and user = %q", got)
	}
	info, err := os.Stat(s.data)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("data folder has mode %v", info.Mode())
	}
}

func TestATestClusterGivesUpDurabilityForSpeed(t *testing.T) {
	s := start(t, Config{Dir: newCluster(t)})
	for setting, want := range map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"} {
		if got := query(t, s, "show "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestNoRowReachesTheServerLog(t *testing.T) {
	dir := newCluster(t)
	s := start(t, Config{Dir: dir})
	db, err := sql.Open("postgres", s.DSN("postgres"))
	must(t, err)
	defer db.Close()
	ctx := deadline(t)
	_, err = db.ExecContext(ctx, `create table person (name text unique, phone text check (phone ~ '^1'), born date)`)
	must(t, err)
	for _, args := range [][]any{
		{"secret-wang", "9", nil},            // "Failing row contains (…)"
		{"secret-li", "1", "secret-no-date"}, // "invalid input syntax for type date: …"
		{"secret-zhao", "1", nil},            //
		{"secret-zhao", "1", nil},            // "Key (name)=(…) already exists"
	} {
		_, _ = db.ExecContext(ctx, `insert into person (name, phone, born) values ($1, $2, $3::text::date)`, args...)
	}
	must(t, s.Stop(ctx))
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	must(t, err)
	if strings.Contains(string(log), "secret") || !strings.Contains(string(log), "ready to accept connections") {
		t.Errorf("server log:\n%s", log)
	}
}

func TestTheServerKeepsClearOfTheAppsTerminalAndSecrets(t *testing.T) {
	needPostgres(t)
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc to look at another process")
	}
	t.Setenv("FUGONG_KEYSET", "secret-key")
	t.Setenv("PGDATA", "/nonexistent")
	t.Setenv("LC_CTYPE", "xx_XX.nonsense")
	dir := newDir(t)
	start(t, Config{Dir: dir})
	pid := serverPid(dir)
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	must(t, err)
	for _, name := range []string{"FUGONG_", "PGDATA=", "LC_CTYPE="} {
		if strings.Contains(string(env), name) {
			t.Errorf("%s is in the server's environment", name)
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	if _, rest, _ := strings.Cut(string(stat), ") "); strings.Fields(rest)[3] != fmt.Sprint(pid) {
		t.Errorf("the server is in session %s, not in its own", strings.Fields(rest)[3])
	}
	if info, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil || os.Geteuid() == 0 && ownerOf(info) == 0 {
		t.Errorf("the server runs as root (%v)", err)
	}
}

func TestADatabaseIsMadeOnce(t *testing.T) {
	s := start(t, Config{Dir: newCluster(t)})
	const name = `复工 "档' \`
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := s.EnsureDatabase(deadline(t), name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db, err := sql.Open("postgres", s.DSN(name))
	must(t, err)
	defer db.Close()
	var got string
	must(t, db.QueryRowContext(deadline(t), `select current_database()`).Scan(&got))
	if got != name {
		t.Errorf("connected to %q", got)
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	needPostgres(t)
	for what, name := range map[string]string{
		"longer than a socket's name": strings.Repeat("长", 40),
		"with a comma":                "a,b",
		"awkward":                     `it's "here" \ 复工 [a] %s $(x)`,
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(newDir(t), name)
			s := start(t, Config{Dir: dir})
			if got := query(t, s, `select 1`); got != "1" {
				t.Errorf("answer %q", got)
			}
			alias := filepath.Join(filepath.Dir(dir), "alias")
			must(t, os.Symlink(dir, alias))
			again := start(t, Config{Dir: alias})
			stop(t, s)
			if got := query(t, again, `select 1`); got != "1" {
				t.Errorf("answer %q to the second user", got)
			}
			stop(t, again)
			if pid := serverPid(dir); pid != 0 {
				t.Errorf("server %d still runs", pid)
			}
			if _, err := os.Stat(s.socketDir); s.socketDir != s.data && err == nil {
				t.Errorf("%s is left", s.socketDir)
			}
		})
	}
}
