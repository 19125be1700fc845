package orghttp

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// OrgPage adds or edits an org.
type OrgPage struct {
	httpd.Base
	Head  ui.PageHead
	Form  ui.Form
	Links []ui.Action // where to go from an org that exists
}

type orgForm struct {
	Kind         string `form:"kind"`
	Code         string `form:"code"`
	CodeOK       bool   `form:"code_ok"`
	Name         string `form:"name"`
	ShortName    string `form:"short_name"`
	AdminZone    string `form:"admin_zone"`
	GBDistrict   string `form:"gb_district"`
	Industry     string `form:"industry"`
	Size         string `form:"size"`
	AboveScale   bool   `form:"above_scale"`
	ResumeStatus string `form:"resume_status"`
	RulePack     string `form:"rule_pack"`
	GoLive       string `form:"go_live"`
	Active       bool   `form:"active"`
}

func formOf(c echo.Context, o org.Org) orgForm {
	return orgForm{Kind: o.Kind, Code: o.Code, Name: o.Name, ShortName: o.ShortName, AdminZone: o.AdminZone, GBDistrict: o.GBDistrict,
		Industry: o.Industry, Size: o.Size, AboveScale: o.AboveScale, ResumeStatus: o.ResumeStatus, RulePack: o.RulePack,
		GoLive: httpd.InputTime(c, o.GoLiveAt), Active: o.Active}
}

// apply copies the form into an org; a time that cannot be read is a fault of its field.
func (in orgForm) apply(c echo.Context, o *org.Org) error {
	o.Code, o.CodeConfirmed, o.Name, o.ShortName = in.Code, in.CodeOK, in.Name, in.ShortName
	o.AdminZone, o.GBDistrict, o.Industry, o.Size, o.AboveScale = in.AdminZone, in.GBDistrict, in.Industry, in.Size, in.AboveScale
	o.ResumeStatus, o.RulePack, o.Active = in.ResumeStatus, in.RulePack, in.Active
	f := errs.Fields{}
	if in.GoLive != "" {
		at, err := httpd.LocalTime(c, in.GoLive)
		if err != nil {
			f.Add("go_live", "error.datetime")
		}
		o.GoLiveAt = at
	}
	if !slices.Contains(regime.BuiltinIDs(), in.RulePack) {
		f.Add("rule_pack", "error.choice")
	}
	return f.Err()
}

func (h *Handlers) showOrg(c echo.Context, status int, id int32, title string, in orgForm, failure error) error {
	t := httpd.PrinterOf(c).T
	p := &OrgPage{Head: ui.NewHead(t, title, ui.Link{Label: t("admin.orgs"), Href: "/admin/orgs"})}
	groups, err := h.orgGroups(c, id, in, failure)
	if err != nil {
		return err
	}
	action := "/admin/orgs/new"
	if id != 0 {
		action = "/admin/orgs/" + strconv.Itoa(int(id))
		p.Links = []ui.Action{
			{Label: t("admin.org.accounts"), Href: "/admin/accounts?org=" + strconv.Itoa(int(id)), Icon: "people"},
			{Label: t("admin.org.new_account"), Href: "/admin/accounts/new?org=" + strconv.Itoa(int(id)), Icon: "plus"},
			{Label: t("admin.org.audit"), Href: "/audit?org=" + strconv.Itoa(int(id)), Icon: "list"},
		}
	}
	p.Form = ui.NewGroupedForm(t, action, t("common.save"), groups...)
	p.Form.Cancel = &ui.Link{Label: t("common.cancel"), Href: "/admin/orgs"}
	return httpd.Render(c, status, "admin/org", p)
}

func (h *Handlers) orgGroups(c echo.Context, id int32, in orgForm, failure error) ([]ui.FieldGroup, error) {
	t := httpd.PrinterOf(c).T
	zones, err := h.zones(c)
	if err != nil {
		return nil, err
	}
	districts, err := h.zones(c, "district", "county")
	if err != nil {
		return nil, err
	}
	fault := func(name string) string { return httpd.FieldError(c, failure, name) }
	who := []ui.Field{}
	if id == 0 {
		who = append(who, ui.Field{Kind: ui.FieldRadio, Name: "kind", Label: t("org.kind"), Required: true, Inline: true,
			Options: ui.Choose(options(t, "org.kind.", org.Kinds(), ""), in.Kind), Error: fault("kind")})
	}
	who = append(who, ui.Field{Kind: ui.FieldText, Name: "name", Label: t("org.full_name"), Value: in.Name, Required: true,
		MaxLength: 100, Error: fault("name")},
		ui.Field{Kind: ui.FieldText, Name: "short_name", Label: t("org.short_name"), Value: in.ShortName, MaxLength: 20,
			Error: fault("short_name")},
		ui.Field{Kind: ui.FieldText, Name: "code", Label: t("org.code"), Hint: t("org.code.hint"), Value: in.Code, Required: true,
			MaxLength: 40, Error: fault("code")})
	// A wrong check character is a warning: whoever has the licence in hand may confirm it.
	if in.CodeOK || errs.FieldsOf(failure)["code"].Key == "org.code.checksum" {
		who = append(who, ui.Field{Kind: ui.FieldCheck, Name: "code_ok", Options: []ui.Option{{Value: "1",
			Label: t("org.code.confirm"), Selected: in.CodeOK}}})
	}
	where := []ui.Field{
		{Kind: ui.FieldSelect, Name: "admin_zone", Label: t("org.admin_zone"), Hint: t("org.admin_zone.hint"), Error: fault("admin_zone"),
			Options: ui.Choose(options(t, "zone.", zones, t("org.choose")), in.AdminZone)},
		{Kind: ui.FieldSelect, Name: "gb_district", Label: t("org.gb_district"), Error: fault("gb_district"),
			Options: ui.Choose(options(t, "zone.", districts, t("org.choose")), in.GBDistrict)},
		{Kind: ui.FieldSelect, Name: "industry", Label: t("org.industry"), Error: fault("industry"),
			Options: ui.Choose(options(t, "industry.", org.Industries(), t("org.choose")), in.Industry)},
		{Kind: ui.FieldSelect, Name: "size", Label: t("org.size"), Error: fault("size"),
			Options: ui.Choose(options(t, "size.", org.Sizes(), t("org.choose")), in.Size)},
		{Kind: ui.FieldCheck, Name: "above_scale", Options: []ui.Option{{Value: "1", Label: t("org.above_scale"), Selected: in.AboveScale}}},
	}
	return []ui.FieldGroup{{Fields: who}, {Legend: t("admin.org.where"), Fields: where}, {Legend: t("admin.org.rules"),
		Fields: ruleFields(c, id, in, failure)}}, nil
}

func ruleFields(c echo.Context, id int32, in orgForm, failure error) []ui.Field {
	t := httpd.PrinterOf(c).T
	fault := func(name string) string { return httpd.FieldError(c, failure, name) }
	fields := []ui.Field{
		{Kind: ui.FieldSelect, Name: "rule_pack", Label: t("org.rule_pack"), Required: true, Error: fault("rule_pack"),
			Options: ui.Choose(packs(c), in.RulePack)},
		{Kind: ui.FieldDateTime, Name: "go_live", Label: t("org.go_live"), Hint: t("org.go_live.sub"), Value: in.GoLive, Error: fault("go_live")},
		{Kind: ui.FieldSelect, Name: "resume_status", Label: t("org.resume_status"), Required: true, Error: fault("resume_status"),
			Options: ui.Choose(options(t, "resume.", org.ResumeStatuses(), ""), in.ResumeStatus)},
	}
	if id != 0 {
		fields = append(fields, ui.Field{Kind: ui.FieldCheck, Name: "active", Label: t("org.active"), Error: fault("active"),
			Options: []ui.Option{{Value: "1", Label: t("org.active"), Hint: t("org.active.hint"), Selected: in.Active}}})
	}
	return fields
}

// packs are the rule packs by their names, those that have one.
func packs(c echo.Context) []ui.Option {
	printer := httpd.PrinterOf(c)
	var out []ui.Option
	for _, id := range regime.BuiltinIDs() {
		label := id
		if printer.Has("org.pack." + id) {
			label = printer.T("org.pack." + id)
		}
		out = append(out, ui.Option{Value: id, Label: label})
	}
	return out
}

func (h *Handlers) newOrg(c echo.Context) error {
	t := httpd.PrinterOf(c).T
	in := orgForm{Kind: org.Enterprise, ResumeStatus: "full", RulePack: rulebook.DefaultPack, GoLive: httpd.InputTime(c, httpd.NowOf(c))}
	return h.showOrg(c, http.StatusOK, 0, t("admin.org.new"), in, nil)
}

func (h *Handlers) createOrg(c echo.Context) error {
	var in orgForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	o := org.Org{Kind: in.Kind}
	err := in.apply(c, &o)
	if err == nil {
		o, err = h.orgs.Create(c.Request().Context(), httpd.ScopeOf(c), o, httpd.NowOf(c))
	}
	if errs.Is(err, errs.Invalid) {
		return h.showOrg(c, http.StatusUnprocessableEntity, 0, httpd.PrinterOf(c).T("admin.org.new"), in, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, "/admin/orgs/"+strconv.Itoa(int(o.ID)), "admin.org.created", "Name", o.Name)
}

func (h *Handlers) orgOf(c echo.Context) (org.Org, error) {
	id, err := httpd.ID(c, "id")
	if err != nil || id > 1<<31-1 {
		return org.Org{}, errs.Missing()
	}
	return h.orgs.Get(c.Request().Context(), int32(id))
}

func (h *Handlers) editOrg(c echo.Context) error {
	o, err := h.orgOf(c)
	if err != nil {
		return err
	}
	return h.showOrg(c, http.StatusOK, o.ID, o.Name, formOf(c, o), nil)
}

func (h *Handlers) saveOrg(c echo.Context) error {
	var in orgForm
	o, err := h.orgOf(c)
	if err != nil {
		return err
	}
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	title := o.Name
	if err = in.apply(c, &o); err == nil {
		err = h.orgs.Update(c.Request().Context(), httpd.ScopeOf(c), o, httpd.NowOf(c))
	}
	if errs.Is(err, errs.Invalid) {
		return h.showOrg(c, http.StatusUnprocessableEntity, o.ID, title, in, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, "/admin/orgs/"+strconv.Itoa(int(o.ID)), "common.saved")
}
