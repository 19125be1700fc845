package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/rollup"
)

func (s *server) mountRollups() {
	get := func(path, id, chinese, english, description string, scope authz.Permission) huma.Operation {
		op := s.operation(http.MethodGet, path, id, tagRollups, summary(chinese, english), scope)
		op.Description = description
		return op
	}
	huma.Register(s.api, get("/week", "get-week", "本企业本周", "The enterprise's own week",
		"Counted now, by workshop and team, with the weeks before.", authz.WeekView), s.getWeek)
	huma.Register(s.api, get("/rollups/now", "get-rollups-now", "当前汇总", "Enterprises now",
		"The newest snapshot, grouped; by key. Figures of fewer than five people, and those from which they could be computed, are "+
			"null with hidden true.", authz.BureauView), s.getNow)
	huma.Register(s.api, get("/rollups/weeks", "get-rollups-weeks", "按周汇总", "The last weeks",
		"Thirteen weeks of each zone or industry. Small figures are null with hidden true.", authz.BureauView), s.getWeeks)
	huma.Register(s.api, get("/rollups/orgs/{id}", "get-rollup-org", "单个企业", "One enterprise",
		"Its snapshot and its weeks, never a person.", authz.BureauView), s.getOrg)
}

// figures are counts of people at one instant; null when hidden.
type figures struct {
	_          struct{} `nullable:"true"`
	Headcount  int      `json:"headcount"`
	Owed       int      `json:"owed" doc:"The denominator of the test rate"`
	Tested     int      `json:"tested" doc:"Its numerator: a negative is in force"`
	DueSoon    int      `json:"due_soon"`
	Pending    int      `json:"pending" doc:"Sampled, the result awaited"`
	Overdue    int      `json:"overdue" doc:"With those whose result is late"`
	ResultLate int      `json:"result_late"`
	NoRecord   int      `json:"no_record"`
	Exempt     int      `json:"exempt"`
	OffPost    int      `json:"off_post"`
	Held       int      `json:"held"`
	Symptoms   int      `json:"symptoms" doc:"People with an alert in the last 24 hours"`
}

// shown words figures, nil for hidden ones.
func shown(f rollup.Figures, hidden bool) *figures {
	if hidden {
		return nil
	}
	return &figures{Headcount: f.Headcount, Owed: f.Owed, Tested: f.Tested, DueSoon: f.DueSoon, Pending: f.Pending, Overdue: f.Overdue,
		ResultLate: f.ResultLate, NoRecord: f.NoRecord, Exempt: f.Exempt, OffPost: f.OffPost, Held: f.Held, Symptoms: f.Symptoms}
}

// weekRow is one week of a trend.
type weekRow struct {
	Week   string     `json:"week" format:"date" doc:"Its Monday"`
	Owed   *int       `json:"owed" doc:"null when hidden"`
	Tested *int       `json:"tested" doc:"null when hidden"`
	Hidden bool       `json:"hidden"`
	Frozen bool       `json:"frozen" doc:"The week has ended and its figures do not change any more"`
	AsOf   *time.Time `json:"as_of,omitempty"`
}

func newWeekRow(monday time.Time, owed, tested int, hidden bool) weekRow {
	w := weekRow{Week: day(monday), Hidden: hidden}
	if !hidden {
		w.Owed, w.Tested = &owed, &tested
	}
	return w
}

// trend words weeks. For the bureau a week of too few people is hidden like any other figure.
func (k *call) trend(points []rollup.WeekPoint, bureau, hidden bool) []weekRow {
	rows := make([]weekRow, len(points))
	for i, p := range points {
		rows[i] = newWeekRow(p.Week, p.Owed, p.Tested, hidden || bureau && p.Owed > 0 && p.Owed < rollup.SmallCell)
		rows[i].Frozen, rows[i].AsOf = p.Frozen, k.instant(p.AsOf)
	}
	return rows
}

// weekReply is an enterprise's own week.
type weekReply struct {
	AsOf  *time.Time `json:"as_of"`
	Week  string     `json:"week" format:"date" doc:"Its Monday"`
	Total *figures   `json:"total"`
	Teams []teamRow  `json:"teams" nullable:"false" doc:"By workshop and name"`
	Trend []weekRow  `json:"trend" nullable:"false" doc:"The last weeks, this one included"`
}

type teamRow struct {
	TeamID   *int64   `json:"team_id,omitempty" doc:"Missing for people in no team"`
	Workshop string   `json:"workshop,omitempty"`
	Name     string   `json:"name,omitempty"`
	Figures  *figures `json:"figures"`
}

func (s *server) getWeek(ctx context.Context, _ *struct{}) (*ok[weekReply], error) {
	k := callOf(ctx)
	w, err := s.Rollups.Week(ctx, k.scope, k.zone, k.at)
	if err != nil {
		return nil, err
	}
	r := weekReply{AsOf: k.instant(w.AsOf), Week: day(w.Monday), Total: shown(w.Total, false), Trend: k.trend(w.Trend, false, false),
		Teams: make([]teamRow, len(w.Teams))}
	for i, t := range w.Teams {
		r.Teams[i] = teamRow{TeamID: orNil(t.ID), Workshop: t.Workshop, Name: t.Name, Figures: shown(t.Figures, false)}
	}
	return &ok[weekReply]{r}, nil
}

// RollupFilter narrows the enterprises that are counted. A district's own zone always narrows further.
type RollupFilter struct {
	Zone     string   `query:"zone" pattern:"^[0-9a-z-]{1,20}$" doc:"Code of a reporting line" example:"370303"`
	Industry string   `query:"industry" pattern:"^[A-T][0-9]{0,2}$" doc:"Code of GB/T 4754-2017" example:"C26"`
	Size     sizeID   `query:"size"`
	Resume   resumeID `query:"resume_status"`
}

func (f RollupFilter) filter() rollup.Filter {
	return rollup.Filter{Zone: f.Zone, Industry: f.Industry, Size: string(f.Size), Resume: string(f.Resume)}
}

// groupRow is a zone, an industry or an enterprise now.
type groupRow struct {
	Key      string   `json:"key" doc:"Zone code, industry code or org id"`
	Name     string   `json:"name,omitempty"`
	Orgs     int      `json:"orgs"`
	Resumed  int      `json:"resumed" doc:"Enterprises that work, in part or in full"`
	Hidden   bool     `json:"hidden"`
	Figures  *figures `json:"figures" doc:"null when hidden"`
	Zone     string   `json:"zone,omitempty" doc:"Of an enterprise, like what follows"`
	Industry string   `json:"industry,omitempty"`
	Size     string   `json:"size,omitempty"`
	Resume   string   `json:"resume_status,omitempty"`
}

// nowReply is a snapshot of enterprises.
type nowReply struct {
	AsOf    *time.Time `json:"as_of,omitempty" doc:"Of the oldest count among the enterprises"`
	Orgs    int        `json:"orgs"`
	Resumed int        `json:"resumed"`
	Hidden  bool       `json:"hidden"`
	Total   *figures   `json:"total" doc:"null when hidden"`
	Groups  []groupRow `json:"groups" nullable:"false"`
	Next    string     `json:"next,omitempty" doc:"To be sent as after; missing on the last page"`
}

type nowInput struct {
	By groupingID `query:"by" default:"zone"`
	RollupFilter
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"Groups of a page"`
	After string `query:"after" maxLength:"200"`
}

// aged lets a snapshot be read from a replica: it says itself as of when it is, and a program's writes are not in it at once anyway.
func aged(ctx context.Context) context.Context {
	ctx, _ = db.WithRecency(ctx, time.Time{}, nil)
	return ctx
}

func (s *server) getNow(ctx context.Context, in *nowInput) (*ok[nowReply], error) {
	k := callOf(ctx)
	after, fine := []string{""}, true
	if in.After != "" {
		if after, fine = page.Keys(in.After, 1); !fine {
			return nil, inQuery("after", "api.cursor")
		}
	}
	v, err := s.Rollups.Bureau(aged(ctx), k.scope, in.filter(), rollup.By(in.By), k.zone, k.at)
	if err != nil {
		return nil, err
	}
	names, err := k.names(ctx, rollup.By(in.By))
	if err != nil {
		return nil, err
	}
	r := nowReply{AsOf: k.instant(v.AsOf), Orgs: v.Orgs, Resumed: v.Resumed, Hidden: v.Hidden, Total: shown(v.Total, v.Hidden), Groups: []groupRow{}}
	slices.SortFunc(v.Groups, func(a, b rollup.Group) int { return cmp.Compare(a.Key, b.Key) })
	for i, g := range v.Groups {
		if in.After != "" && g.Key <= after[0] {
			continue
		}
		if len(r.Groups) == in.Limit {
			r.Next = page.Cursor(v.Groups[i-1].Key)
			break
		}
		r.Groups = append(r.Groups, newGroupRow(g, rollup.By(in.By), names))
	}
	return &ok[nowReply]{r}, nil
}

func newGroupRow(g rollup.Group, by rollup.By, names map[string]string) groupRow {
	row := groupRow{Key: g.Key, Name: names[g.Key], Orgs: g.Orgs, Resumed: g.Resumed, Hidden: g.Hidden, Figures: shown(g.Figures, g.Hidden)}
	if by == rollup.ByOrg {
		row.Name, row.Zone, row.Industry, row.Size, row.Resume = g.Org.Name, g.Org.Zone, g.Org.Industry, g.Org.Size, g.Org.Resume
	}
	return row
}

// names are what zones or industries are called, in the reader's language.
func (k *call) names(ctx context.Context, by rollup.By) (map[string]string, error) {
	names := map[string]string{}
	switch by {
	case rollup.ByZone:
		divisions, err := k.server.Orgs.Divisions(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range divisions {
			if names[d.Code] = d.Name; k.printer.Lang() == i18n.English {
				names[d.Code] = d.NameEn
			}
		}
	case rollup.ByIndustry:
		for _, code := range org.Industries() {
			names[code] = k.printer.T("industry." + code)
		}
	}
	return names, nil
}
