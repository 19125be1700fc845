package employee

import (
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
)

// StateHeld is the state of a filter, a row or a count for people with a hold in force; the other states are those of regime
// and leave them out, so that every person has exactly one.
const StateHeld = "held"

// AnyStatus lets a filter find also those who left.
const AnyStatus = "any"

// Filter says whom a list, its total, its counts and its export are about. The zero value is everybody who has not left.
type Filter struct {
	Search     string  // part of a name, pinyin or initials, employee number, whole identity number or mobile
	IDs        []int64 // only these files
	Workshop   string
	Team       int64
	WorkStatus string // a status at the list's instant, "" for all but resigned, or AnyStatus
	Category   string
	Bus        string // exactly
	Canteen    string // table in the canteen, exactly
	State      string // StateHeld or a regime state's id
	Sort       string // one of Sorts; "" is SortName
	Desc       bool
}

// What a list can be sorted by.
const (
	SortName   = "name" // by pinyin
	SortNumber = "employee_no"
	SortDue    = "due"
	SortState  = "state" // the pressing ones first
)

// Sorts lists them.
func Sorts() []string { return []string{SortName, SortNumber, SortDue, SortState} }

// sortKey is what rows are ordered by. Texts are compared byte by byte, as the index on pinyin does.
type sortKey struct {
	expr     string
	text     bool // of the file; else bigint
	standing bool // of the standing
}

var sortKeys = map[string]sortKey{
	SortName:   {"e.pinyin", true, false},
	SortNumber: {"e.employee_no", true, false},
	SortDue:    {fragDue, false, true},
	SortState:  {fragRank, false, true},
}

// key is the sort key of a filter; an unknown one is that by name.
func (f Filter) key() sortKey {
	if key, ok := sortKeys[f.Sort]; ok {
		return key
	}
	return sortKeys[SortName]
}

// order is the ORDER BY of the key in column, then of the file's id.
func (k sortKey) order(column, id string, desc bool) string {
	switch {
	case k.text && desc:
		return " order by " + column + " using ~>~, " + id + " desc"
	case k.text:
		return " order by " + column + " using ~<~, " + id
	case desc:
		return " order by " + column + " desc, " + id + " desc"
	}
	return " order by " + column + ", " + id
}

// beyond narrows the selection to the rows whose columns key and id lie behind a cursor, in the direction. A cursor of another list
// is no cursor.
func (k sortKey) beyond(sel *selection, column, id, cursor string, desc bool) {
	keys, ok := page.Keys(cursor, 2)
	if !ok {
		return
	}
	last, err := strconv.ParseInt(keys[1], 10, 64)
	if err != nil {
		return
	}
	more, least := ">", ">="
	if desc {
		more, least = "<", "<="
	}
	if k.text {
		sel.and(column+" ~"+least+"~ ? and ("+column+" ~"+more+"~ ? or "+id+" "+more+" ?)", keys[0], keys[0], last)
		return
	}
	if _, err := strconv.ParseInt(keys[0], 10, 64); err == nil {
		sel.and("("+column+", "+id+") "+more+" (?::bigint, ?::bigint)", keys[0], last)
	}
}

// The due instant in microseconds; nothing owed comes last.
const fragDue = `coalesce((date_part('epoch', s.due_at) * 1e6)::bigint, 9223372036854775807)`

// The order of pressing: held, overdue, no_record, result_late, due_soon, pending, ok, exempt, off_post; by regime's codes.
const fragRank = `coalesce((array[6, 4, 1, 2, 5, 3, 7, 8, 0])[` + fragState + `], 9)::bigint`

// The state at the instant $2 as a code: regime's, or 9 for held.
const fragState = `(case when s.held then 9 else standing_state($2, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) end)`

const (
	stateHeldCode = 9
	gone          = 0 // standing.Gone
)

// The work status at the instant $2: who was on a leave that ended is back on post.
const fragStatus = `(case when e.status_until <= $2 then 'on_post' else e.work_status end)`

// Every statement has $1 the org and $2 the instant; naming $2 here gives it a type where no condition uses it.
const fragWhere = ` where e.org_id = $1 and $2::timestamptz is not null`

const fragPresent = ` and e.work_status <> 'resigned'`

const fragStanding = ` left join standing s on s.org_id = e.org_id and s.employee_id = e.id`

// Of a whole enterprise the standings are read in one go: the planner, left to itself, looks each of them up, which takes six times
// as long. The fence (offset 0) keeps it from that.
const fragStandings = ` left join (select employee_id, held, s0, t1, s1, t2, s2, t3, s3, due_at from standing where org_id = $1 offset 0) s
    on s.employee_id = e.id`

// selection is the one builder of conditions: list, total, counts and export differ in what they select, never in whom.
type selection struct {
	where   strings.Builder
	args    []any
	state   string // the argument with the code of the one state that is selected; "" for all
	few     bool   // some condition leaves few people of an enterprise
	present bool   // nothing is asked of a file but that the person has not left, which its standing tells as well
	way     way    // to the files of present people in a state
}

// way is how files in the order of a column of theirs are found by a state, which is worked out and in no index.
type way int

const (
	join   way = iota // all files with all standings
	gather            // the standings in the state, then their files: a state that few are in
	walk              // files in the order of their index, each with its standing, until the page is full: a state of many
)

// from is the FROM and WHERE of the selection; files and standings are joined where both are looked at. Of people who are present
// their standings may be all: whoever has a file has a standing, written with it.
func (sel *selection) from(file, standing bool) string {
	standing = standing || sel.state != ""
	switch {
	case sel.alone(file, standing):
		return sel.standings() + sel.where.String()
	case !standing:
		return " from employee e" + sel.whole()
	case sel.way == gather:
		return " from (select s.employee_id" + sel.standings() + " offset 0) s join employee e on e.org_id = $1 and e.id = s.employee_id where true" +
			sel.where.String()
	case sel.way == walk:
		// Compared within, it is taken for true of every second row, and the planner walks.
		return " from employee e" + sel.whole() + " and (select " + fragState + " = " + sel.state +
			" from standing s where s.org_id = e.org_id and s.employee_id = e.id)"
	case sel.few:
		return " from employee e" + fragStanding + sel.whole() + sel.inState()
	}
	return " from employee e" + fragStandings + sel.whole() + sel.inState()
}

// alone reports whether from is standings without files.
func (sel *selection) alone(file, standing bool) bool {
	return sel.present && !file && (standing || sel.state != "")
}

// standings is the FROM and WHERE of the standings of whoever is present, in the state.
func (sel *selection) standings() string {
	return " from standing s where s.org_id = $1 and $2::timestamptz is not null and s.s0 <> " + strconv.Itoa(gone) + sel.inState()
}

// whole is the WHERE of a selection of files.
func (sel *selection) whole() string {
	if sel.present {
		return fragWhere + fragPresent + sel.where.String()
	}
	return fragWhere + sel.where.String()
}

// inState is the condition that the state is the selected one.
func (sel *selection) inState() string {
	if sel.state == "" {
		return ""
	}
	return " and " + fragState + " = " + sel.state
}

// id is the column of the file's id in from.
func (sel *selection) id(file, standing bool) string {
	if sel.alone(file, standing) {
		return "s.employee_id"
	}
	return "e.id"
}

// seek chooses the way to a page of those in the state: so many lookups as there are people in it, or as it takes to meet a page of
// them.
func (sel *selection) seek(counts map[string]int, f Filter, limit int) {
	all := 0
	for _, n := range counts {
		all += n
	}
	switch n := counts[f.State]; {
	case n*n <= limit*all:
		sel.way = gather
	case f.key() == sortKeys[SortName]:
		sel.way = walk
	}
}

// and adds a condition of this file; each ? in it stands for the next argument.
func (sel *selection) and(frag string, args ...any) {
	sel.where.WriteString(" and ")
	sel.where.WriteString(sel.bind(frag, args...))
}

func (sel *selection) bind(frag string, args ...any) string {
	var b strings.Builder
	for _, r := range frag {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		sel.args = append(sel.args, args[0])
		args = args[1:]
		b.WriteString("$" + strconv.Itoa(len(sel.args)))
	}
	return b.String()
}

// selects returns the selection of a filter within reach of the scope, without its state: whoever may view files sees the org,
// a team leader the teams led.
func (x vault) selects(sc authz.Scope, f Filter, at time.Time) (*selection, error) {
	if err := sc.Require(authz.EmployeeView, authz.TeamView); err != nil {
		return nil, err
	}
	sel := &selection{args: []any{sc.Org, at}, few: len(f.IDs) > 0 || f.Search != "" || f.Team != 0 || !sc.Can(authz.EmployeeView)}
	if !sc.Can(authz.EmployeeView) {
		sel.and("e.team_id = any(?)", db.Ints[int64](sc.Teams))
	}
	if len(f.IDs) > 0 {
		sel.and("e.id = any(?)", db.Ints[int64](f.IDs))
	}
	if f.Workshop != "" {
		sel.and("e.team_id in (select t.id from team t where t.org_id = $1 and t.workshop = ?)", f.Workshop)
	}
	if f.Team != 0 {
		sel.and("e.team_id = ?", f.Team)
	}
	if f.Category != "" {
		sel.and("e.test_category = ?", f.Category)
	}
	if f.Bus != "" {
		sel.and("e.bus = ?", f.Bus)
	}
	if f.Canteen != "" {
		sel.and("e.canteen_table = ?", f.Canteen)
	}
	switch {
	case f.WorkStatus == AnyStatus || f.WorkStatus == "" && (len(f.IDs) > 0 || IsNumber(f.Search)):
		// Whoever names one person means that person, gone or not.
	case f.WorkStatus == "" && sel.where.Len() == 0 && sheet.NormalizeText(f.Search) == "":
		sel.present = true
	case f.WorkStatus == "":
		sel.where.WriteString(fragPresent)
	default:
		sel.and(fragStatus+" = ?", f.WorkStatus)
	}
	x.search(sel, f.Search)
	return sel, nil
}

// only narrows the selection to one state.
func (sel *selection) only(state string) error {
	if state == "" {
		return nil
	}
	code, err := stateCode(state)
	if err != nil {
		return err
	}
	sel.state = sel.bind("?", code)
	return nil
}

func stateCode(state string) (int, error) {
	if state == StateHeld {
		return stateHeldCode, nil
	}
	code, err := regime.ParseState(state)
	if err != nil {
		return 0, errs.New(errs.Invalid, "error.choice").Because(err)
	}
	return int(code), nil
}

// stateName is the inverse of stateCode; "" for a person not evaluated yet.
func stateName(code int) string {
	switch {
	case code == stateHeldCode:
		return StateHeld
	case code <= 0 || code > stateHeldCode:
		return ""
	}
	return regime.State(code).String()
}
