package hold

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/sheet"
)

const fragCandidates = `select distinct e.id, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.work_status <> 'resigned' and `

const fragByName = ` order by e.name, e.id`

const sqlByPerson = fragCandidates + `e.id = $2` + fragByName

const sqlByTube = fragCandidates + `e.id in (select employee_id from sample where org_id = $1 and barcode = $2 and barcode <> '')` + fragByName

const sqlByTeam = fragCandidates + `e.team_id = $2` + fragByName

const sqlByDorm = fragCandidates + `e.dorm_room <> '' and (e.dorm_building || '/' || e.dorm_room = $2 or e.dorm_building = '' and e.dorm_room = $2)` + fragByName

const sqlByBus = fragCandidates + `e.bus <> '' and e.bus = $2` + fragByName

const sqlByCanteen = fragCandidates + `e.canteen_table <> '' and e.canteen_table = $2` + fragByName

const sqlByList = fragCandidates + `e.employee_no <> '' and e.employee_no = any($2::text[])` + fragByName

const sqlByIDs = fragCandidates + `e.id = any($2::bigint[])` + fragByName

// find lists the people of a selector who have not left, by name, and the numbers of a list that nobody bears.
func find(ctx context.Context, q db.Q, org int32, who Selector, lock bool) (people []Candidate, unknown []string, err error) {
	query, arg := "", any(sheet.NormalizeText(who.Value))
	switch who.By {
	case ByTube:
		query = sqlByTube
	case ByDorm:
		query = sqlByDorm
	case ByBus:
		query = sqlByBus
	case ByCanteen:
		query = sqlByCanteen
	case ByPerson, ByTeam:
		id, err := strconv.ParseInt(who.Value, 10, 64)
		if err != nil {
			return nil, nil, nil
		}
		query, arg = sqlByPerson, id
		if who.By == ByTeam {
			query = sqlByTeam
		}
	case ByList:
		unknown = numbers(who.Value)
		query, arg = sqlByList, pq.Array(unknown)
	default:
		return nil, nil, nil
	}
	if people, err = candidates(ctx, q, query, org, arg, lock); err != nil {
		return nil, nil, err
	}
	unknown = slices.DeleteFunc(unknown, func(n string) bool {
		return slices.ContainsFunc(people, func(c Candidate) bool { return c.EmployeeNo == n })
	})
	return people, unknown, nil
}

// numbers reads a list of employee numbers, each once.
func numbers(list string) []string {
	found := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、", r) })
	for i := range found {
		found[i] = sheet.NormalizeText(found[i])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// The file is locked as a symptom report locks it, so that two holds of a person follow each other.
const sqlLockPeople = `select id from employee where org_id = $1 and id = any($2::bigint[]) order by id for no key update`

func candidates(ctx context.Context, q db.Q, query string, org int32, arg any, lock bool) ([]Candidate, error) {
	var people []Candidate
	if err := q.SelectContext(ctx, &people, query, org, arg); err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	if !lock {
		return people, nil
	}
	ids := make([]int64, len(people))
	for i, c := range people {
		ids[i] = c.Employee
	}
	var locked []int64
	if err := q.SelectContext(ctx, &locked, sqlLockPeople, org, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("lock people: %w", err)
	}
	return people, nil
}
