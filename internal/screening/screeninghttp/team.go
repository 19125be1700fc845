package screeninghttp

import (
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

type teamPage struct {
	httpd.Base
	Head  ui.PageHead
	Teams *ui.Toolbar
	Ticks []ui.Action // tick those who are due, or everyone, or nobody
	Form  *ui.Form
	Empty *ui.Empty
}

func (h *Handlers) team(c echo.Context) error { return h.showTeam(c, 200, nil, nil) }

// chosenTeam is the team of the address, or the only one there is; 0 when none is chosen yet.
func chosenTeam(c echo.Context, teams []screening.Team) int64 {
	id := queryInt(c.QueryParams(), "team")
	if slices.ContainsFunc(teams, func(t screening.Team) bool { return t.ID == id }) {
		return id
	}
	if len(teams) == 1 {
		return teams[0].ID
	}
	return 0
}

// showTeam shows the form for a team; f is nil when nothing was entered yet.
func (h *Handlers) showTeam(c echo.Context, status int, f *sampleForm, fault error) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	teams, err := h.samples.Teams(ctx, sc)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	id := chosenTeam(c, teams)
	p := newTeamPage(t, sc, teams, id)
	if id == 0 {
		return httpd.Render(c, status, "screening/team", p)
	}
	members, err := h.samples.Members(ctx, sc, []int64{id}, now)
	if err != nil {
		return err
	}
	places, err := h.samples.Institutions(ctx, sc, 0, now)
	if err != nil {
		return err
	}
	if f == nil {
		b := blank(c, places)
		f = &b
	}
	p.fill(c, t, id, members, *f, places, fault)
	return httpd.Render(c, status, "screening/team", p)
}

// newTeamPage is the page before a team is chosen.
func newTeamPage(t ui.Translate, sc authz.Scope, teams []screening.Team, id int64) *teamPage {
	back := ui.Link{Label: t("screening.title"), Href: "/samples"}
	if !sc.Can(authz.SampleRecord) {
		back = ui.Link{Label: t("screening.back.team"), Href: "/team"}
	}
	p := &teamPage{Head: ui.NewHead(t, t("screening.new.team"), back), Teams: ui.NewToolbar(t, "/samples/new", "team"),
		Empty: &ui.Empty{Icon: "people", Title: t("screening.team.choose"), Text: t("screening.team.choose.hint")}}
	p.Head.Sub = t("screening.new.team.sub")
	p.Teams.Words.Submit = t("screening.team.choose")
	p.Teams.Selects = []ui.Select{{Name: "team", Label: t("screening.field.team"),
		Options: ui.Choose(append([]ui.Option{{Label: t("screening.team.none")}}, teamOptions(teams)...), strconv.FormatInt(id, 10))}}
	return p
}

// fill adds the form for the members of the chosen team.
func (p *teamPage) fill(c echo.Context, t ui.Translate, id int64, members []screening.Member, f sampleForm, places []string, fault error) {
	if len(members) == 0 {
		p.Empty = &ui.Empty{Icon: "people", Title: t("screening.team.empty"), Text: t("screening.team.empty.hint")}
		return
	}
	here := "/samples/new?team=" + strconv.FormatInt(id, 10)
	p.Ticks = []ui.Action{{Label: t("screening.tick.due"), Href: here + "&tick=due", Icon: "clock"},
		{Label: t("screening.tick.all"), Href: here + "&tick=all", Icon: "check"}, {Label: t("screening.tick.none"), Href: here, Kind: ui.KindQuiet}}
	people := ui.Field{Kind: ui.FieldChecks, Name: "people", Label: t("screening.field.people"), Required: true, Inline: true,
		Options: people(c, t, members, f.People), Error: httpd.FieldError(c, fault, "people")}
	form := ui.NewGroupedForm(t, here, t("screening.submit"),
		ui.FieldGroup{Legend: t("screening.group.people"), Fields: []ui.Field{people}},
		ui.FieldGroup{Legend: t("screening.group.sample"), Fields: f.fields(c, places, fault)})
	form.Note = t("screening.next.pending")
	p.Form, p.Empty = &form, nil
}

// people are the members as choices; who is due comes first.
func people(c echo.Context, t ui.Translate, members []screening.Member, ticked []string) []ui.Option {
	tick := c.QueryParam("tick")
	out := make([]ui.Option, len(members))
	for i, m := range members {
		id := strconv.FormatInt(m.ID, 10)
		due := m.Duty <= screening.DutyDue
		out[i] = ui.Option{Value: id, Label: m.Name, Hint: t("screening.duty." + m.Duty.String())}
		if c.Request().Method == "GET" {
			out[i].Selected = tick == "all" && m.Duty != screening.DutyAway || tick == "due" && due
		} else {
			out[i].Selected = slices.Contains(ticked, id)
		}
	}
	return out
}

func (h *Handlers) recordTeam(c echo.Context) error {
	var f sampleForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	in, faults := f.input(c)
	var ins []screening.Input
	for _, person := range f.People {
		id, err := strconv.ParseInt(person, 10, 64)
		if err != nil {
			return errs.Missing()
		}
		in.Employee = id
		ins = append(ins, in)
	}
	if len(ins) == 0 {
		faults.Add("people", "screening.refused.nobody")
	}
	if err := faults.Err(); err != nil {
		return h.showTeam(c, 422, &f, err)
	}
	sc := httpd.ScopeOf(c)
	outcomes, err := h.samples.RecordBatch(c.Request().Context(), sc, ins, httpd.NowOf(c))
	if err != nil {
		return err
	}
	n := count(outcomes)
	if n[screening.Refused] == len(ins) {
		if fault := outcomes[0].Fault(); errs.FieldsOf(fault) == nil {
			return fault
		}
		return h.showTeam(c, 422, &f, outcomes[0].Fault())
	}
	return h.reportTeam(c, sc, n)
}

func count(outcomes []screening.Outcome) map[screening.Kind]int {
	n := map[screening.Kind]int{}
	for _, o := range outcomes {
		n[o.Kind]++
	}
	return n
}

// reportTeam says what became of the batch. A leader is not told what was known before.
func (h *Handlers) reportTeam(c echo.Context, sc authz.Scope, n map[screening.Kind]int) error {
	taken := n[screening.Added] + n[screening.Updated] + n[screening.Conflict] + n[screening.Duplicate]
	if !sc.Can(authz.SampleRecord) {
		return httpd.Done(c, "/team", "screening.done.team", "N", taken, "Refused", n[screening.Refused])
	}
	if n[screening.Conflict] > 0 {
		httpd.Flash(c, ui.ToneWarn, "screening.done.team_conflict", "N", taken, "Conflicts", n[screening.Conflict], "Refused", n[screening.Refused])
		return c.Redirect(303, "/samples?flagged=1")
	}
	return httpd.Done(c, "/samples", "screening.done.team", "N", taken, "Refused", n[screening.Refused])
}
