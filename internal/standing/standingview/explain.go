package standingview

import (
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
)

// Explanation is a standing in full, in words: what it is, by which rule, on which facts, when it changes, and what would
// change it.
type Explanation struct {
	Badge   ui.Badge
	Since   string
	Due     string
	Work    string   // may the person work
	Reasons []string // the facts, most important first
	Rule    string
	Source  string
	Next    string
	Changes []string
}

// Explain puts a standing and what would change it into words.
func (v View) Explain(s regime.Standing, changes []regime.Change) Explanation {
	e := v.WithoutFacts(s, changes)
	if !s.Since.IsZero() {
		e.Since = v.when(s.Since)
	}
	if !s.DueAt.IsZero() {
		e.Due = v.when(s.DueAt)
	}
	for _, r := range s.Reasons {
		e.Reasons = append(e.Reasons, v.Reason(r))
	}
	return e
}

// WithoutFacts is an explanation without the facts about the person, for those who oversee enterprises: the state, the rule and its
// version, when it changes next and what would change it.
func (v View) WithoutFacts(s regime.Standing, changes []regime.Change) Explanation {
	e := Explanation{Badge: v.Badge(s), Work: v.t("standing.work.yes"), Rule: v.Rule(s.Rule), Source: v.Source(s.Rule)}
	if !s.MayWork {
		e.Work = v.t("standing.work.no")
	}
	if !s.NextChange.IsZero() {
		e.Next = v.t("standing.next", "At", v.when(s.NextChange), "State", v.t("state."+s.Next.String()))
	}
	for _, c := range changes {
		e.Changes = append(e.Changes, v.Change(c))
	}
	return e
}

// Change is one thing that would change a standing, in a sentence. A code that is newer than this package reads as itself.
func (v View) Change(c regime.Change) string {
	args := []any{"At", v.when(c.At), "Need", c.Args["need"], "Have", c.Args["have"], "Version", c.Args["version"], "Pack", c.Args["pack"]}
	for _, a := range []struct{ name, arg, prefix string }{
		{"State", "state", "state."}, {"Kind", "kind", "hold."}, {"Ground", "ground", "exemption."},
	} {
		if id := c.Args[a.arg]; id != "" {
			args = append(args, a.name, v.t(a.prefix+id))
		}
	}
	key := "standing.change." + c.Code
	if c.Code == regime.ChangeHoldRelease && c.Args["need"] == "0" {
		key += "_plain" // no sample is asked for
	}
	text := v.t(key, args...)
	if until, err := time.Parse(time.RFC3339, c.Args["until"]); err == nil {
		text += v.t("standing.change.until", "At", v.when(until))
	}
	return text
}

// Stamp writes an instant for the reader.
func (v View) Stamp(t time.Time) string { return v.when(t) }
