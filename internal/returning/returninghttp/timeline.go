package returninghttp

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/returning"
)

// Timeline tells what was declared and decided about a person's returns before an instant, the newest first, to whoever may review
// them and to the person. It reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, returns *returning.Service, employee int64, before time.Time, limit int,
	t ui.Translate) ([]ui.Dated, error) {
	if !sc.Can(authz.ReturnReview) && sc.Employee != employee {
		return nil, nil
	}
	told, err := returns.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	out := make([]ui.Dated, len(told))
	w := words{t: t}
	for i, x := range told {
		e := ui.Entry{Icon: "right", Title: t("returning.timeline.decided"), Badges: []ui.Badge{w.state(x.State)}, Text: x.Reason, Actor: x.Actor}
		switch x.Action {
		case "return.submit", "return.import":
			e.Title, e.Text = t("returning.timeline.submitted"), t("returning.source."+string(x.Source))
		case "return.withdraw":
			e.Title = t("returning.timeline.submitted")
		}
		if sc.Can(authz.ReturnReview) {
			e.Actions = []ui.Action{{Label: t("common.view"), Href: address(returning.Key{Employee: employee, ID: x.Case}), Kind: ui.KindQuiet}}
		}
		out[i] = ui.Dated{At: x.At, Entry: e}
	}
	return out, err
}
