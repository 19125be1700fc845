// Package returning keeps the way back to the post: what a returning person declares, whether the gate's items hold, and who
// decided. It is the only writer of return_case.
//
// A declaration is sealed in the database and bound to its row. The gate (Check) is a pure function of the declaration, of the
// records and of the rule pack; it is evaluated anew on every view and in the transaction of every decision, and only the codes of
// what did not hold are stored with the decision. A human decides, and sees why:
//
//	draft → submitted → approved | deferred | rejected       deferred → submitted when the person completes it
//	submitted, deferred → override → approved                 a reason, and a second account that confirms
//	any open state → withdrawn                                the declaration is erased at once
//
// Approval puts the person on post from that instant, in the same transaction: the duty to be tested starts with it. A person kept
// back (deferred, rejected) awaits the return: a leave that ends meanwhile does not put them on post past the gate.
package returning

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
)

// State is how far a return has come.
type State string

// The states.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Deferred  State = "deferred"
	Override  State = "override" // proposed against failed items; waits for a second person
	Approved  State = "approved"
	Rejected  State = "rejected"
	Withdrawn State = "withdrawn"
)

// Open reports whether something is still to be decided. A person has at most one open case.
func (s State) Open() bool { return s == Draft || s.Waiting() }

// Waiting reports whether the case waits for a decision.
func (s State) Waiting() bool { return s == Submitted || s == Deferred || s == Override }

var (
	waiting = []State{Submitted, Deferred, Override}
	closed  = []State{Approved, Rejected, Withdrawn}
)

// Source is who began a case.
type Source string

// The sources.
const (
	BySelf   Source = "self"
	ByStaff  Source = "staff"
	ByImport Source = "import"
)

// NoticeVersion names the text about personal data that people read before they declare anything.
const NoticeVersion = "2022-03"

// Key names a case.
type Key struct{ Employee, ID int64 }

// String is the key in an address or a form.
func (k Key) String() string {
	return strconv.FormatInt(k.Employee, 10) + "-" + strconv.FormatInt(k.ID, 10)
}

// ParseKey reads what String writes.
func ParseKey(s string) (Key, bool) {
	a, b, _ := strings.Cut(s, "-")
	employee, err1 := strconv.ParseInt(a, 10, 64)
	id, err2 := strconv.ParseInt(b, 10, 64)
	return Key{employee, id}, err1 == nil && err2 == nil && employee > 0 && id > 0
}

// Case is one return of one person.
type Case struct {
	Key
	State         State
	Source        Source
	PlannedAt     time.Time // midnight of the day on which the person wants to start
	Declaration   Declaration
	NoticeVersion string
	ConsentAt     time.Time // separate consent to sensitive data; zero for what the enterprise entered
	PledgeAt      time.Time
	SubmittedAt   time.Time // when temperature and symptoms were last stated
	Failed        []string  // items that did not hold at the last decision

	ReviewedBy     int64
	ReviewedByName string
	ReviewedAt     time.Time
	ReviewReason   string
	SecondBy       int64
	SecondByName   string
	SecondAt       time.Time

	Import    int64 // 0: by hand
	CreatedBy int64
	Actor     string
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int
}

// Erased reports whether the declaration has gone: withdrawn, or kept as long as it may be.
func (c *Case) Erased() bool { return c.State == Withdrawn || c.Declaration.erased }

// Person is whom a case is about, as at the instant asked for.
type Person struct {
	Name, EmployeeNo, Workshop, Team, Status string
}

// View is a case with its person and the gate as it stands.
type View struct {
	Case
	Person
	Items []Item // nil once the case is closed
}

// Rules gives the rules of an org as confirmed by an instant; zero is by now.
type Rules interface {
	For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error)
}

// People records work statuses in the caller's transaction.
type People interface {
	Statuses(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in []employee.Dated, at time.Time) ([]error, error)
}

// Service keeps the cases.
type Service struct {
	db *db.DB
	vault
	posts
	rules Rules
}

// New returns a service.
func New(d *db.DB, box *secret.Box, people People, rules Rules) *Service {
	return &Service{d, vault{box}, posts{people}, rules}
}

// reach says whether the scope may touch a person's cases: health officers anyone's of the org, people their own. Anybody else's
// case is not there.
func reach(sc authz.Scope, employee int64) error {
	if err := sc.Require(authz.OwnFile, authz.ReturnReview); err != nil {
		return err
	}
	if sc.Can(authz.ReturnReview) || employee != 0 && employee == sc.Employee {
		return nil
	}
	return errs.Missing()
}

// own reports whether the scope acts for itself only.
func own(sc authz.Scope, employee int64) bool {
	return !sc.Can(authz.ReturnReview) && employee == sc.Employee
}

// refuseState answers an act that the state does not allow.
func refuseState(c *Case, allowed ...State) error {
	if slices.Contains(allowed, c.State) {
		return nil
	}
	return errs.New(errs.Conflict, "returning.refused.state")
}
