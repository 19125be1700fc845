package qualityhttp

import (
	"math"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/rollup"
)

// view turns figures into components in the reader's language.
type view struct {
	rollup.RightView
	c     echo.Context
	t     ui.Translate
	zones map[string]string // names of the reporting lines
	order []string
	all   bool // the reader sees more than one enterprise
}

func (v *view) day(t time.Time) string { return httpd.Day(httpd.PrinterOf(v.c), t) }

func (v *view) asOf(at time.Time) string {
	return v.t("common.as_of", "Time", httpd.DateTime(httpd.PrinterOf(v.c), at, httpd.ZoneOf(v.c)))
}

// lasting is a length of time to the minute, or to the hour from ten hours on.
func (v *view) lasting(minutes int) string {
	if minutes < 120 {
		return v.t("common.minutes", "N", minutes)
	}
	hours := float64(minutes) / 60
	if hours < 10 {
		return v.t("common.hours", "N", math.Round(hours*10)/10)
	}
	return v.t("common.hours", "N", int(math.Round(hours)))
}

// wrong is a share of which less is better: none is calm, a few need a look, many are a fault of ours.
func (v *view) wrong(num, den int) ui.Rate {
	r := ui.NewRate(v.t, "", num, den, "")
	switch {
	case den == 0:
		r.Note = v.t("quality.none_shown")
	case num == 0:
		r.Tone = ui.ToneOK
	case num*20 <= den:
		r.Tone = ui.ToneWarn
	default:
		r.Tone = ui.ToneDanger
	}
	return r
}

func (v *view) stats() []ui.Stat {
	w := v.Week
	falsely, missed := v.wrong(w.False, w.Shown), v.wrong(w.Missed, w.Overdue())
	unit := v.t("quality.unit.people")
	out := []ui.Stat{
		{Label: v.t("quality.false"), Rate: &falsely, Icon: "alert", Sub: v.t("quality.false.sub")},
		{Label: v.t("quality.missed"), Rate: &missed, Icon: "eye", Sub: v.t("quality.missed.sub")},
		{Label: v.t("quality.wronged"), Value: ui.Number(w.Wronged), Unit: unit, Icon: "people", Tone: toneIf(w.Wronged > 0, ui.ToneWarn),
			Sub: v.t("quality.wronged.sub", "People", ui.Number(w.People))},
		v.results(),
		{Label: v.t("quality.twice"), Value: ui.Number(w.Twice), Unit: v.t("quality.unit.messages"), Icon: "bell", Tone: toneIf(w.Twice > 0, ui.ToneDanger),
			Sub: v.t("quality.twice.sub", "Sent", ui.Number(w.Reminders))},
		v.staleness(),
	}
	return out
}

func toneIf(bad bool, t ui.Tone) ui.Tone {
	if bad {
		return t
	}
	return ui.ToneOK
}

// results says how long it took from the swab to the result.
func (v *view) results() ui.Stat {
	s := ui.Stat{Label: v.t("quality.median"), Value: "—", Icon: "hourglass", Sub: v.t("quality.median.none")}
	if v.Week.Median.Valid {
		s.Value = v.lasting(int(v.Week.Median.Int64))
		key := "quality.median.sub"
		if v.all && v.Week.Orgs > 1 {
			key = "quality.median.sub_orgs"
		}
		s.Sub = v.t(key, "InDay", ui.Number(v.Week.InDay), "Results", ui.Number(v.Week.Results))
	}
	return s
}

// fresh is how old the bureau's figures may be: they are counted every minute.
const fresh = 5 * time.Minute

// staleness says how old the figures are that the bureau sees now.
func (v *view) staleness() ui.Stat {
	s := ui.Stat{Label: v.t("quality.stale"), Value: "—", Icon: "clock", Sub: v.t("quality.stale.none")}
	if v.SnapshotAt.IsZero() {
		return s
	}
	age := max(httpd.NowOf(v.c).Sub(v.SnapshotAt), 0)
	s.Value, s.Sub, s.Tone = v.lasting(int(age/time.Minute)), v.asOf(v.SnapshotAt), toneIf(age > fresh, ui.ToneWarn)
	return s
}

func (v *view) trend() *ui.Chart {
	if len(v.Weeks) < 2 {
		return nil
	}
	labels, falsely, missed := make([]string, len(v.Weeks)), make([]float64, len(v.Weeks)), make([]float64, len(v.Weeks))
	for i, w := range v.Weeks {
		labels[i], falsely[i], missed[i] = w.Week.Format("01-02"), share(w.False, w.Shown), share(w.Missed, w.Overdue())
		if w.Hidden {
			falsely[i], missed[i] = math.NaN(), math.NaN()
		}
	}
	chart := ui.NewTrend(v.t, ui.TrendSpec{ID: "trend", Title: v.t("quality.trend"), AsOf: v.asOf(v.Week.AsOf), Head: v.t("quality.week"), Labels: labels,
		Series: []ui.Series{{Name: v.t("quality.false"), Values: falsely}, {Name: v.t("quality.missed"), Values: missed}}, Percent: true})
	return &chart
}

// share is a percentage with one decimal; NaN where there is nothing to take a share of.
func share(num, den int) float64 {
	if den == 0 {
		return math.NaN()
	}
	return math.Round(float64(num)*1000/float64(den)) / 10
}
