// Package dispute lets people contest what the program says about them and has the office answer by a clock; and it corrects
// many records in one action where the same thing went wrong for many. It is the only writer of dispute and correction_batch.
//
// A dispute keeps what the person was shown, sealed words on both sides, and an answer. It changes no record by itself: who
// upholds it corrects the record, in the way in which that record is corrected. Only the person and whoever may answer see it.
package dispute

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// AnswerWithin is the clock of a dispute: an urgent appeal is answered on the same day.
const AnswerWithin = 24 * time.Hour

// Bounds of what is written, in characters.
const (
	maxText   = 500 // a claim, an answer
	maxReason = 200 // of a batch, as of a single correction
)

// Subject is a kind of thing that can be contested.
type Subject string

// The subjects.
const (
	OnStanding Subject = "standing" // where one stands now
	OnSample   Subject = "sample"
	OnSymptom  Subject = "symptom"
	OnHold     Subject = "hold"
	OnFile     Subject = "file" // name, post, category …
)

// Subjects lists them.
func Subjects() []Subject { return []Subject{OnStanding, OnSample, OnSymptom, OnHold, OnFile} }

// About is what a dispute contests. Ref tells which sample (its instant in Unix seconds), report or hold; the standing and the
// file need none.
type About struct {
	Subject Subject
	Ref     int64
}

// ParseAbout reads "standing", "file", "sample:1648083600", "symptom:12" or "hold:3".
func ParseAbout(s string) (About, bool) {
	kind, ref, has := strings.Cut(s, ":")
	a := About{Subject: Subject(kind)}
	switch a.Subject {
	case OnStanding, OnFile:
		return a, !has
	case OnSample, OnSymptom, OnHold:
		n, err := strconv.ParseInt(ref, 10, 64)
		a.Ref = n
		return a, err == nil && n > 0
	}
	return About{}, false
}

// String is the form that ParseAbout reads.
func (a About) String() string {
	if a.Ref == 0 {
		return string(a.Subject)
	}
	return string(a.Subject) + ":" + strconv.FormatInt(a.Ref, 10)
}

func (a About) ref() string { return strings.TrimPrefix(a.String()[len(a.Subject):], ":") }

// SampledAt is the instant of the sample that is contested.
func (a About) SampledAt() time.Time { return time.Unix(a.Ref, 0).UTC() }

// State is how far a dispute has come.
type State string

// The states.
const (
	Open      State = "open"
	Upheld    State = "upheld"   // the person was right
	Rejected  State = "rejected" // with a reason; may be reopened once
	Withdrawn State = "withdrawn"
)

// Shown is what the program said when it was contested.
type Shown struct {
	State   string          `json:"state"`
	Held    []string        `json:"held,omitempty"` // kinds of the holds in force
	DueAt   time.Time       `json:"due_at,omitzero"`
	Rule    regime.RuleRef  `json:"rule"`
	Reasons []regime.Reason `json:"reasons,omitempty"`
	Sample  *ShownSample    `json:"sample,omitempty"`
	Hold    string          `json:"hold,omitempty"` // kind of the hold that is contested
}

// ShownSample is what a sample said.
type ShownSample struct {
	Result     string    `json:"result"`
	ReportedAt time.Time `json:"reported_at,omitzero"`
	Rev        int       `json:"rev"`
}

func shownOf(st regime.Standing) Shown {
	s := Shown{State: st.State.String(), DueAt: st.DueAt, Rule: st.Rule, Reasons: st.Reasons}
	for _, h := range st.Held {
		s.Held = append(s.Held, h.Kind)
	}
	return s
}

// Dispute is a dispute as its person and the office see it.
type Dispute struct {
	ID         int64
	Employee   int64
	About      About
	AboutAt    time.Time // the instant contested: of the record, or when the standing or file was shown
	Shown      Shown
	Claim      string
	Attachment int64 // photo, 0 if none
	State      State
	OpenedAt   time.Time
	DueAt      time.Time // of the answer
	Answer     string
	AnsweredBy string
	AnsweredAt time.Time
	SeenAt     time.Time // when the person saw the answer
	Reopens    int64     // the rejected dispute that this one takes up again, 0 if none
	ReopenedBy int64     // the dispute that takes this one up again, 0 if none
}

// Late reports whether the answer is overdue, or came late.
func (d *Dispute) Late(at time.Time) bool {
	if d.State == Open {
		return !at.Before(d.DueAt)
	}
	return d.AnsweredAt.After(d.DueAt)
}

// MayReopen reports whether the person may take the matter up once more.
func (d *Dispute) MayReopen() bool { return d.State == Rejected && d.Reopens == 0 && d.ReopenedBy == 0 }

// Standings explains where a person stands at an instant, by what the records say today.
type Standings interface {
	Explain(ctx context.Context, q db.Q, org int32, employee int64, at time.Time) (regime.Standing, error)
}

// Service keeps disputes.
type Service struct {
	db        *db.DB
	box       *secret.Box
	standings Standings
	samples   *screening.Service
}

// New returns a service.
func New(d *db.DB, box *secret.Box, standings Standings, samples *screening.Service) *Service {
	return &Service{db: d, box: box, standings: standings, samples: samples}
}
