package orghttp

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

// SettingsPage is the own org's settings: what the administrator of the installation keeps, to read, and the rest to change.
type SettingsPage struct {
	httpd.Base
	Head  ui.PageHead
	Facts ui.Facts
	Form  ui.Form
}

type settingsForm struct {
	ShortName    string `form:"short_name"`
	ResumeStatus string `form:"resume_status"`
	Robot        string `form:"robot"`
	RemoveRobot  bool   `form:"remove_robot"`
}

func (h *Handlers) settings(c echo.Context) error {
	o, err := h.orgs.Get(c.Request().Context(), httpd.ScopeOf(c).Org)
	if err != nil {
		return err
	}
	return h.showSettings(c, http.StatusOK, o, settingsForm{ShortName: o.ShortName, ResumeStatus: o.ResumeStatus}, nil)
}

func (h *Handlers) showSettings(c echo.Context, status int, o org.Org, in settingsForm, failure error) error {
	robot, err := h.orgs.MaskedRobot(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	p := &SettingsPage{Head: ui.NewHead(t, o.Name), Facts: ui.Facts{Columns: true, Items: orgFacts(c, o)}}
	p.Head.Sub = t("org.settings.sub")
	robotHint := t("org.robot.none")
	if robot != "" {
		robotHint = t("org.robot.now", "Address", robot)
	}
	groups := []ui.FieldGroup{
		{Fields: []ui.Field{
			{Kind: ui.FieldText, Name: "short_name", Label: t("org.short_name"), Hint: t("org.short_name.hint"), Value: in.ShortName, MaxLength: 20,
				Error: httpd.FieldError(c, failure, "short_name")},
			{Kind: ui.FieldSelect, Name: "resume_status", Label: t("org.resume_status"), Required: true,
				Options: ui.Choose(options(t, "resume.", org.ResumeStatuses(), ""), in.ResumeStatus), Error: httpd.FieldError(c, failure, "resume_status")},
		}},
		{Legend: t("org.robot"), Hint: t("org.robot.hint"), Fields: []ui.Field{
			{Kind: ui.FieldText, Name: "robot", Label: t("org.robot.address"), Hint: robotHint, Value: in.Robot, Autocomplete: "off", MaxLength: 300,
				Placeholder: "https://qyapi.weixin.qq.com/…", Error: httpd.FieldError(c, failure, "robot")},
		}},
	}
	if robot != "" {
		groups[1].Fields = append(groups[1].Fields, ui.Field{Kind: ui.FieldCheck, Name: "remove_robot",
			Options: []ui.Option{{Value: "1", Label: t("org.robot.remove"), Selected: in.RemoveRobot}}})
	}
	p.Form = ui.NewGroupedForm(t, "/org", t("common.save"), groups...)
	return httpd.Render(c, status, "org/settings", p)
}

func orgFacts(c echo.Context, o org.Org) []ui.Fact {
	t := httpd.PrinterOf(c).T
	items := []ui.Fact{{Label: t("org.uscc"), Value: o.Code}}
	add := func(key, prefix, value string) {
		if value != "" {
			items = append(items, ui.Fact{Label: t(key), Value: t(prefix + value)})
		}
	}
	add("org.admin_zone", "zone.", o.AdminZone)
	add("org.gb_district", "zone.", o.GBDistrict)
	add("org.industry", "industry.", o.Industry)
	add("org.size", "size.", o.Size)
	return append(items, ui.Fact{Label: t("org.go_live"), Value: httpd.DateTime(httpd.PrinterOf(c), o.GoLiveAt, o.Zone()),
		Sub: t("org.go_live.sub")})
}

func (h *Handlers) saveSettings(c echo.Context) error {
	var in settingsForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	err := h.orgs.SaveSettings(ctx, sc, org.Settings{ShortName: in.ShortName, ResumeStatus: in.ResumeStatus, Robot: in.Robot,
		RemoveRobot: in.RemoveRobot}, httpd.NowOf(c))
	if !errs.Is(err, errs.Invalid) {
		if err != nil {
			return err
		}
		return httpd.Done(c, "/org", "org.settings.saved")
	}
	o, getErr := h.orgs.Get(ctx, sc.Org)
	if getErr != nil {
		return getErr
	}
	return h.showSettings(c, http.StatusUnprocessableEntity, o, in, err)
}
