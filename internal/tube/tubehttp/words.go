package tubehttp

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/tube"
)

// options turns the ids of a vocabulary into choices.
func options[T ~string](t ui.Translate, prefix string, ids []T) []ui.Option {
	out := make([]ui.Option, len(ids))
	for i, id := range ids {
		out[i] = ui.Option{Value: string(id), Label: t(prefix + string(id))}
	}
	return out
}

func resultOptions(t ui.Translate, results []regime.Result, chosen string) []ui.Option {
	var ids []string
	for _, r := range results {
		ids = append(ids, r.String())
	}
	return ui.Choose(options(t, "result.", ids), chosen)
}

// parseResult reads a result's id; anything else is no result, which the service names at its field.
func parseResult(id string) regime.Result {
	r, err := regime.ParseResult(id)
	if err != nil {
		return 0
	}
	return r
}

// face is how a state or a stage looks.
type face struct {
	tone  ui.Tone
	icon  string
	solid bool
}

var stateFaces = map[tube.State]face{
	tube.Open: {ui.ToneInfo, "plus", false}, tube.Sealed: {ui.ToneNeutral, "hourglass", false}, tube.Negative: {ui.ToneOK, "check", false},
	tube.Abnormal: {ui.ToneHeld, "pool", true}, tube.Resolved: {ui.ToneOK, "check", false}, tube.Invalid: {ui.ToneWarn, "dashed", true},
	tube.Void: {ui.ToneNeutral, "away", false},
}

func stateBadge(t ui.Translate, s tube.State) ui.Badge {
	f := stateFaces[s]
	return ui.Badge{Label: t("tube.state." + string(s)), Tone: f.tone, Icon: f.icon, Solid: f.solid}
}

var stageFaces = map[tube.Stage]face{
	tube.Due: {ui.ToneHeld, "pool", false}, tube.Taken: {ui.ToneInfo, "tube", false}, tube.Cleared: {ui.ToneOK, "check", false},
	tube.Stands: {ui.ToneHeld, "dot", false}, tube.Released: {ui.ToneNeutral, "undo", false}, tube.Again: {ui.ToneWarn, "dashed", false},
}

func stageBadge(t ui.Translate, s tube.Stage) ui.Badge {
	f := stageFaces[s]
	return ui.Badge{Label: t("tube.stage." + string(s)), Tone: f.tone, Icon: f.icon, Solid: f.solid}
}

// poolBadge is the badge of what a sample in a mixed tube says. Whatever an old record calls it, it is the tube's.
func poolBadge(t ui.Translate, r regime.Result) ui.Badge {
	if r == regime.Positive || r == regime.Suspicious {
		r = regime.PoolAbnormal
	}
	return ui.ResultBadge(t, r.String())
}

func address(id int64) string { return "/tubes/" + strconv.FormatInt(id, 10) }

func memberAddress(id, employee int64) string {
	return address(id) + "/members/" + strconv.FormatInt(employee, 10)
}

func teamName(workshop, team string) string {
	return strings.Trim(workshop+" · "+team, " ·")
}

// people writes how many there are of how many places.
func people(n, size int) string { return ui.Number(n) + " / " + ui.Number(size) }

// at is a cell or fact with an instant.
func at(c echo.Context, t time.Time) string {
	return httpd.DateTime(httpd.PrinterOf(c), t, httpd.ZoneOf(c))
}

// timeField reads an optional instant; what is none is a fault of its field.
func timeField(c echo.Context, faults errs.Fields, name, value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	t, err := httpd.LocalTime(c, value)
	if err != nil {
		faults.Add(name, "error.datetime")
	}
	return t
}

// tubeMember reads a tube and one of its people from the path.
func tubeMember(c echo.Context) (id, employee int64, err error) {
	if id, err = httpd.ID(c, "id"); err != nil {
		return 0, 0, err
	}
	employee, err = httpd.ID(c, "employee")
	return id, employee, err
}

// modeLabel says how many share the tube.
func modeLabel(t ui.Translate, m regime.CollectMode) string {
	return t("collect_mode." + string(m))
}

// warn leaves the first fault of an act that has no form of its own, or what its state does not allow, and goes to a page.
func warn(c echo.Context, to string, err error) error {
	p := httpd.PrinterOf(c)
	for _, field := range []string{"employee", "sampled_at", "result", "reported_at", "reason", "institution"} {
		if m, ok := errs.FieldsOf(err)[field]; ok {
			httpd.Flash(c, ui.ToneWarn, "tube.not_done", "Fault", p.M(m))
			return c.Redirect(303, to)
		}
	}
	var e *errs.Error
	if errors.As(err, &e) && (e.Code == errs.Conflict || strings.HasPrefix(e.Message.Key, "tube.refused.")) {
		httpd.Flash(c, ui.ToneWarn, "tube.not_done", "Fault", p.M(e.Message))
		return c.Redirect(303, to)
	}
	return err
}

func single(t ui.Translate, c echo.Context, s *tube.Single) (badge ui.Badge, sub string) {
	return ui.ResultBadge(t, s.Result.String()), t("tube.single.at", "At", at(c, s.SampledAt))
}

// dutyHint is what a candidate's line says besides the name.
func dutyHint(t ui.Translate, m screening.Member) string {
	parts := []string{}
	for _, s := range []string{m.EmployeeNo, teamName(m.Workshop, m.TeamName), t("screening.duty." + m.Duty.String())} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}
