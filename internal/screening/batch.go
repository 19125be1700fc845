package screening

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// batch is a set of inputs on their way into the records; the slices run in parallel.
type batch struct {
	inputs   []Input
	versions []version
	outcomes []Outcome
}

// newBatch locks the files of everyone concerned, so that tellings of one sample follow each other, and checks the inputs.
func newBatch(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) (*batch, error) {
	teams, err := lockFiles(ctx, tx, sc.Org, ins)
	if err != nil {
		return nil, err
	}
	return accept(sc, ins, teams, at), nil
}

// accept checks the inputs. teams holds the files of those concerned.
func accept(sc authz.Scope, ins []Input, teams map[int64]int64, at time.Time) *batch {
	b := &batch{inputs: ins, versions: make([]version, len(ins)), outcomes: make([]Outcome, len(ins))}
	for i, in := range ins {
		who, ok := reach(sc, in.Employee, teams)
		if !ok {
			b.refuse(i, errs.Fields{"employee": errs.Msg("error.not_found")})
			continue
		}
		v, faults := in.accept(who, at)
		if b.versions[i] = v; len(faults) > 0 {
			b.refuse(i, faults)
			continue
		}
		b.outcomes[i].Key = NewKey(in.Employee, in.SampledAt)
	}
	return b
}

// reach says in which capacity the scope may tell of an employee's samples. teams holds the team of each file of the org that
// is asked for, 0 for none; a file that is not there is out of reach.
func reach(sc authz.Scope, employee int64, teams map[int64]int64) (teller, bool) {
	team, exists := teams[employee]
	switch {
	case !exists:
		return teller{}, false
	case everyone(sc):
		return teller{account: sc.Account}, true
	case employee == sc.Employee && sc.Can(authz.OwnFile):
		return teller{self: true, account: sc.Account}, true
	case team != 0 && sc.Leads(team) && sc.Can(authz.TeamRecord):
		return teller{account: sc.Account}, true
	}
	return teller{}, false
}

// faultOrder is the order in which a refused row's faults are named; the first becomes the row's message.
var faultOrder = []string{"employee", "sampled_at", "late_reason", "result", "reported_at", "tested_at", "method", "mode", "source",
	"institution", "lab", "barcode", "note"}

func (b *batch) refuse(i int, faults errs.Fields) {
	o := Outcome{Kind: Refused, fields: faults}
	for _, field := range faultOrder {
		if m, ok := faults[field]; ok {
			o.Field, o.Message = field, m
			break
		}
	}
	b.outcomes[i] = o
}

// apply folds the accepted inputs into the records and stores what changed, with the standings that follow.
func (s *Service) apply(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, b *batch, at time.Time) error {
	records, err := b.load(ctx, tx, sc.Org)
	if err != nil {
		return err
	}
	return s.store(ctx, tx, sc, b.fold(records), records, "", at)
}

// keys lists the records that the accepted inputs tell of, each once.
func (b *batch) keys() []Key {
	keys := make([]Key, 0, len(b.outcomes))
	for _, o := range b.outcomes {
		if o.Kind != Refused {
			keys = append(keys, o.Key)
		}
	}
	slices.SortFunc(keys, Key.compare)
	return slices.Compact(keys)
}

// fold takes the inputs in and returns the keys of the records that changed. The inputs are taken in an order of their own
// and not of the batch, so that the same rows in another order leave the same records.
func (b *batch) fold(records map[Key]*record) []Key {
	order := make([]int, 0, len(b.inputs))
	for i, o := range b.outcomes {
		if o.Kind != Refused {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if n := b.outcomes[i].Key.compare(b.outcomes[j].Key); n != 0 {
			return n
		}
		return b.versions[i].compare(&b.versions[j])
	})
	var changed []Key
	for _, i := range order {
		o := &b.outcomes[i]
		r := records[o.Key]
		if r == nil {
			r = &record{}
			records[o.Key] = r
		}
		before := r.rev
		if o.Kind = r.fold(b.versions[i]); o.Kind == Refused {
			b.refuse(i, errs.Fields{"sampled_at": errs.Msg("screening.refused.cancelled")})
			continue
		}
		if r.rev != before {
			changed = append(changed, o.Key)
		}
	}
	for i := range b.outcomes {
		if o := &b.outcomes[i]; o.Kind != Refused {
			o.Result = records[o.Key].now.Result
		}
	}
	return slices.Compact(changed)
}

// event is the batch for the log: of one telling whose file it concerns.
func (b *batch) event() audit.Event {
	e := audit.Event{Action: "sample.batch", Subject: "sample", Reason: lateReasons(b.inputs), Detail: b.counts()}
	if o := b.outcomes[0]; len(b.outcomes) == 1 && o.Kind != Refused {
		e.Action, e.SubjectID, e.Employee = "sample.record", o.Key.String(), o.Key.Employee
		e.Detail = map[string]any{"outcome": o.Kind, "proof": b.versions[0].Proof}
	}
	return e
}

// counts says how many inputs had each outcome.
func (b *batch) counts() map[string]any {
	n := map[Kind]int{}
	for _, o := range b.outcomes {
		n[o.Kind]++
	}
	detail := map[string]any{"rows": len(b.outcomes)}
	for kind, count := range n {
		detail[string(kind)] = count
	}
	return detail
}

// lateReasons joins the different reasons of a batch, for the log.
func lateReasons(ins []Input) string {
	var reasons []string
	for _, in := range ins {
		if r := plain(in.LateReason); r != "" && !slices.Contains(reasons, r) && len(reasons) < 5 {
			reasons = append(reasons, r)
		}
	}
	return strings.Join(reasons, "; ")
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Employee, other.Employee), k.SampledAt.Compare(other.SampledAt))
}

// String names the key in the log: the employee and the instant.
func (k Key) String() string {
	return fmt.Sprintf("%d/%s", k.Employee, k.SampledAt.Format(time.RFC3339))
}

// compare orders tellings of one sample: the pending, the harmless and the weakly proven first. It is total but for who told
// it and when.
func (v *version) compare(w *version) int {
	return cmp.Or(
		cmp.Compare(gravity(v.Result), gravity(w.Result)),
		cmp.Compare(proofRank[v.Proof], proofRank[w.Proof]),
		cmp.Compare(v.Method, w.Method),
		v.ReportedAt.Compare(w.ReportedAt),
		v.TestedAt.Compare(w.TestedAt),
		cmp.Compare(v.Mode, w.Mode),
		cmp.Compare(v.Source, w.Source),
		cmp.Compare(v.Institution, w.Institution),
		cmp.Compare(v.Lab, w.Lab),
		cmp.Compare(v.Barcode, w.Barcode),
		cmp.Compare(v.Note, w.Note),
	)
}

// gravity counts the results that are less grave, after pending, which says nothing yet.
func gravity(r regime.Result) int {
	if r == regime.ResultPending {
		return 0
	}
	n := 1
	for _, other := range Results() {
		if other != r && other != regime.ResultPending && regime.Worse(r, other) == r {
			n++
		}
	}
	return n
}
