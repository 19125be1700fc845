// Package migrations holds the database schema as numbered SQL files. They are frozen once released: a change of the
// schema is a new file that first expands (new code and old code both run) and later contracts.
package migrations

import "embed"

// FS holds the goose SQL files, applied in name order.
//
//go:embed *.sql
var FS embed.FS
