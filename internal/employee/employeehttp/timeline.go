package employeehttp

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// StandingCard explains where a person stands at the view's instant, for the head of the file. It reads in the transaction q.
type StandingCard func(ctx context.Context, q db.Q, sc authz.Scope, employee int64, v View) (ui.Standing, error)

// TimelineSource is what one feature recorded about a person. Its tab is labelled employee.timeline.<Kind>.
type TimelineSource struct {
	Kind string
	// Entries returns up to Limit entries from before the instant Before, the newest first, in words. It reads in the transaction q
	// and asks itself what the scope may see; no entry is the answer for what it may not.
	Entries func(ctx context.Context, q db.Q, sc authz.Scope, r TimelineRequest) ([]ui.Dated, error)
}

// TimelineRequest asks for a stretch of a person's timeline.
type TimelineRequest struct {
	Employee int64
	Before   time.Time
	Limit    int
	View     View
}

const timelinePage = 20

// kindReading is the kind of the source that tells who opened the file.
const kindReading = "reading"

// timeline merges the sources, newest first, and returns the instant before which the next stretch begins, zero at the end.
// Entries of one instant are never parted.
func timeline(ctx context.Context, q db.Q, sc authz.Scope, sources []TimelineSource, r TimelineRequest) ([]ui.Dated, time.Time, error) {
	r.Limit = timelinePage + 1
	var all []ui.Dated
	for _, s := range sources {
		entries, err := s.Entries(ctx, q, sc, r)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("timeline of %s: %w", s.Kind, err)
		}
		all = append(all, entries...)
	}
	slices.SortStableFunc(all, func(a, b ui.Dated) int { return b.At.Compare(a.At) })
	end := min(timelinePage, len(all))
	for end > 0 && end < len(all) && all[end].At.Equal(all[end-1].At) {
		end++
	}
	if end == len(all) {
		return all, time.Time{}, nil
	}
	return all[:end], all[end-1].At, nil
}

// entry is a dated one as the page shows it.
func (v View) entry(d ui.Dated) ui.Entry {
	local, e := d.At.In(v.Zone), d.Entry
	e.Day, e.Time, e.DateTime = httpd.Day(v.Printer, local), local.Format("15:04"), d.At.Format(time.RFC3339)
	if e.Actor != "" {
		e.Actor = v.T("employee.timeline.by", "Actor", ui.Actor(v.T, e.Actor))
	}
	return e
}

// changes is the file's own history.
func changes(s *employee.Service) TimelineSource {
	return TimelineSource{Kind: "change", Entries: func(ctx context.Context, q db.Q, sc authz.Scope, r TimelineRequest) ([]ui.Dated, error) {
		cs, err := s.Changes(ctx, q, sc.Org, r.Employee, r.Before, r.Limit)
		if err != nil {
			return nil, err
		}
		out := make([]ui.Dated, len(cs))
		for i, c := range cs {
			out[i] = r.View.change(c)
		}
		return out, nil
	}}
}

var changeIcons = map[string]string{profile.KindCreated: "plus", profile.KindIdentity: "edit", profile.KindContact: "phone",
	profile.KindPlacement: "building", profile.KindCategory: "people", profile.KindStatus: "user"}

func (v View) change(c employee.Change) ui.Dated {
	e := ui.Dated{At: c.At, Entry: ui.Entry{Icon: changeIcons[c.Kind], Tone: ui.ToneNeutral, Title: v.T("employee.change." + c.Kind), Text: c.Reason, Actor: c.Actor}}
	if c.Kind == profile.KindCreated {
		e.Badges = []ui.Badge{ui.WorkBadge(v.T, c.After.V[profile.ColWorkStatus])}
		e.Facts = []ui.Fact{{Label: v.label(profile.ColCategory), Value: v.value(profile.ColCategory, c.After.V[profile.ColCategory])}}
		return e
	}
	for _, col := range profile.Columns {
		after, ok := c.After.V[col.Key]
		if !ok {
			continue
		}
		if col.Kind == profile.KindStatus {
			e.Badges = append(e.Badges, ui.WorkBadge(v.T, after))
		}
		e.Facts = append(e.Facts, ui.Fact{Label: v.label(col.Key),
			Value: v.T("employee.change.from_to", "From", v.value(col.Key, c.Before.V[col.Key]), "To", v.value(col.Key, after))})
	}
	if c.Kind == profile.KindStatus || c.Kind == profile.KindCategory {
		e.Facts = append(e.Facts, ui.Fact{Label: v.T("employee.since"), Value: v.When(c.Effective)})
	}
	if c.Until != nil {
		e.Facts = append(e.Facts, ui.Fact{Label: v.T("employee.until"), Value: v.When(*c.Until)})
	}
	return e
}
