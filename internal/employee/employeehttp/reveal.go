package employeehttp

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
)

// revealed is the value that was asked for with a reason, or why it is not shown.
type revealed struct{ field, value, fault string }

// reveal shows the file with one sealed value in full. It is the answer to the post itself: no address holds the value.
func (h *handlers) reveal(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var form struct {
		Field  string `form:"field"`
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &form); err != nil {
		return err
	}
	value, err := h.employees.Reveal(c.Request().Context(), httpd.ScopeOf(c), id, form.Field, form.Reason, httpd.NowOf(c))
	if fault := httpd.FieldError(c, err, "reason"); fault != "" {
		return h.showFile(c, http.StatusUnprocessableEntity, id, &revealed{field: form.Field, fault: fault})
	}
	if err != nil {
		return err
	}
	return h.showFile(c, http.StatusOK, id, &revealed{field: form.Field, value: value})
}

// sealed is a masked value with the way to see it in full.
func (v fileView) sealed(field, masked string) ui.Fact {
	f := ui.Fact{Label: v.label(field), Value: masked, Masked: masked != ""}
	if masked == "" {
		f.Value = none
	}
	if v.shown != nil && v.shown.field == field && v.shown.value != "" {
		f.Value, f.Masked, f.Sub = v.shown.value, false, v.T("employee.reveal.recorded")
		return f
	}
	if masked == "" || !v.sc.Can(authz.EmployeeReveal) {
		return f
	}
	trigger := ui.Action{Label: v.T("common.reveal"), Icon: "eye", Kind: ui.KindQuiet}
	f.Reveal = ui.NewDialog(v.T, "reveal-"+field, trigger, address(v.p.ID)+"/reveal")
	f.Reveal.Title = v.T("employee.reveal.title", "Field", f.Label)
	f.Reveal.Hidden = []ui.Param{{Name: "field", Value: field}}
	f.Reveal.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "reveal-" + field + "-reason", Label: v.T("common.reason"),
		Hint: v.T("common.reason_hint"), Required: true, MaxLength: 200}}
	return f
}
