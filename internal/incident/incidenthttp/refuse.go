package incidenthttp

import (
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
)

func isFieldFault(err error) bool { return errs.FieldsOf(err) != nil }

func fieldFault(field, key string) error {
	f := errs.Fields{}
	f.Add(field, key)
	return f.Err()
}

// refuse turns the fault of a dialog's field, or a refusal that the reader can act upon, into a notice on the page it came from; other
// errors stay errors.
func refuse(c echo.Context, to string, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case errs.Invalid:
		for _, m := range e.Fields {
			return warn(c, to, m)
		}
	case errs.Conflict, errs.Forbidden:
		return warn(c, to, e.Message)
	}
	return err
}

func warn(c echo.Context, to string, m errs.Message) error {
	httpd.Flash(c, ui.ToneWarn, "incident.refused", "Fault", httpd.PrinterOf(c).M(m))
	return c.Redirect(303, to)
}
