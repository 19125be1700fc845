package regime

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Version is a pack and the instant from which it applies.
type Version struct {
	From time.Time
	Pack *Pack
}

// Rules says which pack applies from when. The first version also applies to
// all time before its From. The zero Rules are not valid: use Fixed or NewRules.
type Rules struct {
	first Version // kept apart so that Fixed allocates nothing
	later []Version
}

// Fixed returns rules of one pack for all time.
func Fixed(p *Pack) Rules { return Rules{first: Version{Pack: p}} }

// NewRules returns the rules made of the versions, in any order. It refuses none
// at all, a version without a pack, and two that begin together.
func NewRules(versions ...Version) (Rules, error) {
	if len(versions) == 0 {
		return Rules{}, errors.New("regime: rules without a version")
	}
	sorted := slices.Clone(versions)
	slices.SortStableFunc(sorted, func(a, b Version) int { return a.From.Compare(b.From) })
	for i, v := range sorted {
		if v.Pack == nil {
			return Rules{}, errors.New("regime: version without a pack")
		}
		if i > 0 && v.From.Equal(sorted[i-1].From) {
			return Rules{}, fmt.Errorf("regime: two versions begin at %s", v.From.Format(time.RFC3339))
		}
	}
	return Rules{first: sorted[0], later: sorted[1:]}, nil
}

// At returns the pack in force at t.
func (r Rules) At(t time.Time) *Pack { return r.at(t) }

func (r *Rules) at(t time.Time) *Pack {
	p := r.first.Pack
	for _, v := range r.later {
		if t.Before(v.From) {
			break
		}
		p = v.Pack
	}
	return p
}

// Versions lists the versions, oldest first.
func (r Rules) Versions() []Version { return append([]Version{r.first}, r.later...) }

// Next returns when the first version that begins after t begins, zero if none does.
func (r Rules) Next(t time.Time) time.Time {
	for _, v := range r.later {
		if v.From.After(t) {
			return v.From
		}
	}
	return time.Time{}
}
