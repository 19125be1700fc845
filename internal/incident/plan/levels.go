package plan

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
)

// LevelBureau is the last level: the list of the bureau.
const LevelBureau = "bureau"

// chain is those who are told one after the other.
var chain = []string{string(authz.TeamLeader), string(authz.HealthOfficer), string(authz.FirmAdmin), LevelBureau}

// Rank is the place of a role in the chain, -1 for one that is not told.
func Rank(role authz.Role) int { return slices.Index(chain, string(role)) }

// Bounds of the time from one level to the next.
const (
	leastPause = 10 * time.Minute
	mostPause  = 2 * time.Hour
)

// DueLevels lists the levels that should have been told of a step at an instant. The level above its owner is told when the deadline has
// passed, each further one as much later as the step had time. The bureau is not told before the limit set by law, where there is
// one, and never of a drill.
func DueLevels(s Step, drill bool, at time.Time) []string {
	if s.Due.IsZero() || !s.Open() {
		return nil
	}
	pause := min(max(s.Due.Sub(s.From), leastPause), mostPause)
	var out []string
	for n, level := range chain[slices.Index(chain, string(s.OwnerRole))+1:] {
		when := s.Due.Add(time.Duration(n) * pause)
		if level == LevelBureau && s.Hard.After(when) {
			when = s.Hard
		}
		if level == LevelBureau && drill || !at.After(when) {
			break
		}
		out = append(out, level)
	}
	return out
}

// Told lists the levels that were told of a step.
func (s *Step) Told() []string {
	rest := chain[slices.Index(chain, string(s.OwnerRole))+1:]
	return rest[:min(s.Escalations, len(rest))]
}
