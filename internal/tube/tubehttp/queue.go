package tubehttp

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/tube"
)

// queue is the part of an open tube's page that takes people in: one field for a scanned or typed number or name, and one large
// button for each person who may be next.
type queue struct {
	Label     string
	Add       string
	Other     string // time than now
	Action    string
	Team      string // kept from page to page
	Who       string
	Fault     string
	Hint      string
	Focus     bool // right after somebody was added: the next is scanned at once
	SampledAt ui.Field
	OtherTime bool
	Teams     *ui.Toolbar
	Title     string
	People    []candidate
	None      string
}

type candidate struct{ Value, Name, Hint string }

// addForm is one person on the way into a tube: a chosen one, or a text that means one.
type addForm struct {
	Employee  string `form:"employee"`
	Who       string `form:"who"`
	Team      string `form:"team"`
	SampledAt string `form:"sampled_at"`
}

// most bounds how many of a team are offered; the others are found by name.
const most = 60

// queue offers whom the text means, or else the members of the chosen team, who is due first. Whoever is in the tube is left out.
func (h *Handlers) queue(c echo.Context, v tube.View, f addForm, fault error) (*queue, error) {
	t := ui.Translate(httpd.PrinterOf(c).T)
	teams, err := h.samples.Teams(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return nil, err
	}
	team := chosen(f.Team, teams)
	q := &queue{Label: t("tube.queue.who"), Add: t("tube.queue.add"), Other: t("tube.queue.other_time"), Action: address(v.Tube.ID) + "/members", Team: team, Who: f.Who, Hint: t("tube.hint.who"), Focus: c.QueryParam("next") != "" || fault != nil,
		Fault: first(c, fault, "employee", "who"), OtherTime: f.SampledAt != "", Teams: teamFilter(t, v.Tube.ID, teams, team)}
	q.SampledAt = ui.Field{Kind: ui.FieldDateTime, Name: "sampled_at", Label: t("tube.field.sampled_at"), Value: f.SampledAt,
		Hint: t("tube.hint.sampled_at"), Error: httpd.FieldError(c, fault, "sampled_at")}
	return q, h.offer(c, q, v, f.Who)
}

// offer fills in whom the page offers.
func (h *Handlers) offer(c echo.Context, q *queue, v tube.View, who string) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	t := ui.Translate(httpd.PrinterOf(c).T)
	var found []screening.Member
	var err error
	switch {
	case who != "":
		found, err = h.samples.Find(ctx, sc, who, now)
		q.Title, q.None = t("tube.queue.found"), t("tube.queue.nobody")
	case q.Team != "":
		id, _ := strconv.ParseInt(q.Team, 10, 64) // one of the ids above
		found, err = h.samples.Members(ctx, sc, []int64{id}, now)
		q.Title, q.None = t("tube.queue.team"), t("tube.queue.all_in")
	}
	q.People = candidates(t, found, v.Members)
	switch {
	case len(q.People) == 0 && q.Fault != "":
		q.Title = "" // the fault says it all
	case who != "" && len(found) > 0:
		q.None = t("tube.queue.in_already")
	}
	return err
}

func candidates(t ui.Translate, found []screening.Member, in []tube.Member) []candidate {
	var out []candidate
	for _, m := range found {
		if len(out) == most {
			break
		}
		if !slices.ContainsFunc(in, func(x tube.Member) bool { return x.Employee == m.ID }) {
			out = append(out, candidate{strconv.FormatInt(m.ID, 10), m.Name, dutyHint(t, m)})
		}
	}
	return out
}

// chosen is the team asked for, or the only one there is.
func chosen(team string, teams []screening.Team) string {
	if slices.ContainsFunc(teams, func(x screening.Team) bool { return strconv.FormatInt(x.ID, 10) == team }) {
		return team
	}
	if len(teams) == 1 {
		return strconv.FormatInt(teams[0].ID, 10)
	}
	return ""
}

// teamFilter chooses the team whose people are offered; nil when there is nothing to choose.
func teamFilter(t ui.Translate, id int64, teams []screening.Team, chosen string) *ui.Toolbar {
	if len(teams) < 2 {
		return nil
	}
	tb := ui.NewToolbar(t, address(id), "queue")
	tb.Words.Submit = t("tube.queue.choose")
	opts := []ui.Option{{Label: t("tube.queue.no_team")}}
	for _, x := range teams {
		opts = append(opts, ui.Option{Value: strconv.FormatInt(x.ID, 10), Label: teamName(x.Workshop, x.Name)})
	}
	tb.Selects = []ui.Select{{Name: "team", Label: t("tube.field.team"), Options: ui.Choose(opts, chosen)}}
	return tb
}

// first is the first fault there is of some fields.
func first(c echo.Context, fault error, fields ...string) string {
	for _, f := range fields {
		if text := httpd.FieldError(c, fault, f); text != "" {
			return text
		}
	}
	return ""
}

// add takes the chosen person in, or the bearer of the whole employee number; any other text shows whom it may mean.
func (h *Handlers) add(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f addForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	faults := errs.Fields{}
	a := tube.Adding{SampledAt: timeField(c, faults, "sampled_at", f.SampledAt)}
	if err := faults.Err(); err != nil {
		return h.show(c, 422, shown{add: f, fault: err})
	}
	if a.Employee, err = h.person(c, f); err != nil {
		return err
	}
	if a.Employee == 0 {
		return h.unsure(c, f)
	}
	m, err := h.tubes.Add(ctx, sc, id, a, httpd.NowOf(c))
	if k := errs.FieldsOf(err)["employee"].Key; k == "tube.refused.full" || k == "tube.refused.sealed" {
		return warn(c, address(id), err) // its page has no queue any more
	}
	if errs.FieldsOf(err) != nil {
		return h.show(c, 422, shown{add: f, fault: err})
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, ui.Href(address(id), url.Values{}, "next", "1", "team", f.Team), "tube.done.added", "Name", m.Name)
}

// person is who is meant: the chosen one, or the one whose employee number was scanned or typed; 0 for nobody in particular.
func (h *Handlers) person(c echo.Context, f addForm) (int64, error) {
	if f.Employee != "" {
		id, err := strconv.ParseInt(f.Employee, 10, 64)
		if err != nil {
			return 0, errs.Missing()
		}
		return id, nil
	}
	found, err := h.samples.Find(c.Request().Context(), httpd.ScopeOf(c), f.Who, httpd.NowOf(c))
	if err != nil || len(found) == 0 || !strings.EqualFold(found[0].EmployeeNo, f.Who) {
		return 0, err
	}
	return found[0].ID, nil
}

// unsure shows whom a text may mean. A number that identifies a person elsewhere is not looked for and not shown again.
func (h *Handlers) unsure(c echo.Context, f addForm) error {
	faults := errs.Fields{}
	switch {
	case f.Who == "":
		faults.Add("who", "error.required")
	case employee.IsNumber(f.Who):
		f.Who = ""
		faults.Add("who", "tube.refused.number")
	default:
		return h.show(c, 200, shown{add: f})
	}
	return h.show(c, 422, shown{add: f, fault: faults.Err()})
}
