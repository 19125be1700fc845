//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// maxSocketDir leaves room for the socket's name in the 104 bytes that macOS has for an address; Linux has 108.
const maxSocketDir = 89

// A Server is one user's share in a running private PostgreSQL.
type Server struct {
	cfg       Config
	log       *slog.Logger
	acct      account
	dir       string
	data      string
	socketDir string
	users     atomic.Pointer[fileLock] // held shared while we use the server; nil once stopped
}

// Start makes the cluster if there is none, starts its server if it does not run, and attaches to it. A cold start takes one
// to two seconds, a warm one a tenth, attaching a few milliseconds. Until ctx ends it waits for other starters and for crash
// recovery. The error wraps ErrNoPostgres when there is no PostgreSQL to run, and says what to do.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	starting, err := acquire(ctx, filepath.Join(s.dir, "start.lock"), exclusive)
	if err != nil {
		return nil, err
	}
	defer starting.release()
	if s.acct, err = accountFor(s.data); err != nil {
		return nil, err
	}
	using, err := acquire(ctx, s.usersLock(), shared) // waits while a last user stops the server
	if err != nil {
		return nil, err
	}
	if err := s.attachOrLaunch(ctx); err != nil {
		using.release()
		return nil, err
	}
	s.users.Store(using)
	return s, nil
}

func prepare(cfg Config) (*Server, error) {
	if cfg.Dir == "" {
		return nil, errors.New("localpg: no folder given for the database")
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("localpg: folder of the database: %w", err)
	}
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	return open(cfg, dir)
}

func open(cfg Config, dir string) (*Server, error) {
	dir, err := filepath.EvalSymlinks(dir) // by whatever name a user knows the folder, the socket has one place
	if err != nil {
		return nil, fmt.Errorf("localpg: folder of the database: %w", err)
	}
	s := &Server{cfg: cfg, log: cfg.logger(), dir: dir, data: filepath.Join(dir, "data")}
	s.socketDir = s.data
	if len(s.socketDir) > maxSocketDir || strings.Contains(s.socketDir, ",") { // to PostgreSQL and lib/pq a comma parts two folders
		// /tmp and not $TMPDIR: every user of the folder must come to the same place
		s.socketDir = fmt.Sprintf("/tmp/fugong-%x", sha256.Sum256([]byte(s.data)))[:28]
	}
	return s, nil
}

func (s *Server) usersLock() string { return filepath.Join(s.dir, "users.lock") }

func (s *Server) attachOrLaunch(ctx context.Context) error {
	attached, err := s.attach(ctx)
	if attached || err != nil {
		return err
	}
	major, err := majorOf(s.data)
	if err != nil {
		return err
	}
	inst, err := find(ctx, s.acct, s.cfg.BinDir, s.dir, major)
	if err != nil {
		return err
	}
	if major == 0 {
		if err := s.create(ctx, inst); err != nil {
			return err
		}
	}
	err = s.launch(ctx, inst)
	if err == nil {
		return nil
	}
	// The starter before us may have been killed before its server wrote postmaster.pid; that server won the race then.
	if attached, _ := s.attach(ctx); attached {
		return nil
	}
	return err
}

// attach tells whether the server runs, after waiting for one that is on its way up or down.
func (s *Server) attach(ctx context.Context) (bool, error) {
	deaf := 0
	for {
		pm, err := readPostmaster(s.data)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false, nil
		case err != nil:
			return false, err
		case pm.ready && answers(s.socketDir):
			return true, nil
		case !isServer(pm.pid, s.data):
			return false, nil
		case pm.ready:
			if deaf++; deaf > 200 { // a second: the pid may be another cluster's by now, let PostgreSQL judge
				return false, nil
			}
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return false, fmt.Errorf("localpg: wait for the server that is starting or stopping: %w", err)
		}
	}
}

// DSN is a lib/pq DSN of the named database for the superuser.
func (s *Server) DSN(dbname string) string {
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=disable binary_parameters=yes",
		quoteDSN(s.socketDir), socketPort, Superuser, quoteDSN(dbname))
}

var dsnEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func quoteDSN(value string) string { return "'" + dsnEscapes.Replace(value) + "'" }

// Stop gives up our share in the server and, if nobody else has one, shuts the server down: open transactions are rolled
// back, everything committed is kept. A second Stop does nothing.
func (s *Server) Stop(ctx context.Context) error {
	lock := s.users.Swap(nil)
	if lock == nil {
		return nil
	}
	defer lock.release()
	last, err := lock.try(exclusive)
	if err != nil || !last {
		return err
	}
	return s.shutDown(ctx)
}

// StopWhenUnused waits until nobody uses the server in dir and stops it then, so it serves programs that cannot see their own
// end. It ends early with ctx, and at once when another process waits for the same.
func StopWhenUnused(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("localpg: folder of the database: %w", err)
	}
	s, err := open(Config{}, dir)
	if err != nil {
		return err
	}
	keeping, err := openLock(filepath.Join(dir, "keeper.lock"))
	if err != nil {
		return err
	}
	defer keeping.release()
	if first, err := keeping.try(exclusive); err != nil || !first {
		return err
	}
	using, err := acquire(ctx, s.usersLock(), exclusive)
	if err != nil {
		return err
	}
	defer using.release()
	// Whoever starts the server next, which is after using is released, must find the keeper's place free.
	defer keeping.release()
	return s.shutDown(ctx)
}

// shutDown must run under the exclusive users lock.
func (s *Server) shutDown(ctx context.Context) error {
	pm, err := readPostmaster(s.data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for asked := false; isServer(pm.pid, s.data); asked = true {
		if !asked {
			// Fast shutdown. The signal may meet a server that has just ended by itself.
			if err := syscall.Kill(pm.pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("localpg: stop the server: %w", err)
			}
		}
		if err := sleep(ctx, 2*time.Millisecond); err != nil {
			return fmt.Errorf("localpg: wait for the server to stop: %w", err)
		}
	}
	if s.socketDir != s.data {
		_ = os.Remove(s.socketDir) // kept when something is left in it
	}
	return nil
}
