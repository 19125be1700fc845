package disputehttp

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

type correctPage struct {
	httpd.Base
	Head ui.PageHead
	Tabs ui.Tabs
	Form ui.Form
}

// batchForm is a batch as entered: which records, and what of them changes.
type batchForm struct {
	Kind        string `form:"kind"`
	Numbers     string `form:"numbers"`
	Team        string `form:"team"`
	From        string `form:"from"`
	To          string `form:"to"`
	Chosen      string `form:"chosen"` // only records with this result
	Place       string `form:"place"`  // only records from there
	Barcode     string `form:"barcode"`
	Day         string `form:"day"`
	Clock       string `form:"clock"`
	Result      string `form:"result"`
	ReportedAt  string `form:"reported_at"`
	Institution string `form:"institution"`
	Mode        string `form:"mode"`
}

// params repeats the form, for the step that follows.
func (f *batchForm) params() []ui.Param {
	all := []ui.Param{{Name: "kind", Value: f.Kind}, {Name: "numbers", Value: f.Numbers}, {Name: "team", Value: f.Team}, {Name: "from", Value: f.From},
		{Name: "to", Value: f.To}, {Name: "chosen", Value: f.Chosen}, {Name: "place", Value: f.Place}, {Name: "barcode", Value: f.Barcode},
		{Name: "day", Value: f.Day}, {Name: "clock", Value: f.Clock}, {Name: "result", Value: f.Result}, {Name: "reported_at", Value: f.ReportedAt},
		{Name: "institution", Value: f.Institution}, {Name: "mode", Value: f.Mode}}
	return slices.DeleteFunc(all, func(p ui.Param) bool { return p.Value == "" })
}

// change reads the form; what is no time is a fault of its field, all else the service judges.
func (f *batchForm) change(c echo.Context) (dispute.Change, errs.Fields) {
	faults := errs.Fields{}
	day := func(name, value string) time.Time {
		if value == "" {
			return time.Time{}
		}
		at, err := httpd.LocalTime(c, value+"T00:00")
		if err != nil {
			faults.Add(name, "dispute.refused.day")
		}
		return at
	}
	team, _ := strconv.ParseInt(f.Team, 10, 64) // nonsense is every team
	ch := dispute.Change{Kind: dispute.Kind(f.Kind), KeepClock: f.Kind == string(dispute.Move) && f.Clock == "", Zone: httpd.ZoneOf(c),
		Institution: f.Institution, Mode: regime.CollectMode(f.Mode),
		Selection: dispute.Selection{Numbers: split(f.Numbers), Team: team, From: day("from", f.From), To: day("to", f.To), Result: f.Chosen,
			Institution: f.Place, Barcode: f.Barcode}}
	if to := &ch.Selection.To; !to.IsZero() {
		*to = to.AddDate(0, 0, 1)
	}
	ch.SampledAt = day("day", f.Day)
	if f.Clock != "" && f.Day != "" {
		at, err := httpd.LocalTime(c, f.Day+"T"+f.Clock)
		if err != nil {
			faults.Add("clock", "dispute.refused.clock")
		}
		ch.SampledAt = at
	}
	if f.Clock == "" && f.Kind == string(dispute.Add) {
		faults.Add("clock", "error.required")
	}
	if f.Result != "" {
		result, err := regime.ParseResult(f.Result)
		if err != nil || result == regime.Cancelled {
			faults.Add("result", "error.choice")
		}
		ch.Result = result
	}
	if f.ReportedAt != "" {
		at, err := httpd.LocalTime(c, f.ReportedAt)
		if err != nil {
			faults.Add("reported_at", "error.datetime")
		}
		ch.ReportedAt = at
	}
	return ch, faults
}

// split reads pasted numbers, however they are parted.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、", r) })
}

func (h *Handlers) newBatch(c echo.Context) error {
	var f batchForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	if !slices.Contains(dispute.Kinds(), dispute.Kind(f.Kind)) {
		f.Kind = string(dispute.Move)
	}
	if c.Request().Method == "GET" && f.To == "" {
		now := httpd.NowOf(c).In(httpd.ZoneOf(c))
		f.From, f.To = now.AddDate(0, 0, -7).Format(time.DateOnly), now.Format(time.DateOnly)
	}
	return h.showBatchForm(c, 200, f, nil)
}

func (h *Handlers) showBatchForm(c echo.Context, status int, f batchForm, fault error) error {
	teams, err := h.samples.Teams(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &correctPage{Head: ui.NewHead(w.t, w.t("dispute.correct.title"), ui.Link{Label: w.t("dispute.batches.title"), Href: "/corrections"}),
		Tabs: ui.Tabs{Label: w.t("dispute.correct.what"), Segmented: true}}
	p.Head.Sub = w.t("dispute.correct.sub")
	for _, k := range dispute.Kinds() {
		p.Tabs.Items = append(p.Tabs.Items, ui.Tab{Label: w.t("dispute.kind." + string(k)), Href: "/corrections/new?kind=" + string(k), Current: f.Kind == string(k)})
	}
	groups := []ui.FieldGroup{{Legend: w.t("dispute.group.which"), Hint: w.t("dispute.group.which." + f.group()), Fields: f.choosing(w, teams)}}
	if fields := f.changing(w); len(fields) > 0 {
		groups = append(groups, ui.FieldGroup{Legend: w.t("dispute.group.change"), Fields: fields})
	}
	for _, g := range groups {
		for i := range g.Fields {
			g.Fields[i].Label = w.t("dispute.field." + g.Fields[i].Name)
			g.Fields[i].Error = httpd.FieldError(c, fault, g.Fields[i].Name)
		}
	}
	p.Form = ui.NewGroupedForm(w.t, "/corrections/preview", w.t("dispute.correct.preview"), groups...)
	p.Form.Hidden = []ui.Param{{Name: "kind", Value: f.Kind}}
	p.Form.Note = w.t("dispute.correct.note", "Max", ui.Number(dispute.MaxRows))
	return httpd.Render(c, status, "dispute/correct", p)
}

// group tells whether people or records are chosen.
func (f *batchForm) group() string {
	if f.Kind == string(dispute.Add) {
		return "people"
	}
	return "records"
}

func (f *batchForm) choosing(w words, teams []screening.Team) []ui.Field {
	all := []ui.Option{{Label: w.t("common.all")}}
	of := []ui.Option{{Label: w.t("dispute.any_team")}}
	for _, t := range teams {
		of = append(of, ui.Option{Value: id(t.ID), Label: teamName(t.Workshop, t.Name)})
	}
	fields := []ui.Field{{Kind: ui.FieldTextarea, Name: "numbers", Value: f.Numbers, Hint: w.t("dispute.hint.numbers")},
		{Kind: ui.FieldSelect, Name: "team", Options: ui.Choose(of, f.Team)}}
	if f.Kind == string(dispute.Add) {
		return fields
	}
	results := append(all, ui.Option{Value: dispute.ResultLate, Label: w.t("dispute.result_late")})
	for _, r := range screening.Results() {
		results = append(results, ui.Option{Value: r.String(), Label: w.t("result." + r.String())})
	}
	return append(fields,
		ui.Field{Kind: ui.FieldDate, Name: "from", Value: f.From, Required: true},
		ui.Field{Kind: ui.FieldDate, Name: "to", Value: f.To, Required: true},
		ui.Field{Kind: ui.FieldSelect, Name: "chosen", Options: ui.Choose(results, f.Chosen)},
		ui.Field{Kind: ui.FieldText, Name: "place", Value: f.Place, Hint: w.t("dispute.hint.place"), MaxLength: 80},
		ui.Field{Kind: ui.FieldText, Name: "barcode", Value: f.Barcode, MaxLength: 40})
}

func (f *batchForm) changing(w words) []ui.Field {
	results := make([]ui.Option, 0, 7)
	if f.Kind == string(dispute.Report) {
		results = append(results, ui.Option{Label: w.t("dispute.leave")})
	}
	for _, r := range screening.Results() {
		results = append(results, ui.Option{Value: r.String(), Label: w.t("result." + r.String())})
	}
	day := ui.Field{Kind: ui.FieldDate, Name: "day", Value: f.Day, Required: true}
	clock := ui.Field{Kind: ui.FieldTime, Name: "clock", Value: f.Clock}
	result := ui.Field{Kind: ui.FieldSelect, Name: "result", Options: ui.Choose(results, f.Result)}
	reported := ui.Field{Kind: ui.FieldDateTime, Name: "reported_at", Value: f.ReportedAt}
	switch dispute.Kind(f.Kind) {
	case dispute.Move:
		clock.Hint = w.t("dispute.hint.clock")
		return []ui.Field{day, clock}
	case dispute.Report:
		reported.Hint = w.t("dispute.hint.reported")
		return []ui.Field{result, reported}
	case dispute.Add:
		clock.Required, reported.Hint = true, w.t("dispute.hint.reported_new")
		return []ui.Field{day, clock, result, reported, {Kind: ui.FieldText, Name: "institution", Value: f.Institution, MaxLength: 80},
			{Kind: ui.FieldSelect, Name: "mode", Options: ui.Choose(options(w.t, "collect_mode.", screening.Modes()), f.Mode)}}
	}
	return nil
}
