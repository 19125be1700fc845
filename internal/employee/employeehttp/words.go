package employeehttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// View is the reader for whom words are made: the language, the zone in which instants are written, and the present instant.
type View struct {
	T       ui.Translate
	Printer *i18n.Printer
	Zone    *time.Location
	Now     time.Time
}

func viewOf(c echo.Context) View {
	p := httpd.PrinterOf(c)
	return View{T: p.T, Printer: p, Zone: httpd.ZoneOf(c), Now: httpd.NowOf(c)}
}

// When writes an instant to the minute.
func (v View) When(t time.Time) string { return httpd.DateTime(v.Printer, t, v.Zone) }

// none stands where nothing was said.
const none = "—"

// value writes a column's stored value for the reader.
func (v View) value(column, value string) string {
	if value == "" {
		return none
	}
	if key := profile.LabelKey(column, value); key != "" {
		return v.T(key)
	}
	return value
}

// label names a column.
func (v View) label(column string) string { return v.T("employee.field." + column) }

// options are the choices of a closed column.
func (v View) options(column string) []ui.Option {
	var out []ui.Option
	for _, value := range profile.Choices(column) {
		out = append(out, ui.Option{Value: value, Label: v.value(column, value)})
	}
	return out
}

// optional puts a choice in front that says nothing.
func optional(label string, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: label}}, options...)
}

func address(id int64) string { return "/employees/" + strconv.FormatInt(id, 10) }

// joined sets names side by side: 一车间 · 甲班.
func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p != "" && out != "" {
			out += " · "
		}
		out += p
	}
	return out
}

// faultOf words the fault of a field; "" when the error has none.
func faultOf(v View, err error, field string) string {
	m, ok := errs.FieldsOf(err)[field]
	if !ok {
		return ""
	}
	return v.Printer.M(m)
}
