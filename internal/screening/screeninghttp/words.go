package screeninghttp

import (
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// options turns the ids of a vocabulary into choices.
func options[T ~string](t ui.Translate, prefix string, ids []T) []ui.Option {
	out := make([]ui.Option, len(ids))
	for i, id := range ids {
		out[i] = ui.Option{Value: string(id), Label: t(prefix + string(id))}
	}
	return out
}

func resultIDs() []string {
	var ids []string
	for _, r := range screening.Results() {
		ids = append(ids, r.String())
	}
	return ids
}

// parseResult reads a result's id; anything else is no result, which the service names at its field.
func parseResult(id string) regime.Result {
	r, err := regime.ParseResult(id)
	if err != nil {
		return 0
	}
	return r
}

func resultBadges(t ui.Translate, s screening.Sample) []ui.Badge {
	badges := []ui.Badge{ui.ResultBadge(t, s.Result.String())}
	if s.Flagged() {
		badges = append(badges, ui.Badge{Label: t("screening.flag." + s.Flag), Tone: ui.ToneWarn, Icon: "alert", Solid: true})
	}
	return badges
}

// collected says how a sample was taken: the method, and for PCR the mode.
func collected(t ui.Translate, s screening.Sample) string {
	method := t("method." + string(s.Method))
	if s.Method != regime.MethodPCR {
		return method
	}
	return method + " · " + t("collect_mode."+string(s.Mode))
}

// address of the page of a sample.
func address(k screening.Key) string {
	return "/samples/" + strconv.FormatInt(k.Employee, 10) + "/" + strconv.FormatInt(k.SampledAt.Unix(), 10)
}

// keyOf reads the sample's key from the path.
func keyOf(c echo.Context) (screening.Key, error) {
	employee, err := httpd.ID(c, "employee")
	if err != nil {
		return screening.Key{}, err
	}
	seconds, err := httpd.ID(c, "at")
	if err != nil {
		return screening.Key{}, err
	}
	return screening.NewKey(employee, time.Unix(seconds, 0)), nil
}

// timeField reads an optional instant of a form and notes a fault at its field.
func timeField(c echo.Context, f errs.Fields, name, value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	at, err := httpd.LocalTime(c, value)
	if err != nil {
		f.Add(name, "error.datetime")
	}
	return at
}

// datetime is an instant for people, "" for none.
func datetime(c echo.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return httpd.DateTime(httpd.PrinterOf(c), at, httpd.ZoneOf(c))
}

// queryInt is a number of the address, 0 for none or nonsense.
func queryInt(q url.Values, name string) int64 {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func teamName(workshop, name string) string {
	switch {
	case workshop == "":
		return name
	case name == "":
		return workshop
	}
	return workshop + " · " + name
}
