package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// results draws that many rows of different seconds.
func results(n, people int) []telling {
	all := make([]telling, n)
	for i := range all {
		all[i] = telling{number(i % people), screening.Input{SampledAt: now.Add(-time.Hour - time.Duration(i/people)*time.Second), Result: regime.Negative,
			Mode: regime.ModeSingle, Lab: "市疾控", ReportedAt: now.Add(-time.Minute)}}
	}
	return all
}

// TestOrderDoesNotMatter: the same rows in another order, in other chunks and more lanes leave the same results and standings. Only which
// of equal tellings came first, and so the numbers of versions, may differ.
func TestOrderDoesNotMatter(t *testing.T) {
	const people = 20
	a, b := newWorld(t, people), newWorld(t, people)
	all := slices.DeleteFunc(tellings(people).Example(3), func(r telling) bool { return r.in.Mode == "" || r.in.Barcode != "" })
	a.take(a.lab(), CSV, csvOf(all))
	b.feeds.chunkRows = 7
	b.take(b.lab(), NDJSON, ndjsonOf(t, rapid.Permutation(all).Example(1)))
	stands := func(w *world) (text string) {
		err := w.Base.Owner.Get(&text, `select string_agg(line, E'\n' order by line) from (
			select concat_ws(' ', org_id, employee_id, sampled_at, result, proof, method = 'pcr', flag) as line from sample
			union all select concat_ws(' ', org_id, employee_id, s0, s1, s2, s3, held, blocks, counted_at, latest_at) from standing) l`)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if x, y := stands(a), stands(b); x != y {
		t.Errorf("in one order\n%s\nin another\n%s", x, y)
	}
	before := b.content()
	b.take(b.lab(), CSV, csvOf(all))
	if after := b.content(); after != before {
		t.Error("a repetition changed something")
	}
}

// cutOff ends a body after some bytes, as a sender that is killed does, once the chunk before was handed over.
type cutOff struct {
	in    io.Reader
	after func()
}

func (c *cutOff) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if errors.Is(err, io.EOF) {
		c.after()
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

func TestCutOffAndRepeated(t *testing.T) {
	const people, rows = 40, 400
	whole := newWorld(t, people)
	text := csvOf(results(rows, people))
	whole.take(whole.lab(), CSV, text)
	for name, cancels := range map[string]bool{"by the sender": false, "by the server": true} {
		w := newWorld(t, people)
		w.feeds.chunkRows = 50
		ctx, cancel := context.WithCancel(t.Context())
		after := func() {}
		if cancels {
			after = cancel
		}
		half := text[:len(text)*2/3]
		r, err := w.feeds.Take(ctx, w.lab(), Source{Body: &cutOff{strings.NewReader(half), after}}, now)
		cancel()
		kept := w.Count(`select count(*) from sample`)
		switch {
		case err == nil:
			t.Fatalf("%s: no error", name)
		case cancels && w.Count(`select count(*) from sample where employee_id <> $1`, w.files[people].id)%50 != 0: // but for the second file
			t.Errorf("%s: %d samples are no whole chunks", name, kept)
		case !cancels && (!errs.Is(err, errs.Invalid) || r.Taken() < rows/2 || kept < r.Taken()):
			t.Errorf("%s: %v, %d taken, %d kept", name, err, r.Taken(), kept)
		}
		logged := w.Count(`select coalesce(sum((detail->>'new')::int), 0) from audit_log where action = 'sample.feed'`)
		if moved := w.Count(`select count(*) from sample s left join standing st using (org_id, employee_id) where st.latest_at is null or st.latest_at < s.sampled_at`); logged != kept || moved != 0 {
			t.Errorf("%s: %d samples, %d in the logs, %d standings behind", name, kept, logged, moved)
		}
		w.take(w.lab(), CSV, text)
		if w.content() != whole.content() {
			t.Errorf("%s: repeated, the feed left something else", name)
		}
	}
}

// TestAtOnce: two laboratories and an enterprise tell the same at once, and each sample is stored once.
func TestAtOnce(t *testing.T) {
	const people, rows = 30, 600
	w := newWorld(t, people)
	w.feeds.chunkRows = 40
	text := csvOf(results(rows, people))
	var wg sync.WaitGroup
	for _, sc := range []authz.Scope{w.lab(), w.lab(), w.officer(w.Org), w.officer(w.Foreign)} {
		wg.Go(func() {
			if _, err := w.feeds.Take(t.Context(), sc, Source{Body: strings.NewReader(text)}, now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.Count(`select count(*) from sample`); n != rows+rows/people {
		t.Errorf("%d samples", n)
	}
	if n := w.Count(`select count(*) from sample_revision`); n != 0 {
		t.Errorf("%d versions", n)
	}
}

func TestWhoMay(t *testing.T) {
	w := newWorld(t, 6)
	text := csvOf(results(6, 6))
	for name, sc := range map[string]authz.Scope{
		"worker": w.Worker(w.Org, w.files[0].id), "bureau": {Account: 3, Role: authz.CityBureau, Org: w.Org}, "nobody": {},
		"recorder": w.officer(w.Org).Narrow([]authz.Permission{authz.SampleRecord}),
	} {
		if _, err := w.feeds.Take(t.Context(), sc, Source{Body: strings.NewReader(text)}, now); err == nil {
			t.Errorf("%s may feed", name)
		}
	}
	if r := w.take(w.officer(w.Foreign), CSV, text); r.Counts[screening.Added] != 3 || r.Counts[screening.Refused] != 3 {
		t.Errorf("%+v", r) // two of six are theirs, and one works at both
	}
	if n := w.Count(`select count(*) from sample where org_id = $1`, w.Org); n != 0 {
		t.Errorf("an enterprise fed %d samples of another's people", n)
	}
	w.exec(`update employee set work_status = 'resigned' where org_id = $1`, w.Org)
	if r := w.take(w.lab(), CSV, text); r.Counts[screening.Duplicate] != 3 || r.Counts[screening.Refused] != 3 || r.Faults[0].Message.Key != "api.feed.nobody" {
		t.Errorf("%+v", r)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	w := newWorld(t, 3)
	var b strings.Builder
	b.WriteString("id_number,sampled_at,result\n")
	for i := range 500 {
		id := "3703031990010199" + fmt.Sprintf("%02d", i%100) // nobody's
		if i%2 == 0 {
			id = "" // no row at all
		}
		fmt.Fprintf(&b, "%s,%s,negative\n", id, now.Add(-time.Hour).Format(time.RFC3339))
	}
	w.feeds.chunkRows = 30
	r := w.take(w.lab(), CSV, b.String())
	if r.Rows != 500 || r.Counts[screening.Refused] != 500 || len(r.Faults) != MaxFaults || r.More != 400 {
		t.Fatalf("%d rows, %v, %d faults, %d more", r.Rows, r.Counts, len(r.Faults), r.More)
	}
	for i, f := range r.Faults {
		if f.Line != i+2 {
			t.Fatalf("fault %d is of line %d", i, f.Line)
		}
	}
	w.feeds.maxRows = 4
	r, err := w.feeds.Take(t.Context(), w.lab(), Source{Body: strings.NewReader(csvOf(results(9, 3)))}, now)
	if !errs.Is(err, errs.TooLarge) || r.Rows != 4 || r.Taken() != 4 {
		t.Errorf("too many rows: %v %+v", err, r)
	}
}

// rowsOf is a body of any length that is made as it is read.
type rowsOf struct {
	left int
	head string
	line func(i int) string
	rest string
}

func (b *rowsOf) Read(p []byte) (int, error) {
	if b.rest == "" {
		if b.rest, b.head = b.head, ""; b.rest == "" {
			if b.left == 0 {
				return 0, io.EOF
			}
			b.left--
			b.rest = b.line(b.left)
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// TestMemoryDoesNotGrow: ten times the rows need no more memory than the chunks that are under way.
func TestMemoryDoesNotGrow(t *testing.T) {
	const people = 30
	w := newWorld(t, people)
	w.feeds.chunkRows = 500
	most := func(rows int) (peak uint64) {
		at := now.Add(-20 * time.Hour)
		body := &rowsOf{left: rows, head: "id_number,sampled_at,result,collect_mode\n", line: func(i int) string {
			if i%1000 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			return fmt.Sprintf("%s,%s,negative,single\n", number(i%people), at.Add(time.Duration(i/people)*time.Second).Format(time.RFC3339))
		}}
		if _, err := w.feeds.Take(t.Context(), w.lab(), Source{Body: body}, now); err != nil {
			t.Fatal(err)
		}
		return peak
	}
	few, many := most(2000), most(20_000)
	if many > few+8<<20 {
		t.Errorf("%d KB for few rows, %d KB for ten times as many", few>>10, many>>10)
	}
}
