package workerhttp

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
)

// ownHold is a hold in force as the person concerned reads it: what it is, and what ends it.
type ownHold struct {
	Title, Since string
	Badges       []ui.Badge
	Steps        []ui.Step
}

// ownHolds words the holds in force, the newest first.
func (h *Handlers) ownHolds(ctx context.Context, c echo.Context, tx *sqlx.Tx, sc authz.Scope, holds []hold.Hold) ([]ownHold, error) {
	open, checks, err := h.inForce(ctx, tx, sc, holds, httpd.NowOf(c))
	if err != nil {
		return nil, err
	}
	t, v := httpd.PrinterOf(c).T, holdWords(c)
	var out []ownHold
	for i, one := range open {
		out = append(out, ownHold{Title: v.Kind(one.Kind), Since: t("hold.since", "At", datetime(c, one.From)), Badges: v.Measure(checks[i]),
			Steps: v.Steps(one, checks[i], httpd.NowOf(c))})
	}
	return out, nil
}

// wayBack says what ends the holds in force that keep off post. Their kinds are left to the own file: others may see the first page.
func (h *Handlers) wayBack(ctx context.Context, c echo.Context, tx *sqlx.Tx, sc authz.Scope) ([]ui.Notice, error) {
	holds, err := h.Holds.Of(ctx, tx, sc.Org, sc.Employee)
	if err != nil {
		return nil, err
	}
	_, checks, err := h.inForce(ctx, tx, sc, holds, httpd.NowOf(c))
	if err != nil {
		return nil, err
	}
	t, v := httpd.PrinterOf(c).T, holdWords(c)
	var out []ui.Notice
	for _, check := range checks {
		rule := v.Rule(check.Rule)
		if !check.Rule.OffPost || slices.ContainsFunc(out, func(n ui.Notice) bool { return n.Text == rule }) {
			continue
		}
		out = append(out, ui.Notice{Tone: ui.ToneHeld, Title: t("worker.holds.back"), Text: rule,
			Links: []ui.Link{{Label: t("worker.holds.steps"), Href: "/me/file"}}})
	}
	return out, nil
}

// inForce are the holds in force, each with what stands before its release.
func (h *Handlers) inForce(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, holds []hold.Hold, now time.Time) ([]hold.Hold, []regime.ReleaseCheck, error) {
	open := slices.DeleteFunc(slices.Clone(holds), func(h hold.Hold) bool { return !h.Open(now) })
	checks, err := h.Holds.Checks(ctx, tx, sc.Org, open, now)
	return open, checks, err
}

func holdWords(c echo.Context) holdview.View {
	return holdview.New(httpd.PrinterOf(c).T, func(at time.Time) string { return datetime(c, at) })
}
