// Package match finds the files that laboratories, sheets and programs mean.
package match

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

// By says which part of a key found the file.
type By string

// The ways of being found, the surest first. ByName deserves a warning.
const (
	ByIdentity By = "identity"
	ByNumber   By = "employee_no"
	ByName     By = "name"
)

// Found is the answer for one key. An identity number that no file has is not looked for by name: a negative result must not
// land in the file of a namesake.
type Found struct {
	ID          int64 // 0: no file, or several of that name
	Name        string
	By          By
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
// got wrong one for each key. Who left comes first, since of several the last one counts. With an identity the org is compared in
// a way that no index answers: the planner takes an enterprise that it has not counted yet for empty, and would read all of it.
const sqlByIdentity = `select encode(e.id_number_bidx, 'hex') as key, e.id, e.name, e.work_status = 'resigned' as resigned
    from employee e where e.id_number_bidx = any($2::bytea[]) and e.org_id + 0 = $1
    order by resigned desc, e.id`

const sqlByNumber = `select e.employee_no as key, e.id, e.name, e.work_status = 'resigned' as resigned
    from employee e where e.org_id = $1 and e.employee_no = any($2::text[]) and e.employee_no <> ''
    order by resigned desc, e.id`

const sqlByName = `select e.name as key, e.id, e.name, false as resigned
    from employee e where e.org_id = $1 and e.name = any($2::text[]) and e.work_status <> 'resigned'
    order by e.id`

// IndexIdentity is the kind of the blind index over identity numbers.
const IndexIdentity = "id"

// IdentityIndex is the blind index by which the bearer of an identity number is found, nil where there is no number or one whose
// middle is hidden, as laboratories like to send it.
func IdentityIndex(box *secret.Box, raw string) []byte {
	id := gb.NormalizeID(raw)
	if id == "" || strings.Contains(id, "*") {
		return nil
	}
	return box.Index(IndexIdentity, id)
}

// asking is the keys that are looked for in one way, and where each stands.
type asking struct {
	by     By
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

// Find finds the files that keys mean: by identity number; without one by employee number, then by a name that one person of
// the org bears. Answers stand at the places of their keys.
func Find(ctx context.Context, q db.Q, box *secret.Box, org int32, keys []Key) ([]Found, error) {
	found := make([]Found, len(keys))
	ways := [...]asking{{by: ByIdentity, query: sqlByIdentity}, {by: ByNumber, query: sqlByNumber}, {by: ByName, query: sqlByName}}
	for i, k := range keys {
		if index := IdentityIndex(box, k.IDNumber); index != nil {
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
func (f *Found) take(by By, c candidate) {
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
