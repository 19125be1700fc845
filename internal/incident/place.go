package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/platform/db"
)

// workplace is where somebody works.
type workplace struct {
	Employee int64  `db:"employee_id"`
	Team     int64  `db:"team_id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
}

// area is the part of the enterprise that one would close, by name.
func (w workplace) area() string { return strings.Trim(w.Workshop+" "+w.Name, " ") }

const sqlWorkplaces = `select e.id as employee_id, coalesce(e.team_id, 0) as team_id, coalesce(t.workshop, '') as workshop,
        coalesce(t.name, '') as name
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = any($2::bigint[])`

func workplaces(ctx context.Context, q db.Q, org int32, employees []int64) ([]workplace, error) {
	var places []workplace
	if err := q.SelectContext(ctx, &places, sqlWorkplaces, org, ids(employees)); err != nil {
		return nil, fmt.Errorf("find workplaces: %w", err)
	}
	return places, nil
}

// areaOf is the one team of all, 0 for several, and the names of the places, three at most.
func areaOf(places []workplace) (team int64, area string) {
	var names []string
	for i, w := range places {
		if i == 0 {
			team = w.Team
		} else if team != w.Team {
			team = 0
		}
		if name := w.area(); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return team, strings.Join(names, " / ")
}

const tubePrefix = "tube:"

// personEpisode is the episode of one person's hold. Instants are those of the database, to the microsecond.
func personEpisode(employee int64, kind string, from time.Time) string {
	return fmt.Sprintf("person:%d:%s:%s", employee, kind, instant(from))
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// tubeOf is the barcode that puts a hold into the episode of a tube, "" for none.
func tubeOf(h hold.Began) string {
	if h.Kind != hold.KindPoolAbnormal {
		return ""
	}
	return h.Barcode
}

// barcodeOf takes the barcode out of a tube's episode; it may hold colons itself, and the instant behind it has the length of any.
func barcodeOf(episode string) string {
	rest := strings.TrimPrefix(episode, tubePrefix)
	return rest[:max(0, len(rest)-len(":"+instant(time.Time{})))]
}
