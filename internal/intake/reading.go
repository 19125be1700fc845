package intake

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// portion is a block's worth of a sheet's rows on its way through the readers.
type portion struct {
	rows    []sheet.Row
	lines   []*Line // once read
	skipped int     // rows that are not data
	err     error   // of the sheet, after the rows; or of the reading
	read    chan struct{}
}

// reading reads a sheet side by side: one goroutine takes the rows out of the file, a few turn them into lines, and whoever ranges
// over portions gets them in the order of the sheet. No more than ahead portions exist at once besides the one in hand.
type reading struct {
	checker Checker
	header  sheet.Header
	ordered chan *portion
	open    chan *portion
	all     sync.WaitGroup
}

const ahead = 2

// read begins. The caller cancels ctx and waits for all before it lets go of the checker.
func read(ctx context.Context, c Checker, table *sheet.Sheet, h sheet.Header) *reading {
	r := &reading{checker: c, header: h, ordered: make(chan *portion, ahead), open: make(chan *portion, ahead)}
	r.all.Go(func() { r.take(ctx, table) })
	for range min(max(2, runtime.GOMAXPROCS(0)), 4) {
		r.all.Go(r.readEach)
	}
	return r
}

// take cuts the sheet's rows into portions. An error of the sheet ends the last one.
func (r *reading) take(ctx context.Context, table *sheet.Sheet) {
	defer close(r.open)
	defer close(r.ordered)
	p := &portion{read: make(chan struct{})}
	defer func() {
		if bad := recover(); bad != nil {
			p.err = panicked(bad)
			r.hand(ctx, p)
		}
	}()
	for row, err := range table.RowsAfter(r.header.Row) {
		if err != nil {
			p.err = err
			break
		}
		if p.rows = append(p.rows, row); len(p.rows) < blockRows {
			continue
		}
		if !r.hand(ctx, p) {
			return
		}
		p = &portion{read: make(chan struct{}), rows: make([]sheet.Row, 0, blockRows)}
	}
	r.hand(ctx, p)
}

// hand passes a portion on; false when nobody wants it any more.
func (r *reading) hand(ctx context.Context, p *portion) bool {
	select {
	case r.ordered <- p:
	case <-ctx.Done():
		return false
	}
	select {
	case r.open <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *reading) readEach() {
	for p := range r.open {
		r.readPortion(p)
	}
}

func (r *reading) readPortion(p *portion) {
	defer close(p.read)
	defer func() {
		if bad := recover(); bad != nil {
			p.err = panicked(bad)
		}
	}()
	lines := make([]Line, len(p.rows))
	p.lines = make([]*Line, 0, len(p.rows))
	for i, row := range p.rows {
		if sheet.IsBlank(row, r.header) || sheet.IsFooter(row, r.header) || sheet.IsRepeat(row, r.header) {
			p.skipped++
			continue
		}
		lines[i] = r.checker.Read(row)
		lines[i].hidden = row.Hidden
		p.lines = append(p.lines, &lines[i])
	}
}

// wait returns the portion once it is read.
func (p *portion) wait(ctx context.Context) error {
	select {
	case <-p.read:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func panicked(bad any) error { return fmt.Errorf("panic while reading: %v\n%s", bad, debug.Stack()) }

// offset is how far into the sheet the portion reaches.
func (p *portion) offset() int64 {
	if len(p.rows) == 0 {
		return 0
	}
	return p.rows[len(p.rows)-1].Offset
}

// warnHidden tells of rows that the reader of the spreadsheet does not see.
func warnHidden(lines []*Line) {
	for _, l := range lines {
		if l.hidden {
			l.Warn("", "", errs.Msg("intake.problem.hidden_row"))
		}
	}
}
