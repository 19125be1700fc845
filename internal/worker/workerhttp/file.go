package workerhttp

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/symptom"
)

type filePage struct {
	httpd.Base
	Head    ui.PageHead
	Facts   ui.Facts
	Holds   []ownHold
	Entries []ui.Entry
	Older   *ui.Action
	Empty   *ui.Empty
	Readers []ui.Entry
	Nobody  *ui.Empty
}

const (
	shownEntries = 30 // of the timeline on one page
	shownReaders = 30
)

// file shows people everything that is kept about them, and who looked at it.
func (h *Handlers) file(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	me, err := h.People.Get(ctx, sc, sc.Employee, now)
	if err != nil {
		return err
	}
	before := now.Add(time.Hour)
	if micros, err := strconv.ParseInt(c.QueryParam("before"), 10, 64); err == nil {
		before = time.UnixMicro(micros)
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &filePage{Head: ui.NewHead(t, t("worker.file"), ui.Link{Label: t("worker.home"), Href: "/me"}), Facts: personFacts(c, t, me)}
	p.Head.Sub = t("worker.file.sub")
	var entries []ui.Dated
	err = h.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		holds, err := h.Holds.Of(ctx, tx, sc.Org, sc.Employee)
		if err != nil {
			return err
		}
		if p.Holds, err = h.ownHolds(ctx, c, tx, sc, holds); err != nil {
			return err
		}
		if entries, err = h.timeline(ctx, c, tx, sc, holds, before); err != nil {
			return err
		}
		for _, facts := range h.Deps.Facts {
			more, err := facts(c, tx)
			if err != nil {
				return err
			}
			p.Facts.Items = append(p.Facts.Items, more...)
		}
		p.Readers, err = readers(ctx, c, tx, sc)
		return err
	})
	if err != nil {
		return err
	}
	entries, older := cut(entries)
	if !older.IsZero() {
		p.Older = &ui.Action{Label: t("worker.file.older"), Href: "/me/file?before=" + strconv.FormatInt(older.UnixMicro(), 10), Icon: "down"}
	}
	for _, e := range entries {
		p.Entries = append(p.Entries, e.Entry)
	}
	p.Entries, p.Readers = ui.GroupDays(p.Entries), ui.GroupDays(p.Readers)
	if len(p.Entries) == 0 {
		p.Empty = &ui.Empty{Icon: "file", Title: t("worker.file.empty")}
	}
	if len(p.Readers) == 0 {
		p.Nobody = &ui.Empty{Icon: "eye", Title: t("worker.readers.empty")}
	}
	return httpd.Render(c, 200, "worker/file", p)
}

// cut takes a page off the top and says before when the next begins, zero if there is none. What happened at one instant stays
// together, or the next page would miss a part of it.
func cut(entries []ui.Dated) ([]ui.Dated, time.Time) {
	n := shownEntries
	if len(entries) <= n {
		return entries, time.Time{}
	}
	for n > 1 && entries[n].At.Equal(entries[n-1].At) {
		n--
	}
	return entries[:n], entries[n-1].At
}

func personFacts(c echo.Context, t ui.Translate, me employee.Person) ui.Facts {
	items := []ui.Fact{
		{Label: t("worker.field.name"), Value: me.Name},
		{Label: t("worker.field.id"), Value: me.MaskedID, Masked: true},
		{Label: t("worker.field.mobile"), Value: me.MaskedMobile, Masked: true},
		{Label: t("worker.field.address"), Value: me.MaskedAddress, Masked: true},
		{Label: t("worker.field.employee_no"), Value: me.EmployeeNo},
		{Label: t("worker.field.team"), Value: teamName(me.Workshop, me.Team)},
		{Label: t("worker.field.post"), Value: me.Post},
		{Label: t("worker.field.category"), Value: t("category." + me.Category)},
		{Label: t("worker.field.status"), Value: t("work_status." + me.StatusAt(httpd.NowOf(c)))},
	}
	return ui.Facts{Columns: true, Items: slices.DeleteFunc(items, func(f ui.Fact) bool { return f.Value == "" })}
}

func teamName(workshop, name string) string { return strings.Trim(workshop+" · "+name, " ·") }

// timeline gathers what happened before an instant, the newest first; one more than fits when there is more.
func (h *Handlers) timeline(ctx context.Context, c echo.Context, tx *sqlx.Tx, sc authz.Scope, holds []hold.Hold, before time.Time) ([]ui.Dated, error) {
	t := ui.Translate(httpd.PrinterOf(c).T)
	samples, err := screening.OfEmployee(ctx, tx, sc.Org, sc.Employee, before, shownEntries+1)
	if err != nil {
		return nil, err
	}
	reports, err := h.Reports.OfEmployee(ctx, tx, sc.Org, sc.Employee, before, shownEntries+1)
	if err != nil {
		return nil, err
	}
	changes, err := h.People.Changes(ctx, tx, sc.Org, sc.Employee, before, shownEntries+1)
	if err != nil {
		return nil, err
	}
	var all []ui.Dated
	for _, s := range samples {
		all = append(all, ui.Dated{At: s.SampledAt, Entry: sampleEntry(c, t, s, false)})
	}
	for _, r := range reports {
		all = append(all, ui.Dated{At: r.At, Entry: reportEntry(c, t, r)})
	}
	for _, ch := range changes {
		all = append(all, ui.Dated{At: ch.At, Entry: changeEntry(c, t, ch)})
	}
	for _, hold := range holds {
		for _, e := range holdview.New(t, func(at time.Time) string { return datetime(c, at) }).Entries(hold) {
			all = append(all, onItsDay(c, e))
		}
	}
	for _, source := range h.Entries {
		more, err := source(c, tx, before, shownEntries+1)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			all = append(all, onItsDay(c, e))
		}
	}
	all = slices.DeleteFunc(all, func(e ui.Dated) bool { return !e.At.Before(before) })
	slices.SortStableFunc(all, func(a, b ui.Dated) int { return b.At.Compare(a.At) })
	return all, nil
}

// onItsDay writes day and time of an entry in the reader's zone.
func onItsDay(c echo.Context, e ui.Dated) ui.Dated {
	at := entryAt(c, e.At, e.Icon, e.Title)
	e.Day, e.Time, e.DateTime = at.Day, at.Time, at.DateTime
	return e
}

func reportEntry(c echo.Context, t ui.Translate, r symptom.Report) ui.Entry {
	e := entryAt(c, r.At, "thermometer", t("worker.entry.report"))
	if r.Temperature != nil {
		e.Facts = append(e.Facts, ui.Fact{Label: t("worker.field.temperature"), Value: strconv.FormatFloat(*r.Temperature, 'f', 1, 64) + " ℃"})
	}
	var names []string
	for _, id := range r.Symptoms {
		names = append(names, t("symptom."+id))
	}
	if len(names) == 0 {
		names = []string{t("symptom.well")}
	}
	e.Text = strings.Join(names, t("worker.comma"))
	if r.Note != "" {
		e.Text += " · " + r.Note
	}
	e.Actor = t("worker.reporter." + string(r.Reporter))
	return e
}

func changeEntry(c echo.Context, t ui.Translate, ch employee.Change) ui.Entry {
	e := entryAt(c, ch.At, "edit", t("worker.change."+ch.Kind))
	if status := ch.After.V["work_status"]; status != "" {
		e.Text = t("work_status." + status)
	}
	if category := ch.After.V["test_category"]; category != "" {
		e.Text = strings.Trim(e.Text+" · "+t("category."+category), " ·")
	}
	e.Actor = ui.Actor(t, ch.Actor)
	if ch.Reason != "" {
		e.Actor += t("common.colon") + ch.Reason
	}
	return e
}

// readers lists who else opened or changed the file.
func readers(ctx context.Context, c echo.Context, tx *sqlx.Tx, sc authz.Scope) ([]ui.Entry, error) {
	rows, err := audit.OfEmployee(ctx, tx, sc.Org, sc.Employee, page.Request{Size: page.MaxSize})
	if err != nil {
		return nil, err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	var out []ui.Entry
	for _, r := range rows.Rows {
		if r.Actor == sc.Account || len(out) == shownReaders {
			continue
		}
		kind, icon := "change", "edit"
		switch {
		case r.Action == "file.reveal":
			kind, icon = "reveal", "key"
		case r.Read:
			kind, icon = "read", "eye"
		}
		e := entryAt(c, r.At, icon, t("worker.access."+kind, "Actor", ui.Actor(t, r.ActorName)))
		if r.Reason != "" {
			e.Text = t("common.reason") + t("common.colon") + r.Reason
		}
		out = append(out, e)
	}
	return out, nil
}
