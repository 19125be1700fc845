package planguard

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// plan is what became of one statement.
type plan struct {
	Query   string
	Pages   int // found in memory or read
	Rows    int // looked at by its scans, whether they came through or not
	Scans   []string
	Indexes []string
}

// tiny is how many rows may be read from end to end: so few lie on a page or two.
const tiny = 50

type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Recheck  float64 `json:"Rows Removed by Index Recheck"`
	Loops    float64 `json:"Actual Loops"`
	Hit      int     `json:"Shared Hit Blocks"`
	Read     int     `json:"Shared Read Blocks"`
	Plans    []node  `json:"Plans"`
}

func (p *plan) walk(n node) {
	if n.Relation != "" || n.Index != "" {
		p.Rows += int((n.Rows + n.Removed + n.Recheck) * n.Loops)
	}
	if n.Type == "Seq Scan" && n.Rows+n.Removed > tiny {
		p.Scans = append(p.Scans, n.Relation)
	}
	if n.Index != "" {
		p.Indexes = append(p.Indexes, n.Index)
	}
	for _, child := range n.Plans {
		p.walk(child)
	}
}

var explained = regexp.MustCompile(`(?i)^\s*(?:/\*kept\*/\s*)?(select|with|insert|update|delete)\b`)

const fragExplain = "explain (analyze, buffers, timing off, format json) "

// explain carries a statement out. One that is kept is planned once for all values, as a session plans it after a while.
func explain(ctx context.Context, tx *sqlx.Tx, a asked) (raw []byte, err error) {
	args, literals := make([]any, len(a.Args)), make([]string, len(a.Args))
	for i, v := range a.Args {
		args[i], literals[i] = v.Value, literal(v.Value)
	}
	if !strings.HasPrefix(a.Query, db.Kept) {
		err = tx.GetContext(ctx, &raw, fragExplain+a.Query, args...)
		return raw, err
	}
	if _, err := tx.ExecContext(ctx, "set local plan_cache_mode = force_generic_plan; prepare guarded as "+a.Query); err != nil {
		return nil, err
	}
	values := ""
	if len(literals) > 0 {
		values = " (" + strings.Join(literals, ", ") + ")"
	}
	err = tx.GetContext(ctx, &raw, fragExplain+"execute guarded"+values)
	if err == nil {
		_, err = tx.ExecContext(ctx, "deallocate guarded; set local plan_cache_mode = auto")
	}
	return raw, err
}

func literal(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case time.Time:
		return pq.QuoteLiteral(v.Format(time.RFC3339Nano))
	case []byte:
		return `'\x` + hex.EncodeToString(v) + `'`
	}
	return pq.QuoteLiteral(fmt.Sprint(v))
}

// plans answers how the database would carry out what was asked, in its order and within one transaction that is rolled back.
func (w *world) plans(ctx context.Context, t db.Tenant, all []asked) []plan {
	w.t.Helper()
	var out []plan
	undo := fmt.Errorf("undo")
	err := w.db.InTx(ctx, t, func(tx *sqlx.Tx) error {
		out = nil
		for _, a := range all {
			if !explained.MatchString(a.Query) || strings.Contains(a.Query, "set_config(") {
				continue
			}
			raw, err := explain(ctx, tx, a)
			if err != nil {
				return fmt.Errorf("%s: %w", a.Query, err)
			}
			var answer []struct{ Plan node }
			if err := json.Unmarshal(raw, &answer); err != nil {
				return err
			}
			p := plan{Query: a.Query, Pages: answer[0].Plan.Hit + answer[0].Plan.Read}
			p.walk(answer[0].Plan)
			out = append(out, p)
		}
		return undo
	})
	if err != undo {
		w.t.Fatal(err)
	}
	w.spy.take()
	return out
}

// wholesale tells scans of tables that grow with the city.
func wholesale(p plan) []string {
	return slices.DeleteFunc(slices.Clone(p.Scans), func(table string) bool {
		return !strings.HasPrefix(table, "sample") && !slices.Contains([]string{"employee", "standing", "audit_log", "hold", "reminder", "delivery", "org_week"}, table)
	})
}
