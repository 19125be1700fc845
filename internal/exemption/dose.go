package exemption

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// planDoses locks the files concerned and compares the tellings with the vaccinations that stand.
func planDoses(ctx context.Context, q db.Q, org int32, ins []DoseInput, at time.Time) (*plan[DoseInput], error) {
	known, err := lockFiles(ctx, q, org, ins, func(in DoseInput) int64 { return in.Employee })
	if err != nil {
		return nil, err
	}
	standing, err := loadDoses(ctx, q, org, known)
	if err != nil {
		return nil, err
	}
	return judgeDoses(ins, known, standing, at), nil
}

func judgeDoses(ins []DoseInput, known map[int64]bool, standing map[int64][]Dose, at time.Time) *plan[DoseInput] {
	p := &plan[DoseInput]{outcomes: make([]Outcome, len(ins))}
	cards := map[int64]*card{}
	repeats := map[int]int{} // a row that says the same again, to the first
	for i, in := range ins {
		faults := in.check(at)
		if !known[in.Employee] {
			faults.Add("employee", "error.not_found")
		}
		c := cards[in.Employee]
		if c == nil {
			c = newCard(standing[in.Employee])
			cards[in.Employee] = c
		}
		if len(faults) == 0 {
			if first := c.tell(i, in, faults); first != i {
				repeats[i] = first
			}
		}
		if len(faults) > 0 {
			p.outcomes[i] = refuse(doseOrder, faults)
		}
	}
	for _, c := range cards {
		for c.refuse(p) {
		}
	}
	for i, in := range ins {
		first, again := repeats[i]
		switch c := cards[in.Employee]; {
		case p.outcomes[i].Kind == Refused:
		case again && p.outcomes[first].Kind == Refused:
			p.outcomes[i] = p.outcomes[first]
		case again:
			p.outcomes[i].Kind = Unchanged
		default:
			p.outcomes[i].Kind = c.settle(p, c.told[in.Number].in)
		}
	}
	return p
}

// card is one person's vaccinations by number: those on file and those told of.
type card struct {
	file map[int]Dose
	told map[int]telling
}

type telling struct {
	row int
	in  DoseInput
}

func newCard(doses []Dose) *card {
	c := &card{file: map[int]Dose{}, told: map[int]telling{}}
	for _, d := range doses {
		c.file[d.Number] = d
	}
	return c
}

// tell notes what a row says and returns the first row that tells of the same dose. To say something else is a fault.
func (c *card) tell(row int, in DoseInput, faults errs.Fields) (first int) {
	earlier, again := c.told[in.Number]
	if !again {
		c.told[in.Number] = telling{row, in}
		return row
	}
	if !earlier.in.says(in) {
		faults.Add("at", "exemption.refused.told_twice")
	}
	return earlier.row
}

// refuse takes out the tellings that cannot be true and reports whether there were any. It is to be repeated until there are
// none: without the refused ones, what is on file speaks again.
func (c *card) refuse(p *plan[DoseInput]) bool {
	var out []int
	for n, t := range c.told {
		if faults := c.contradiction(t.in); len(faults) > 0 {
			p.outcomes[t.row] = refuse(doseOrder, faults)
			out = append(out, n)
		}
	}
	for _, n := range out {
		delete(c.told, n)
	}
	return len(out) > 0
}

// contradiction says what a telling cannot be true with: an earlier dose that is later, a later one that is earlier, or any dose when
// it says that there is none. What is told of another dose counts more than what is on file.
func (c *card) contradiction(in DoseInput) errs.Fields {
	f := errs.Fields{}
	for n := 1; n <= maxDose; n++ {
		at := c.file[n].At
		if t, ok := c.told[n]; ok {
			at = t.in.At
		}
		switch {
		case at.IsZero() || n == in.Number:
		case in.Number == 0:
			f.Add("number", "exemption.refused.vaccinated", "Dose", n)
		case n < in.Number && !at.Before(in.At):
			f.Add("at", "exemption.refused.before_dose", "Dose", n)
		case n > in.Number && !in.At.Before(at):
			f.Add("at", "exemption.refused.after_dose", "Dose", n)
		}
	}
	return f
}

// settle decides about a telling that nothing speaks against.
func (c *card) settle(p *plan[DoseInput], in DoseInput) Kind {
	kind := Added
	if old, stands := c.file[in.Number]; stands {
		if in.agrees(&old) {
			return Unchanged
		}
		if in.Product == "" {
			in.Product = old.Product
		}
		kind = Changed
		p.cancel = append(p.cancel, ref{old.Employee, old.ID})
	}
	if none, stands := c.file[0]; stands && in.Number > 0 { // whoever is vaccinated is no longer without
		kind = Changed
		p.cancel = append(p.cancel, ref{none.Employee, none.ID})
		delete(c.file, 0)
	}
	p.add = append(p.add, in)
	return kind
}
