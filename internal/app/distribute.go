package app

import (
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/citus"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/migrations"
)

type distributeCmd struct {
	DryRun bool `help:"Print the statements and change nothing."`
}

// Run implements the command. It may be run again after a migration that adds tables: what is distributed stays as it is.
func (d distributeCmd) Run(e *env) (err error) {
	dsn := string(e.cfg.DirectURL)
	if dsn == "" {
		dsn = string(e.cfg.DatabaseURL)
	}
	if dsn == "" {
		return errors.New("the private server is one machine; set FUGONG_DATABASE_URL to the coordinator of a Citus cluster")
	}
	if _, err := db.Migrate(e.ctx, dsn, migrations.FS); err != nil {
		return err
	}
	owner, err := sqlx.Open("postgres", dsn)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, owner.Close()) }()
	statements, err := citus.Plan(e.ctx, owner, migrations.Places)
	if err != nil && !(d.DryRun && errors.Is(err, citus.ErrMissing)) {
		return err
	}
	for _, s := range statements {
		e.printf("%s;\n", s)
	}
	switch {
	case err != nil: // what would be done can be read without a cluster
		return err
	case len(statements) == 0:
		e.printf("-- everything is distributed\n")
		return nil
	case d.DryRun:
		return nil
	}
	return citus.Run(e.ctx, owner, statements)
}
