package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// scopeOf is the scope in which a task acts for the person who uploaded the file: a health officer's in the same org. The
// person's own permission was asked for when the task was queued.
func scopeOf(org int32, i Import) authz.Scope {
	return authz.Scope{Account: i.ByAccount, Actor: i.By, Role: authz.HealthOfficer, Org: org}
}

// check reads the sheet from the beginning, whatever an earlier, killed attempt left behind.
func (s *Service) check(ctx context.Context, t jobs.Task, last bool, progress jobs.Progress) error {
	tenant := db.Tenant{Org: t.Org}
	var i Import
	var data []byte
	err := s.db.InTx(ctx, tenant, func(tx *sqlx.Tx) (err error) {
		if i, err = load(ctx, tx, t.Org, t.Ref); err != nil {
			return err
		}
		if moved, err := move(ctx, tx, t.Org, t.Ref, Checking, Queued, Checking); err != nil || !moved {
			return errors.Join(err, skipUnless(moved))
		}
		if _, err := tx.ExecContext(ctx, sqlClearBlocks, t.Org, t.Ref); err != nil {
			return fmt.Errorf("clear blocks: %w", err)
		}
		data, err = s.file(ctx, tx, t.Org, t.Ref)
		return err
	})
	if errors.Is(err, errSkip) {
		return nil
	}
	if err == nil {
		err = s.checkFile(ctx, t, i, data, progress)
	}
	var refusal *sheet.Refusal
	if errors.As(err, &refusal) {
		return s.db.InTx(ctx, tenant, func(tx *sqlx.Tx) error {
			return end(ctx, tx, t.Org, t.Ref, Refused, refusalMessage(err), s.clock.Now())
		})
	}
	return s.giveUp(ctx, t, last, err)
}

var errSkip = errors.New("nothing to do")

func skipUnless(moved bool) error {
	if moved {
		return nil
	}
	return errSkip
}

// giveUp records a failure that will not be tried again, so that the page can say so.
func (s *Service) giveUp(ctx context.Context, t jobs.Task, last bool, failure error) error {
	if failure == nil || !last || ctx.Err() != nil {
		return failure
	}
	err := s.db.InTx(ctx, db.Tenant{Org: t.Org}, func(tx *sqlx.Tx) error {
		return end(ctx, tx, t.Org, t.Ref, Failed, errs.Msg("intake.failed"), s.clock.Now())
	})
	return errors.Join(failure, err)
}

func (s *Service) checkFile(ctx context.Context, t jobs.Task, i Import, data []byte, progress jobs.Progress) error {
	k, ok := s.kinds[i.Kind]
	if !ok {
		return fmt.Errorf("unknown import kind %q", i.Kind)
	}
	book, err := sheet.Open(i.Filename, data, sheet.Limits{File: MaxFile})
	if err != nil {
		return err
	}
	table, header, err := book.Find(k.Vocabulary())
	if err != nil {
		return err
	}
	if len(header.Missing) > 0 {
		return s.missing(ctx, t, header)
	}
	zone, err := s.zones(ctx, t.Org)
	if err != nil {
		return err
	}
	c := &checking{service: s, task: t, header: header, counts: map[string]int{}, progress: progress}
	c.checker = k.Begin(Env{Scope: scopeOf(t.Org, i), Zone: zone, At: i.CreatedAt}, header)
	if err := c.rows(ctx, table); err != nil {
		return err
	}
	return s.ready(ctx, t, table.Name, header, c.counts)
}

// missing ends an import whose header lacks required columns: their names say what to add.
func (s *Service) missing(ctx context.Context, t jobs.Task, h sheet.Header) error {
	return s.db.InTx(ctx, db.Tenant{Org: t.Org}, func(tx *sqlx.Tx) error {
		m := errs.Msg("intake.refused.missing_columns", "Row", h.Row, "Columns", h.Missing)
		return end(ctx, tx, t.Org, t.Ref, Refused, m, s.clock.Now())
	})
}

// checking is one pass over one sheet.
type checking struct {
	service  *Service
	task     jobs.Task
	header   sheet.Header
	checker  Checker
	counts   map[string]int
	progress jobs.Progress
	done     int64
	blocks   int
}

// rows judges and stages the sheet a block at a time, while the next ones are read.
func (c *checking) rows(ctx context.Context, table *sheet.Sheet) error {
	ctx, stop := context.WithCancel(ctx)
	r := read(ctx, c.checker, table, c.header)
	defer r.all.Wait()
	defer stop()
	for p := range r.ordered {
		if err := p.wait(ctx); err != nil {
			return err
		}
		c.done += int64(len(p.rows))
		c.counts["skipped"] += p.skipped
		if err := c.flush(ctx, p.lines); err != nil {
			return err
		}
		if p.err != nil {
			return p.err
		}
		c.tell(p.offset(), table.Size)
	}
	if c.counts["skipped"] == 0 {
		delete(c.counts, "skipped")
	}
	c.progress(c.done, c.done)
	return ctx.Err()
}

// tell reports how far the check is. How many rows there will be follows from how much of the sheet they took so far.
func (c *checking) tell(offset, size int64) {
	total := c.done
	if offset > 0 && size > offset {
		total = int64(float64(c.done) * float64(size) / float64(offset))
	}
	c.progress(c.done, total)
}

// order puts the problems of a row in the order of the sheet's columns.
func (c *checking) order(ps []Problem) {
	place := func(p Problem) int {
		if i, ok := c.header.Columns[p.Column]; ok {
			return i
		}
		return -1
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return place(a) - place(b) })
}

func (c *checking) flush(ctx context.Context, lines []*Line) error {
	if len(lines) == 0 {
		return nil
	}
	for _, l := range lines {
		c.order(l.Problems)
	}
	warnHidden(lines)
	err := c.service.db.InTx(ctx, db.Tenant{Org: c.task.Org}, func(tx *sqlx.Tx) error {
		if err := c.checker.Judge(ctx, tx, lines); err != nil {
			return err
		}
		return stage{c.service.box, c.task.Org, c.task.Ref}.put(ctx, tx, c.blocks, lines)
	})
	if err != nil {
		return err
	}
	c.blocks++
	for _, l := range lines {
		c.counts[string(l.Outcome)]++
		if l.Outcome != RowFaulty && len(l.Problems) > 0 {
			c.counts["warnings"]++
		}
	}
	return nil
}

const sqlReady = `update import set state = 'ready', sheet = $3, header_row = $4, columns = $5, counts = $6, checked_at = $7
    where org_id = $1 and id = $2 and state = 'checking'`

func (s *Service) ready(ctx context.Context, t jobs.Task, name string, h sheet.Header, counts map[string]int) error {
	columns := make([]Column, 0, len(h.Labels))
	keys := map[int]string{}
	for key, i := range h.Columns {
		keys[i] = key
	}
	for i, label := range h.Labels {
		if label != "" {
			columns = append(columns, Column{Key: keys[i], Label: label})
		}
	}
	return s.db.InTx(ctx, db.Tenant{Org: t.Org}, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, sqlReady, t.Org, t.Ref, name, h.Row, db.J(columns), db.J(counts), s.clock.Now())
		return err
	})
}

const sqlCommitted = `update import set state = 'done', counts = $3, committed_at = $4
    where org_id = $1 and id = $2 and state = 'committing'`

// commit writes all good rows in one transaction together with the import's new state: a killed process leaves either all
// of it or nothing, and the task starts again.
func (s *Service) commit(ctx context.Context, t jobs.Task, last bool, progress jobs.Progress) error {
	err := s.db.InTx(ctx, db.Tenant{Org: t.Org}, func(tx *sqlx.Tx) error {
		i, err := load(ctx, tx, t.Org, t.Ref)
		if err != nil || i.State != Committing {
			return err
		}
		zone, err := s.zones(ctx, t.Org)
		if err != nil {
			return err
		}
		lines, err := stage{s.box, t.Org, t.Ref}.good(ctx, tx)
		if err != nil {
			return err
		}
		if len(lines) != i.Good() {
			return again(ctx, tx, t)
		}
		progress(0, int64(len(lines)))
		at := s.clock.Now()
		env := Env{Scope: scopeOf(t.Org, i), Zone: zone, At: at}
		counts, err := s.kinds[i.Kind].Commit(ctx, tx, env, lines)
		if err != nil {
			return err
		}
		for name, n := range counts {
			i.Counts["committed."+name] = n
		}
		if _, err := tx.ExecContext(ctx, sqlCommitted, t.Org, t.Ref, db.J(i.Counts), at); err != nil {
			return fmt.Errorf("record the commit: %w", err)
		}
		return audit.Record(ctx, tx, env.Scope, at, audit.Event{Action: "import.done", Subject: "import", SubjectID: fmt.Sprint(t.Ref),
			Detail: map[string]any{"kind": i.Kind, "counts": counts}})
	})
	return s.giveUp(ctx, t, last, err)
}

// again sends an import back to its check: it is not staged as its counts say, because another version of the program checked it.
func again(ctx context.Context, tx *sqlx.Tx, t jobs.Task) error {
	if _, err := move(ctx, tx, t.Org, t.Ref, Queued, Committing); err != nil {
		return err
	}
	_, err := jobs.Enqueue(ctx, tx, t.Org, TaskCheck, t.Ref)
	return err
}
