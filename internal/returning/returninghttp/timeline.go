package returninghttp

import (
	"context"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/returning"
)

// Timeline tells a person's returns from before an instant, the newest first, to whoever may review them and to the person. It reads in
// the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, returns *returning.Service, employee int64, before time.Time, limit int,
	t ui.Translate) ([]ui.Dated, error) {
	if !sc.Can(authz.ReturnReview) && sc.Employee != employee {
		return nil, nil
	}
	cases, err := returns.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	w := words{t: t}
	var out []ui.Dated
	add := func(at time.Time, title string, k returning.Case, state returning.State, text, actor string) {
		if at.IsZero() || !at.Before(before) {
			return
		}
		e := ui.Entry{Icon: "right", Title: t(title), Badges: []ui.Badge{w.state(state)}, Text: text, Actor: actor}
		if sc.Can(authz.ReturnReview) {
			e.Actions = []ui.Action{{Label: t("common.view"), Href: address(k.Key), Kind: ui.KindQuiet}}
		}
		out = append(out, ui.Dated{At: at, Entry: e})
	}
	for _, k := range cases {
		add(k.SubmittedAt, "returning.timeline.submitted", k, returning.Submitted, t("returning.source."+string(k.Source)), k.Actor)
		if k.State != returning.Submitted && k.State != returning.Draft {
			at, actor := k.ReviewedAt, k.ReviewedByName
			if !k.SecondAt.IsZero() {
				at, actor = k.SecondAt, k.SecondByName
			}
			add(at, "returning.timeline.decided", k, k.State, k.ReviewReason, actor)
		}
	}
	slices.SortStableFunc(out, func(a, b ui.Dated) int { return b.At.Compare(a.At) })
	return out[:min(limit, len(out))], nil
}
