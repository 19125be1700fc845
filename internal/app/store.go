package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/localpg"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/migrations"
)

// store is the opened database with the keys of its sealed columns.
type store struct {
	db     *db.DB
	box    *secret.Box
	server *localpg.Server // nil when the database is somebody else's
}

// openStore starts or reaches the server, brings the schema up to date and opens the database by name. The keys lie beside
// the database, never in it.
func openStore(ctx context.Context, cfg *Config, name string, log *slog.Logger) (_ *store, err error) {
	dir, err := cfg.dataDir()
	if err != nil {
		return nil, err
	}
	s := &store{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
		}
	}()
	dsn, owner := string(cfg.DatabaseURL), string(cfg.DirectURL)
	if dsn == "" {
		s.server, err = localpg.Start(ctx, localpg.Config{Dir: filepath.Join(dir, "pg"), BinDir: cfg.PGBin, Durable: true,
			Memory: int64(cfg.PGMemory), Settings: cfg.pgSettings, Log: log})
		if err != nil {
			return nil, err
		}
		if err := s.server.EnsureDatabase(ctx, name); err != nil {
			return nil, err
		}
		dsn = s.server.DSN(name)
	}
	if owner == "" {
		owner = dsn
	}
	if _, err := db.Migrate(ctx, owner, migrations.FS); err != nil {
		return nil, err
	}
	s.db, err = db.Connect(ctx, db.Config{DSN: dsn, Direct: string(cfg.DirectURL), Replica: string(cfg.ReadURL), MaxStale: cfg.ReadMaxLag,
		MaxConns: cfg.PoolSize})
	if err != nil {
		return nil, err
	}
	if s.box, err = openKeys(cfg, filepath.Join(dir, keyName(cfg, name))); err != nil {
		return nil, err
	}
	return s, s.sameKeys(ctx)
}

// sameKeys refuses to start with other keys than the database's rows were sealed with: new rows would be sealed with keys
// that nobody kept, and old ones would not open.
func (s *store) sameKeys(ctx context.Context) error {
	const key = "keys.fingerprint"
	had, err := getSetting(ctx, s.db, key)
	if err != nil {
		return err
	}
	have := fmt.Sprintf("%v", s.box.Fingerprint())
	switch had {
	case have:
		return nil
	case "":
		return putSetting(ctx, s.db, key, have, time.Now())
	}
	return errors.New("the keys are not the ones that this database was sealed with: restore the key file (or FUGONG_KEYSET) from your copy")
}

// keyName tells the keys of one database from those of another.
func keyName(cfg *Config, name string) string {
	address := cfg.DatabaseURL
	if cfg.DirectURL != "" {
		address = cfg.DirectURL // a pooler in front changes no key
	}
	if at, err := pq.NewConfig(string(address)); address != "" && err == nil {
		name = filepath.Base(at.Host) + at.Database // of several hosts the first
	}
	return name + ".keys.json"
}

func openKeys(cfg *Config, path string) (*secret.Box, error) {
	if cfg.Keyset != "" {
		return secret.FromJSON([]byte(cfg.Keyset))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("folder of the keys: %w", err)
	}
	return secret.LoadOrCreate(path)
}

func (s *store) close(ctx context.Context) error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	if s.server != nil {
		err = errors.Join(err, s.server.Stop(ctx))
	}
	return err
}
