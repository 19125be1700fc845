package bureauhttp

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/rollup"
)

// builder turns a view into components in the reader's language.
type builder struct {
	c      echo.Context
	t      ui.Translate
	names  map[string]string
	filter rollup.Filter
}

func (b *builder) zoneName(code string) string {
	if n := b.names[code]; n != "" {
		return n
	}
	return b.t("bureau.no_zone")
}

func (b *builder) industryName(code string) string {
	if code == "" {
		return b.t("bureau.no_industry")
	}
	return b.t("industry." + code)
}

func (b *builder) head(v rollup.View) ui.PageHead {
	var h ui.PageHead
	city := ui.Link{Label: b.t("bureau.title"), Href: "/bureau"}
	switch {
	case b.filter.Zone != "" && httpd.ScopeOf(b.c).Role == authz.DistrictBureau:
		h = ui.NewHead(b.t, b.zoneName(b.filter.Zone))
	case b.filter.Zone != "":
		h = ui.NewHead(b.t, b.zoneName(b.filter.Zone), city)
	case b.filter.Industry != "":
		h = ui.NewHead(b.t, b.industryName(b.filter.Industry), city)
	default:
		h = ui.NewHead(b.t, b.t("bureau.title"))
	}
	h.Sub = b.t("bureau.sub", "Orgs", ui.Number(v.Orgs), "AsOf", asOf(b.c, b.t, v.AsOf))
	h.Actions = []ui.Action{
		{Label: b.t("bureau.exact"), Icon: "clock", Href: "/bureau/exact", Post: true,
			Hidden: []ui.Param{{Name: "zone", Value: b.filter.Zone}, {Name: "industry", Value: b.filter.Industry}}},
		{Label: b.t("bureau.all_orgs"), Icon: "list", Href: ui.Href("/bureau/orgs", nil, "zone", b.filter.Zone, "industry", b.filter.Industry)}}
	return h
}

func (b *builder) orgHead(v rollup.View) ui.PageHead {
	h := ui.NewHead(b.t, v.Org.Name, ui.Link{Label: b.t("bureau.title"), Href: "/bureau"}, ui.Link{Label: b.zoneName(v.Org.Zone), Href: "/bureau/zones/" + v.Org.Zone})
	h.Sub = b.industryName(v.Org.Industry) + " · " + b.t("size."+v.Org.Size) + " · " + asOf(b.c, b.t, v.AsOf)
	h.Badges = []ui.Badge{resumeBadge(b.t, v.Org.Resume)}
	return h
}

func resumeBadge(t ui.Translate, status string) ui.Badge {
	tone, icon := ui.ToneNeutral, "away"
	switch status {
	case "full":
		tone, icon = ui.ToneOK, "check"
	case "partial":
		tone, icon = ui.ToneInfo, "clock"
	}
	return ui.Badge{Label: t("resume." + status), Tone: tone, Icon: icon}
}

func (b *builder) notice(v rollup.View) *ui.Notice {
	switch {
	case v.AsOf.IsZero():
		return &ui.Notice{Tone: ui.ToneInfo, Title: b.t("bureau.empty"), Text: b.t("bureau.empty_hint")}
	case v.Hidden:
		return &ui.Notice{Tone: ui.ToneInfo, Text: b.t("bureau.hidden", "Least", rollup.SmallCell)}
	}
	return nil
}

func (b *builder) stats(v rollup.View) []ui.Stat {
	if v.AsOf.IsZero() || v.Hidden {
		return nil
	}
	rate := b.rate(v.Total, v.AsOf)
	rate.Label = ""
	stats := []ui.Stat{
		{Label: b.t("bureau.test_rate"), Rate: &rate},
		{Label: b.t("bureau.untested"), Value: ui.Number(v.Total.Untested()), Unit: b.t("bureau.people"), Icon: "alert", Tone: toneIf(v.Total.Untested() > 0, ui.ToneDanger),
			Sub: b.t("bureau.untested_sub", "Overdue", ui.Number(v.Total.Overdue), "NoRecord", ui.Number(v.Total.NoRecord))},
		{Label: b.t("state.pending"), Value: ui.Number(v.Total.Pending), Unit: b.t("bureau.people"), Icon: "tube", Tone: ui.ToneInfo},
		{Label: b.t("bureau.held"), Value: ui.Number(v.Total.Held), Unit: b.t("bureau.people"), Icon: "stop", Tone: toneIf(v.Total.Held > 0, ui.ToneHeld),
			Sub: b.t("bureau.symptoms_sub", "N", ui.Number(v.Total.Symptoms))},
	}
	if v.Orgs > 1 {
		stats = append(stats, ui.Stat{Label: b.t("bureau.resumed"), Value: ui.Percent(v.Resumed, v.Orgs), Icon: "building",
			Sub: ui.Number(v.Resumed) + " / " + ui.Number(v.Orgs)})
	}
	return append(stats, ui.Stat{Label: b.t("bureau.on_post"), Value: ui.Percent(v.Total.Headcount-v.Total.OffPost, v.Total.Headcount), Icon: "people",
		Sub: ui.Number(v.Total.Headcount-v.Total.OffPost) + " / " + ui.Number(v.Total.Headcount)})
}

func toneIf(on bool, t ui.Tone) ui.Tone {
	if on {
		return t
	}
	return ui.ToneOK
}

func (b *builder) rate(f rollup.Figures, at time.Time) ui.Rate {
	return ui.NewRate(b.t, b.t("bureau.test_rate"), f.Tested, f.Owed, asOf(b.c, b.t, at))
}

func (b *builder) trend(v rollup.View) *ui.Chart {
	if len(v.Trend) < 2 || v.Hidden {
		return nil
	}
	labels, values := make([]string, len(v.Trend)), make([]float64, len(v.Trend))
	for i, w := range v.Trend {
		labels[i], values[i] = w.Week.Format("01-02"), math.NaN()
		if w.Owed >= rollup.SmallCell {
			values[i] = math.Floor(float64(w.Tested)*1000/float64(w.Owed)) / 10
		}
	}
	goal := 100.0
	chart := ui.NewTrend(b.t, ui.TrendSpec{ID: "trend", Title: b.t("bureau.trend"), AsOf: asOf(b.c, b.t, v.AsOf), Head: b.t("bureau.week_of"),
		Labels: labels, Series: []ui.Series{{Name: b.t("bureau.test_rate"), Values: values}}, Percent: true, Goal: &goal, GoalLabel: b.t("bureau.goal")})
	return &chart
}

func (b *builder) tiles(v rollup.View, divisions []org.Division) ui.TileMap {
	byKey := map[string]rollup.Group{}
	for _, g := range v.Groups {
		byKey[g.Key] = g
	}
	var areas []ui.Area
	for _, d := range divisions {
		if d.Kind == "city" {
			continue
		}
		a := ui.Area{Code: d.Code, Name: shortName(b.zoneName(d.Code)), Value: "—", Href: "/bureau/zones/" + d.Code}
		if g, ok := byKey[d.Code]; ok && !g.Hidden && g.Owed > 0 {
			a.Value, a.Level = ui.Percent(g.Tested, g.Owed), ui.RateLevel(g.Tested, g.Owed)
			a.Detail = fmt.Sprintf("%s / %s", ui.Number(g.Tested), ui.Number(g.Owed))
		}
		areas = append(areas, a)
	}
	return ui.NewTileMap(b.t, "map", b.t("bureau.map"), asOf(b.c, b.t, v.AsOf), areas)
}

// shortName leaves off what kind of area it is: an English name would not fit into its tile otherwise.
func shortName(name string) string {
	for _, kind := range []string{" District", " County", " Zone"} {
		name = strings.TrimSuffix(name, kind)
	}
	return name
}

func (b *builder) heat(cells []rollup.Cell, at time.Time) *ui.Heatmap {
	m := ui.Heatmap{ID: "heat", Title: b.t("bureau.heat"), AsOf: asOf(b.c, b.t, at), Corner: b.t("bureau.zone"), Legend: ui.RateLegend(b.t)}
	column := map[time.Time]int{}
	for _, c := range cells {
		column[c.Week] = 0
	}
	weeks := sortedWeeks(column)
	for i, w := range weeks {
		column[w] = i
		m.Cols = append(m.Cols, w.Format("01-02"))
	}
	row := map[string]int{}
	for _, c := range cells {
		i, ok := row[c.Key]
		if !ok {
			i = len(m.Rows)
			row[c.Key] = i
			m.Rows = append(m.Rows, ui.HeatRow{Label: b.zoneName(c.Key), Href: "/bureau/zones/" + c.Key, Cells: make([]ui.HeatCell, len(weeks))})
		}
		m.Rows[i].Cells[column[c.Week]] = ui.NewHeatCell(b.t, c.Tested, c.Owed, rollup.SmallCell)
	}
	return &m
}
