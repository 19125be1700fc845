package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
)

var plainWords = sheet.Vocabulary{{Key: "name", Synonyms: []string{"姓名"}, Required: true}, {Key: "no", Synonyms: []string{"工号"}}}

// counting is a checker that counts what it reads, and panics at a row.
type counting struct {
	read  atomic.Int64
	panic int
}

func (c *counting) Read(row sheet.Row) Line {
	if c.read.Add(1); row.Number == c.panic {
		panic("out of ink")
	}
	return Line{Row: row.Number}
}

func (c *counting) Judge(context.Context, *sqlx.Tx, []*Line) error { return nil }

func plainSheet(t *testing.T, rows int, tail string) (*sheet.Sheet, sheet.Header) {
	t.Helper()
	var b strings.Builder
	b.WriteString("工号,姓名\n")
	for i := range rows {
		fmt.Fprintf(&b, "D%d,张三\n", i)
	}
	book, err := sheet.Open("x.csv", []byte(b.String()+tail), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	table, h, err := book.Find(plainWords)
	if err != nil {
		t.Fatal(err)
	}
	return table, h
}

// However long the sheet and however slow the judging, only a few blocks of it are in memory.
func TestOnlyAFewBlocksAreHeldAtOnce(t *testing.T) {
	const rows, most = 30_000, (ahead + 3) * blockRows // those ahead, one in hand, one being cut, one waiting to be handed on
	table, h := plainSheet(t, rows, "")
	c := &counting{}
	r := read(t.Context(), c, table, h)
	done, last := 0, 1
	for p := range r.ordered {
		if held := int(c.read.Load()) - done; held > most {
			t.Errorf("%d rows are held, want at most %d", held, most)
		}
		if err := errors.Join(p.wait(t.Context()), p.err); err != nil {
			t.Fatal(err)
		}
		for _, l := range p.lines {
			if l.Row != last+1 {
				t.Fatalf("row %d after row %d", l.Row, last)
			}
			last = l.Row
		}
		done += len(p.lines)
	}
	r.all.Wait()
	if done != rows {
		t.Errorf("%d rows, want %d", done, rows)
	}
}

// Whoever stops early leaves no reader behind; an error of the sheet comes after the rows before it, a panic as an error.
func TestReadingEnds(t *testing.T) {
	table, h := plainSheet(t, 20_000, "")
	ctx, stop := context.WithCancel(t.Context())
	r := read(ctx, &counting{}, table, h)
	<-r.ordered
	stop()
	r.all.Wait()

	table, h = plainSheet(t, 2500, "D1,\"never closed")
	r = read(t.Context(), &counting{}, table, h)
	rows, failed := 0, error(nil)
	for p := range r.ordered {
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, failed = rows+len(p.lines), p.err
	}
	var refusal *sheet.Refusal
	if r.all.Wait(); rows != 2500 || !errors.As(failed, &refusal) {
		t.Errorf("%d rows and then %v", rows, failed)
	}

	table, h = plainSheet(t, 2500, "")
	r = read(t.Context(), &counting{panic: 1200}, table, h)
	panicked := false
	for p := range r.ordered {
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		panicked = panicked || p.err != nil && strings.Contains(p.err.Error(), "out of ink")
	}
	if r.all.Wait(); !panicked {
		t.Error("a panic of a reader went unseen")
	}
}

// What is packed is unpacked as it was; anything else is refused or read as something, never a panic.
func TestBlocksArePacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []*Line
		for i := range rapid.IntRange(1, 20).Draw(t, "rows") {
			l := &Line{Row: i*7 + 2, Label: rapid.String().Draw(t, "label"), Outcome: rapid.SampledFrom(Outcomes()).Draw(t, "outcome"),
				Payload: string(rapid.SliceOf(rapid.Byte()).Draw(t, "payload"))}
			if rapid.Bool().Draw(t, "with a problem") {
				l.Warn("name", "A7", errs.Msg("intake.problem.value"))
			}
			lines = append(lines, l)
		}
		packed, err := pack(lines)
		if err != nil {
			t.Fatal(err)
		}
		var back []Line
		keep := func(l *Line) error {
			back = append(back, *l)
			return nil
		}
		err = unpack(string(packed), keep)
		if err != nil || len(back) != len(lines) {
			t.Fatalf("%d lines of %d, %v", len(back), len(lines), err)
		}
		for i, l := range back {
			w := lines[i]
			if l.Row != w.Row || l.Label != w.Label || l.Outcome != w.Outcome || l.Payload != w.Payload || len(l.Problems) != len(w.Problems) {
				t.Fatalf("line %d is %+v, want %+v", i, l, w)
			}
		}
		if n := rapid.IntRange(0, len(packed)-1).Draw(t, "cut"); n > 0 {
			_ = unpack(string(packed[:n]), keep)
			packed[rapid.IntRange(0, n).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bit"))
			_ = unpack(string(packed), keep)
		}
	})
}
