package workerhttp

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
)

type teamPage struct {
	httpd.Base
	Head    ui.PageHead
	Stats   []ui.Stat
	Table   ui.Table
	Notices []ui.Notice
}

var duties = []screening.Duty{screening.DutyOverdue, screening.DutyDue, screening.DutyClear, screening.DutyAway}

var dutyFaces = map[screening.Duty]ui.Badge{
	screening.DutyOverdue: {Tone: ui.ToneDanger, Icon: "alert", Solid: true},
	screening.DutyDue:     {Tone: ui.ToneWarn, Icon: "clock"},
	screening.DutyClear:   {Tone: ui.ToneOK, Icon: "check"},
	screening.DutyAway:    {Tone: ui.ToneNeutral, Icon: "away"},
}

// team shows a leader who is due, the most pressing first. It knows no result and no symptom.
func (h *Handlers) team(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	members, err := h.Samples.Members(ctx, sc, sc.Teams, now)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	q := c.QueryParams()
	counts := map[screening.Duty]int{}
	for _, m := range members {
		counts[m.Duty]++
	}
	p := &teamPage{Head: ui.NewHead(t, t("worker.team")), Stats: stats(t, counts)}
	p.Head.Sub = t("worker.team.sub", "N", len(members))
	p.Head.Actions = headActions(t, sc)
	for _, notices := range h.Leader {
		more, err := notices(c)
		if err != nil {
			return err
		}
		p.Notices = append(p.Notices, more...)
	}
	shown := slices.DeleteFunc(slices.Clone(members), func(m screening.Member) bool {
		return q.Get("duty") != "" && m.Duty.String() != q.Get("duty") ||
			q.Get("team") != "" && strconv.FormatInt(m.Team, 10) != q.Get("team") ||
			!strings.Contains(m.Name, q.Get("q")) && m.EmployeeNo != q.Get("q")
	})
	p.Table = h.table(c, t, shown, len(members) == 0)
	p.Table.Toolbar = teamToolbar(c, t, members)
	p.Table.Pager = ui.NewPager(t, len(shown), len(shown), "", "")
	return httpd.Render(c, 200, "worker/team", p)
}

func headActions(t ui.Translate, sc authz.Scope) []ui.Action {
	actions := []ui.Action{{Label: t("worker.team.log"), Href: "/samples/new", Icon: "plus", Kind: ui.KindPrimary}}
	if len(sc.Teams) == 1 {
		actions[0].Href += "?tick=due&team=" + strconv.FormatInt(sc.Teams[0], 10)
	}
	if sc.Can(authz.InvitePrint) {
		actions = append(actions, ui.Action{Label: t("worker.team.qr"), Href: "/org/invites", Icon: "qr"})
	}
	return actions
}

func stats(t ui.Translate, counts map[screening.Duty]int) []ui.Stat {
	var out []ui.Stat
	for _, d := range duties {
		face := dutyFaces[d]
		out = append(out, ui.Stat{Label: t("worker.duty." + d.String()), Value: ui.Number(counts[d]), Unit: t("worker.people"), Icon: face.Icon,
			Tone: face.Tone, Href: "/team?duty=" + d.String()})
	}
	return out
}

func teamToolbar(c echo.Context, t ui.Translate, members []screening.Member) *ui.Toolbar {
	q := c.QueryParams()
	tb := ui.NewToolbar(t, "/team", "members")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: t("worker.team.search")}
	if names := teamsOf(members); len(names) > 1 {
		tb.Selects = []ui.Select{{Name: "team", Label: t("worker.field.team"), Options: ui.Choose(append([]ui.Option{{Label: t("common.all")}}, names...), q.Get("team"))}}
	}
	if duty := q.Get("duty"); duty != "" {
		tb.Hidden = []ui.Param{{Name: "duty", Value: duty}}
	}
	if len(q) > 0 {
		tb.Clear = "/team"
	}
	return tb
}

func teamsOf(members []screening.Member) []ui.Option {
	var out []ui.Option
	for _, m := range members {
		o := ui.Option{Value: strconv.FormatInt(m.Team, 10), Label: teamName(m.Workshop, m.TeamName)}
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

func (h *Handlers) table(c echo.Context, t ui.Translate, members []screening.Member, nobody bool) ui.Table {
	tb := ui.NewTable(t, "members", t("worker.team"))
	tb.Columns = []ui.Column{{Label: t("worker.field.name"), Head: true}, {Label: t("common.status")}, {Label: t("worker.field.due")},
		{Label: t("common.actions"), Tight: true}}
	for _, m := range members {
		face := dutyFaces[m.Duty]
		face.Label = t("worker.duty." + m.Duty.String())
		due := ui.Cell{Text: "—"}
		if !m.DueAt.IsZero() {
			due = ui.Cell{Text: datetime(c, m.DueAt), DateTime: m.DueAt.Format(time.RFC3339)}
		}
		file := "/employees/" + strconv.FormatInt(m.ID, 10)
		tb.Rows = append(tb.Rows, ui.Row{Value: strconv.FormatInt(m.ID, 10), Label: m.Name, Cells: []ui.Cell{
			{Text: m.Name, Sub: teamName(m.Workshop, m.TeamName)}, ui.Badges(face), due,
			{Actions: []ui.Action{{Label: t("worker.team.sample"), Href: file + "/sample", Icon: "tube"},
				{Label: t("worker.team.symptom"), Href: file + "/symptom", Icon: "thermometer"}}},
		}})
	}
	if nobody {
		tb.Empty = ui.Empty{Icon: "people", Title: t("worker.team.empty"), Text: t("worker.team.empty.hint")}
	}
	return tb
}
