//go:build !unix || aix || solaris

package localpg

import (
	"context"
	"errors"
)

var errUnsupported = errors.New("localpg: a private PostgreSQL is not offered on this system: set FUGONG_DATABASE_URL to a PostgreSQL server")

// Server is a running private PostgreSQL; this system never has one.
type Server struct{}

// Start fails: the program needs FUGONG_DATABASE_URL on this system.
func Start(context.Context, Config) (*Server, error) { return nil, errUnsupported }

// DSN is never reached, since Start gives no Server.
func (*Server) DSN(string) string { return "" }

// EnsureDatabase is never reached, since Start gives no Server.
func (*Server) EnsureDatabase(context.Context, string) error { return errUnsupported }

// Stop is never reached, since Start gives no Server.
func (*Server) Stop(context.Context) error { return errUnsupported }

// StopWhenUnused fails like Start.
func StopWhenUnused(context.Context, string) error { return errUnsupported }
