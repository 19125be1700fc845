package holdhttp

import (
	"context"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdview"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// Timeline tells of the holds of a person from before an instant, the newest first, to whoever may put or release one; to others it
// tells nothing. A hold leads to its page. It reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, holds *hold.Service, employee int64, before time.Time, limit int, t ui.Translate,
	when func(time.Time) string) ([]ui.Dated, error) {
	if sc.Require(authz.HoldPut, authz.HoldRelease) != nil {
		return nil, nil
	}
	hs, err := holds.Of(ctx, q, sc.Org, employee)
	if err != nil {
		return nil, err
	}
	v := holdview.New(t, when)
	var entries []ui.Dated
	for _, h := range hs {
		of := v.Entries(h)
		if h.Note != "" {
			of[0].Text += t("common.colon") + h.Note
		}
		of[0].Actions = []ui.Action{{Label: t("hold.open"), Href: holdAddress(employee, h.ID), Icon: "right", Kind: ui.KindQuiet}}
		entries = append(entries, of...)
	}
	entries = slices.DeleteFunc(entries, func(e ui.Dated) bool { return !e.At.Before(before) })
	slices.SortStableFunc(entries, func(a, b ui.Dated) int { return b.At.Compare(a.At) })
	return entries[:min(limit, len(entries))], nil
}
