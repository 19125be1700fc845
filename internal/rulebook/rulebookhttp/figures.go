package rulebookhttp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/rulebook"
)

// Figures are what a change would ask for, against what laboratories can do.
type Figures struct {
	Lead     string
	Stats    []ui.Stat
	Days     ui.Table
	Groups   *ui.Table
	Hidden   string   // groups that are not shown
	Capacity ui.Field // samples a day
	Path     string
	Note     string
}

// visible cuts a preview to what the reader may know: enterprises their own figures, bureaus no group so small that it would point
// at people, district bureaus their own line, and nobody else anything. The hidden groups are marked.
func visible(sc authz.Scope, c rulebook.Change) (p *rulebook.Preview, hidden []bool) {
	if c.Preview == nil {
		return nil, nil
	}
	cut := *c.Preview
	switch {
	case c.Enterprise != 0 && c.Enterprise == sc.Org:
		return &cut, make([]bool, len(cut.Groups))
	case !sc.Can(authz.BureauView):
		return nil, nil
	case c.Enterprise != 0:
		cut.Groups = nil
	case sc.Division != "":
		cut.Total = rulebook.Group{}
		for _, g := range cut.Groups {
			if g.Key == sc.Division {
				cut.Total = g
			}
		}
		cut.Groups = nil
	}
	if cut.Total.People < rollup.SmallCell {
		return nil, nil
	}
	people := make([]int, len(cut.Groups))
	for i, g := range cut.Groups {
		people[i] = g.People
	}
	return &cut, rollup.Suppress(people)
}

// figures are nil when there are none, or none for this reader.
func (v changeView) figures() *Figures {
	p, hidden := visible(httpd.ScopeOf(v.c), v.Change)
	if p == nil {
		return nil
	}
	text := strings.TrimSpace(v.c.QueryParam("capacity"))
	capacity, err := strconv.Atoi(text)
	if err != nil || capacity < 0 {
		capacity = 0
	}
	f := &Figures{Lead: v.lead(p.Total.More(3)), Path: v.path, Stats: v.stats(p), Days: v.days(p, capacity)}
	f.Groups, f.Hidden = v.groups(p, hidden)
	f.Note = v.t("rules.preview.note", "At", httpd.DateTime(v.Printer, p.At, httpd.ZoneOf(v.c)), "Orgs", ui.Number(p.Orgs))
	f.Capacity = ui.Field{Kind: ui.FieldNumber, Name: "capacity", Label: v.t("rules.capacity"), Value: text, Unit: v.t("rules.capacity.unit"), Autocomplete: "off"}
	if text != "" && capacity == 0 {
		f.Capacity.Error = v.t("rules.capacity.bad")
	}
	return f
}

// lead says in one sentence what the change asks for.
func (v changeView) lead(more int) string {
	at := httpd.DateTime(v.Printer, v.EffectiveAt, httpd.ZoneOf(v.c))
	switch {
	case more > 0:
		return v.t("rules.preview.lead_more", "At", at, "N", ui.Number(more))
	case more < 0:
		return v.t("rules.preview.lead_fewer", "At", at, "N", ui.Number(-more))
	}
	return v.t("rules.preview.lead_same", "At", at)
}

func signed(n int) string {
	switch {
	case n < 0:
		return "−" + ui.Number(-n)
	case n == 0:
		return "0"
	}
	return "+" + ui.Number(n)
}

func (v changeView) stats(p *rulebook.Preview) []ui.Stat {
	warn := func(n int, tone ui.Tone) ui.Tone {
		if n > 0 {
			return tone
		}
		return ui.ToneOK
	}
	more := p.Total.More(3)
	return []ui.Stat{
		{Label: v.t("rules.stat.more"), Value: signed(more), Unit: v.t("rules.samples"), Icon: "tube", Tone: warn(more, ui.ToneWarn),
			Sub: v.t("rules.stat.more_sub", "Before", ui.Number(p.Total.Before.Sum(3)), "After", ui.Number(p.Total.After.Sum(3)))},
		{Label: v.t("rules.stat.overdue"), Value: ui.Number(p.Total.Overdue), Unit: v.t("rules.persons"), Icon: "alert", Tone: warn(p.Total.Overdue, ui.ToneDanger),
			Sub: v.t("rules.stat.overdue_sub")},
		{Label: v.t("rules.stat.blocked"), Value: ui.Number(p.Total.Blocked), Unit: v.t("rules.persons"), Icon: "stop", Tone: warn(p.Total.Blocked, ui.ToneHeld),
			Sub: v.t("rules.stat.blocked_sub")},
		{Label: v.t("rules.stat.people"), Value: ui.Number(p.Total.People), Unit: v.t("rules.persons"), Icon: "people"},
	}
}

// days compares day by day, each with a bar: of the greatest number, or of what laboratories can do.
func (v changeView) days(p *rulebook.Preview, capacity int) ui.Table {
	tb := ui.NewTable(v.t, "days", v.t("rules.days"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: v.t("rules.day"), Head: true}, {Label: v.t("rules.preview.before")}, {Label: v.t("rules.preview.after")},
		{Label: v.t("rules.preview.more"), Numeric: true}}
	if capacity > 0 {
		tb.Columns = append(tb.Columns, ui.Column{Label: v.t("rules.capacity.left")})
	}
	most := 1
	for i := range rulebook.Days {
		most = max(most, capacity, p.Total.Before[i], p.Total.After[i])
	}
	for i, day := range p.Days {
		before, after := p.Total.Before[i], p.Total.After[i]
		tone := ui.ToneInfo
		if capacity > 0 && after > capacity {
			tone = ui.ToneDanger
		}
		row := ui.Row{Label: day, Cells: []ui.Cell{ui.Text(v.day(day)), {Rate: bar(before, most, ui.ToneNeutral)}, {Rate: bar(after, most, tone)}, ui.Text(signed(after - before))}}
		if capacity > 0 {
			row.Cells = append(row.Cells, ui.Badges(v.room(capacity-after)))
		}
		tb.Rows = append(tb.Rows, row)
	}
	return tb
}

func (v changeView) day(date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return httpd.Day(v.Printer, d)[len("2006-"):]
}

// bar is a number with a bar of its share of the greatest.
func bar(n, most int, tone ui.Tone) *ui.Rate {
	return &ui.Rate{Percent: ui.Number(n), Width: strconv.Itoa(int(math.Round(float64(n)*100/float64(most)))) + "%", Tone: tone}
}

func (v changeView) room(left int) ui.Badge {
	if left < 0 {
		return ui.Badge{Label: v.t("rules.capacity.short", "N", ui.Number(-left)), Tone: ui.ToneDanger, Icon: "alert"}
	}
	return ui.Badge{Label: v.t("rules.capacity.free", "N", ui.Number(left)), Tone: ui.ToneOK, Icon: "check"}
}

// groups shows the days of each reporting line or team, and names those that are hidden; nil if there is but one.
func (v changeView) groups(p *rulebook.Preview, hidden []bool) (*ui.Table, string) {
	if len(p.Groups) < 2 {
		return nil, ""
	}
	name := v.t("rules.group.line")
	if v.Enterprise != 0 {
		name = v.t("rules.group.team")
	}
	tb := ui.NewTable(v.t, "groups", v.t("rules.groups", "By", name))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: name, Head: true}, {Label: v.t("rules.stat.people"), Numeric: true}}
	for _, day := range p.Days {
		tb.Columns = append(tb.Columns, ui.Column{Label: day[len("2006-"):], Numeric: true})
	}
	tb.Columns = append(tb.Columns, ui.Column{Label: v.t("rules.stat.overdue"), Numeric: true})
	var small []string
	for i, g := range p.Groups {
		if hidden[i] {
			small = append(small, v.groupName(g.Key))
			continue
		}
		tb.Rows = append(tb.Rows, v.groupRow(g))
	}
	text := ""
	if len(small) > 0 {
		text = v.t("rules.groups.hidden", "Groups", strings.Join(small, v.t("rules.comma")))
	}
	if len(tb.Rows) == 0 {
		return nil, text
	}
	return &tb, text
}

func (v changeView) groupRow(g rulebook.Group) ui.Row {
	row := ui.Row{Label: v.groupName(g.Key), Cells: []ui.Cell{ui.Text(v.groupName(g.Key)), ui.Count(g.People)}}
	for d := range rulebook.Days {
		cell := ui.Count(g.After[d])
		if more := g.After[d] - g.Before[d]; more != 0 {
			cell.Sub = signed(more)
		}
		row.Cells = append(row.Cells, cell)
	}
	row.Cells = append(row.Cells, ui.Count(g.Overdue))
	return row
}

func (v changeView) groupName(key string) string {
	switch {
	case v.Enterprise == 0 && key == "":
		return v.t("rules.group.no_line")
	case key == "":
		return v.t("rules.group.no_team")
	case v.Enterprise == 0:
		return v.or(fmt.Sprintf("zone.%s", key), key)
	}
	return key
}
