// Package localpg runs a private PostgreSQL for the program: it makes the cluster on the first start, attaches to a running
// one, and stops it when the last user leaves.
//
// The contract: several processes may Start the same folder at once; one makes and starts the server, the others attach. The
// server answers on a unix socket in a folder that only its own account may enter, never on the network. It outlives a killed
// program; the next Start attaches to it, and the last Stop ends it. A program or server killed at any instant leaves a folder
// that the next Start can use without help.
//
// A folder holds data (the cluster, owned by the account the server runs as), postgres.log, and start.lock, users.lock, keeper.lock.
package localpg

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// Superuser is the database role that owns the cluster.
const Superuser = "fugong"

// MinMajor is the oldest PostgreSQL that Start takes.
const MinMajor = 14

// ErrNoPostgres is wrapped by Start's error when the machine has no PostgreSQL that could be used.
var ErrNoPostgres = errors.New("no usable PostgreSQL found")

// Config says which cluster to start and how.
type Config struct {
	Dir      string            // the folder of the cluster; made when missing
	BinDir   string            // folder with postgres and initdb; empty: search the usual places
	Durable  bool              // false gives up crash safety for speed: tests only
	Memory   int64             // bytes that a durable server may count on; 0: those of the machine
	Settings map[string]string // server settings that override the defaults; a running server keeps its own
	Log      *slog.Logger      // nil: silent
}

// DefaultDir is the cluster's folder when nobody names one: /var/lib/fugong for root, else below the user's state folder.
func DefaultDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/fugong", nil
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "fugong"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("localpg: find a folder for the database: %w", err)
	}
	return filepath.Join(home, ".local", "state", "fugong"), nil
}

func (c Config) logger() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
