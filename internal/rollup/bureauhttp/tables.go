package bureauhttp

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/rollup"
)

// worstShown is how many enterprises a page names before it links to the whole list.
const worstShown = 10

func sortedWeeks(m map[time.Time]int) []time.Time {
	out := make([]time.Time, 0, len(m))
	for w := range m {
		out = append(out, w)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (b *builder) zones(v rollup.View) *ui.Table {
	return b.groups("zones", b.t("bureau.by_zone"), b.t("bureau.zone"), v, func(g rollup.Group) (string, string) {
		if g.Key == "" {
			return b.zoneName(g.Key), ""
		}
		return b.zoneName(g.Key), "/bureau/zones/" + g.Key
	})
}

func (b *builder) industries(v rollup.View) *ui.Table {
	return b.groups("industries", b.t("bureau.by_industry"), b.t("bureau.industry"), v, func(g rollup.Group) (string, string) {
		if g.Key == "" {
			return b.industryName(g.Key), ""
		}
		return b.industryName(g.Key), ui.Href("/bureau/orgs", nil, "zone", b.filter.Zone, "industry", g.Key)
	})
}

func (b *builder) groups(id, caption, first string, v rollup.View, name func(rollup.Group) (label, href string)) *ui.Table {
	t := ui.NewTable(b.t, id, caption)
	t.ShowCaption = true
	t.Columns = append([]ui.Column{{Label: first, Head: true}, {Label: b.t("bureau.orgs"), Numeric: true}}, b.figureColumns()...)
	t.Empty = ui.Empty{Icon: "building", Title: b.t("bureau.empty"), Text: b.t("bureau.empty_hint")}
	for _, g := range v.Groups {
		label, href := name(g)
		cells := []ui.Cell{{Text: label, Href: href}, ui.Count(g.Orgs)}
		t.Rows = append(t.Rows, ui.Row{Cells: append(cells, b.figures(g, v.AsOf)...)})
	}
	return &t
}

func (b *builder) figureColumns() []ui.Column {
	return []ui.Column{{Label: b.t("bureau.test_rate")}, {Label: b.t("bureau.untested"), Numeric: true}, {Label: b.t("state.pending"), Numeric: true},
		{Label: b.t("bureau.held"), Numeric: true}}
}

func (b *builder) figures(g rollup.Group, at time.Time) []ui.Cell {
	if g.Hidden {
		hidden := ui.HiddenRate(b.t, "", "")
		return []ui.Cell{{Rate: &hidden}, ui.Text("—"), ui.Text("—"), ui.Text("—")}
	}
	rate := ui.NewRate(b.t, "", g.Tested, g.Owed, "")
	return []ui.Cell{{Rate: &rate}, ui.Count(g.Untested()), ui.Count(g.Pending), ui.Count(g.Held)}
}

// worst lists the enterprises that need attention first.
func (b *builder) worst(v rollup.View) *ui.Table {
	shown := v
	if len(shown.Groups) > worstShown {
		shown.Groups = shown.Groups[:worstShown]
	}
	t := b.orgTable(shown)
	t.Caption, t.ShowCaption = b.t("bureau.worst"), true
	return &t
}

func (b *builder) orgTable(v rollup.View) ui.Table {
	t := ui.NewTable(b.t, "orgs", b.t("bureau.all_orgs"))
	t.Columns = append([]ui.Column{{Label: b.t("bureau.org"), Head: true}, {Label: b.t("bureau.zone")}}, b.figureColumns()...)
	t.Columns = append(t.Columns, ui.Column{Label: b.t("bureau.resume")})
	t.Empty = ui.Empty{Icon: "building", Title: b.t("bureau.empty"), Text: b.t("bureau.empty_hint")}
	for _, g := range v.Groups {
		cells := []ui.Cell{{Text: g.Org.Name, Href: "/bureau/orgs/" + g.Key, Sub: b.industryName(g.Org.Industry)}, ui.Text(b.zoneName(g.Org.Zone))}
		cells = append(cells, b.figures(g, v.AsOf)...)
		t.Rows = append(t.Rows, ui.Row{Cells: append(cells, ui.Badges(resumeBadge(b.t, g.Org.Resume)))})
	}
	return t
}
