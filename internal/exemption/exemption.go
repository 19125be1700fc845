// Package exemption keeps why somebody owes no test for a while: dated exemptions, each on a ground and with its proof, and
// vaccinations, which excuse for two days by themselves. It is the only writer of exemption and vaccination.
//
// A record is never changed. What is wrong is cancelled, for a reason. Another telling of the same thing, that is an exemption of the
// same ground and beginning or a dose of the same number, cancels the record that stands and is kept beside it, so that both stay
// readable and any past instant can be told as it was known. The same telling again changes nothing.
//
// Every write evaluates the standings of the people concerned in its own transaction.
package exemption

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Source is the way by which a record came in.
type Source string

// The sources.
const (
	ByStaff  Source = "staff"
	ByImport Source = "import"
)

// Replaced is the reason kept with a record that a newer telling cancelled.
const Replaced = "replaced"

// Entry is who made a record and, if so, who cancelled it.
type Entry struct {
	Employee, ID int64
	Source       Source
	Actor        string
	EnteredAt    time.Time
	CancelledAt  time.Time // zero while it stands
	CancelledBy  string
	CancelReason string // as given, or Replaced
}

// Stands reports whether the record has not been cancelled.
func (e *Entry) Stands() bool { return e.CancelledAt.IsZero() }

// Exemption is a time in which somebody owes no test. A zero To is open-ended.
type Exemption struct {
	Entry
	Ground   string // one of regime.ExemptionGrounds
	From, To time.Time
	Proof    string // what vouches for it, such as the name of a document
}

// Stage is where an exemption is in its life.
type Stage string

// The stages.
const (
	Running   Stage = "running"
	Coming    Stage = "coming"
	Over      Stage = "over"
	Cancelled Stage = "cancelled"
)

// Stages lists them in the order of display.
func Stages() []Stage { return []Stage{Running, Coming, Over, Cancelled} }

// Stage says where the exemption is at an instant.
func (x *Exemption) Stage(at time.Time) Stage {
	switch {
	case !x.Stands():
		return Cancelled
	case at.Before(x.From):
		return Coming
	case !x.To.IsZero() && !at.Before(x.To):
		return Over
	}
	return Running
}

// Dose is one vaccination. Number 0 says that there is none, and None why.
type Dose struct {
	Entry
	Number  int
	At      time.Time // zero for Number 0
	Product string
	None    string // one of NoneReasons
}

// NoneReasons lists why somebody may not be vaccinated, in the order of display.
func NoneReasons() []string { return []string{"contraindicated", "interval", "refused"} }

// Kind is what becomes of an input.
type Kind string

// The kinds.
const (
	Added     Kind = "new"
	Changed   Kind = "changed" // another record was cancelled in favour of this one
	Unchanged Kind = "unchanged"
	Refused   Kind = "refused"
)

// Outcome is what became, or would become, of one input.
type Outcome struct {
	Kind    Kind
	Faults  errs.Fields // of a refused one, by fields of the input in snake case
	Field   string      // the first field at fault, in the order of the form
	Message errs.Message
}

func refuse(order []string, faults errs.Fields) Outcome {
	o := Outcome{Kind: Refused, Faults: faults}
	for _, field := range order {
		if m, ok := faults[field]; ok {
			o.Field, o.Message = field, m
			break
		}
	}
	return o
}

// Standings evaluates people anew after a fact about them changed, in the transaction of the change.
type Standings interface {
	Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error
}

// Rules says which rules apply to an org, as confirmed by the instant known.
type Rules interface {
	For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error)
}

// Service keeps the records.
type Service struct {
	db        *db.DB
	rules     Rules
	standings Standings
}

// New returns a service.
func New(d *db.DB, rules Rules, standings Standings) *Service {
	return &Service{db: d, rules: rules, standings: standings}
}
