package citus

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/migrations"
)

// Problems says, table by table, what about the schema would not let it be distributed as the places say. The answer comes from
// the catalogue of any PostgreSQL: the extension need not be there.
func Problems(ctx context.Context, q *sqlx.DB, places map[string]migrations.Place) ([]string, error) {
	c, err := read(ctx, q, places)
	if err != nil {
		return nil, err
	}
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	identity := map[string]bool{}
	for _, t := range c.tables {
		identity[t.Name] = t.Identity
		switch place, known := places[t.Name]; {
		case !known:
			say("%s has no place in migrations.Places", t.Name)
		case place == migrations.Tenant && !t.Keyed:
			say("%s: a tenant table needs a column %s that is never null", t.Name, Key)
		case !t.Primary && place != migrations.Local: // what passes through a table of the coordinator may have none
			say("%s has no primary key", t.Name)
		}
	}
	for name := range places {
		if !slices.ContainsFunc(c.tables, func(t table) bool { return t.Name == name }) {
			say("%s has a place in migrations.Places and is no table", name)
		}
	}
	for _, u := range c.unique {
		if places[u.Table] == migrations.Tenant && u.First != Key {
			say("%s: unique index %s is not led by %s", u.Table, u.Name, Key)
		}
	}
	for _, f := range c.keys {
		if why := f.problem(places[f.Table], places[f.Target], identity[f.Table]); why != "" {
			say("%s: foreign key %s to %s: %s", f.Table, f.Name, f.Target, why)
		}
	}
	for _, g := range c.triggers {
		if places[g.Table] != migrations.Local {
			say("%s: trigger %s; what follows a write is written by the program", g.Table, g.Name)
		}
	}
	for _, p := range c.policies {
		if places[p.Table] != migrations.Local && (subquery(p.Reads) || subquery(p.Writes)) {
			say("%s: policy %s asks other rows", p.Table, p.Name)
		}
	}
	slices.Sort(bad)
	return bad, nil
}

func (f foreignKey) problem(from, to migrations.Place, identity bool) string {
	switch {
	case from == migrations.Tenant && to == migrations.Tenant:
		i := slices.Index(f.Columns, Key)
		if i < 0 || f.TargetColumns[i] != Key {
			return "it does not hold " + Key + " to " + Key
		}
	case from == migrations.Tenant && to == migrations.Local, from == migrations.Reference && to == migrations.Local:
		return "its target stays on the coordinator"
	case from != migrations.Tenant && to == migrations.Tenant:
		return "its target is cut by " + Key + ", the table is not"
	case from == migrations.Local && to == migrations.Reference && identity:
		return "a local table with an identity column cannot point at a reference table"
	}
	return ""
}
