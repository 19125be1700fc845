package employee

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/pinyin"
)

// record is a file on its way into the table; sheets bring thousands at once, so they travel as one JSON parameter. The JSON
// names are those of the columns.
type record struct {
	ID            int64      `json:"id"`
	EmployeeNo    string     `json:"employee_no"`
	Name          string     `json:"name"`
	Grams         []string   `json:"name_grams"`
	Pinyin        string     `json:"pinyin"`
	Initials      string     `json:"initials"`
	IDType        string     `json:"id_type"`
	IDEnc         bytea      `json:"id_number_enc"`
	IDIndex       bytea      `json:"id_number_bidx"`
	Sex           string     `json:"sex"`
	Birth         string     `json:"birth_date"`
	MobileEnc     bytea      `json:"mobile_enc"`
	MobileIndex   bytea      `json:"mobile_bidx"`
	Email         string     `json:"email"`
	AddressEnc    bytea      `json:"address_enc"`
	Dept          string     `json:"dept"`
	Team          int64      `json:"team_id"`
	Shift         string     `json:"shift"`
	Post          string     `json:"post"`
	KeyPost       bool       `json:"key_post"`
	Employment    string     `json:"employment"`
	Category      string     `json:"test_category"`
	CategorySince time.Time  `json:"category_since"`
	WorkStatus    string     `json:"work_status"`
	StatusSince   time.Time  `json:"status_since"`
	StatusUntil   *time.Time `json:"status_until"`
	DormBuilding  string     `json:"dorm_building"`
	DormRoom      string     `json:"dorm_room"`
	Commute       string     `json:"commute"`
	Bus           string     `json:"bus"`
	CanteenTable  string     `json:"canteen_table"`
	JoinedOn      string     `json:"joined_on"`
	Note          string     `json:"note"`
}

// bytea is a byte column in PostgreSQL's hex form; empty is null.
type bytea []byte

// MarshalJSON implements json.Marshaler.
func (b bytea) MarshalJSON() ([]byte, error) {
	if len(b) == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(`\x` + hex.EncodeToString(b))
}

// record seals the values of a change for its row.
func (x vault) record(org int32, c *change) (record, error) {
	v := &c.v
	full, initials := pinyin.Of(v.Name)
	r := record{
		ID: c.id, EmployeeNo: v.EmployeeNo, Name: v.Name, Grams: pinyin.Grams(v.Name), Pinyin: full, Initials: initials,
		IDType: v.IDType, IDIndex: x.box.Index(indexID, v.IDNumber), Sex: v.Sex, Birth: v.Birth, Email: v.Email,
		Dept: v.Dept, Team: c.team, Shift: v.Shift, Post: v.Post, KeyPost: v.KeyPost == "yes", Employment: v.Employment,
		Category: v.Category, CategorySince: c.categorySince, WorkStatus: v.WorkStatus, StatusSince: c.statusSince,
		DormBuilding: v.DormBuilding, DormRoom: v.DormRoom, Commute: v.Commute, Bus: v.Bus, CanteenTable: v.CanteenTable,
		JoinedOn: v.JoinedOn, Note: v.Note,
	}
	if c.statusUntil.Valid {
		r.StatusUntil = &c.statusUntil.Time
	}
	if v.Mobile != "" {
		r.MobileIndex = x.box.Index(indexMobile, v.Mobile)
	}
	for _, sealed := range []struct {
		plain, column string
		into          *bytea
	}{{v.IDNumber, "id_number", &r.IDEnc}, {v.Mobile, "mobile", &r.MobileEnc}, {v.Address, "address", &r.AddressEnc}} {
		if sealed.plain == "" {
			continue
		}
		b, err := x.box.Seal([]byte(sealed.plain), place(org, c.id, sealed.column))
		if err != nil {
			return r, fmt.Errorf("file %d: %w", c.id, err)
		}
		*sealed.into = b
	}
	return r, nil
}

const fragRecords = `json_to_recordset($2::json) as u (id bigint, employee_no text, name text, name_grams text[], pinyin text,
        initials text, id_type text, id_number_enc bytea, id_number_bidx bytea, sex text, birth_date text, mobile_enc bytea,
        mobile_bidx bytea, email text, address_enc bytea, dept text, team_id bigint, shift text, post text, key_post boolean,
        employment text, test_category text, category_since timestamptz, work_status text, status_since timestamptz,
        status_until timestamptz, dorm_building text, dorm_room text, commute text, bus text,
        canteen_table text, joined_on text, note text)`

const sqlInsertFiles = `insert into employee (org_id, id, employee_no, name, name_grams, pinyin, initials, id_type, id_number_enc,
        id_number_bidx, sex, birth_date, mobile_enc, mobile_bidx, email, address_enc, dept, team_id, shift, post, key_post,
        employment, test_category, category_since, work_status, status_since, status_until, dorm_building, dorm_room, commute, bus, canteen_table,
        joined_on, note, created_at, updated_at)
    select $1, u.id, u.employee_no, u.name, u.name_grams, u.pinyin, u.initials, u.id_type, u.id_number_enc,
        u.id_number_bidx, u.sex, nullif(u.birth_date, '')::date, u.mobile_enc, u.mobile_bidx, u.email, u.address_enc, u.dept,
        nullif(u.team_id, 0), u.shift, u.post, u.key_post, u.employment, u.test_category, u.category_since, u.work_status,
        u.status_since, u.status_until, u.dorm_building, u.dorm_room, u.commute, u.bus, u.canteen_table, nullif(u.joined_on, '')::date, u.note, $3, $3
    from ` + fragRecords + `
    order by u.id
    returning org_id`

const sqlUpdateFiles = `update employee e
    set employee_no = u.employee_no, name = u.name, name_grams = u.name_grams, pinyin = u.pinyin, initials = u.initials,
        id_type = u.id_type, id_number_enc = u.id_number_enc, id_number_bidx = u.id_number_bidx, sex = u.sex,
        birth_date = nullif(u.birth_date, '')::date, mobile_enc = u.mobile_enc, mobile_bidx = u.mobile_bidx, email = u.email,
        address_enc = u.address_enc, dept = u.dept, team_id = nullif(u.team_id, 0), shift = u.shift, post = u.post,
        key_post = u.key_post, employment = u.employment, test_category = u.test_category, category_since = u.category_since,
        work_status = u.work_status, status_since = u.status_since, status_until = u.status_until,
        dorm_building = u.dorm_building, dorm_room = u.dorm_room, commute = u.commute, bus = u.bus, canteen_table = u.canteen_table,
        joined_on = nullif(u.joined_on, '')::date, note = u.note, version = e.version + 1, updated_at = $3
    from ` + fragRecords + `
    where e.org_id = $1 and e.id = u.id`

// A unique index is checked row by row, so that one statement cannot swap the numbers of two files, nor take one from somebody
// who leaves by the same statement: such numbers are given up first.
const sqlGiveUpNumbers = `update employee set employee_no = '' where org_id = $1 and id = any($2::bigint[])`

// writeFiles stores the changes: new files are inserted, the others, which the caller has locked, are updated.
func (x vault) writeFiles(ctx context.Context, q db.Q, org int32, changes []*change, at time.Time) error {
	var fresh, old []record
	var giveUp []int64
	for _, c := range changes {
		r, err := x.record(org, c)
		if err != nil {
			return err
		}
		if c.before == nil {
			fresh = append(fresh, r)
			continue
		}
		old = append(old, r)
		if was := c.before.EmployeeNo; was != "" && (was != r.EmployeeNo || r.WorkStatus == profile.Resigned) {
			giveUp = append(giveUp, c.id)
		}
	}
	if len(giveUp) > 0 && len(old) > 1 {
		if _, err := q.ExecContext(ctx, sqlGiveUpNumbers, org, pq.Array(giveUp)); err != nil {
			return fmt.Errorf("give up employee numbers: %w", err)
		}
	}
	if len(old) > 0 {
		if _, err := q.ExecContext(ctx, sqlUpdateFiles, org, db.J(old), at); err != nil {
			return fmt.Errorf("update files: %w", err)
		}
	}
	if len(fresh) > 0 {
		if _, err := q.ExecContext(ctx, sqlInsertFiles, org, db.J(fresh), at); err != nil {
			return fmt.Errorf("insert files: %w", err)
		}
	}
	return nil
}
