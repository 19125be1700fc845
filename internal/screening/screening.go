// Package screening keeps the swabs of employees and their results. It is the only writer of sample, sample_revision and
// attachment.
//
// A sample is known by whose it is and by the second at which it was taken. Whoever tells of it (the worker, a leader, HR, a
// laboratory's sheet) tells of the same record, so telling twice changes nothing and telling more completes it. The row holds
// the version that stands; every version that does not, because a later one replaced it or because it lost against a worse
// result, is kept beside it. What the samples mean for a person's duty, package regime decides.
package screening

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
)

// Proof is how much stands behind a result.
type Proof string

// The tiers of proof, the weakest first.
const (
	ProofSelf  Proof = "self"  // the worker said so
	ProofPhoto Proof = "photo" // the worker, with a photo of the report
	ProofStaff Proof = "staff" // HR or the team leader entered it
	ProofLab   Proof = "lab"   // a laboratory's sheet or its system
)

var proofRank = map[Proof]int{ProofSelf: 1, ProofPhoto: 2, ProofStaff: 3, ProofLab: 4}

// Proofs lists the tiers, the weakest first.
func Proofs() []Proof { return []Proof{ProofSelf, ProofPhoto, ProofStaff, ProofLab} }

// Results lists the results that can be entered, in the order in which forms show them.
func Results() []regime.Result {
	return []regime.Result{regime.ResultPending, regime.Negative, regime.Positive, regime.Suspicious, regime.PoolAbnormal, regime.Invalid}
}

// Methods lists the methods of testing.
func Methods() []regime.Method {
	return []regime.Method{regime.MethodPCR, regime.MethodAntigenSelf, regime.MethodAntigenStaff}
}

// Modes lists the modes of collection.
func Modes() []regime.CollectMode {
	return []regime.CollectMode{regime.ModeSingle, regime.ModePool5, regime.ModePool10, regime.ModePool20}
}

// Sources lists who may have had a sample taken, save an import.
func Sources() []regime.Source {
	return []regime.Source{regime.SourceEmployerOrg, regime.SourceCommunity, regime.SourceSelf, regime.SourceQuarantine}
}

// Input is what somebody says of one sample.
type Input struct {
	Employee   int64
	SampledAt  time.Time
	ReportedAt time.Time // zero: not said; a result that is not pending then counts as reported on entry
	TestedAt   time.Time // zero: not said
	Result     regime.Result
	Method     regime.Method      // "" is PCR
	Mode       regime.CollectMode // "" follows from what is known of the sample or its barcode; else single
	Source     regime.Source      // "" follows from who says it
	Proof      Proof              // ProofLab from those who may record for everyone; else it follows from who says it
	Institution,
	Lab, Barcode, Note string
	Photo      []byte // of the report, as uploaded; nil if none
	LateReason string // why a sample older than 30 days is entered only now
}

// Kind is what became of an Input.
type Kind string

// The kinds of outcome.
const (
	Added     Kind = "new"       // not known before
	Updated   Kind = "updated"   // known before, now more is known: a result, a stronger proof
	Duplicate Kind = "duplicate" // says nothing that was not known; nothing was written
	Conflict  Kind = "conflict"  // contradicts what was known; the worse result stands and is flagged
	Refused   Kind = "refused"   // not acceptable; Field and Message say why
)

// Outcome is what became of one Input.
type Outcome struct {
	Kind    Kind
	Key     Key           // the record, for every kind but Refused
	Result  regime.Result // that stands now
	Field   string        // at fault, when refused: a name of Input in snake case
	Message errs.Message  // when refused
	fields  errs.Fields   // every fault, when refused
}

// Key names a sample within an org.
type Key struct {
	Employee  int64
	SampledAt time.Time // to the second, in UTC
}

// NewKey makes a key that equals any other of the same person and second.
func NewKey(employee int64, sampledAt time.Time) Key { return Key{employee, second(sampledAt)} }

// Sample is a sample as it stands.
type Sample struct {
	Key
	ReportedAt, TestedAt time.Time // zero: not known
	Result               regime.Result
	Method               regime.Method
	Mode                 regime.CollectMode
	Source               regime.Source
	Proof                Proof
	Institution          string
	Lab                  string
	Barcode              string
	Note                 string
	Attachment           int64  // photo of the report, 0 if none
	Flag                 string // FlagConflict until somebody looked at it, else ""
	EnteredBy            int64
	EnteredAt            time.Time
	Rev                  int // 1 for a record that never changed; Rev-1 earlier versions are kept
}

// FlagConflict marks a sample that somebody must look at: two results for one swab.
const FlagConflict = "conflict"

// Flagged reports whether somebody must look at the sample.
func (s *Sample) Flagged() bool { return s.Flag != "" }

// Standings evaluates people anew after a sample of theirs changed, in the transaction of the change.
type Standings interface {
	Advance(ctx context.Context, q db.Q, moved []standing.Moved, at time.Time) error
	Renew(ctx context.Context, q db.Reader, people []standing.Candidate) (*standing.Renewals, error)
}

// Service records samples.
type Service struct {
	db        *db.DB
	box       *secret.Box
	standings Standings
	tubes     Tubes
	group     *group
}

// New returns a service.
func New(d *db.DB, box *secret.Box, standings Standings) *Service {
	return &Service{db: d, box: box, standings: standings, group: newGroup(d, standings)}
}

// everyone reports whether the scope may record for the whole org.
func everyone(sc authz.Scope) bool { return sc.Can(authz.SampleRecord) || sc.Can(authz.SampleImport) }
