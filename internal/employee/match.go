package employee

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// Key is what a lab sheet or a program says about whom it means; blank parts say nothing.
type Key struct{ IDNumber, EmployeeNo, Name string }

// MatchedBy says which part of a key found the file.
type MatchedBy string

// The ways of being found, the surest first. ByName deserves a warning.
const (
	ByIdentity MatchedBy = "identity"
	ByNumber   MatchedBy = "employee_no"
	ByName     MatchedBy = "name"
)

// Found is the answer for one key. An identity number that no file has is not looked for by name: a negative result must not
// land in the file of a namesake.
type Found struct {
	ID          int64 // 0: no file, or several of that name
	Name        string
	By          MatchedBy
	Candidates  int  // people of that name when it alone was given; more than one is ambiguous
	NameDiffers bool // found by a number, but the file has another name
	Resigned    bool
}

type candidate struct {
	Key      string `db:"key"`
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Resigned bool   `db:"resigned"`
}

// Keys travel as one array, never as rows to join: an array costs at most one reading of the enterprise, a join that the planner
// got wrong one for each key. Who left comes first, since of several the last one counts. How the org is compared with the identity, see
// sqlMarks.
const sqlMatchIdentity = `select encode(e.id_number_bidx, 'hex') as key, e.id, e.name, e.work_status = 'resigned' as resigned
    from employee e where e.id_number_bidx = any($2::bytea[]) and e.org_id + 0 = $1
    order by resigned desc, e.id`

const sqlMatchNumber = `select e.employee_no as key, e.id, e.name, e.work_status = 'resigned' as resigned
    from employee e where e.org_id = $1 and e.employee_no = any($2::text[]) and e.employee_no <> ''
    order by resigned desc, e.id`

const sqlMatchName = `select e.name as key, e.id, e.name, false as resigned
    from employee e where e.org_id = $1 and e.name = any($2::text[]) and e.work_status <> 'resigned'
    order by e.id`

// IdentityIndex is the blind index by which the bearer of an identity number is found, nil where there is no number or one whose
// middle is hidden, as laboratories like to send it.
func IdentityIndex(box *secret.Box, raw string) []byte {
	id := gb.NormalizeID(raw)
	if id == "" || strings.Contains(id, "*") {
		return nil
	}
	return box.Index(indexID, id)
}

// asking is the keys that are looked for in one way, and where each stands.
type asking struct {
	by     MatchedBy
	query  string
	places map[string][]int
	bytes  [][]byte // the keys of identities; of the others places tells them
}

func (a *asking) ask(key string, place int) {
	if a.places == nil {
		a.places = map[string][]int{}
	}
	a.places[key] = append(a.places[key], place)
}

// keys is the parameter of the query.
func (a *asking) keys() any {
	if a.bytes != nil {
		return pq.ByteaArray(a.bytes)
	}
	return pq.Array(slices.Collect(maps.Keys(a.places)))
}

// Match finds the files that keys mean: by identity number; without one by employee number, then by a name that one person of
// the org bears. Answers stand at the places of their keys.
func (s *Service) Match(ctx context.Context, q db.Q, org int32, keys []Key) ([]Found, error) {
	found := make([]Found, len(keys))
	ways := [...]asking{{by: ByIdentity, query: sqlMatchIdentity}, {by: ByNumber, query: sqlMatchNumber}, {by: ByName, query: sqlMatchName}}
	for i, k := range keys {
		if index := IdentityIndex(s.vault.box, k.IDNumber); index != nil {
			ways[0].bytes = append(ways[0].bytes, index)
			ways[0].ask(hex.EncodeToString(index), i)
			continue
		}
		if no := number(k.EmployeeNo); no != "" {
			ways[1].ask(no, i)
		}
		if name := sheet.NormalizeName(k.Name); name != "" {
			ways[2].ask(name, i)
		}
	}
	for i := range ways {
		if err := ways[i].find(ctx, q, org, found); err != nil {
			return nil, fmt.Errorf("match by %s: %w", ways[i].by, err)
		}
	}
	for i := range found {
		found[i].settle(sheet.NormalizeName(keys[i].Name))
	}
	return found, nil
}

// find asks, unless there is nothing to ask.
func (a *asking) find(ctx context.Context, q db.Q, org int32, found []Found) error {
	if len(a.places) == 0 {
		return nil
	}
	var cs []candidate
	if err := q.SelectContext(ctx, &cs, a.query, org, a.keys()); err != nil {
		return err
	}
	for _, c := range cs {
		for _, place := range a.places[c.Key] {
			found[place].take(a.by, c)
		}
	}
	return nil
}

// take notes a candidate, unless a surer way found one; of several the last one counts, which is the one still here.
func (f *Found) take(by MatchedBy, c candidate) {
	if f.By != "" && f.By != by {
		return
	}
	f.ID, f.Name, f.By, f.Resigned = c.ID, c.Name, by, c.Resigned
	f.Candidates++
}

func (f *Found) settle(name string) {
	if f.By == ByName && f.Candidates > 1 {
		f.ID = 0
	}
	f.NameDiffers = f.ID != 0 && name != "" && !strings.EqualFold(name, f.Name)
}

// number is the stored form of an employee number.
func number(raw string) string { return strings.ReplaceAll(sheet.NormalizeText(raw), " ", "") }

// Contact is how a person can be reached. Mobile is opened: it is for sending, never for showing.
type Contact struct {
	ID          int64  `db:"id"`
	Name        string `db:"name"`
	EmployeeNo  string `db:"employee_no"`
	Email       string `db:"email"`
	TeamID      int64  `db:"team_id"`
	Workshop    string `db:"workshop"`
	Team        string `db:"team"`
	WorkStatus  string `db:"work_status"`
	MobileIndex []byte `db:"mobile_bidx"`
	Mobile      string `db:"-"`
	LastFour    string `db:"-"` // of the identity number
}

const sqlContacts = `select e.id, e.name, e.employee_no, e.email, coalesce(e.team_id, 0) as team_id,
        coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team, e.work_status, e.mobile_bidx, e.mobile_enc,
        e.id_number_enc
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = any($2::bigint[])
    order by t.workshop, t.name, e.employee_no, e.id`

// Contacts returns how people can be reached, by team. Ids without a file in the org are left out.
func (s *Service) Contacts(ctx context.Context, q db.Q, org int32, ids []int64) ([]Contact, error) {
	var rows []struct {
		Contact
		MobileEnc []byte `db:"mobile_enc"`
		IDEnc     []byte `db:"id_number_enc"`
	}
	if err := q.SelectContext(ctx, &rows, sqlContacts, org, db.Ints[int64](ids)); err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	out := make([]Contact, len(rows))
	for i, r := range rows {
		mobile, err := s.vault.unseal(r.MobileEnc, org, r.ID, "mobile")
		if err != nil {
			return nil, err
		}
		id, err := s.vault.unseal(r.IDEnc, org, r.ID, "id_number")
		if err != nil {
			return nil, err
		}
		r.Mobile, r.LastFour = mobile, id[max(0, len(id)-4):]
		out[i] = r.Contact
	}
	return out, nil
}
