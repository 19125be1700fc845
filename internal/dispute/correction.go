package dispute

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// MaxRows bounds how many records one batch may correct.
const MaxRows = 2000

// Kind is what a batch does to each record.
type Kind string

// The kinds of batch.
const (
	Move   Kind = "move"   // the swab was taken at another instant
	Report Kind = "report" // result or time of the result
	Add    Kind = "add"    // a sample that is missing
	Cancel Kind = "cancel" // the record is void
	Undo   Kind = "undo"   // takes another batch back
)

// Kinds lists what can be asked for; a batch is taken back by its own page.
func Kinds() []Kind { return []Kind{Move, Report, Add, Cancel} }

// Waiting too long for a result, as a choice of records.
const (
	ResultLate = "late"
	LateAfter  = 24 * time.Hour
)

// Selection chooses the records of a batch; for Add, the people. Zero fields choose all; Add needs a team or numbers.
type Selection struct {
	Numbers     []string  `json:"-"` // employee numbers
	Team        int64     `json:"team,omitempty"`
	From        time.Time `json:"from,omitzero"` // sampled within [From, To); not used by Add
	To          time.Time `json:"to,omitzero"`
	Result      string    `json:"result,omitempty"` // a result's id, or ResultLate
	Institution string    `json:"institution,omitempty"`
	Barcode     string    `json:"barcode,omitempty"`
}

// Change is what is changed, and where.
type Change struct {
	Kind      Kind      `json:"kind"`
	Selection Selection `json:"selection"`
	// SampledAt is the instant of the swab, of Move and Add. With KeepClock only its civil day counts, and each record keeps the
	// time of day that it had.
	SampledAt   time.Time          `json:"sampled_at,omitzero"`
	KeepClock   bool               `json:"keep_clock,omitempty"`
	Result      regime.Result      `json:"-"`                    // of Report, where 0 leaves it, and Add
	ReportedAt  time.Time          `json:"reported_at,omitzero"` // of Report and Add; zero as Result says
	Institution string             `json:"institution,omitempty"`
	Mode        regime.CollectMode `json:"mode,omitempty"`
	Zone        *time.Location     `json:"-"` // of days
}

func (c *Change) check() error {
	f := errs.Fields{}
	if !slices.Contains(Kinds(), c.Kind) {
		f.Add("kind", "error.choice")
	}
	s := &c.Selection
	switch {
	case c.Kind == Add && s.Team == 0 && len(s.Numbers) == 0:
		f.Add("numbers", "dispute.refused.whom")
	case c.Kind != Add && (s.From.IsZero() || !s.To.After(s.From)):
		f.Add("to", "dispute.refused.days")
	case len(s.Numbers) > MaxRows:
		f.Add("numbers", "dispute.refused.too_many", "Max", MaxRows)
	}
	if (c.Kind == Move || c.Kind == Add) && c.SampledAt.IsZero() {
		f.Add("day", "error.required")
	}
	if c.Kind == Report && c.Result == 0 && c.ReportedAt.IsZero() {
		f.Add("result", "dispute.refused.what")
	}
	if c.Kind == Add && c.Result == 0 {
		f.Add("result", "error.required")
	}
	return f.Err()
}

// target is the instant at which a record shall stand.
func (c *Change) target(old time.Time) time.Time {
	switch {
	case c.Kind != Move && c.Kind != Add:
		return old
	case !c.KeepClock:
		return screening.NewKey(0, c.SampledAt).SampledAt
	}
	day, was := c.SampledAt.In(c.Zone), old.In(c.Zone)
	return time.Date(day.Year(), day.Month(), day.Day(), was.Hour(), was.Minute(), was.Second(), 0, c.Zone).UTC()
}

// Told is what a record says.
type Told struct {
	SampledAt  time.Time `json:"sampled_at,omitzero"`
	Result     string    `json:"result,omitempty"`
	ReportedAt time.Time `json:"reported_at,omitzero"`
}

// Stand is where a person stands: a state's id or "held", and the due instant if something is owed.
type Stand struct {
	State string    `json:"state,omitempty"`
	DueAt time.Time `json:"due_at,omitzero"`
}

// Touched is a record before and after a batch; Was is 0 for one that did not exist.
type Touched struct {
	SampledAt time.Time `json:"at"`
	Was       int       `json:"was,omitempty"`
	Is        int       `json:"is"`
}

// Row is one person's record in a batch: what it said and says, what became of it, and the standing before and after.
type Row struct {
	Employee int64          `json:"employee"`
	Old      Told           `json:"old,omitzero"`
	New      Told           `json:"new,omitzero"`
	Kind     screening.Kind `json:"kind"` // Added, Updated, Duplicate or Refused
	Message  errs.Message   `json:"message,omitzero"`
	Before   Stand          `json:"before,omitzero"`
	After    Stand          `json:"after,omitzero"`
	Touched  []Touched      `json:"touched,omitempty"`

	Name, EmployeeNo, Workshop, Team string `json:"-"`

	rev    int
	target time.Time
}

// Changed reports whether the row changed a record.
func (r *Row) Changed() bool { return r.Kind == screening.Added || r.Kind == screening.Updated }

// Moves reports whether the person's state becomes another.
func (r *Row) Moves() bool { return r.Before.State != r.After.State }

// Plan is a batch before it is done: the exact rows with what would become of them. Token names the rows as they are; a batch is
// done only on the rows that were shown.
type Plan struct {
	Rows    []Row
	Unknown []string // employee numbers that no file has
	Token   string
}

// Counts says how many rows were changed, unchanged and refused.
type Counts struct{ Corrected, Unchanged, Refused int }

func count(rows []Row) (n Counts) {
	for i := range rows {
		switch {
		case rows[i].Changed():
			n.Corrected++
		case rows[i].Kind == screening.Duplicate:
			n.Unchanged++
		default:
			n.Refused++
		}
	}
	return n
}

// Counts counts the rows of the plan.
func (p *Plan) Counts() Counts { return count(p.Rows) }

// token is a digest of what is to be changed, and of which versions.
func (c *Change) token(rows []Row) (string, error) {
	type version struct {
		Employee int64
		At, To   int64
		Rev      int
	}
	list := make([]version, len(rows))
	for i, r := range rows {
		list[i] = version{r.Employee, r.Old.SampledAt.Unix(), r.target.Unix(), r.rev}
	}
	b, err := json.Marshal([]any{c, c.Result, list})
	if err != nil {
		return "", fmt.Errorf("encode batch: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Corrections corrects many records at once.
type Corrections struct {
	db      *db.DB
	samples *screening.Service
}

// NewCorrections returns a service.
func NewCorrections(d *db.DB, samples *screening.Service) *Corrections {
	return &Corrections{db: d, samples: samples}
}
