package factfile

import (
	"io"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// Answer is where the person stands at an instant, and why, in the shape of its
// JSON. Instants are in the zone of the facts; absent members say "none".
type Answer struct {
	At         time.Time     `json:"at"`
	State      string        `json:"state"`
	Since      time.Time     `json:"since,omitzero"`
	NextChange time.Time     `json:"next_change,omitzero"`
	Next       string        `json:"next,omitempty"`
	DueAt      time.Time     `json:"due_at,omitzero"`
	Held       []holdJSON    `json:"held,omitempty"`
	Measures   []holdJSON    `json:"measures,omitempty"`
	MayWork    bool          `json:"may_work"`
	Rule       ruleJSON      `json:"rule"`
	Counted    *sampleJSON   `json:"counted,omitempty"`
	Latest     *sampleJSON   `json:"latest,omitempty"`
	Reasons    []noteJSON    `json:"reasons"`
	Changes    []noteJSON    `json:"changes,omitempty"`
	Schedule   []segmentJSON `json:"schedule"`
}

type ruleJSON struct {
	Pack            string          `json:"pack"`
	Version         int             `json:"version"`
	From            time.Time       `json:"from,omitzero"`
	Category        regime.Category `json:"category"`
	Mode            regime.RuleMode `json:"mode"`
	IntervalHours   int             `json:"interval_hours,omitempty"`
	MinCountPerWeek int             `json:"min_count_per_week,omitempty"`
	MinGapHours     int             `json:"min_gap_hours,omitempty"`
	BlockOnOverdue  bool            `json:"block_on_overdue"`
	Basis           string          `json:"basis"`
	Origin          string          `json:"origin,omitempty"`
}

// noteJSON is a reason or a change.
type noteJSON struct {
	Code string            `json:"code"`
	At   time.Time         `json:"at,omitzero"`
	Args map[string]string `json:"args,omitempty"`
}

type segmentJSON struct {
	From  time.Time `json:"from"`
	State string    `json:"state"`
	DueAt time.Time `json:"due_at,omitzero"`
	Held  bool      `json:"held"`
	Until time.Time `json:"until,omitzero"`
}

// Ask answers where the person of the file stands at the instant.
func Ask(f File, at time.Time) Answer {
	zone := f.Facts.Zone
	s := regime.Evaluate(f.Rules, f.Facts, at)
	a := Answer{
		At: inZone(at, zone), State: s.State.String(), Since: s.Since, NextChange: s.NextChange, DueAt: s.DueAt,
		MayWork: s.MayWork, Rule: ruleOut(s.Rule), Counted: sampleRef(s.Counted, zone), Latest: sampleRef(s.Latest, zone),
	}
	if s.Next != 0 {
		a.Next = s.Next.String()
	}
	for _, h := range s.Held {
		a.Held = append(a.Held, holdOut(h, zone))
	}
	for _, h := range s.Measures {
		a.Measures = append(a.Measures, holdOut(h, zone))
	}
	for _, r := range s.Reasons {
		a.Reasons = append(a.Reasons, noteJSON(r))
	}
	for _, c := range regime.Changes(f.Rules, f.Facts, at) {
		a.Changes = append(a.Changes, noteJSON(c))
	}
	for _, seg := range regime.Schedule(f.Rules, f.Facts, at) {
		a.Schedule = append(a.Schedule, segmentJSON{seg.From, seg.State.String(), seg.DueAt, seg.Held, seg.Until})
	}
	return a
}

// WriteAnswers writes answers as a JSON list.
func WriteAnswers(w io.Writer, answers []Answer) error { return encode(w, answers) }

func ruleOut(r regime.RuleRef) ruleJSON {
	return ruleJSON{
		Pack: r.Pack, Version: r.Version, From: r.From, Category: r.Category, Mode: r.Mode, IntervalHours: r.IntervalHours,
		MinCountPerWeek: r.MinCountPerWeek, MinGapHours: r.MinGapHours, BlockOnOverdue: r.BlockOnOverdue,
		Basis: r.Basis, Origin: r.Origin,
	}
}

func sampleRef(s *regime.Sample, zone *time.Location) *sampleJSON {
	if s == nil {
		return nil
	}
	out := sampleOut(*s, zone)
	return &out
}
