package employee

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/pinyin"
)

// record is a file on its way into the table.
type record struct {
	*change
	grams                           []string
	pinyin, initials                string
	idEnc, idIndex                  []byte
	mobileEnc, mobileIndex, addrEnc []byte
}

// record seals the values of a change for its row.
func (x vault) record(org int32, c *change) (record, error) {
	v := &c.v
	r := record{change: c, grams: pinyin.Grams(v.Name), idIndex: x.box.Index(indexID, v.IDNumber)}
	r.pinyin, r.initials = pinyin.Of(v.Name)
	if v.Mobile != "" {
		r.mobileIndex = x.box.Index(indexMobile, v.Mobile)
	}
	for _, sealed := range []struct {
		plain, column string
		into          *[]byte
	}{{v.IDNumber, "id_number", &r.idEnc}, {v.Mobile, "mobile", &r.mobileEnc}, {v.Address, "address", &r.addrEnc}} {
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

// fileColumns is how many columns fragRecords takes apart.
const fileColumns = 34

const fragRecords = `unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[],
        $12::text[], $13::date[], $14::bytea[], $15::bytea[], $16::text[], $17::bytea[], $18::text[], $19::bigint[], $20::text[],
        $21::text[], $22::boolean[], $23::text[], $24::text[], $25::timestamptz[], $26::text[], $27::timestamptz[],
        $28::timestamptz[], $29::text[], $30::text[], $31::text[], $32::text[], $33::text[], $34::date[], $35::text[], $36::bytea[])
    as u (id, employee_no, name, name_grams, pinyin, initials, id_type, id_number_enc, id_number_bidx, sex, birth_date, mobile_enc,
        mobile_bidx, email, address_enc, dept, team_id, shift, post, key_post, employment, test_category, category_since, work_status,
        status_since, status_until, dorm_building, dorm_room, commute, bus, canteen_table, joined_on, note, roster_digest)`

// put adds the record to the columns of fragRecords. Grams hold no spaces, so they travel as one text.
func (r *record) put(c []db.Column) {
	v := &r.v
	c[0].Int(r.id)
	for i, text := range []string{v.EmployeeNo, v.Name, strings.Join(r.grams, " "), r.pinyin, r.initials, v.IDType} {
		c[1+i].Text(text)
	}
	c[7].Bytes(r.idEnc)
	c[8].Bytes(r.idIndex)
	c[9].Text(v.Sex)
	putDay(&c[10], v.Birth)
	c[11].Bytes(r.mobileEnc)
	c[12].Bytes(r.mobileIndex)
	c[13].Text(v.Email)
	c[14].Bytes(r.addrEnc)
	c[15].Text(v.Dept)
	c[16].Int(r.team)
	c[17].Text(v.Shift)
	c[18].Text(v.Post)
	c[19].Bool(v.KeyPost == "yes")
	c[20].Text(v.Employment)
	c[21].Text(v.Category)
	c[22].Time(r.categorySince)
	c[23].Text(v.WorkStatus)
	c[24].Time(r.statusSince)
	c[25].Time(r.statusUntil.Time)
	for i, text := range []string{v.DormBuilding, v.DormRoom, v.Commute, v.Bus, v.CanteenTable} {
		c[26+i].Text(text)
	}
	putDay(&c[31], v.JoinedOn)
	c[32].Text(v.Note)
	c[33].Bytes([]byte(r.digest))
}

// putDay adds a civil day; none is null.
func putDay(c *db.Column, day string) {
	if day == "" {
		c.Null()
		return
	}
	c.Text(day)
}

const sqlInsertFiles = `insert into employee (org_id, id, employee_no, name, name_grams, pinyin, initials, id_type, id_number_enc,
        id_number_bidx, sex, birth_date, mobile_enc, mobile_bidx, email, address_enc, dept, team_id, shift, post, key_post,
        employment, test_category, category_since, work_status, status_since, status_until, dorm_building, dorm_room, commute, bus, canteen_table,
        joined_on, note, created_at, updated_at, roster_digest, roster_version)
    select $1, u.id, u.employee_no, u.name, string_to_array(u.name_grams, ' '), u.pinyin, u.initials, u.id_type, u.id_number_enc,
        u.id_number_bidx, u.sex, u.birth_date, u.mobile_enc, u.mobile_bidx, u.email, u.address_enc, u.dept,
        nullif(u.team_id, 0), u.shift, u.post, u.key_post, u.employment, u.test_category, u.category_since, u.work_status,
        u.status_since, u.status_until, u.dorm_building, u.dorm_room, u.commute, u.bus, u.canteen_table, u.joined_on, u.note, $2, $2,
        u.roster_digest, 1
    from ` + fragRecords + ` returning org_id`

const sqlUpdateFiles = `update employee e
    set employee_no = u.employee_no, name = u.name, name_grams = string_to_array(u.name_grams, ' '), pinyin = u.pinyin, initials = u.initials,
        id_type = u.id_type, id_number_enc = u.id_number_enc, id_number_bidx = u.id_number_bidx, sex = u.sex,
        birth_date = u.birth_date, mobile_enc = u.mobile_enc, mobile_bidx = u.mobile_bidx, email = u.email,
        address_enc = u.address_enc, dept = u.dept, team_id = nullif(u.team_id, 0), shift = u.shift, post = u.post,
        key_post = u.key_post, employment = u.employment, test_category = u.test_category, category_since = u.category_since,
        work_status = u.work_status, status_since = u.status_since, status_until = u.status_until,
        dorm_building = u.dorm_building, dorm_room = u.dorm_room, commute = u.commute, bus = u.bus, canteen_table = u.canteen_table,
        joined_on = u.joined_on, note = u.note, version = e.version + 1, updated_at = $2,
        roster_digest = u.roster_digest, roster_version = e.version + 1
    from ` + fragRecords + `
    where e.org_id = $1 and e.id = u.id`

// A unique index is checked row by row, so that one statement cannot swap the numbers of two files, nor take one from somebody
// who leaves by the same statement: such numbers are given up first.
const sqlGiveUpNumbers = `update employee set employee_no = '' where org_id = $1 and id = any($2::bigint[])`

// writeFiles stores the changes: new files are inserted, the others, which the caller has locked, are updated. Numbers are given up
// before anybody takes one.
func (x vault) writeFiles(ctx context.Context, q db.Q, org int32, changes []*change, at time.Time) error {
	var giveUp []int64
	updates := 0
	for _, c := range changes {
		if c.before == nil {
			continue
		}
		updates++
		if was := c.before.EmployeeNo; was != "" && (was != c.v.EmployeeNo || c.v.WorkStatus == profile.Resigned) {
			giveUp = append(giveUp, c.id)
		}
	}
	if len(giveUp) > 0 && updates > 1 {
		if _, err := q.ExecContext(ctx, sqlGiveUpNumbers, org, pq.Array(giveUp)); err != nil {
			return fmt.Errorf("give up employee numbers: %w", err)
		}
	}
	if err := x.writeEach(ctx, q, sqlUpdateFiles, org, at, changes, false); err != nil {
		return fmt.Errorf("update files: %w", err)
	}
	if err := x.writeEach(ctx, q, sqlInsertFiles, org, at, changes, true); err != nil {
		return fmt.Errorf("insert files: %w", err)
	}
	return nil
}

// portion bounds how many rows travel in one statement, and so the memory that a sheet of any length takes.
const portion = 1000

// writeEach runs the statement over the new files, or over the others, a portion at a time.
func (x vault) writeEach(ctx context.Context, q db.Q, statement string, org int32, at time.Time, changes []*change, fresh bool) error {
	columns, n := db.Columns(fileColumns), 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		_, err := q.ExecContext(ctx, statement, db.Args(columns, org, at)...)
		for i := range columns {
			columns[i].Reset()
		}
		n = 0
		return err
	}
	for _, c := range changes {
		if (c.before == nil) != fresh {
			continue
		}
		r, err := x.record(org, c)
		if err != nil {
			return err
		}
		r.put(columns)
		if n++; n == portion {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
