package returning

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// survey is the gate of every waiting case: it is what ready and missing mean.
type survey struct {
	items  map[int64][]Item // by case
	counts map[string]int
}

const sqlCounts = `select state, count(*) as n from return_case where org_id = $1 group by state`

func (x vault) survey(ctx context.Context, q db.Q, r Rules, org int32, at time.Time) (survey, error) {
	v := survey{map[int64][]Item{}, map[string]int{}}
	j, err := newJudge(ctx, q, r, org, at)
	if err != nil {
		return v, err
	}
	views, err := x.loadMany(ctx, q, sqlWaiting, org, at)
	if err != nil {
		return v, err
	}
	if err := j.fill(ctx, q, org, views); err != nil {
		return v, err
	}
	for _, c := range views {
		v.items[c.ID] = c.Items
		switch {
		case c.State == Override:
		case Failing(c.Items) == nil:
			v.counts[ShowReady]++
		default:
			v.counts[ShowMissing]++
		}
	}
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := q.SelectContext(ctx, &rows, sqlCounts, org); err != nil {
		return v, fmt.Errorf("count returns: %w", err)
	}
	for _, r := range rows {
		switch st := State(r.State); {
		case st == Draft:
			v.counts[ShowDraft] = r.N
		case st == Override:
			v.counts[ShowOverride] = r.N
		case slices.Contains(closed, st):
			v.counts[ShowClosed] += r.N
		}
	}
	v.counts[ShowWaiting] = len(views)
	return v, nil
}

// chosen is what the filter means in SQL: states, and ids where the gate decides.
func (v survey) chosen(f Filter) (states []string, ids any) {
	of := map[string][]State{ShowReady: {Submitted, Deferred}, ShowMissing: {Submitted, Deferred}, ShowOverride: {Override}, ShowDraft: {Draft},
		ShowClosed: closed}
	among, ok := of[f.Show]
	if !ok {
		among = waiting
	}
	for _, st := range among {
		states = append(states, string(st))
	}
	if f.Show != ShowReady && f.Show != ShowMissing && f.Item == "" {
		return states, nil
	}
	hits := []int64{}
	for id, items := range v.items {
		failing := Failing(items)
		if f.Show == ShowReady && failing != nil || f.Show == ShowMissing && failing == nil {
			continue
		}
		if f.Item == "" || slices.Contains(failing, f.Item) {
			hits = append(hits, id)
		}
	}
	return states, pq.Array(hits)
}
