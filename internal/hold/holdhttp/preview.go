package holdhttp

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
)

// previewPage shows whom an order concerns before it is done.
type previewPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Facts   ui.Facts
	Form    ui.Form
	Table   ui.Table
}

// preview answers a form with what it would do, or with the form and its faults.
func (h *handlers) preview(act string) echo.HandlerFunc {
	return func(c echo.Context) error {
		var in orderForm
		if err := httpd.Bind(c, &in); err != nil {
			return err
		}
		return h.showPreview(c, 200, act, in, nil)
	}
}

func (h *handlers) showPreview(c echo.Context, status int, act string, in orderForm, notices []ui.Notice) error {
	o, faults := in.order(c, act)
	p, err := h.groups.Preview(c.Request().Context(), httpd.ScopeOf(c), o, httpd.NowOf(c))
	if err := merge(faults, err); err != nil {
		if len(errs.FieldsOf(err)) > 0 {
			return h.showForm(c, 422, act, in, err)
		}
		return err
	}
	teams, err := h.teamOptions(c)
	if err != nil {
		return err
	}
	v := previewView{readerOf(c), p}
	page := &previewPage{Head: v.head(), Notices: append(notices, v.notices()...), Facts: v.facts(teams), Form: v.form(in), Table: v.table()}
	return httpd.Render(c, status, "hold/preview", page)
}

// merge adds the faults of an error to those that were found before it.
func merge(found errs.Fields, err error) error {
	fields := errs.FieldsOf(err)
	if err != nil && len(fields) == 0 {
		return err
	}
	for name, m := range fields {
		if _, taken := found[name]; !taken {
			found[name] = m
		}
	}
	return found.Err()
}

// previewView makes the parts of the page, which a proposed group act shows as well.
type previewView struct {
	reader
	p hold.Preview
}

func (v previewView) head() ui.PageHead {
	act := v.p.Order.Act
	return ui.NewHead(v.t, v.t("hold."+act+".check"), ui.Link{Label: v.t("hold.list"), Href: "/holds"})
}

func (v previewView) notices() []ui.Notice {
	var out []ui.Notice
	if v.p.Due == 0 {
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: v.t("hold." + v.p.Order.Act + ".nobody")})
	}
	if v.p.Second() {
		out = append(out, ui.Notice{Tone: ui.ToneInfo, Title: v.t("hold.second.title", "N", v.p.Due), Text: v.t("hold.second.text", "Limit", hold.GroupLimit)})
	}
	if len(v.p.Unknown) > 0 {
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Title: v.t("hold.unknown", "N", len(v.p.Unknown)), Text: strings.Join(v.p.Unknown, v.t("hold.comma"))})
	}
	return out
}

// facts say what shall be done.
func (v previewView) facts(teams []ui.Option) ui.Facts {
	o := v.p.Order
	items := []ui.Fact{{Label: v.t("hold.field.kind"), Value: v.Kind(o.Kind)}, {Label: v.t("hold.way"), Value: v.Rule(v.p.Rule)}}
	if o.Who.By != hold.ByPerson {
		items = append(items, ui.Fact{Label: v.t("hold.field.who"), Value: v.who(o.Who, teams)})
	}
	add := func(key, value string) {
		if value != "" {
			items = append(items, ui.Fact{Label: v.t(key), Value: value})
		}
	}
	if o.Act == hold.ActRelease {
		add("common.reason", o.Note)
		add("hold.field.document", o.Document)
		return ui.Facts{Columns: true, Items: items}
	}
	add("hold.field.ground", v.Ground(o.Ground))
	add("hold.field.from", v.when(o.From))
	if !o.To.IsZero() {
		add("hold.field.to", v.when(o.To))
	}
	add("hold.field.note", o.Note)
	return ui.Facts{Columns: true, Items: items}
}

// form does what is shown, or leads back to change it.
func (v previewView) form(in orderForm) ui.Form {
	act := v.p.Order.Act
	to := "/holds/" + path(act)
	key := "hold." + act + ".do"
	if v.p.Second() {
		key = "hold." + act + ".propose"
	}
	f := ui.NewForm(v.t, to+"/commit", v.t(key, "N", ui.Number(v.p.Due)))
	f.Hidden = append(in.params(), ui.Param{Name: "tag", Value: v.p.Tag()})
	f.Also = &ui.Action{Label: v.t("hold.form.back"), Href: to + "/back", Icon: "left"}
	if v.p.Due == 0 {
		f = ui.NewForm(v.t, to+"/back", v.t("hold.form.back"))
		f.Hidden = in.params()
	}
	return f
}

func (v previewView) table() ui.Table {
	tb := ui.NewTable(v.t, "people", v.t("hold.people"))
	tb.Columns = []ui.Column{{Label: v.t("hold.field.name"), Head: true}, {Label: v.t("hold.field.verdict")}, {Label: v.t("hold.field.open")}}
	for _, c := range v.p.People {
		verdict, tone := v.verdict(c)
		var open []string
		for _, h := range c.Holds {
			open = append(open, v.Kind(h.Kind))
		}
		tb.Rows = append(tb.Rows, ui.Row{Value: strconv.FormatInt(c.Employee, 10), Label: c.Name, Tone: tone, Cells: []ui.Cell{
			{Text: c.Name, Href: fileAddress(c.Employee), Sub: joined(c.EmployeeNo, c.Workshop, c.Team)}, verdict,
			ui.Text(strings.Join(open, v.t("hold.comma"))),
		}})
	}
	return tb
}

// verdict says what the order means for one person, and why.
func (v previewView) verdict(c hold.Candidate) (ui.Cell, ui.Tone) {
	b := ui.Badge{Label: v.t("hold.verdict." + v.p.Order.Act + "." + c.Verdict), Tone: ui.ToneNeutral, Icon: "away"}
	var why string
	switch {
	case c.Verdict == hold.WillAct && v.p.Order.Act == hold.ActPut:
		b.Tone, b.Icon = ui.ToneHeld, "stop"
	case c.Verdict == hold.WillAct:
		b.Tone, b.Icon = ui.ToneOK, "check"
	case c.Verdict == hold.NotYet:
		b.Tone, b.Icon = ui.ToneWarn, "hourglass"
		why = strings.Join(v.Missing(c.Check), v.t("hold.rule.and"))
	case c.Verdict == hold.IsHeld:
		why = v.t("hold.since", "At", v.when(c.Target.From))
	}
	return ui.Cell{Badges: []ui.Badge{b}, Sub: why}, b.Tone
}

// commit does what was previewed.
func (h *handlers) commit(act string) echo.HandlerFunc {
	return func(c echo.Context) error {
		var in orderForm
		if err := httpd.Bind(c, &in); err != nil {
			return err
		}
		o, faults := in.order(c, act)
		if err := faults.Err(); err != nil {
			return h.showForm(c, 422, act, in, err)
		}
		set, err := h.groups.Commit(c.Request().Context(), httpd.ScopeOf(c), o, in.Tag, httpd.NowOf(c))
		switch {
		case errs.Is(err, errs.Conflict):
			r := readerOf(c)
			return h.showPreview(c, 409, act, in, []ui.Notice{{Tone: ui.ToneWarn, Title: r.t("hold.changed"), Text: r.t("hold.changed.text")}})
		case len(errs.FieldsOf(err)) > 0:
			return h.showForm(c, 422, act, in, err)
		case err != nil:
			return err
		case set.ID == 0:
			return httpd.Done(c, "/employees/"+in.Employee, "hold."+act+".done", "N", 1)
		case set.State == hold.Proposed:
			return httpd.Done(c, "/holds/sets/"+number(set.ID), "hold.proposed", "N", set.People)
		}
		return httpd.Done(c, "/holds/sets/"+number(set.ID), "hold."+act+".done", "N", set.Outcome.Done)
	}
}
