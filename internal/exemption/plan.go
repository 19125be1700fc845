package exemption

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// ref names a record.
type ref struct{ employee, id int64 }

// plan is what a set of tellings comes to: an outcome for each, the records to cancel and those to add.
type plan[T any] struct {
	outcomes []Outcome
	cancel   []ref
	add      []T
}

// counts says how many tellings had each outcome.
func (p *plan[T]) counts() map[string]any {
	detail := map[string]any{"rows": len(p.outcomes)}
	n := map[Kind]int{}
	for _, o := range p.outcomes {
		n[o.Kind]++
	}
	for kind, count := range n {
		detail[string(kind)] = count
	}
	return detail
}

// key is what at most one exemption that stands can be of.
type key struct {
	employee int64
	ground   string
	from     int64
}

func keyOf(employee int64, ground string, from time.Time) key {
	return key{employee, ground, from.Unix()}
}

// planExemptions locks the files concerned and compares the tellings with the exemptions that stand.
func (s *Service) planExemptions(ctx context.Context, q db.Q, org int32, ins []Input, at time.Time) (*plan[Input], error) {
	known, err := lockFiles(ctx, q, org, ins, func(in Input) int64 { return in.Employee })
	if err != nil {
		return nil, err
	}
	rules, err := s.rules.For(ctx, q, org, at)
	if err != nil {
		return nil, err
	}
	standing, err := loadExemptions(ctx, q, org, known)
	if err != nil {
		return nil, err
	}
	return judgeExemptions(ins, rules, known, standing, at), nil
}

func judgeExemptions(ins []Input, rules regime.Rules, known map[int64]bool, standing map[key]Exemption, at time.Time) *plan[Input] {
	p := &plan[Input]{outcomes: make([]Outcome, len(ins))}
	told := map[key]Input{}
	for i, in := range ins {
		faults := in.check(rules, at)
		k := keyOf(in.Employee, in.Ground, in.From)
		earlier, again := told[k]
		switch {
		case !known[in.Employee]:
			faults.Add("employee", "error.not_found")
		case len(faults) == 0 && again && !earlier.says(in):
			faults.Add("from", "exemption.refused.told_twice")
		}
		switch {
		case len(faults) > 0:
			p.outcomes[i] = refuse(inputOrder, faults)
		case again:
			p.outcomes[i].Kind = Unchanged
		default:
			told[k] = in
			p.outcomes[i].Kind = settleExemption(p, in, standing[k])
		}
	}
	return p
}

// settleExemption decides about a telling without faults; old is the exemption that stands, of id 0 if there is none.
func settleExemption(p *plan[Input], in Input, old Exemption) Kind {
	if old.ID == 0 {
		p.add = append(p.add, in)
		return Added
	}
	if in.Proof == "" {
		in.Proof = old.Proof
	}
	if in.says(Input{To: old.To, Proof: old.Proof}) {
		return Unchanged
	}
	p.cancel, p.add = append(p.cancel, ref{old.Employee, old.ID}), append(p.add, in)
	return Changed
}
