// Package profile is what a file says about a person, apart from where it is kept: the columns, their normal forms, the checks,
// the words that people use for the values of closed lists, and what of a value may be shown. It is pure: no I/O, no clock.
//
// Forms, sheets and programs hand in an Incoming; Incoming.Check is the one place that normalises it and says what is wrong, in
// messages that say what to do. Columns go by keys (employee_no, name, id_type, id_number, sex, mobile, email, dept, workshop,
// team, shift, post, key_post, employment, test_category, work_status, dorm_building, dorm_room, home_address, commute,
// bus, canteen_table, joined_on, note), which faults, changes and sheets share.
package profile

import (
	"slices"

	"github.com/fugong/fugong/internal/platform/gb"
)

// Values is what a file says in the columns that people fill in, in stored form: days as 2006-01-02, key_post as yes or no, ""
// for nothing. Two files are compared column by column; that tells a change. It holds sealed values in the clear.
type Values struct {
	EmployeeNo, Name, IDType, IDNumber, Sex, Birth, Mobile, Email string
	Dept, Workshop, Team, Shift, Post, KeyPost                    string
	Employment, Category, WorkStatus                              string
	DormBuilding, DormRoom, Address, Commute, JoinedOn, Note      string
	Bus, CanteenTable                                             string
}

// Kinds of change.
const (
	KindCreated   = "created"
	KindIdentity  = "identity"
	KindPlacement = "placement"
	KindContact   = "contact"
	KindCategory  = "category"
	KindStatus    = "status"
)

// Work statuses that are treated apart. The others are in the vocabulary.
const (
	OnPost         = "on_post"
	AwaitingReturn = "awaiting_return"
	Controlled     = "controlled"
	Leave          = "leave"
	Resigned       = "resigned"
)

// Column is one column of Values and the kind of change that a new value makes.
type Column struct {
	Key, Kind string
	field     func(*Values) *string
	mask      func(string) string // nil for a column that may be shown as it is
}

// Columns are all columns in the order in which a file is read.
var Columns = []Column{
	{"employee_no", KindIdentity, func(v *Values) *string { return &v.EmployeeNo }, nil},
	{"name", KindIdentity, func(v *Values) *string { return &v.Name }, nil},
	{"id_type", KindIdentity, func(v *Values) *string { return &v.IDType }, nil},
	{"id_number", KindIdentity, func(v *Values) *string { return &v.IDNumber }, gb.MaskID},
	{"sex", KindIdentity, func(v *Values) *string { return &v.Sex }, nil},
	{"birth_date", KindIdentity, func(v *Values) *string { return &v.Birth }, maskBirth},
	{"employment", KindIdentity, func(v *Values) *string { return &v.Employment }, nil},
	{"joined_on", KindIdentity, func(v *Values) *string { return &v.JoinedOn }, nil},
	{"dept", KindPlacement, func(v *Values) *string { return &v.Dept }, nil},
	{"workshop", KindPlacement, func(v *Values) *string { return &v.Workshop }, nil},
	{"team", KindPlacement, func(v *Values) *string { return &v.Team }, nil},
	{"shift", KindPlacement, func(v *Values) *string { return &v.Shift }, nil},
	{"post", KindPlacement, func(v *Values) *string { return &v.Post }, nil},
	{"key_post", KindPlacement, func(v *Values) *string { return &v.KeyPost }, nil},
	{"mobile", KindContact, func(v *Values) *string { return &v.Mobile }, gb.MaskMobile},
	{"email", KindContact, func(v *Values) *string { return &v.Email }, nil},
	{"home_address", KindContact, func(v *Values) *string { return &v.Address }, MaskAddress},
	{"dorm_building", KindContact, func(v *Values) *string { return &v.DormBuilding }, nil},
	{"dorm_room", KindContact, func(v *Values) *string { return &v.DormRoom }, nil},
	{"commute", KindContact, func(v *Values) *string { return &v.Commute }, nil},
	{"bus", KindContact, func(v *Values) *string { return &v.Bus }, nil},
	{"canteen_table", KindContact, func(v *Values) *string { return &v.CanteenTable }, nil},
	{"note", KindContact, func(v *Values) *string { return &v.Note }, nil},
	{"test_category", KindCategory, func(v *Values) *string { return &v.Category }, nil},
	{"work_status", KindStatus, func(v *Values) *string { return &v.WorkStatus }, nil},
}

// Shown is the column's value as history may show it: sealed values masked, of the birth date the year.
func (c Column) Shown(v *Values) string {
	s := *c.field(v)
	if c.mask != nil && s != "" {
		return c.mask(s)
	}
	return s
}

// Changed lists the keys of the columns in which two files differ.
func Changed(a, b Values) []string {
	var keys []string
	for _, c := range Columns {
		if *c.field(&a) != *c.field(&b) {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// Over lays what was said over a file: what was left blank stays.
func (v Values) Over(said Values) Values {
	for _, c := range Columns {
		if s := *c.field(&said); s != "" {
			*c.field(&v) = s
		}
	}
	return v
}

// Edited lays an edit form over a file: identity, employment and contact are as the form says, blank meaning blank. But a column
// whose value the form does not show, or that is never blank, stays when the form says nothing; clear names those of mobile and
// home_address that shall be emptied.
func (v Values) Edited(form Values, clear []string) Values {
	stay := []string{"id_type", "id_number", "sex", "birth_date", "employment", "mobile", "home_address"}
	for _, c := range Columns {
		if c.Kind != KindIdentity && c.Kind != KindContact {
			continue
		}
		emptied := slices.Contains(clear, c.Key) && (c.Key == "mobile" || c.Key == "home_address")
		if s := *c.field(&form); s != "" || emptied || !slices.Contains(stay, c.Key) {
			*c.field(&v) = s
		}
	}
	return v
}

// WithDefaults fills what a new file must say.
func (v Values) WithDefaults() Values {
	for _, d := range []struct {
		field *string
		value string
	}{{&v.KeyPost, "no"}, {&v.Employment, "regular"}, {&v.Category, "general_staff"}, {&v.WorkStatus, OnPost}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	return v
}
