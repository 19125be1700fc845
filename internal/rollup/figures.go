package rollup

import (
	"time"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
)

// Figures are counts of people at one instant. Owed is the denominator and Tested the numerator of the test rate; Pending is
// shown apart. Overdue includes those whose result is late.
type Figures struct {
	Headcount  int `db:"headcount"`
	Owed       int `db:"owed"`
	Tested     int `db:"tested"`
	DueSoon    int `db:"due_soon"`
	Pending    int `db:"pending"`
	Overdue    int `db:"overdue"`
	ResultLate int `db:"result_late"` // of those overdue, the ones whose lab is late
	NoRecord   int `db:"no_record"`
	Exempt     int `db:"exempt"`
	OffPost    int `db:"off_post"`
	Held       int `db:"held"`
	Symptoms   int `db:"symptoms"`
}

// Add sums the figures of two groups.
func (f Figures) Add(g Figures) Figures {
	return Figures{
		Headcount: f.Headcount + g.Headcount, Owed: f.Owed + g.Owed, Tested: f.Tested + g.Tested, DueSoon: f.DueSoon + g.DueSoon,
		Pending: f.Pending + g.Pending, Overdue: f.Overdue + g.Overdue, ResultLate: f.ResultLate + g.ResultLate, NoRecord: f.NoRecord + g.NoRecord,
		Exempt: f.Exempt + g.Exempt, OffPost: f.OffPost + g.OffPost, Held: f.Held + g.Held, Symptoms: f.Symptoms + g.Symptoms,
	}
}

// Untested is who still owes: the denominator less the numerator and those who wait for a result.
func (f Figures) Untested() int { return f.Owed - f.Tested - f.Pending }

// Rate is the share tested, from 0 to 1; a group in which nobody owes counts as complete for sorting.
func (f Figures) Rate() float64 {
	if f.Owed == 0 {
		return 1
	}
	return float64(f.Tested) / float64(f.Owed)
}

func figuresOf(t standing.Tally) Figures {
	return Figures{
		Owed: t.Owed(), Tested: t.Tested(), Pending: t.States[regime.Pending],
		Overdue: t.States[regime.Overdue] + t.States[regime.ResultLate], NoRecord: t.States[regime.NoRecord],
	}
}

// WeekPoint is one week of a trend.
type WeekPoint struct {
	Week   time.Time `db:"week"` // the Monday, a civil date
	Owed   int       `db:"owed"`
	Tested int       `db:"tested"`
	Frozen bool      `db:"frozen"`
	AsOf   time.Time `db:"as_of"`
}
