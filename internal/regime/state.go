package regime

import "fmt"

// State is one of the eight states of docs/rules.md. The values are stored in
// the database: never renumber them.
type State uint8

const (
	OK         State = 1 // a negative is in force
	DueSoon    State = 2 // a negative is in force, the next sample is due soon
	Overdue    State = 3 // past due, nothing in force, nothing awaited
	NoRecord   State = 4 // nothing in force yet, but still within the starting window
	Pending    State = 5 // nothing in force, a fresh sample awaits its result
	ResultLate State = 6 // past due, and the awaited result is late
	Exempt     State = 7 // under an exemption or in the grace after it
	OffPost    State = 8 // not on post, or held
)

var stateNames = [...]string{
	OK: "ok", DueSoon: "due_soon", Overdue: "overdue", NoRecord: "no_record",
	Pending: "pending", ResultLate: "result_late", Exempt: "exempt", OffPost: "off_post",
}

// String returns the stable id of the state, such as "due_soon".
func (s State) String() string { return nameOf(stateNames[:], int(s), "State") }

// ParseState is the inverse of State.String.
func ParseState(id string) (State, error) {
	i, err := indexOf(stateNames[:], id, "state")
	return State(i), err
}

// Owed reports whether a person in this state is in the denominator of the
// test rate: on post, not held and not exempt.
func (s State) Owed() bool { return s >= OK && s <= ResultLate }

// Tested reports whether a person in this state is in the numerator of the test
// rate: a negative is in force. Pending is shown apart.
func (s State) Tested() bool { return s == OK || s == DueSoon }

// Result is the result of one sample. The values are stable.
type Result uint8

const (
	Negative      Result = 1
	Positive      Result = 2 // to be confirmed by the CDC
	Suspicious    Result = 3 // grey zone
	PoolAbnormal  Result = 4 // the mixed tube was abnormal, the person may well not be
	ResultPending Result = 5
	Invalid       Result = 6 // unusable specimen
	Cancelled     Result = 7 // record withdrawn
)

var resultNames = [...]string{
	Negative: "negative", Positive: "positive", Suspicious: "suspicious", PoolAbnormal: "pool_abnormal",
	ResultPending: "pending", Invalid: "invalid", Cancelled: "cancelled",
}

// String returns the stable id of the result, such as "pool_abnormal".
func (r Result) String() string { return nameOf(resultNames[:], int(r), "Result") }

// ParseResult is the inverse of Result.String.
func ParseResult(id string) (Result, error) {
	i, err := indexOf(resultNames[:], id, "result")
	return Result(i), err
}

// Abnormal reports whether the result puts the person on hold.
func (r Result) Abnormal() bool { return r >= Positive && r <= PoolAbnormal }

// severity orders results from harmless to grave. Suspicious and pool_abnormal
// rank alike in the domain; suspicious goes first here because it is the harder
// one to be released from, and a choice must not depend on the order of records.
var severity = [...]uint8{
	Cancelled: 0, Negative: 1, Invalid: 2, ResultPending: 3, PoolAbnormal: 4, Suspicious: 5, Positive: 6,
}

// Worse returns the graver of two results of the same sampling:
// positive > suspicious = pool_abnormal > pending > invalid > negative > cancelled.
// An unknown value ranks as pending.
func Worse(a, b Result) Result {
	if b.severity() > a.severity() {
		return b
	}
	return a
}

func (r Result) severity() uint8 {
	if r < Negative || r > Cancelled {
		return severity[ResultPending]
	}
	return severity[r]
}

func nameOf(names []string, i int, kind string) string {
	if i > 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

func indexOf(names []string, id, kind string) (int, error) {
	for i, name := range names {
		if i > 0 && name == id {
			return i, nil
		}
	}
	return 0, fmt.Errorf("regime: unknown %s %q", kind, id)
}
