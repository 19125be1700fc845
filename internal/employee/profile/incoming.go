package profile

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// Incoming is one person as a form, a sheet or a program says it: texts as they were written. A blank text says nothing.
type Incoming struct {
	EmployeeNo, Name, IDType, IDNumber, Sex, Mobile, Email       string
	Dept, Workshop, Team, Shift, Post, KeyPost                   string
	Employment, TestCategory, WorkStatus                         string
	DormBuilding, DormRoom, HomeAddress, Commute, JoinedOn, Note string
	Bus, CanteenTable                                            string // the shuttle, and the place in the canteen
}

// Check normalises and reports what is wrong, by column key. today is any instant of the present civil day in the org's zone.
// The identity number tells sex and birth date where it can; a sex that contradicts it is a fault.
func (in Incoming) Check(today time.Time) (Values, errs.Fields) {
	c := checker{faults: errs.Fields{}}
	v := Values{
		EmployeeNo:   c.code("employee_no", in.EmployeeNo, 32),
		Name:         c.name(in.Name),
		Sex:          c.choice(ColSex, in.Sex),
		Mobile:       c.mobile(in.Mobile),
		Email:        c.email(in.Email),
		Dept:         c.text("dept", in.Dept, 60),
		Workshop:     c.text("workshop", in.Workshop, 60),
		Team:         c.text("team", in.Team, 60),
		Shift:        c.text("shift", in.Shift, 30),
		Post:         c.text("post", in.Post, 60),
		KeyPost:      c.choice(ColKeyPost, in.KeyPost),
		Employment:   c.choice(ColEmployment, in.Employment),
		Category:     c.choice(ColCategory, in.TestCategory),
		WorkStatus:   c.choice(ColWorkStatus, in.WorkStatus),
		DormBuilding: c.text("dorm_building", in.DormBuilding, 60),
		DormRoom:     c.text("dorm_room", in.DormRoom, 30),
		Address:      c.text("home_address", in.HomeAddress, 200),
		Commute:      c.choice(ColCommute, in.Commute),
		Bus:          c.text("bus", in.Bus, 30),
		CanteenTable: c.text("canteen_table", in.CanteenTable, 30),
		JoinedOn:     c.joined(in.JoinedOn, today),
		Note:         c.text("note", in.Note, 500),
	}
	c.identity(in, today, &v)
	return v, c.faults
}

// checker normalises column by column and gathers the faults.
type checker struct{ faults errs.Fields }

func (c *checker) text(column, raw string, max int) string {
	s := sheet.NormalizeText(raw)
	if utf8.RuneCountInString(s) > max {
		c.faults.Add(column, "employee.problem.too_long", "Max", max)
	}
	return s
}

func isSpreadsheetError(s string) bool {
	return strings.HasPrefix(s, "#") && spreadsheetError.MatchString(s)
}

var spreadsheetError = regexp.MustCompile(`^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)$`)

// code is a text that names a thing: an employee number has no spaces.
func (c *checker) code(column, raw string, max int) string {
	s := strings.ReplaceAll(c.text(column, raw, max), " ", "")
	switch {
	case isSpreadsheetError(s):
		c.faults.Add(column, "employee.problem.formula_error", "Value", s)
	case strings.ContainsAny(s, "eE") && scientific.MatchString(s):
		c.faults.Add(column, "employee.problem.number_ruined")
	}
	return s
}

var scientific = regexp.MustCompile(`^\d(\.\d+)?[eE]\+?\d{2,}$`)

const maxName = 50

func (c *checker) name(raw string) string {
	s := sheet.NormalizeName(raw)
	switch {
	case s == "":
		c.faults.Add("name", "employee.problem.name_missing")
	case utf8.RuneCountInString(s) > maxName:
		c.faults.Add("name", "employee.problem.too_long", "Max", maxName)
	case isSpreadsheetError(s):
		c.faults.Add("name", "employee.problem.formula_error", "Value", s)
	case strings.IndexFunc(s, unicode.IsLetter) < 0 || countDigits(s) > 4:
		c.faults.Add("name", "employee.problem.name_no_letters")
	}
	return s
}

func countDigits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// choice reads a value of a closed list; blank stays blank.
func (c *checker) choice(column, raw string) string {
	s := sheet.NormalizeText(raw)
	if s == "" {
		return ""
	}
	value, ok := Read(column, s)
	if !ok {
		c.faults.Add(column, "employee.problem."+column, "Value", clip(s))
	}
	return value
}

// clip keeps a wrong value short enough for a message.
func clip(s string) string {
	const max = 20
	if r := []rune(s); len(r) > max {
		return string(r[:max]) + "…"
	}
	return s
}

func (c *checker) mobile(raw string) string {
	n := gb.NormalizeMobile(raw)
	if n == "" {
		return ""
	}
	if code := problemCode(gb.CheckMobile(n)); code != "" {
		c.faults.Add("mobile", "employee.problem.mobile."+string(code))
	}
	return n
}

func (c *checker) email(raw string) string {
	s := c.text("email", raw, 254)
	if s == "" {
		return ""
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || !strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".") {
		c.faults.Add("email", "employee.problem.email")
	}
	return s
}

var dayLayouts = []string{"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"}

// joined reads a civil day. A time of day after it, as spreadsheets give it, is dropped.
func (c *checker) joined(raw string, today time.Time) string {
	s := sheet.NormalizeText(raw)
	if s == "" {
		return ""
	}
	day, _, _ := strings.Cut(strings.ReplaceAll(s, "T", " "), " ")
	for _, layout := range dayLayouts {
		t, err := time.Parse(layout, day)
		if err != nil {
			continue
		}
		if t.Year() < 1950 || t.After(today.AddDate(1, 0, 0)) {
			c.faults.Add("joined_on", "employee.problem.joined_range")
		}
		return t.Format(time.DateOnly)
	}
	c.faults.Add("joined_on", "employee.problem.joined_on")
	return ""
}

// identity settles the kind of document, checks the number, and derives sex and birth date from it.
func (c *checker) identity(in Incoming, today time.Time, v *Values) {
	kind := gb.IDType(c.choice(ColIDType, in.IDType))
	if _, bad := c.faults[ColIDType]; bad {
		return
	}
	v.IDNumber = gb.NormalizeID(in.IDNumber)
	if kind == "" {
		guess, ok := gb.GuessIDType(in.IDNumber)
		if !ok {
			guess = gb.Resident // the answer that fits nearly everybody
		}
		kind = guess
	}
	v.IDType = string(kind)
	id, err := gb.ParseID(kind, in.IDNumber, today)
	if code := problemCode(err); code != "" {
		c.idProblem(code, kind, v.IDNumber)
		return
	}
	if kind == gb.Other && v.Note == "" {
		c.faults.Add("note", "employee.problem.other_reason")
	}
	sex := map[gb.Sex]string{gb.Male: "M", gb.Female: "F"}[id.Sex]
	if sex != "" && v.Sex != "" && sex != v.Sex {
		c.faults.Add(ColSex, "employee.problem.sex_contradicts")
	}
	if sex != "" {
		v.Sex = sex
	}
	if !id.Birth.IsZero() {
		v.Birth = id.Birth.Format(time.DateOnly)
	}
}

// idProblem words the refusal of an identity number. A spreadsheet keeps fifteen digits of a number and makes zeros of the
// rest: a number that ends in 000 and fails its check was most likely ruined so.
func (c *checker) idProblem(code gb.Code, kind gb.IDType, number string) {
	rounded := strings.HasSuffix(number, "000") && (code == gb.Checksum || code == gb.Date)
	today, upgraded := gb.Upgrade15(number)
	switch {
	case rounded:
		c.faults.Add("id_number", "employee.problem.id.rounded")
	case code == gb.Old15Digits && upgraded:
		c.faults.Add("id_number", "employee.problem.id.old_15_digits", "Hint", gb.MaskID(today))
	case kind == gb.Resident && (code == gb.Length || code == gb.Old15Digits):
		c.faults.Add("id_number", "employee.problem.id.length_cn_id", "Got", utf8.RuneCountInString(number))
	default:
		c.faults.Add("id_number", "employee.problem.id."+string(code))
	}
}

func problemCode(err error) gb.Code {
	if p, ok := errors.AsType[*gb.Problem](err); ok {
		return p.Code
	}
	return ""
}

// Placement is where a person works, as it was written.
type Placement struct{ Dept, Workshop, Team, Shift, Post, KeyPost string }

// Over lays the placement over a file. Blank clears, save key_post, which then stays.
func (p Placement) Over(v Values) (Values, errs.Fields) {
	c := checker{faults: errs.Fields{}}
	v.Dept, v.Workshop, v.Team = c.text("dept", p.Dept, 60), c.text("workshop", p.Workshop, 60), c.text("team", p.Team, 60)
	v.Shift, v.Post = c.text("shift", p.Shift, 30), c.text("post", p.Post, 60)
	if key := c.choice(ColKeyPost, p.KeyPost); key != "" {
		v.KeyPost = key
	}
	return v, c.faults
}
