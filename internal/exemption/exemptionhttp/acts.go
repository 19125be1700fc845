package exemptionhttp

import (
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// actions are cancelling, or the way back from it.
func (l lister) actions(e exemption.Entry, name string) []ui.Action {
	at := fmt.Sprintf("%s/%d/%d", l.address, e.Employee, e.ID)
	here := []ui.Param{{Name: "back", Value: l.href()}}
	if !e.Stands() {
		if e.CancelReason == exemption.Replaced {
			return nil
		}
		return []ui.Action{{Label: l.T("exemption.again"), Icon: "undo", Href: at + "/again", Post: true, Hidden: here}}
	}
	id := fmt.Sprintf("cancel-%d", e.ID)
	d := ui.NewDialog(l.T, id, ui.Action{Label: l.T("exemption.cancel"), Icon: "close", Kind: ui.KindQuiet}, at+"/cancel")
	d.Title, d.Text, d.Kind, d.Hidden = l.T("exemption.cancel.title", "Name", name), l.T("exemption.cancel.text"), ui.KindDanger, here
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: id + "-reason", Label: l.T("common.reason"), Required: true, MaxLength: 200}}
	return []ui.Action{{Dialog: d}}
}

type act func(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) error

// cancel takes a record back for the reason of the form.
func (h *Handlers) cancel(do func(ctx context.Context, sc authz.Scope, employee, id int64, reason string, at time.Time) error) echo.HandlerFunc {
	return h.do("exemption.done.cancelled", func(c echo.Context) act {
		return func(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) error {
			return do(ctx, sc, employee, id, c.FormValue("reason"), at)
		}
	})
}

// again records a cancelled record anew.
func (h *Handlers) again(do act) echo.HandlerFunc {
	return h.do("exemption.done.again", func(echo.Context) act { return do })
}

// do acts on the record of the path and goes back to the list, which tells what was refused.
func (h *Handlers) do(done string, of func(c echo.Context) act) echo.HandlerFunc {
	return func(c echo.Context) error {
		employee, err := httpd.ID(c, "employee")
		if err != nil {
			return err
		}
		id, err := httpd.ID(c, "id")
		if err != nil {
			return err
		}
		err = of(c)(c.Request().Context(), httpd.ScopeOf(c), employee, id, httpd.NowOf(c))
		if text := refusal(c, err); text != "" {
			httpd.Flash(c, ui.ToneWarn, "exemption.refused", "Fault", text)
			return c.Redirect(303, back(c))
		}
		if err != nil {
			return err
		}
		return httpd.Done(c, back(c), done)
	}
}

// refusal words what the reader can do something about; "" for every other error and for none.
func refusal(c echo.Context, err error) string {
	p := httpd.PrinterOf(c)
	for _, field := range []string{"reason", "ground", "from", "to", "proof", "number", "at", "product", "none"} {
		if m, ok := errs.FieldsOf(err)[field]; ok {
			return p.M(m)
		}
	}
	if e, ok := err.(*errs.Error); ok && e.Code == errs.Conflict {
		return p.M(e.Message)
	}
	return ""
}
