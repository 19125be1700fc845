// Package audithttp lets those who may read the log of acts search it and take it out.
package audithttp

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Handlers serve the pages.
type Handlers struct {
	reader *audit.Reader
	orgs   *org.Service
}

// Routes lists the addresses.
func Routes(r *audit.Reader, orgs *org.Service) []httpd.Route {
	h := &Handlers{reader: r, orgs: orgs}
	return []httpd.Route{
		httpd.GET("/audit", httpd.Need(authz.AuditView), h.list),
		httpd.GET("/audit/export", httpd.Need(authz.AuditView), h.export),
	}
}

// Pages names the templates with the structs that fill them.
func Pages() map[string]any { return map[string]any{"audit/list": &ListPage{}} }

// ListPage is the log with its filters.
type ListPage struct {
	httpd.Base
	Head    ui.PageHead
	Errors  *ui.ErrorSummary
	Filters []ui.Field
	Clear   string // address without filters; "" when none is set
	Table   ui.Table
}

// recentDays is how far back readers of every org's log look at first.
const recentDays = 7

// query is what the reader asks for, as typed.
type query struct {
	Org    string `form:"org"`
	Actor  string `form:"actor"`
	Action string `form:"action"`
	Person string `form:"person"`
	Kind   string `form:"kind"`
	From   string `form:"from"`
	To     string `form:"to"`
	// narrowed says that the reader set any filter.
	narrowed bool
}

// read takes the filter out of the address. Faults come as errs.Invalid with the filter as far as it could be read.
func (h *Handlers) read(c echo.Context) (query, audit.Filter, error) {
	var q query
	if err := httpd.Bind(c, &q); err != nil {
		return q, audit.Filter{}, err
	}
	q.narrowed = q != query{}
	everyOrg := audit.EveryOrg(httpd.ScopeOf(c))
	if everyOrg && !q.narrowed {
		q.From = httpd.NowOf(c).In(httpd.ZoneOf(c)).AddDate(0, 0, 1-recentDays).Format(time.DateOnly)
	}
	f := audit.Filter{Actor: q.Actor, Action: q.Action, Person: q.Person, Kind: q.Kind, Page: httpd.PageRequest(c)}
	faults := errs.Fields{}
	f.From = day(c, faults, "from", q.From, 0)
	f.To = day(c, faults, "to", q.To, 1) // to the end of the day
	if everyOrg && q.Org != "" {
		o, err := h.orgOf(c, q.Org)
		switch {
		case errs.Is(err, errs.NotFound):
			faults.Add("org", "audit.org.unknown")
		case err != nil:
			return q, f, err
		}
		f.Org = o.ID
	}
	if everyOrg && f.Org == 0 && f.Person != "" {
		faults.Add("person", "audit.person.org")
	}
	return q, f, faults.Err()
}

// orgOf reads an org as an id, from links, or as people name it.
func (h *Handlers) orgOf(c echo.Context, text string) (org.Org, error) {
	if id, err := strconv.ParseInt(text, 10, 32); err == nil {
		return h.orgs.Get(c.Request().Context(), int32(id))
	}
	return h.orgs.Resolve(c.Request().Context(), httpd.ScopeOf(c), text)
}

func day(c echo.Context, faults errs.Fields, field, text string, later int) time.Time {
	if text == "" {
		return time.Time{}
	}
	d, err := time.ParseInLocation(time.DateOnly, text, httpd.ZoneOf(c))
	if err != nil {
		faults.Add(field, "audit.day")
		return time.Time{}
	}
	return d.AddDate(0, 0, later)
}

func (h *Handlers) list(c echo.Context) error {
	q, f, faults := h.read(c)
	if faults != nil && !errs.Is(faults, errs.Invalid) {
		return faults
	}
	printer := httpd.PrinterOf(c)
	t := printer.T
	p := &ListPage{Head: ui.NewHead(t, t("audit.title")), Table: ui.NewTable(t, "audit", t("audit.title"))}
	p.Head.Sub = t("audit.sub")
	var err error
	if p.Filters, err = h.filters(c, q, f, faults); err != nil {
		return err
	}
	if q.narrowed {
		p.Clear = "/audit"
	}
	if faults != nil {
		p.Errors = ui.Errors(t, p.Filters...)
		p.Table.Empty = ui.Empty{Icon: "alert", Title: t("audit.fault"), Text: t("audit.fault.text")}
		return httpd.Render(c, http.StatusUnprocessableEntity, "audit/list", p)
	}
	res, err := h.reader.List(c.Request().Context(), httpd.ScopeOf(c), f, httpd.NowOf(c))
	if err != nil {
		return err
	}
	p.Head.Actions = []ui.Action{{Label: t("audit.export"), Href: ui.Href("/audit/export", c.QueryParams(), "after", "",
		"before", ""), Icon: "download", Download: true}}
	p.Table.Columns = columns(t, audit.EveryOrg(httpd.ScopeOf(c)))
	for _, r := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, row(c, r, audit.EveryOrg(httpd.ScopeOf(c))))
	}
	p.Table.Pager = pager(c, len(res.Rows), res.Total, res.Prev, res.Next)
	if !q.narrowed {
		p.Table.Empty = ui.Empty{Icon: "shield", Title: t("audit.empty"), Text: t("audit.empty.text")}
	}
	return httpd.Render(c, http.StatusOK, "audit/list", p)
}

func pager(c echo.Context, shown, total int, prev, next string) *ui.Pager {
	t := httpd.PrinterOf(c).T
	href := func(name, other, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href("/audit", c.QueryParams(), name, cursor, other, "")
	}
	p := ui.NewPager(t, shown, total, href("before", "after", prev), href("after", "before", next))
	if total > audit.CountLimit {
		p.Text = t("audit.count.more", "Shown", ui.Number(shown), "Total", ui.Number(audit.CountLimit))
	}
	return p
}

func (h *Handlers) filters(c echo.Context, q query, f audit.Filter, faults error) ([]ui.Field, error) {
	t := httpd.PrinterOf(c).T
	fault := func(name string) string { return httpd.FieldError(c, faults, name) }
	actions, err := h.reader.Actions(c.Request().Context(), httpd.ScopeOf(c), f.Org)
	if err != nil {
		return nil, err
	}
	if q.Action != "" && !slices.Contains(actions, q.Action) {
		actions = append(actions, q.Action)
	}
	choices := []ui.Option{{Label: t("common.all")}}
	for _, a := range actions {
		choices = append(choices, ui.Option{Value: a, Label: actionLabel(c, a)})
	}
	var fields []ui.Field
	if audit.EveryOrg(httpd.ScopeOf(c)) {
		fields = append(fields, ui.Field{Kind: ui.FieldText, Name: "org", Label: t("audit.org"), Value: q.Org, Placeholder: t("audit.org.all"),
			Autocomplete: "off", MaxLength: 100, Error: fault("org")})
	}
	return append(fields,
		ui.Field{Kind: ui.FieldText, Name: "actor", Label: t("audit.actor"), Value: q.Actor, Placeholder: t("audit.actor.hint"),
			Autocomplete: "off", MaxLength: 60},
		ui.Field{Kind: ui.FieldText, Name: "person", Label: t("audit.person"), Value: q.Person,
			Placeholder: t("audit.person.hint"), Autocomplete: "off",
			MaxLength: 60, Error: fault("person")},
		ui.Field{Kind: ui.FieldSelect, Name: "action", Label: t("audit.action"), Options: ui.Choose(choices, q.Action)},
		ui.Field{Kind: ui.FieldSelect, Name: "kind", Label: t("audit.kind"), Options: ui.Choose([]ui.Option{{Label: t("common.all")},
			{Value: "read", Label: t("audit.kind.read")}, {Value: "change", Label: t("audit.kind.change")}}, q.Kind)},
		ui.Field{Kind: ui.FieldDate, Name: "from", Label: t("audit.from"), Value: q.From, Error: fault("from")},
		ui.Field{Kind: ui.FieldDate, Name: "to", Label: t("audit.to"), Value: q.To, Error: fault("to")},
	), nil
}
