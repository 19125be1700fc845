package orghttp

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/platform/errs"
)

// InvitesPage lists the teams with how many have activated, and prints cards for those who have not.
type InvitesPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
	One   ui.Form // a card for one person
}

type cardForm struct {
	Team       string `form:"team"`
	After      string `form:"after"`
	EmployeeNo string `form:"employee_no"`
}

func (h *Handlers) invites(c echo.Context) error {
	return h.showInvites(c, http.StatusOK, cardForm{}, nil)
}

func (h *Handlers) showInvites(c echo.Context, status int, in cardForm, failure error) error {
	l := listingOf(c)
	l.path = "/org/invites"
	res, err := h.auth.Crews(c.Request().Context(), httpd.ScopeOf(c), auth.CrewFilter{Query: l.get("q"), Waiting: l.get("waiting") != "",
		Page: httpd.PageRequest(c)}, httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := l.t
	p := &InvitesPage{Head: ui.NewHead(t, t("org.invites"))}
	p.Head.Sub = t("org.invites.sub")
	p.Table = ui.NewTable(t, "crews", t("org.invites"))
	p.Table.Toolbar = l.toolbar("crews", t("org.invites.search"), []ui.Select{{Name: "waiting", Label: t("common.status"),
		Options: ui.Choose([]ui.Option{{Label: t("common.all")}, {Value: "1", Label: t("org.invites.waiting")}}, l.get("waiting"))}})
	p.Table.Columns = []ui.Column{{Label: t("org.team"), Head: true}, {Label: t("org.invites.rate")},
		{Label: t("org.invites.left"), Numeric: true},
		{Label: t("org.invites.pending"), Numeric: true}, {Label: t("common.actions"), Tight: true}}
	for _, crew := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, crewRow(t, crew))
	}
	p.Table.Pager = l.pager(len(res.Rows), res.Total, res.Prev, res.Next)
	if l.get("q") == "" && l.get("waiting") == "" {
		p.Table.Empty = ui.Empty{Icon: "people", Title: t("org.invites.empty"), Text: t("org.invites.empty.text"),
			Actions: []ui.Action{{Label: t("org.invites.import"), Href: "/imports", Kind: ui.KindPrimary}}}
	}
	p.One = ui.NewForm(t, "/org/invites/print", t("org.invites.print_one"), ui.Field{Kind: ui.FieldText, Name: "employee_no",
		Label: t("org.account.employee_no"),
		Hint:  t("org.invites.one.hint"), Value: in.EmployeeNo, Required: true, MaxLength: 40, Autocomplete: "off", Error: httpd.FieldError(c, failure, "employee_no")})
	p.One.Kind = ui.KindPlain
	return httpd.Render(c, status, "org/invites", p)
}

func crewName(t ui.Translate, workshop, team string) string {
	if name := strings.TrimSpace(workshop + " " + team); name != "" {
		return name
	}
	return t("org.team.none")
}

func crewRow(t ui.Translate, crew auth.Crew) ui.Row {
	rate := ui.NewRate(t, "", crew.Active, crew.People, "")
	if crew.Waiting() > 0 {
		rate.Tone = ui.ToneInfo // progress, not a duty that was missed
	}
	name := crewName(t, crew.Workshop, crew.Name)
	row := ui.Row{Label: name, Cells: []ui.Cell{ui.Text(name), {Rate: &rate}, ui.Count(crew.Waiting()), ui.Count(crew.Pending), {}}}
	if crew.Waiting() > 0 {
		row.Cells[4].Actions = []ui.Action{{Label: t("org.invites.print"), Href: "/org/invites/print", Icon: "print", Post: true,
			Hidden: []ui.Param{{Name: "team", Value: strconv.FormatInt(crew.ID, 10)}}}}
	}
	return row
}

// CardsPage is a sheet of cards, one for each person, made to be printed and cut.
type CardsPage struct {
	httpd.Base
	Head    ui.PageHead
	Notice  ui.Notice
	Org     string
	Team    string
	Cards   []PrintedCard
	Expires string
	Next    *ui.Action // prints the next sheet of a large team
}

// PrintedCard is one card.
type PrintedCard struct {
	Name, Number, Title, Address string
	QR                           ui.QR
}

func (h *Handlers) printCards(c echo.Context) error {
	var in cardForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	ids := numbers([]string{in.Team, in.After})
	if in.Team == "" && in.EmployeeNo == "" {
		in.EmployeeNo = " " // the form for one person was sent empty
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	sheet, err := h.auth.PrintCards(ctx, sc, auth.CardRequest{Team: ids[0], After: ids[1], EmployeeNo: in.EmployeeNo}, httpd.NowOf(c))
	if errs.Is(err, errs.Invalid) {
		in.EmployeeNo = strings.TrimSpace(in.EmployeeNo)
		return h.showInvites(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	p, err := h.newCards(c, in, sheet)
	if err != nil {
		return err
	}
	return httpd.Render(c, http.StatusOK, "org/cards", p)
}

func (h *Handlers) newCards(c echo.Context, in cardForm, sheet auth.Sheet) (*CardsPage, error) {
	t := httpd.PrinterOf(c).T
	o, err := h.orgs.Get(c.Request().Context(), httpd.ScopeOf(c).Org)
	if err != nil {
		return nil, err
	}
	p := &CardsPage{Org: o.Title(), Team: crewName(t, sheet.Workshop, sheet.Team)}
	p.Head = ui.NewHead(t, t("org.cards", "Team", p.Team), ui.Link{Label: t("org.invites"), Href: "/org/invites"})
	p.Head.Sub = t("org.cards.count", "Count", len(sheet.Cards))
	p.Notice = ui.Notice{Tone: ui.ToneWarn, Title: t("org.cards.once"), Text: t("org.cards.once.text")}
	for _, card := range sheet.Cards {
		printed := PrintedCard{Name: card.Name, Number: card.EmployeeNo, Title: t("org.card." + string(card.Link.Purpose)),
			Address: h.link(c, card.Link.Path())}
		if printed.QR, err = qr(printed.Address, t("org.link.scan")); err != nil {
			return nil, err
		}
		p.Cards = append(p.Cards, printed)
		p.Expires = t("org.link.expires", "Time", httpd.Day(httpd.PrinterOf(c), card.Link.ExpiresAt.In(httpd.ZoneOf(c))))
	}
	if sheet.Next != 0 {
		p.Next = &ui.Action{Label: t("org.cards.next"), Href: "/org/invites/print", Icon: "right", Post: true,
			Hidden: []ui.Param{{Name: "team", Value: in.Team}, {Name: "after", Value: strconv.FormatInt(sheet.Next, 10)}}}
	}
	return p, nil
}
