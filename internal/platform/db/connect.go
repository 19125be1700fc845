package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Config says where the database is and how it is reached.
type Config struct {
	DSN      string // of the primary: a lib/pq keyword DSN or URL, of several hosts if need be
	Direct   string // the primary without a pooler, for listening and migrations; set when DSN leads through one
	Replica  string // a streaming standby for reads that may be stale; "": none
	MaxConns int
	MaxStale time.Duration // how old the replica's state may be; 0: half a minute
}

// Connect opens the pools. Without Direct it takes the application role when a session starts. A pooler hands sessions around
// and takes no such parameter, so with Direct the login of DSN must have the role's rights and no more (see bound).
func Connect(ctx context.Context, c Config) (*DB, error) {
	dsn := WithRole(c.DSN)
	if c.Direct != "" { // a session keeps neither a role nor a statement from one transaction to the next
		dsn = with(c.DSN, "binary_parameters=yes")
	}
	pool, err := openPool(dsn, c.MaxConns, c.Direct == "")
	if err != nil {
		return nil, err
	}
	d := &DB{pool: pool, session: pool, dsn: c.DSN}
	if err = pool.PingContext(ctx); err != nil {
		err = fmt.Errorf("connect to database: %w", err)
	} else if c.Direct != "" {
		d.dsn = c.Direct
		err = bound(ctx, pool)
	}
	if err == nil && c.Replica != "" {
		d.replica, err = follow(ctx, pool, c)
	}
	if err == nil && c.Direct != "" {
		if session, fault := openPool(WithRole(c.Direct), c.MaxConns, true); fault == nil {
			d.session = session
		} else {
			err = fault
		}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func openPool(dsn string, maxConns int, keeps bool) (*sqlx.DB, error) {
	c, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return poolOf(c, maxConns, keeps), nil
}

func poolOf(c driver.Connector, maxConns int, keeps bool) *sqlx.DB {
	pool := sqlx.NewDb(sql.OpenDB(connector{c, keeps}), "postgres")
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// with adds parameters to a DSN in either of lib/pq's forms. What the DSN says itself stays, save the role.
func with(dsn string, parameters ...string) string {
	isURL := strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		switch {
		case name != "role" && strings.Contains(dsn, name+"="):
		case isURL && strings.Contains(dsn, "?"):
			dsn += "&" + name + "=" + url.QueryEscape(value)
		case isURL:
			dsn += "?" + name + "=" + url.QueryEscape(value)
		default:
			dsn += " " + name + "=" + value
		}
	}
	return dsn
}

// ErrUnbound is the error of a login that row-level security does not hold.
var ErrUnbound = errors.New("the login of the database address must be a member of " + AppRole +
	" that owns no table, is no superuser and does not bypass row-level security")

const sqlBound = `select pg_has_role(current_user, $1, 'member') and not r.rolsuper and not r.rolbypassrls
        and not exists (select from pg_class c where c.relname = any($2::text[]) and c.relkind in ('r', 'p')
            and c.relnamespace = 'public'::regnamespace and pg_has_role(current_user, c.relowner, 'member'))
    from pg_roles r where r.rolname = current_user`

// bound refuses a login that could see more than the application role.
func bound(ctx context.Context, pool *sqlx.DB) error {
	var ok bool
	if err := pool.GetContext(ctx, &ok, sqlBound, AppRole, pq.Array([]string{"employee", "sample", "standing", "audit_log"})); err != nil {
		return fmt.Errorf("look at the database login: %w", err)
	}
	if !ok {
		return ErrUnbound
	}
	return nil
}
