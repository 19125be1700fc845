package sheet

import "fmt"

// ProblemKey says what is wrong with one cell. Its string is a stable machine
// key, for a text with arguments elsewhere. All have the argument "value",
// what the cell says.
type ProblemKey string

const (
	ProblemEmpty        ProblemKey = "empty"
	ProblemLostDigits   ProblemKey = "lost_digits"     // a long number that the office program has ruined
	ProblemError        ProblemKey = "error_value"     // #N/A and the like
	ProblemUncalculated ProblemKey = "uncalculated"    // a formula without a stored value
	ProblemNumber       ProblemKey = "number"          // no decimal number
	ProblemYesNo        ProblemKey = "yes_no"          // neither yes nor no
	ProblemDate         ProblemKey = "date"            // not readable as a date
	ProblemImpossible   ProblemKey = "date_impossible" // a date or time that does not exist
	ProblemAmbiguous    ProblemKey = "date_ambiguous"  // 24/3/22: which is the year?
	ProblemTimeOnly     ProblemKey = "date_missing"    // a time of day without its date
)

// Problem is the error of a value parser: this cell cannot be taken.
type Problem struct {
	Key  ProblemKey
	Args map[string]any
}

func (p *Problem) Error() string { return fmt.Sprint("cell problem: ", p.Key) }

func problem(key ProblemKey, c Cell) *Problem {
	return &Problem{Key: key, Args: map[string]any{"value": c.Text}}
}

// Check reports what spoils a cell whatever it is meant to hold: an error
// value, or a formula that was never calculated. Use it for cells that no
// value parser looks at.
func (c Cell) Check() error {
	if p := c.spoilt(); p != nil {
		return p
	}
	return nil
}

func (c Cell) spoilt() *Problem {
	switch c.Kind {
	case KindError:
		return problem(ProblemError, c)
	case KindUncalculated:
		return problem(ProblemUncalculated, c)
	}
	return nil
}
