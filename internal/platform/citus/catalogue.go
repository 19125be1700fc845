package citus

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/migrations"
)

// catalogue is what the server says of the schema.
type catalogue struct {
	database  string
	tables    []table
	unique    []uniqueIndex
	keys      []foreignKey
	policies  []policy
	triggers  []trigger
	functions []string // statements that bring them to every machine
	grants    []string // statements that let the application write what points at a reference table
}

type table struct {
	Name     string `db:"name"`
	Keyed    bool   `db:"keyed"`    // has the key column, never null
	Primary  bool   `db:"is_keyed"` // has a primary key
	Identity bool   `db:"identity"`
}

type uniqueIndex struct {
	Table string `db:"table"`
	Name  string `db:"name"`
	First string `db:"first"`
}

type foreignKey struct {
	Table         string         `db:"table"`
	Name          string         `db:"name"`
	Target        string         `db:"target"`
	Definition    string         `db:"definition"`
	Columns       pq.StringArray `db:"columns"`
	TargetColumns pq.StringArray `db:"target_columns"`
}

type trigger struct {
	Table string `db:"table"`
	Name  string `db:"name"`
}

// fragOurs is a table of ours: not a partition, which goes with its parent, nor the list of migrations.
const fragOurs = ` c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname not like 'goose%'
        and not exists (select from pg_depend x where x.objid = c.oid and x.deptype = 'e')`

const sqlTables = `select c.relname as name,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnotnull and not a.attisdropped) as keyed,
        exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary) as is_keyed,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attidentity <> '' and not a.attisdropped) as identity
    from pg_class c where` + fragOurs + ` order by 1`

const sqlUnique = `select c.relname as table, k.relname as name, coalesce(a.attname, '') as first
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_class k on k.oid = i.indexrelid
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
    where i.indisunique and` + fragOurs + ` order by 1, 2`

const sqlForeign = `select c.relname as table, quote_ident(f.conname) as name, t.relname as target, pg_get_constraintdef(f.oid) as definition,
        array(select a.attname from unnest(f.conkey) with ordinality k(n, o) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n
            order by k.o)::text[] as columns,
        array(select a.attname from unnest(f.confkey) with ordinality k(n, o) join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n
            order by k.o)::text[] as target_columns
    from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class t on t.oid = f.confrelid
    where f.contype = 'f' and f.conparentid = 0 and` + fragOurs + ` order by 1, 2`

const sqlTriggers = `select c.relname as table, g.tgname as name from pg_trigger g join pg_class c on c.oid = g.tgrelid
    where not g.tgisinternal and` + fragOurs + ` order by 1, 2`

const sqlPolicies = `select c.relname as table, quote_ident(p.polname) as name, p.polpermissive as permissive,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
        coalesce(pg_get_expr(p.polqual, p.polrelid), '') as reads, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as writes
    from pg_policy p join pg_class c on c.oid = p.polrelid where` + fragOurs + ` order by 1, 2`

// Functions that statements on rows call must be where the rows are. What only the owner's machine does (making partitions) and
// procedures of migrations stay.
const sqlFunctions = `select format('select create_distributed_function(%L)', p.oid::regprocedure::text)
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and not p.prosecdef and l.lanname = 'sql'
        and not exists (select from pg_depend x where x.objid = p.oid and x.deptype = 'e') order by 1`

// A write that points at a reference table locks it on its machines, for which the application's role needs some right to write
// there; where it has none, it gets that for one column.
const sqlGrants = `select format('grant update (%I) on %I to fugong_app', (select a.attname from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum desc limit 1), c.relname)
    from pg_class c
    where exists (select from pg_constraint f where f.contype = 'f' and f.confrelid = c.oid)
        and not has_any_column_privilege('fugong_app', c.oid, 'insert, update') and c.relname = any($1::text[]) and` + fragOurs + ` order by 1`

const sqlDatabase = `select current_database()`

func read(ctx context.Context, q *sqlx.DB, places map[string]migrations.Place) (*catalogue, error) {
	c := &catalogue{}
	if err := q.GetContext(ctx, &c.database, sqlDatabase); err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	for _, part := range []struct {
		into  any
		query string
	}{{&c.tables, sqlTables}, {&c.unique, sqlUnique}, {&c.keys, sqlForeign}, {&c.triggers, sqlTriggers}, {&c.policies, sqlPolicies}, {&c.functions, sqlFunctions}} {
		if err := q.SelectContext(ctx, part.into, part.query); err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
	}
	references := []string{}
	for name, place := range places {
		if place == migrations.Reference {
			references = append(references, name)
		}
	}
	if err := q.SelectContext(ctx, &c.grants, sqlGrants, pq.Array(references)); err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return c, nil
}

// A policy of a distributed table may hold no subquery. Ours ask for settings in one, so that they are read once for a statement;
// plainly written they are read for each row, which the key of the tenant keeps few.
type policy struct {
	Table      string `db:"table"`
	Name       string `db:"name"`
	Permissive bool   `db:"permissive"`
	Command    string `db:"command"`
	Reads      string `db:"reads"`
	Writes     string `db:"writes"`
}

var alias = regexp.MustCompile(` AS "?\w+"?\s*$`)

// flat writes an expression without its scalar subqueries on settings, as the server writes them: ( SELECT value AS name).
func flat(expr string) string {
	const open = "( SELECT "
	from := 0
	for {
		i := strings.Index(expr[from:], open)
		if i < 0 {
			return expr
		}
		i += from
		end := closing(expr, i)
		inside := strings.TrimSpace(expr[i+len(open) : end])
		if strings.Contains(strings.ToUpper(inside), "FROM ") {
			from = i + len(open) // asks rows: stays, and is refused
			continue
		}
		expr = expr[:i] + "(" + alias.ReplaceAllString(inside, "") + expr[end:]
	}
}

// closing is where the parenthesis that opens at i closes. Texts in our policies hold none.
func closing(expr string, i int) int {
	depth := 0
	for n := i; n < len(expr); n++ {
		switch expr[n] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return n
			}
		}
	}
	return len(expr)
}

// subquery tells an expression that still asks other rows.
func subquery(expr string) bool { return strings.Contains(strings.ToUpper(flat(expr)), "SELECT") }

func (p policy) plain() string {
	kind := "permissive"
	if !p.Permissive {
		kind = "restrictive"
	}
	s := fmt.Sprintf("create policy %s on %s as %s for %s", p.Name, p.Table, kind, p.Command)
	if p.Reads != "" {
		s += " using (" + flat(p.Reads) + ")"
	}
	if p.Writes != "" {
		s += " with check (" + flat(p.Writes) + ")"
	}
	return s
}
