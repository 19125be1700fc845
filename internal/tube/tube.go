// Package tube keeps mixed tubes: one barcode, several people's swabs, one result. It is the only writer of the table tube.
//
// Who is in a tube is nowhere listed twice: the members are the pooled samples that carry the barcode, in whatever way they were
// recorded, and the tube's result is the worst that they have. Package screening tells of stored samples (Stored), so a tube that a
// laboratory's sheet names for the first time appears by itself, and a result that reached some members only shows as a difference.
//
// A mixed tube says nothing of one person. An abnormal one holds all its members (package regime derives that from their samples),
// each until a sample taken alone says how it is with that person; nobody is called anything worse before.
package tube

import (
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Service keeps the tubes.
type Service struct {
	db      *db.DB
	samples *screening.Service
}

// New returns a service. It is to be named to the samples: samples.Watch(tubes).
func New(d *db.DB, samples *screening.Service) *Service { return &Service{db: d, samples: samples} }

// runners may build tubes, each within the reach of its scope: a leader with the members of the teams led.
var runners = []authz.Permission{authz.TeamRecord, authz.SampleRecord}

// everyone reports whether the scope reaches the whole org and sees results.
func everyone(sc authz.Scope) bool { return sc.Can(authz.SampleRecord) }

// Modes lists the kinds of mixed tube.
func Modes() []regime.CollectMode {
	return []regime.CollectMode{regime.ModePool5, regime.ModePool10, regime.ModePool20}
}

// Results lists the results of a whole tube. What a single sample can say of a person is not among them.
func Results() []regime.Result {
	return []regime.Result{regime.Negative, regime.PoolAbnormal, regime.Invalid}
}

// State is what a tube asks for next.
type State string

// The states. Who sees no results sees a tube as Sealed until one of the own people has to be swabbed again.
const (
	Open     State = "open"     // takes members
	Sealed   State = "sealed"   // on its way, result awaited
	Negative State = "negative" // settled
	Abnormal State = "abnormal" // single re-samples are owed
	Resolved State = "resolved" // was abnormal; everyone has a single result
	Invalid  State = "invalid"  // everyone is to be swabbed again
	Void     State = "void"     // given up
)

// Tube is a mixed tube.
type Tube struct {
	ID                int64
	Barcode           string
	Mode              regime.CollectMode
	OpenedAt          time.Time
	SealedAt          time.Time // zero: takes members
	Institution, Lab  string
	Result            regime.Result // ResultPending to those who see no results
	ReportedAt        time.Time
	OpenedBy          string
	ResultedBy        string
	Members           int
	Lacking           int // members without the tube's result, once it has one
	Settled           int // members of an abnormal tube with a single result, or released
	Owing             int // members within reach that are to be swabbed again
	veiled, cancelled bool
}

// Size is how many people the tube takes.
func (t *Tube) Size() int { return screening.PoolSize(t.Mode) }

// Room is how many more people the tube takes.
func (t *Tube) Room() int { return max(0, t.Size()-t.Members) }

// State says what the tube asks for next.
func (t *Tube) State() State {
	switch {
	case t.cancelled:
		return Void
	case t.Result == regime.PoolAbnormal && (t.veiled && t.Owing > 0 || !t.veiled && t.Settled < t.Members):
		return Abnormal
	case t.Result == regime.Invalid:
		return Invalid
	case t.veiled && !t.SealedAt.IsZero():
		return Sealed
	case t.Result == regime.PoolAbnormal:
		return Resolved
	case t.Result == regime.Negative:
		return Negative
	case t.SealedAt.IsZero():
		return Open
	}
	return Sealed
}

// Stage is how far a member of an abnormal or invalid tube has come.
type Stage string

// The stages; "" where nothing is asked of the member.
const (
	Due      Stage = "due"      // to be swabbed alone
	Taken    Stage = "taken"    // swabbed alone, result awaited
	Cleared  Stage = "cleared"  // the single sample is negative
	Stands   Stage = "stands"   // the single sample is not; it speaks for itself
	Released Stage = "released" // a person ended the hold
	Again    Stage = "again"    // the tube was spoilt: to be swabbed again
)

// Settled reports whether the tube has nothing more to ask of the member.
func (s Stage) Settled() bool { return s == Cleared || s == Stands || s == Released }

// Member is one person's swab in a tube.
type Member struct {
	screening.Key
	Name, EmployeeNo string
	Team             int64
	Workshop         string
	TeamName         string
	Mode             regime.CollectMode
	ReportedAt       time.Time
	Result           regime.Result // ResultPending to those who see no results
	Flagged          bool          // two results for one swab
	Rev              int
	Held             bool // may not be on post, for whatever reason
	OnPost           bool
	Stage            Stage
	Single           *Single // that settles the matter, or will; nil to those who see no results
}

// Single is the sample taken alone after an abnormal tube.
type Single struct {
	SampledAt, ReportedAt time.Time
	Result                regime.Result
}
