package incidenthttp

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// handover sends the whole list with identity numbers and mobiles as a workbook.
func (h *contactHandlers) handover(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f contactForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	w := wordsOf(c)
	people, err := h.tracing.Handover(c.Request().Context(), w.sc, id, f.Reason, w.now)
	if err != nil {
		return refuse(c, path(id, "contacts"), err)
	}
	data, err := h.handoverBook(c.Request().Context(), w, people, f.Reason)
	if err != nil {
		return err
	}
	return httpd.Workbook(c, w.t("incident.handover.name", "N", id)+"-"+w.now.In(w.zone).Format("20060102-1504"), data)
}

func (h *contactHandlers) handoverBook(ctx context.Context, w words, people []incident.Person, reason string) ([]byte, error) {
	files, err := h.files(ctx, w, people, reason)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	var cols []sheetout.Column
	for _, name := range []string{"role", "name", "sex", "id_number", "mobile", "work", "links", "contact_state", "sampled", "result"} {
		cols = append(cols, sheetout.Column{Label: w.t("incident.sheet." + name)})
	}
	cols[8].Kind = sheetout.Instant
	book, err := sheetout.NewXLSX(&out, w.t("incident.tab.contacts"), cols)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if err := book.Write(handoverRow(w, p, files[p.Employee])...); err != nil {
			break // Close repeats the error
		}
	}
	err = book.Close()
	return out.Bytes(), err
}

// files opens the files of people whole; the reading is written down with the reason.
func (h *contactHandlers) files(ctx context.Context, w words, people []incident.Person, reason string) (map[int64]employee.Row, error) {
	files := map[int64]employee.Row{}
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.Employee
	}
	if len(ids) == 0 {
		return files, nil
	}
	err := h.people.Export(ctx, w.sc, employee.Filter{IDs: ids}, employee.ExportOptions{Full: true, Reason: reason}, w.now, func(r employee.Row) error {
		files[r.ID] = r
		return nil
	})
	return files, err
}

func handoverRow(w words, p incident.Person, file employee.Row) []any {
	role, state, sex, result := "contact", w.t("incident.contact."+contactState(p.State)), "", ""
	if p.Index {
		role, state = "index", ""
	}
	if file.Sex != "" {
		sex = w.t("sex." + map[string]string{"M": "male", "F": "female"}[file.Sex])
	}
	var sampled any = time.Time{}
	if !p.SampledAt.IsZero() {
		sampled, result = p.SampledAt.In(w.zone), w.t("result."+p.Result)
	}
	return []any{w.t("incident.sheet." + role), p.Name, sex, file.MaskedID, file.MaskedMobile, w.place(p.Workshop, p.TeamName, p.Shift), linkNames(w, p.Links),
		state, sampled, result}
}

func linkNames(w words, links []string) string {
	names := make([]string, len(links))
	for i, l := range links {
		names[i] = w.t("incident.link." + l)
	}
	return strings.Join(names, w.t("incident.comma"))
}
