package employee

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/secret"
)

// Kinds of blind index. The same number has the same index in every org.
const (
	indexID     = match.IndexIdentity
	indexMobile = "mobile"
)

// stored is a row of employee with its sealed columns.
type stored struct {
	Person
	IDEnc      []byte `db:"id_number_enc"`
	IDIndex    []byte `db:"id_number_bidx"`
	MobileEnc  []byte `db:"mobile_enc"`
	AddressEnc []byte `db:"address_enc"`
}

const fragFile = `select e.id, e.employee_no, e.name, e.pinyin, e.id_type, e.id_number_enc, e.id_number_bidx, e.sex, e.birth_date,
        e.mobile_enc, e.email, e.address_enc, e.dept, coalesce(e.team_id, 0) as team_id, coalesce(t.workshop, '') as workshop,
        coalesce(t.name, '') as team, e.shift, e.post, e.key_post, e.employment, e.test_category, e.category_since,
        e.work_status, e.status_since, e.status_until, e.dorm_building, e.dorm_room, e.commute, e.bus, e.canteen_table, e.joined_on, e.note,
        e.version, e.created_at, e.updated_at
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and `

const sqlFile = db.Kept + fragFile + `e.id = $2`

// file is a stored row with its sealed columns opened into v.
type file struct {
	stored
	v profile.Values
}

// vault reads and writes files, whose sealed columns only it opens.
type vault struct{ box *secret.Box }

// load reads one file; a missing and a foreign one answer alike.
func (x vault) load(ctx context.Context, q db.Q, org int32, id int64) (file, error) {
	var f file
	if err := q.GetContext(ctx, &f.stored, sqlFile, org, id); err != nil {
		return f, db.OneRow(err)
	}
	return f, x.open(org, &f)
}

const sqlFileForUpdate = fragFile + `e.id = $2 for update of e`

// loadForUpdate reads one file and keeps others from writing it until the transaction ends.
func (x vault) loadForUpdate(ctx context.Context, q db.Q, org int32, id int64) (file, error) {
	var f file
	if err := q.GetContext(ctx, &f.stored, sqlFileForUpdate, org, id); err != nil {
		return f, db.OneRow(err)
	}
	return f, x.open(org, &f)
}

// open fills the values of a stored file, and the masks that are shown in place of the sealed ones.
func (x vault) open(org int32, f *file) error {
	for _, c := range []struct {
		sealed []byte
		column string
		plain  *string
	}{
		{f.IDEnc, "id_number", &f.v.IDNumber}, {f.MobileEnc, "mobile", &f.v.Mobile}, {f.AddressEnc, "address", &f.v.Address},
	} {
		plain, err := x.unseal(c.sealed, org, f.ID, c.column)
		if err != nil {
			return err
		}
		*c.plain = plain
	}
	f.MaskedID, f.MaskedMobile = gb.MaskID(f.v.IDNumber), gb.MaskMobile(f.v.Mobile)
	f.MaskedAddress = profile.MaskAddress(f.v.Address)
	p, v := &f.Person, &f.v
	v.EmployeeNo, v.Name, v.IDType, v.Sex, v.Email = p.EmployeeNo, p.Name, string(p.IDType), p.Sex, p.Email
	v.Dept, v.Workshop, v.Team, v.Shift, v.Post = p.Dept, p.Workshop, p.Team, p.Shift, p.Post
	v.Employment, v.Category, v.WorkStatus = p.Employment, p.Category, p.WorkStatus
	v.DormBuilding, v.DormRoom, v.Commute, v.Note = p.DormBuilding, p.DormRoom, p.Commute, p.Note
	v.Bus, v.CanteenTable = p.Bus, p.CanteenTable
	v.KeyPost = "no"
	if p.KeyPost {
		v.KeyPost = "yes"
	}
	if p.Birth.Valid {
		v.Birth = p.Birth.Time.Format(time.DateOnly)
	}
	if p.JoinedOn.Valid {
		v.JoinedOn = p.JoinedOn.Time.Format(time.DateOnly)
	}
	return nil
}

func (x vault) unseal(sealed []byte, org int32, id int64, column string) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := x.box.Open(sealed, place(org, id, column))
	if err != nil {
		return "", fmt.Errorf("file %d: %w", id, err)
	}
	return string(plain), nil
}

func place(org int32, id int64, column string) secret.AD {
	return secret.AD{Table: "employee", Org: org, ID: id, Column: column}
}

const sqlNextIDs = `select nextval(s.seq)
    from (select pg_get_serial_sequence('employee', 'id')::regclass as seq offset 0) s, generate_series(1, $1::bigint)`

func nextIDs(ctx context.Context, q db.Q, n int) ([]int64, error) {
	ids := make([]int64, 0, n)
	if n == 0 {
		return ids, nil
	}
	if err := q.SelectContext(ctx, &ids, sqlNextIDs, n); err != nil {
		return nil, fmt.Errorf("allocate files: %w", err)
	}
	return ids, nil
}

const sqlAddTeams = `insert into team (org_id, workshop, name, created_at)
    select $1, u.workshop, u.name, $4 from unnest($2::text[], $3::text[]) as u (workshop, name)
    on conflict (org_id, workshop, name) do nothing`

const sqlTeamIDs = `select t.id, t.workshop, t.name
    from team t join unnest($2::text[], $3::text[]) as u (workshop, name) on t.workshop = u.workshop and t.name = u.name
    where t.org_id = $1`

type teamName struct{ workshop, name string }

// teams returns the id of each named team and makes those that do not exist. No name at all is no team.
func teams(ctx context.Context, q db.Q, org int32, at time.Time, names map[teamName]int64) error {
	delete(names, teamName{})
	if len(names) == 0 {
		return nil
	}
	var shops, titles []string
	for n := range names {
		shops, titles = append(shops, n.workshop), append(titles, n.name)
	}
	if _, err := q.ExecContext(ctx, sqlAddTeams, org, pq.Array(shops), pq.Array(titles), at); err != nil {
		return fmt.Errorf("make teams: %w", err)
	}
	var found []Team
	if err := q.SelectContext(ctx, &found, sqlTeamIDs, org, pq.Array(shops), pq.Array(titles)); err != nil {
		return fmt.Errorf("find teams: %w", err)
	}
	for _, t := range found {
		names[teamName{t.Workshop, t.Name}] = t.ID
	}
	return nil
}
