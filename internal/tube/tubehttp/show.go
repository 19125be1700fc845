package tubehttp

import (
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/tube"
)

type showPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Rest    *ui.Action // gives the tube's result to those who lack it
	Meter   *ui.Progress
	Queue   *queue
	Acts    []ui.Action
	Others  string // members of other teams, whom a leader does not see
	Table   ui.Table
	Result  *ui.Form
	Correct bool // Result replaces one
	Faulty  bool // Result was entered and refused
	Facts   ui.Facts
}

// shown is what was entered on the page before, and what is wrong with it.
type shown struct {
	add    addForm
	result resultForm
	fault  error
}

func (h *Handlers) view(c echo.Context) error {
	return h.show(c, 200, shown{add: addForm{Team: c.QueryParam("team")}})
}

func (h *Handlers) show(c echo.Context, status int, s shown) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	v, err := h.tubes.View(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &showPage{Head: head(t, &v.Tube), Notices: notices(t, v), Meter: meter(t, &v.Tube), Acts: acts(t, v), Table: members(c, t, v), Facts: facts(c, t, &v.Tube)}
	if hidden := v.Tube.Members - len(v.Members); hidden > 0 {
		p.Others = t("tube.others", "N", hidden)
	}
	if v.Tube.State() == tube.Open && v.Tube.Room() > 0 {
		if p.Queue, err = h.queue(c, v, s.add, s.fault); err != nil {
			return err
		}
	}
	if v.Results && v.Tube.State() != tube.Open && v.Tube.State() != tube.Void {
		p.Correct = v.Tube.Result != regime.ResultPending
		form := resultFields(c, t, &v.Tube, s.result, s.fault)
		p.Result, p.Rest, p.Faulty = &form, rest(t, &v.Tube), form.Errors != nil
	}
	return httpd.Render(c, status, "tube/show", p)
}

func head(t ui.Translate, x *tube.Tube) ui.PageHead {
	h := ui.NewHead(t, x.Barcode, ui.Link{Label: t("tube.title"), Href: "/tubes"})
	h.Badges = []ui.Badge{stateBadge(t, x.State())}
	h.Sub = t("tube.sub", "Mode", modeLabel(t, x.Mode), "Place", x.Institution)
	return h
}

// notices say what the tube's state asks for.
func notices(t ui.Translate, v tube.View) []ui.Notice {
	var out []ui.Notice
	switch v.Tube.State() {
	case tube.Abnormal:
		out = append(out, ui.Notice{Tone: ui.ToneHeld, Title: t("tube.abnormal.title"), Text: t("tube.abnormal.text")})
	case tube.Invalid:
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: t("tube.invalid.title"), Text: t("tube.invalid.text")})
	case tube.Resolved:
		out = append(out, ui.Notice{Tone: ui.ToneOK, Text: t("tube.resolved.text")})
	}
	if v.Tube.Lacking > 0 {
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: t("tube.lacking.title", "N", v.Tube.Lacking, "Result", t("result."+v.Tube.Result.String())),
			Text: t("tube.lacking.text")})
	}
	return out
}

// meter shows how full an open tube is, or how far the members of an abnormal one have come.
func meter(t ui.Translate, x *tube.Tube) *ui.Progress {
	switch s := x.State(); {
	case s == tube.Open:
		p := &ui.Progress{ID: "meter", Title: t("tube.meter.full"), Tone: ui.ToneInfo, Done: people(x.Members, x.Size()), Percent: share(x.Members, x.Size())}
		if x.Members > 0 {
			p.Actions = []ui.Action{seal(t, x)}
		}
		return p
	case (s == tube.Abnormal || s == tube.Resolved) && x.Members > 0 && (x.Settled > 0 || x.Owing == x.Members):
		p := &ui.Progress{ID: "meter", Title: t("tube.meter.settled"), Tone: ui.ToneHeld, Done: people(x.Settled, x.Members), Percent: share(x.Settled, x.Members)}
		if s == tube.Resolved {
			p.Tone = ui.ToneOK
		}
		return p
	}
	return nil
}

func share(n, of int) int {
	if of == 0 {
		return 0
	}
	return n * 100 / of
}

// acts are the buttons below the members: what may be done with the tube as a whole.
func acts(t ui.Translate, v tube.View) []ui.Action {
	here := address(v.Tube.ID)
	label := ui.Action{Label: t("tube.label"), Href: here + "/label", Icon: "print", Kind: ui.KindQuiet}
	void := ui.NewDialog(t, "void", ui.Action{Label: t("tube.void"), Icon: "close", Kind: ui.KindQuiet}, here+"/void")
	void.Text, void.Kind = t("tube.void.text"), ui.KindDanger
	void.Fields = []ui.Field{reason(t, "void")}
	switch s := v.Tube.State(); {
	case s == tube.Open && v.Tube.Members == 0:
		return []ui.Action{{Dialog: void}}
	case s == tube.Open:
		return []ui.Action{label, {Dialog: void}}
	case s == tube.Sealed && v.Tube.Result == regime.ResultPending:
		return []ui.Action{label, {Label: t("tube.reopen"), Href: here + "/reopen", Icon: "undo", Kind: ui.KindQuiet, Post: true}, {Dialog: void}}
	case s == tube.Void:
		return nil
	}
	return []ui.Action{label}
}

// seal closes the tube; once it is full, that is what there is to do.
func seal(t ui.Translate, x *tube.Tube) ui.Action {
	a := ui.Action{Label: t("tube.seal"), Href: address(x.ID) + "/seal", Icon: "check", Post: true}
	if x.Room() == 0 {
		a.Kind = ui.KindPrimary
	}
	return a
}

func reason(t ui.Translate, id string) ui.Field {
	return ui.Field{Kind: ui.FieldText, Name: "reason", ID: id + "-reason", Label: t("common.reason"), Hint: t("common.reason_hint"), Required: true, MaxLength: 200}
}

func facts(c echo.Context, t ui.Translate, x *tube.Tube) ui.Facts {
	var items []ui.Fact
	add := func(field, value, sub string) {
		if value != "" {
			items = append(items, ui.Fact{Label: t("tube.field." + field), Value: value, Sub: sub})
		}
	}
	add("mode", modeLabel(t, x.Mode), "")
	add("institution", x.Institution, "")
	add("lab", x.Lab, "")
	add("opened_at", at(c, x.OpenedAt), ui.Actor(t, x.OpenedBy))
	if !x.SealedAt.IsZero() {
		add("sealed_at", at(c, x.SealedAt), "")
	}
	if !x.ReportedAt.IsZero() {
		add("reported_at", at(c, x.ReportedAt), x.ResultedBy)
	}
	return ui.Facts{Columns: true, Items: items}
}

// order puts those first who are to be swabbed, then those who wait.
var order = []tube.Stage{tube.Due, tube.Again, tube.Taken, tube.Stands, tube.Released, tube.Cleared, ""}

// members lists who is in the tube and what is asked of each.
func members(c echo.Context, t ui.Translate, v tube.View) ui.Table {
	tb := ui.NewTable(t, "members", t("tube.members"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: t("tube.field.name"), Head: true}, {Label: t("tube.field.sampled_at")}, {Label: t("common.status")},
		{Label: t("common.actions"), Tight: true}}
	sc := httpd.ScopeOf(c)
	slices.SortStableFunc(v.Members, func(a, b tube.Member) int { return slices.Index(order, a.Stage) - slices.Index(order, b.Stage) })
	for i := range v.Members {
		m := &v.Members[i]
		name := ui.Cell{Text: m.Name, Sub: m.EmployeeNo + " " + teamName(m.Workshop, m.TeamName)}
		if sc.Can(authz.EmployeeView) {
			name.Href = "/employees/" + strconv.FormatInt(m.Employee, 10)
		}
		row := ui.Row{Value: m.Key.String(), Label: m.Name, Cells: []ui.Cell{name,
			{Text: at(c, m.SampledAt), DateTime: m.SampledAt.Format(time.RFC3339)}, status(c, t, v, m), {Actions: memberActs(c, t, v, m)}}}
		if m.Stage == tube.Due {
			row.Tone = ui.ToneHeld
		}
		tb.Rows = append(tb.Rows, row)
	}
	tb.Empty = ui.Empty{Icon: "people", Title: t("tube.members.none"), Text: t("tube.members.none.hint")}
	return tb
}

// status says how far a member has come. A single result stands under its own name.
func status(c echo.Context, t ui.Translate, v tube.View, m *tube.Member) ui.Cell {
	var cell ui.Cell
	if m.Stage != "" {
		cell.Badges = append(cell.Badges, stageBadge(t, m.Stage))
	}
	if m.Single != nil {
		badge, sub := single(t, c, m.Single)
		if m.Stage == tube.Stands {
			cell.Badges = append(cell.Badges, badge)
		}
		cell.Sub = sub
	}
	if v.Results && v.Tube.Result != regime.ResultPending && m.Result != v.Tube.Result {
		cell.Badges = append(cell.Badges, poolBadge(t, m.Result))
	}
	if m.Flagged {
		cell.Badges = append(cell.Badges, ui.Badge{Label: t("screening.flag.conflict"), Tone: ui.ToneWarn, Icon: "alert"})
	}
	if m.Held {
		cell.Badges = append(cell.Badges, ui.StandingBadge(t, "held"))
	}
	return cell
}

// memberActs are what may be done for one member.
func memberActs(c echo.Context, t ui.Translate, v tube.View, m *tube.Member) []ui.Action {
	here, id := memberAddress(v.Tube.ID, m.Employee), strconv.FormatInt(m.Employee, 10)
	enter := ui.Action{Label: t("tube.single.enter"), Href: here + "/single", Icon: "edit", Kind: ui.KindQuiet}
	switch s := v.Tube.State(); {
	case m.Stage == tube.Due && v.Results:
		return []ui.Action{{Label: t("tube.single.taken"), Href: here + "/taken", Icon: "tube", Post: true}, enter}
	case m.Stage == tube.Due:
		return []ui.Action{{Label: t("tube.single.taken"), Href: here + "/taken", Icon: "tube", Post: true}}
	case m.Stage == tube.Taken && v.Results:
		enter.Kind = ui.KindPlain
		return []ui.Action{enter}
	case s == tube.Open || s == tube.Sealed && v.Tube.Result == regime.ResultPending && v.Results:
		return []ui.Action{{Dialog: timeDialog(c, t, here, id, m)}, {Dialog: removeDialog(t, here, id, m)}}
	}
	return nil
}

func timeDialog(c echo.Context, t ui.Translate, here, id string, m *tube.Member) *ui.Dialog {
	d := ui.NewDialog(t, "time-"+id, ui.Action{Label: t("tube.time"), Icon: "clock", Kind: ui.KindQuiet}, here+"/time")
	d.Title = t("tube.time.title", "Name", m.Name)
	d.Fields = []ui.Field{{Kind: ui.FieldDateTime, Name: "sampled_at", ID: "time-" + id + "-at", Label: t("tube.field.sampled_at"), Required: true,
		Value: httpd.InputTime(c, m.SampledAt)}, reason(t, "time-"+id)}
	return d
}

func removeDialog(t ui.Translate, here, id string, m *tube.Member) *ui.Dialog {
	d := ui.NewDialog(t, "remove-"+id, ui.Action{Label: t("tube.remove"), Icon: "close", Kind: ui.KindQuiet}, here+"/remove")
	d.Title, d.Text, d.Kind = t("tube.remove.title", "Name", m.Name), t("tube.remove.text"), ui.KindDanger
	d.Fields = []ui.Field{reason(t, "remove-"+id)}
	return d
}
