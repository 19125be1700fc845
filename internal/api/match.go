package api

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Person says whom a row is about: the id of a file, or what is known of the person.
type Person struct {
	EmployeeID int64  `json:"employee_id,omitempty" minimum:"1" doc:"The file; nothing else is needed then"`
	IDNumber   string `json:"id_number,omitempty" doc:"Looked for first. A number that no file has is not looked for by name"`
	EmployeeNo string `json:"employee_no,omitempty" doc:"Looked for when there is no identity number, or one with hidden digits"`
	Name       string `json:"name,omitempty" doc:"Compared with the file that a number found; looked for by itself only when there is no number"`
}

// Ways of being found, beside those of package match.
const byEmployeeID = "employee_id"

// Warnings about a row that was taken.
const (
	warnByName      = "matched_by_name" // one person of the org has the name
	warnNameDiffers = "name_differs"    // the identity number's file has another name
	warnResigned    = "resigned"        // the person has left
)

// matched is the file that a row means, or why it means none.
type matched struct {
	id       int64
	by       string
	warnings []string
	faults   errs.Fields // by the names of person
}

func refused(field, key string, args ...any) matched {
	f := errs.Fields{}
	f.Add(field, key, args...)
	return matched{faults: f}
}

// match finds the files that rows mean. An id is taken as it is: whether the org has such a file, the service of the
// record says.
func (s *server) match(ctx context.Context, k *call, people []Person) ([]matched, error) {
	out := make([]matched, len(people))
	var keys []match.Key
	var places []int
	for i, p := range people {
		switch {
		case p.EmployeeID != 0 && p != (Person{EmployeeID: p.EmployeeID}):
			out[i] = refused("employee_id", "api.match.two_ways")
		case p.EmployeeID != 0:
			out[i] = matched{id: p.EmployeeID, by: byEmployeeID}
		case p == Person{}:
			out[i] = refused("employee_id", "api.match.nothing")
		default:
			keys, places = append(keys, match.Key{IDNumber: p.IDNumber, EmployeeNo: p.EmployeeNo, Name: p.Name}), append(places, i)
		}
	}
	if len(keys) == 0 {
		return out, nil
	}
	var found []match.Found
	err := s.DB.Read(ctx, k.scope.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		found, err = s.Employees.Match(ctx, tx, k.scope.Org, keys)
		return err
	})
	if err != nil {
		return nil, err
	}
	for n, i := range places {
		out[i] = judge(people[i], found[n])
	}
	return out, nil
}

// judge decides whether what was found may be trusted. A result must not land in the file of somebody else: a name that
// several bear is refused, and so is an employee number whose file has another name, since a slip makes another's of it. An
// identity number checks itself.
func judge(p Person, f match.Found) matched {
	switch {
	case f.Candidates > 1 && f.By == match.ByName:
		return refused("name", "api.match.several", "Count", f.Candidates)
	case f.ID == 0:
		return refused(p.surest(), "api.match.nobody")
	case f.By == match.ByNumber && f.NameDiffers:
		return refused("name", "api.match.name_differs")
	}
	m := matched{id: f.ID, by: string(f.By)}
	if m.by == string(match.ByIdentity) {
		m.by = "id_number"
	}
	if f.By == match.ByName {
		m.warnings = append(m.warnings, warnByName)
	}
	if f.NameDiffers {
		m.warnings = append(m.warnings, warnNameDiffers)
	}
	if f.Resigned {
		m.warnings = append(m.warnings, warnResigned)
	}
	return m
}

// surest names the key that is looked for first.
func (p Person) surest() string {
	switch {
	case p.IDNumber != "":
		return "id_number"
	case p.EmployeeNo != "":
		return "employee_no"
	}
	return "name"
}
