package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/localpg"
)

// Session locks, all of them held in the database postgres, say which processes live and what they use. The server gives them
// back when a process ends, however it ends.
const (
	lockOwner    = 0x66670001 // with a process's key: that process lives
	lockTemplate = 0x66670002 // with a template's key, shared: somebody copies it
	lockBuild    = 0x66670003 // with 0: templates are being built or dropped
)

// A cluster is this process's share in the test server.
type cluster struct {
	server *localpg.Server
	admin  *sql.DB // creates and drops databases
	key    int32   // in the names of our databases
	count  atomic.Int64
	modern bool // PostgreSQL 15 or newer: STRATEGY is known

	mu       sync.Mutex // guards the rest
	session  *sql.Conn  // holds our locks as long as the process lives
	prepared map[string]bool
}

var shared = sync.OnceValues(func() (*cluster, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return openCluster(ctx, dir)
})

// home is the folder of the user's test server: the same for every process, in memory if a gigabyte is free there.
func home() (string, error) {
	base := memoryDir()
	if base == "" {
		base = os.TempDir()
	}
	dir := filepath.Join(base, fmt.Sprintf("fugong-test-%d", os.Geteuid()))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("dbtest: folder of the test server: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("dbtest: folder of the test server: %w", err)
	}
	if !info.IsDir() || !ours(info) {
		return "", fmt.Errorf("dbtest: %s is not ours: remove it", dir)
	}
	return dir, nil
}

// openCluster starts the test server in dir or attaches to it, and drops what killed processes left.
func openCluster(ctx context.Context, dir string) (*cluster, error) {
	server, err := localpg.Start(ctx, localpg.Config{Dir: dir, BinDir: os.Getenv("FUGONG_PG_BIN")})
	if err != nil {
		return nil, fmt.Errorf("dbtest: test server (remove %s if it is spoilt): %w", dir, err)
	}
	if err := spawnKeeper(dir); err != nil {
		return nil, errors.Join(err, server.Stop(ctx))
	}
	c := &cluster{server: server, prepared: map[string]bool{}}
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, server.Stop(ctx))
	}
	return c, c.sweep(ctx)
}

const (
	sqlVersion  = `select current_setting('server_version_num')::int >= 150000`
	sqlTryLock  = `select pg_try_advisory_lock($1, $2)`
	sqlUnlock   = `select pg_advisory_unlock($1, $2)`
	sqlLeftover = `select datname from pg_database where datname like 'test\_%' order by datname`
)

func (c *cluster) connect(ctx context.Context) error {
	var err error
	if c.admin, err = sql.Open("postgres", c.server.DSN("postgres")); err != nil {
		return fmt.Errorf("dbtest: connect: %w", err)
	}
	c.admin.SetMaxOpenConns(maxConns)
	if c.session, err = c.admin.Conn(ctx); err != nil {
		return fmt.Errorf("dbtest: connect: %w", err)
	}
	if err := c.session.QueryRowContext(ctx, sqlVersion).Scan(&c.modern); err != nil {
		return fmt.Errorf("dbtest: version of the server: %w", err)
	}
	for taken := false; !taken; {
		c.key = rand.Int32()
		if taken, err = c.tryLock(ctx, lockOwner, c.key); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) tryLock(ctx context.Context, class, key int32) (bool, error) {
	var taken bool
	if err := c.session.QueryRowContext(ctx, sqlTryLock, class, key).Scan(&taken); err != nil {
		return false, fmt.Errorf("dbtest: lock: %w", err)
	}
	return taken, nil
}

func (c *cluster) unlock(ctx context.Context, class, key int32) error {
	if _, err := c.session.ExecContext(ctx, sqlUnlock, class, key); err != nil {
		return fmt.Errorf("dbtest: unlock: %w", err)
	}
	return nil
}

// clone makes a database with the schema of the migration files and returns its name.
func (c *cluster) clone(ctx context.Context, files fs.FS) (string, error) {
	template, err := c.template(ctx, files)
	if err != nil {
		return "", err
	}
	name := databaseName(c.key, c.count.Add(1))
	return name, c.create(ctx, name, template)
}

func databaseName(key int32, n int64) string { return fmt.Sprintf("test_%08x_%d", key, n) }

// create copies a database. Where no disk has to be waited for, copying the files is quicker than logging every page.
func (c *cluster) create(ctx context.Context, name, template string) error {
	statement := "create database " + pq.QuoteIdentifier(name) + " template " + pq.QuoteIdentifier(template)
	if c.modern {
		statement += " strategy file_copy"
	}
	if _, err := c.admin.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("dbtest: create database %s: %w", name, err)
	}
	return nil
}

func (c *cluster) drop(ctx context.Context, name string) error {
	if _, err := c.admin.ExecContext(ctx, "drop database if exists "+pq.QuoteIdentifier(name)+" with (force)"); err != nil {
		return fmt.Errorf("dbtest: drop database %s: %w", name, err)
	}
	return nil
}

// sweep drops the databases of processes that are no more.
func (c *cluster) sweep(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, err := c.names(ctx, sqlLeftover)
	if err != nil {
		return err
	}
	for _, name := range names {
		var key int32
		if _, err := fmt.Sscanf(strings.TrimPrefix(name, "test_"), "%8x_", &key); err != nil || key == c.key {
			continue
		}
		gone, err := c.tryLock(ctx, lockOwner, key)
		if err != nil {
			return err
		}
		if !gone {
			continue
		}
		if err := errors.Join(c.drop(ctx, name), c.unlock(ctx, lockOwner, key)); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) names(ctx context.Context, query string) ([]string, error) {
	rows, err := c.session.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("dbtest: list databases: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("dbtest: list databases: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
