package disputehttp

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// Timeline tells a person's disputes from before an instant, the newest first, to whoever answers them; to others it tells
// nothing. It reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, disputes *dispute.Service, employee int64, before time.Time, limit int,
	t ui.Translate) ([]ui.Dated, error) {
	if !sc.Can(authz.DisputeAnswer) {
		return nil, nil
	}
	found, err := disputes.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	w := words{t: t}
	out := make([]ui.Dated, len(found))
	for i, d := range found {
		e := ui.Entry{Icon: "question", Title: t("dispute.timeline", "About", t("dispute.subject."+string(d.About.Subject))), Text: d.Claim,
			Badges:  []ui.Badge{w.stateBadge(d.State)},
			Actions: []ui.Action{{Label: t(action(d.State)), Href: deskAddress(d.Employee, d.ID), Kind: ui.KindQuiet}}}
		if d.Answer != "" {
			e.Facts, e.Actor = []ui.Fact{{Label: t("dispute.field.answer"), Value: d.Answer}}, d.AnsweredBy
		}
		out[i] = ui.Dated{At: d.OpenedAt, Entry: e}
	}
	return out, nil
}
