package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/bench/sheetfile"
)

func init() {
	register(Scenario{Name: "sheets", Title: "rosters and lab sheets of a large enterprise: uploaded, checked and committed by the server", Run: runSheets})
}

// sheetRows is how many people the enterprise has. The targets are about fifty thousand.
func sheetRows(s Scale) int {
	switch s {
	case Tiny:
		return 40
	case Factory:
		return 5000
	}
	return 50_000
}

// The bounds: of the rate to a raw COPY, of a workbook's time to that of reading it, and of memory in MB.
const (
	rosterNew, rosterSame = 0.12, 0.25
	bookTimes             = 1.4
	scanRate              = 0.5
	sheetMemory           = 150
)

// sheetRun is what the rounds of the scenario share.
type sheetRun struct {
	*guest
	rows   int
	copied []float64 // rows a second of a raw COPY, by round
	rates  map[string][]float64
	times  map[string][]float64 // seconds
	bare   map[string][]float64
	memory map[string][]float64
}

func runSheets(ctx context.Context, w *World) (err error) {
	g, err := newGuest(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.leave(context.WithoutCancel(ctx))) }()
	r := &sheetRun{guest: g, rows: sheetRows(w.Scale), rates: map[string][]float64{}, times: map[string][]float64{}, bare: map[string][]float64{},
		memory: map[string][]float64{}}
	rounds := min(w.Rounds, 2) // a round is eight imports
	for round := range rounds {
		if err := r.round(ctx, round); err != nil {
			return err
		}
	}
	r.record()
	return r.scan(rounds)
}

// round brings the same people in by each way, new and again, and a laboratory's sheet about them.
func (r *sheetRun) round(ctx context.Context, round int) error {
	copied, err := r.w.Copy0(ctx, r.rows)
	if err != nil {
		return err
	}
	r.copied = append(r.copied, copied)
	people := sheetfile.CSV(sheetfile.RosterLabels, r.rows, sheetfile.RosterRow)
	for _, step := range []struct {
		name string
		do   func() (time.Duration, error)
	}{
		{"put.new", func() (time.Duration, error) { return r.put(ctx, r.rows, "new") }},
		{"put.same", func() (time.Duration, error) { return r.put(ctx, r.rows, "unchanged") }},
		{"csv.new", func() (time.Duration, error) {
			return r.measured(ctx, "csv.new", "roster", "roster.csv", people, "new")
		}},
		{"csv.same", func() (time.Duration, error) {
			return r.measured(ctx, "csv.same", "roster", "roster.csv", people, "unchanged")
		}},
	} {
		if strings.HasSuffix(step.name, ".new") {
			if err := r.empty(ctx); err != nil {
				return err
			}
		}
		took, err := step.do()
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		r.rates[step.name] = append(r.rates[step.name], float64(r.rows)/took.Seconds())
		if err := r.checkPeople(ctx); err != nil {
			return err
		}
	}
	return r.books(ctx, round)
}

// books brings in the roster as a workbook, as new and again, and a laboratory's workbook twice over: the second sheet of a person is
// what a week brings.
func (r *sheetRun) books(ctx context.Context, round int) error {
	roster, err := sheetfile.XLSX(sheetfile.RosterLabels, r.rows, sheetfile.RosterRow)
	if err != nil {
		return err
	}
	if err := r.empty(ctx); err != nil {
		return err
	}
	if err := r.book(ctx, "xlsx.new", "roster", roster, "new"); err != nil {
		return err
	}
	if err := r.book(ctx, "xlsx.same", "roster", roster, "unchanged"); err != nil {
		return err
	}
	if err := r.checkPeople(ctx); err != nil {
		return err
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	for i, name := range []string{"lab.first", "lab"} {
		at := r.w.Now.In(zone).Add(time.Duration(i-3) * time.Hour)
		data, err := sheetfile.XLSX(sheetfile.LabLabels, r.rows, func(k int) []string { return sheetfile.LabRow(k, at) })
		if err != nil {
			return err
		}
		if err := r.book(ctx, name, "lab", data, "new"); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		if err := r.checkSamples(ctx, (i+1)*r.rows, at); err != nil {
			return err
		}
	}
	return nil
}

// book imports a workbook, beside the bare reading of it.
func (r *sheetRun) book(ctx context.Context, name, kind string, data []byte, outcome string) error {
	bare, err := sheetfile.Read(data, r.rows)
	if err != nil {
		return err
	}
	took, err := r.measured(ctx, name, kind, kind+".xlsx", data, outcome)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r.bare[name] = append(r.bare[name], bare.Seconds())
	r.times[name] = append(r.times[name], took.Seconds())
	return nil
}

// measured imports a sheet and notes how far the server's memory rose above what it had before.
func (r *sheetRun) measured(ctx context.Context, name, kind, file string, data []byte, outcome string) (time.Duration, error) {
	rest, err := r.server.RSS()
	if err != nil {
		return 0, err
	}
	if err := r.server.ResetPeak(); err != nil {
		return 0, err
	}
	took, err := r.take(ctx, kind, file, data, r.rows, outcome)
	if err != nil {
		return 0, err
	}
	peak, err := r.server.Peak()
	r.memory[name] = append(r.memory[name], peak-rest)
	return took, err
}

const (
	sqlPeopleIn  = `select (select count(*) from employee where org_id = $1) as files, (select count(*) from standing where org_id = $1) as standings`
	sqlSamplesIn = `select count(*) from sample where org_id = $1`
	sqlMovedTo   = `select count(*) from standing where org_id = $1 and latest_at = date_trunc('second', $2::timestamptz)`
)

func (r *sheetRun) checkPeople(ctx context.Context) error {
	var n struct{ Files, Standings int }
	if err := r.w.Admin.GetContext(ctx, &n, sqlPeopleIn, r.org); err != nil {
		return err
	}
	return checkf(n.Files == r.rows && n.Standings == r.rows, "%d people with %d standings, want %d", n.Files, n.Standings, r.rows)
}

func (r *sheetRun) checkSamples(ctx context.Context, want int, at time.Time) error {
	var rows, moved int
	if err := r.w.Admin.GetContext(ctx, &rows, sqlSamplesIn, r.org); err != nil {
		return err
	}
	if err := r.w.Admin.GetContext(ctx, &moved, sqlMovedTo, r.org, at); err != nil {
		return err
	}
	return checkf(rows == want && moved == r.rows, "%d samples, want %d; %d standings moved of %d", rows, want, moved, r.rows)
}

// record notes the figures of all rounds.
func (r *sheetRun) record() {
	full := r.rows == sheetRows(BigCity) // the targets are about a sheet of this length
	note := fmt.Sprintf("%d people with sealed numbers, blind indexes, history, standing and audit; one client", r.rows)
	for _, f := range []struct {
		name, way string
		bound     float64
	}{
		{"csv.new", "upload, check and commit; ", rosterNew}, {"csv.same", "upload, check and commit; ", rosterSame},
		{"put.new", "PUT of a thousand each; ", rosterNew}, {"put.same", "PUT of a thousand each; ", rosterSame},
	} {
		var ratios []float64
		for i, rate := range r.rates[f.name] {
			ratios = append(ratios, rate/r.copied[i])
		}
		s := SpreadOf(ratios)
		fig := Figure{Scenario: "sheets.roster." + f.name, Value: SpreadOf(r.rates[f.name]).Median, Unit: "rows/s", Floor: SpreadOf(r.copied).Median,
			Ratio: s.Median, Low: s.Low, High: s.High, Note: f.way + note}
		if full {
			fig.Target = AtLeast(f.bound)
		}
		r.w.Record(fig)
	}
	for _, name := range []string{"xlsx.new", "xlsx.same", "lab.first", "lab"} {
		var ratios []float64
		for i, took := range r.times[name] {
			ratios = append(ratios, took/r.bare[name][i])
		}
		s := SpreadOf(ratios)
		fig := Figure{Scenario: "sheets." + name, Value: 1000 * SpreadOf(r.times[name]).Median, Unit: "ms", Floor: 1000 * SpreadOf(r.bare[name]).Median,
			Ratio: s.Median, Low: s.Low, High: s.High, Note: fmt.Sprintf("%d rows of 12 columns, upload, check and commit, against reading the workbook and nothing else", r.rows)}
		if full && name != "lab.first" {
			fig.Target = AtMost(bookTimes)
		}
		r.w.Record(fig)
	}
	for _, name := range []string{"csv.new", "csv.same", "xlsx.new", "xlsx.same", "lab"} {
		s := SpreadOf(r.memory[name])
		fig := Figure{Scenario: "sheets." + name + ".memory", Value: s.Median, Unit: "MB", Low: s.Low, High: s.High,
			Note: "peak resident memory of the server above what it had before"}
		if full {
			fig.Target = Under(sheetMemory)
		}
		r.w.Record(fig)
	}
}

// scan measures the reading of a workbook beside the mere unpacking of it, and once what excelize takes for its rows.
func (r *sheetRun) scan(rounds int) error {
	data, err := sheetfile.XLSX(sheetfile.RosterLabels, r.rows, sheetfile.RosterRow)
	if err != nil {
		return err
	}
	var rates, floors, ratios []float64
	for range rounds {
		unpacked, err := sheetfile.Unpack(data)
		if err != nil {
			return err
		}
		read, err := sheetfile.Read(data, r.rows)
		if err != nil {
			return err
		}
		rates, floors = append(rates, float64(r.rows)/read.Seconds()), append(floors, float64(r.rows)/unpacked.Seconds())
		ratios = append(ratios, unpacked.Seconds()/read.Seconds())
	}
	other, err := sheetfile.Excelize(data, r.rows)
	if err != nil {
		return err
	}
	s := SpreadOf(ratios)
	f := Figure{Scenario: "sheets.scan", Value: SpreadOf(rates).Median, Unit: "rows/s", Floor: SpreadOf(floors).Median, Ratio: s.Median, Low: s.Low, High: s.High,
		Note: fmt.Sprintf("%d rows of 12 columns, against unpacking the same file; excelize Rows() takes %.0f ms, %.1f × ours", r.rows,
			1000*other.Seconds(), other.Seconds()*SpreadOf(rates).Median/float64(r.rows))}
	if r.rows == sheetRows(BigCity) {
		f.Target = AtLeast(scanRate)
	}
	r.w.Record(f)
	return nil
}
