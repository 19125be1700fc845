package ui

import "math"

// Chart is a figure with its table. The table is always there; the server draws
// Trend above it when set, and on dashboard pages charts.js draws an interactive
// chart of the given kind from the table. Component "ui/chart".
type Chart struct {
	ID      string
	Kind    string // "line", "bar" or "heatmap"
	Title   string
	AsOf    string
	Unit    string // of every value, such as "%"
	Trend   *Trend
	Head    []string // column headings, the first names the rows
	Rows    []ChartRow
	ShowRow string // "以表格查看"

	Goal, GoalLabel string // a level to reach, as a plain number, optional
}

// ChartRow is one row of a Chart's table.
type ChartRow struct {
	Label string
	Cells []ChartCell
}

// ChartCell is a value as text and as a plain number for scripts; Raw is empty
// where there is no figure.
type ChartCell struct{ Text, Raw string }

// Trend is a line chart of one or a few series. All coordinates lie in a
// trendW × trendH box; texts are placed by the template.
type Trend struct {
	Series []TrendSeries
	YTicks []Tick
	XTicks []Tick
	Goal   *Tick // a level to reach, optional
}

// TrendSeries is one line with a mark per value.
type TrendSeries struct {
	Name   string
	Index  int // 1, 2, 3: its colour, dash and mark
	Path   string
	Points []Mark
}

// Mark is a value on a line; Title is its text for pointer and screen reader.
type Mark struct{ X, Y, Title string }

// Tick is a place on an axis.
type Tick struct{ Pos, Label string }

// Series is the input of NewTrend: a name and one value per label, NaN where
// there is none.
type Series struct {
	Name   string
	Values []float64
}

// TrendSpec describes a line chart.
type TrendSpec struct {
	ID, Title, AsOf string
	Head            string // what the labels are, such as "周"
	Labels          []string
	Series          []Series
	Percent         bool     // values are percentages: the axis ends at 0 and 100
	Goal            *float64 // draw a level
	GoalLabel       string
}

const (
	trendW = 520.0
	trendH = 220.0
)

var plot = box{x: 56, y: 22, w: trendW - 88, h: trendH - 54}

// NewTrend lays out a line chart and its table.
func NewTrend(t Translate, spec TrendSpec) Chart {
	var all []float64
	for _, s := range spec.Series {
		all = append(all, s.Values...)
	}
	if spec.Goal != nil {
		all = append(all, *spec.Goal)
	}
	c := Chart{
		ID: spec.ID, Kind: "line", Title: spec.Title, AsOf: spec.AsOf,
		ShowRow: t("common.chart.table"), Head: []string{spec.Head}, Rows: trendRows(spec),
	}
	if spec.Percent {
		c.Unit = "%"
	}
	if spec.Goal != nil {
		c.Goal, c.GoalLabel = num(*spec.Goal), spec.GoalLabel
	}
	for _, s := range spec.Series {
		c.Head = append(c.Head, s.Name)
	}
	if lo, hi, n := extent(all); n > 0 {
		c.Trend = layTrend(spec, axis(lo, hi, spec.Percent))
	}
	return c
}

func layTrend(spec TrendSpec, ticks []float64) *Trend {
	lo, hi := ticks[0], ticks[len(ticks)-1]
	level := func(v float64) string { return num(plot.y + plot.h*(1-(v-lo)/(hi-lo))) }
	out := &Trend{XTicks: xTicks(spec.Labels)}
	for _, v := range ticks {
		out.YTicks = append(out.YTicks, Tick{Pos: level(v), Label: figure(v, spec.Percent)})
	}
	if spec.Goal != nil {
		out.Goal = &Tick{Pos: level(*spec.Goal), Label: spec.GoalLabel}
	}
	for i, s := range spec.Series {
		line := TrendSeries{Name: s.Name, Index: i%3 + 1}
		pts := scale(s.Values, plot, lo, hi)
		line.Path = linePath(pts)
		for j, p := range pts {
			if !math.IsNaN(p.y) && j < len(spec.Labels) {
				title := spec.Labels[j] + " " + s.Name + " " + figure(s.Values[j], spec.Percent)
				line.Points = append(line.Points, Mark{X: num(p.x), Y: num(p.y), Title: title})
			}
		}
		out.Series = append(out.Series, line)
	}
	return out
}

// xTicks writes at most eight labels, always with the last.
func xTicks(labels []string) []Tick {
	var out []Tick
	step := (len(labels) + 7) / 8
	for i, p := range scale(make([]float64, len(labels)), plot, 0, 1) {
		if (len(labels)-1-i)%step == 0 {
			out = append(out, Tick{Pos: num(p.x), Label: labels[i]})
		}
	}
	return out
}

func trendRows(spec TrendSpec) []ChartRow {
	rows := make([]ChartRow, len(spec.Labels))
	for i, label := range spec.Labels {
		rows[i].Label = label
		for _, s := range spec.Series {
			v := math.NaN()
			if i < len(s.Values) {
				v = s.Values[i]
			}
			rows[i].Cells = append(rows[i].Cells, cellOf(v, spec.Percent))
		}
	}
	return rows
}

func cellOf(v float64, percent bool) ChartCell {
	if math.IsNaN(v) {
		return ChartCell{Text: "—"}
	}
	return ChartCell{Text: figure(v, percent), Raw: num(v)}
}

func figure(v float64, percent bool) string {
	if percent {
		return num(v) + "%"
	}
	if v == math.Trunc(v) {
		return Number(int(v))
	}
	return num(v)
}

// axis gives round tick values that enclose lo and hi: three to seven of them.
func axis(lo, hi float64, percent bool) []float64 {
	if hi-lo < 1 {
		lo, hi = lo-1, hi+1
	}
	if !percent && lo > 0 && lo < (hi-lo)*2 {
		lo = 0
	}
	step := niceStep((hi - lo) / 4)
	first, last := math.Floor(lo/step)*step, math.Ceil(hi/step)*step
	if percent {
		first, last = math.Max(first, 0), math.Min(last, 100)
	}
	var ticks []float64
	for v := first; v <= last+step/1000; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}
