package rulebookhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// PacksPage lists the packs and compares two of them.
type PacksPage struct {
	httpd.Base
	Head    ui.PageHead
	Table   ui.Table
	Choose  []ui.Field
	Compare *ui.Table
}

// PackPage is one pack.
type PackPage struct {
	httpd.Base
	Head                 ui.PageHead
	Facts                ui.Facts
	Tests, Values, Holds ui.Table
}

// PackFormPage adds a pack.
type PackFormPage struct {
	httpd.Base
	Head ui.PageHead
	Form ui.Form
}

func mayAddPacks(sc authz.Scope) bool { return sc.Can(authz.RulesChange) && sc.Can(authz.BureauView) }

// packRef names a version of a pack in an address: id@version.
func packRef(p *regime.Pack) string { return p.ID + "@" + strconv.Itoa(p.Version) }

func splitRef(ref string) (id string, version int) {
	id, v, _ := strings.Cut(ref, "@")
	version, _ = strconv.Atoi(v) // nothing is the newest
	return id, version
}

func packHref(p *regime.Pack) string {
	return ui.Href("/rules/packs/"+url.PathEscape(p.ID), nil, "version", strconv.Itoa(p.Version))
}

func (h *handlers) packs(c echo.Context) error {
	list, err := h.rules.Packs(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &PacksPage{Head: ui.NewHead(w.t, w.t("rules.packs"), ui.Link{Label: w.t("rules.title"), Href: "/rules"}), Table: w.packTable(c, list)}
	p.Head.Sub = w.t("rules.packs.sub")
	if mayAddPacks(httpd.ScopeOf(c)) {
		p.Head.Actions = []ui.Action{{Label: w.t("rules.pack.add"), Href: "/rules/packs/new", Icon: "plus", Kind: ui.KindPrimary}}
	}
	from, to := list[0], list[min(1, len(list)-1)]
	for name, chosen := range map[string]*rulebook.PackInfo{"a": &from, "b": &to} {
		if ref := c.QueryParam(name); ref != "" {
			id, version := splitRef(ref)
			if *chosen, err = rulebook.FindPack(list, id, version); err != nil {
				return err
			}
		}
	}
	p.Choose = []ui.Field{
		{Kind: ui.FieldSelect, Name: "a", Label: w.t("rules.compare.from"), Options: ui.Choose(w.packOptions(list), packRef(from.Pack))},
		{Kind: ui.FieldSelect, Name: "b", Label: w.t("rules.compare.to"), Options: ui.Choose(w.packOptions(list), packRef(to.Pack))}}
	tb := w.comparison("compared", w.t("rules.compare"), from.Pack, to.Pack)
	tb.Columns[1].Label, tb.Columns[2].Label = w.versionName(from.Pack), w.versionName(to.Pack)
	p.Compare = &tb
	return httpd.Render(c, http.StatusOK, "rules/packs", p)
}

func (w words) versionName(p *regime.Pack) string {
	return w.t("rules.pack_version", "Pack", w.packName(p.ID), "Version", p.Version)
}

func (w words) packOptions(list []rulebook.PackInfo) []ui.Option {
	out := make([]ui.Option, len(list))
	for i, p := range list {
		out[i] = ui.Option{Value: packRef(p.Pack), Label: w.versionName(p.Pack)}
	}
	return out
}

func (w words) packTable(c echo.Context, list []rulebook.PackInfo) ui.Table {
	tb := ui.NewTable(w.t, "packs", w.t("rules.packs"))
	tb.Columns = []ui.Column{{Label: w.t("rules.pack"), Head: true}, {Label: w.t("rules.pack.id")}, {Label: w.t("rules.pack.version"), Numeric: true},
		{Label: w.t("rules.pack.from")}, {Label: w.t("rules.pack.origin")}}
	for _, p := range list {
		origin := ui.Cell{Text: w.t("rules.pack.builtin")}
		if !p.Builtin {
			origin = ui.Cell{Text: p.By, Sub: httpd.DateTime(w.Printer, p.At, httpd.ZoneOf(c))}
		}
		tb.Rows = append(tb.Rows, ui.Row{Label: p.Title, Cells: []ui.Cell{{Text: p.Title, Href: packHref(p.Pack)}, ui.Text(p.ID), ui.Count(p.Version),
			ui.Text(p.EffectiveFrom), origin}})
	}
	return tb
}

func (h *handlers) find(c echo.Context) (rulebook.PackInfo, error) {
	list, err := h.rules.Packs(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return rulebook.PackInfo{}, err
	}
	version, _ := strconv.Atoi(c.QueryParam("version")) // nothing is the newest
	return rulebook.FindPack(list, c.Param("id"), version)
}

func (h *handlers) pack(c echo.Context) error {
	pack, err := h.find(c)
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &PackPage{Tests: w.testTable(pack.Pack, nil), Values: w.valueTable(pack.Pack, append(personal[:len(personal):len(personal)], further...), nil),
		Holds: w.holdTable(pack.Pack)}
	p.Head = ui.NewHead(w.t, pack.Title, ui.Link{Label: w.t("rules.title"), Href: "/rules"}, ui.Link{Label: w.t("rules.packs"), Href: "/rules/packs"})
	p.Head.Sub = w.t("rules.pack.sub", "ID", pack.ID, "Version", pack.Version)
	p.Head.Actions = []ui.Action{{Label: w.t("rules.pack.file"), Icon: "download", Download: true,
		Href: ui.Href("/rules/packs/"+url.PathEscape(pack.ID)+"/file", nil, "version", strconv.Itoa(pack.Version))}}
	to := w.t("rules.pack.until_replaced")
	if pack.EffectiveTo != nil {
		to = *pack.EffectiveTo
	}
	origin := w.t("rules.pack.builtin")
	if !pack.Builtin {
		origin = w.t("rules.pack.added", "By", pack.By, "At", httpd.DateTime(w.Printer, pack.At, httpd.ZoneOf(c)))
	}
	p.Facts = ui.Facts{Columns: true, Items: []ui.Fact{{Label: w.t("rules.pack.from"), Value: pack.EffectiveFrom}, {Label: w.t("rules.pack.to"), Value: to},
		{Label: w.t("rules.pack.origin"), Value: origin}, {Label: w.t("rules.pack.tz"), Value: pack.TZ}}}
	return httpd.Render(c, http.StatusOK, "rules/pack", p)
}

// packFile hands out a pack as the text that a new one may start from.
func (h *handlers) packFile(c echo.Context) error {
	pack, err := h.find(c)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(pack.Pack, "", "  ")
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-v%d.json"`, pack.ID, pack.Version))
	return c.Blob(http.StatusOK, "application/json; charset=utf-8", body)
}

func (h *handlers) newPack(c echo.Context) error {
	if !mayAddPacks(httpd.ScopeOf(c)) {
		return errs.New(errs.Forbidden, "error.forbidden")
	}
	return h.showPackForm(c, http.StatusOK, "", nil)
}

func (h *handlers) showPackForm(c echo.Context, status int, text string, fault error) error {
	w := wordsOf(c)
	p := &PackFormPage{Head: ui.NewHead(w.t, w.t("rules.pack.add"), ui.Link{Label: w.t("rules.title"), Href: "/rules"}, ui.Link{Label: w.t("rules.packs"), Href: "/rules/packs"})}
	p.Head.Sub = w.t("rules.pack.add_sub")
	message := httpd.FieldError(c, fault, "body")
	faults := packFaults(fault)
	if faults != nil {
		message = w.t("rules.pack.faulty", "N", len(faults))
	}
	p.Form = ui.NewForm(w.t, "/rules/packs/new", w.t("rules.pack.check"),
		ui.Field{Kind: ui.FieldFile, Name: "file", Label: w.t("rules.pack.choose_file"), Accept: ".json,application/json", Hint: w.t("rules.pack.file_hint")},
		ui.Field{Kind: ui.FieldTextarea, Name: "body", Label: w.t("rules.pack.body"), Hint: w.t("rules.pack.body_hint"), Value: text, Error: message})
	if faults != nil {
		p.Form.Errors.Title, p.Form.Errors.Items = w.t("rules.pack.fault_list"), faults
	}
	p.Form.Note = w.t("rules.pack.note")
	p.Form.Cancel = &ui.Link{Label: w.t("common.cancel"), Href: "/rules/packs"}
	return httpd.Render(c, status, "rules/packform", p)
}

// packFaults lists the faults of a pack's values by their paths; nil if it has none.
func packFaults(fault error) []ui.Link {
	m := errs.FieldsOf(fault)["body"]
	if m.Key != "rules.pack.faults" {
		return nil
	}
	var out []ui.Link
	for _, text := range strings.Split(fmt.Sprint(m.Args["Faults"]), "; ") {
		out = append(out, ui.Link{Label: text, Href: "#f-body"})
	}
	return out
}

func (h *handlers) addPack(c echo.Context) error {
	_, data, chosen, err := httpd.File(c, "file", rulebook.MaxPack)
	if err != nil {
		return err
	}
	text := c.FormValue("body")
	if chosen {
		text = string(data)
	}
	p, err := h.rules.AddPack(c.Request().Context(), httpd.ScopeOf(c), text, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showPackForm(c, http.StatusUnprocessableEntity, text, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, packHref(p), "rules.pack.done", "Pack", p.Title, "Version", p.Version)
}
