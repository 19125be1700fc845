// Package employee keeps the file of each person in an org: identity, contact, placement, test category and work status. It
// is the only writer of team, employee and employee_change.
//
// What people type, import or send is an Incoming; package profile normalises it and says what is wrong with it. Every change
// goes one way: the file as it was and as it shall be are compared column by column, the row is written, one employee_change row
// for each kind of change says what was there before, standings are evaluated anew and the act is audited, all in one
// transaction.
//
// Spans of status and category. A change of kind created, status or category carries test_category or work_status in its
// "after" and holds from effective_at, until the next or its own until. Only a leave has an until, and only a person who
// is on post goes on a dated leave, so that when it ends the earlier span (on post) is in force again. No status begins in the
// future or before the one it follows.
//
// Identity number, mobile and address are sealed in the database; a Person carries them masked, and only Reveal opens one,
// for a reason that is recorded.
package employee

import (
	"database/sql"
	"time"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/gb"
)

// Team is a group of people within a workshop. Either name may be empty, not both.
type Team struct {
	ID       int64  `db:"id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
}

// Person is one file. Sealed values are masked; Birth and JoinedOn are civil days at 00:00 UTC.
type Person struct {
	ID            int64        `db:"id"`
	EmployeeNo    string       `db:"employee_no"`
	Name          string       `db:"name"`
	Pinyin        string       `db:"pinyin"`
	IDType        gb.IDType    `db:"id_type"`
	Sex           string       `db:"sex"` // "M", "F" or ""
	Birth         sql.NullTime `db:"birth_date"`
	Email         string       `db:"email"`
	Dept          string       `db:"dept"`
	TeamID        int64        `db:"team_id"` // 0 for none
	Workshop      string       `db:"workshop"`
	Team          string       `db:"team"`
	Shift         string       `db:"shift"`
	Post          string       `db:"post"`
	KeyPost       bool         `db:"key_post"`
	Employment    string       `db:"employment"`
	Category      string       `db:"test_category"`
	CategorySince time.Time    `db:"category_since"`
	WorkStatus    string       `db:"work_status"` // as recorded; see StatusAt
	StatusSince   time.Time    `db:"status_since"`
	StatusUntil   sql.NullTime `db:"status_until"`
	DormBuilding  string       `db:"dorm_building"`
	DormRoom      string       `db:"dorm_room"`
	Commute       string       `db:"commute"`
	Bus           string       `db:"bus"`           // the shuttle ridden
	CanteenTable  string       `db:"canteen_table"` // the place in the canteen
	JoinedOn      sql.NullTime `db:"joined_on"`
	Note          string       `db:"note"`
	Version       int          `db:"version"`
	CreatedAt     time.Time    `db:"created_at"`
	UpdatedAt     time.Time    `db:"updated_at"`

	MaskedID      string `db:"-"`
	MaskedMobile  string `db:"-"`
	MaskedAddress string `db:"-"`
}

// Incoming is one person as a form, a sheet or a program says it.
type Incoming = profile.Incoming

// StatusAt is the work status at an instant not before it was recorded: a leave that has ended has brought the person back
// on post.
func (p *Person) StatusAt(at time.Time) string {
	if p.StatusUntil.Valid && !at.Before(p.StatusUntil.Time) {
		return profile.OnPost
	}
	return p.WorkStatus
}

// The sealed columns that can be revealed, by column key.
const (
	FieldIDNumber = "id_number"
	FieldMobile   = "mobile"
	FieldAddress  = "home_address"
)
