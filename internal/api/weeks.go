package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fugong/fugong/internal/rollup"
)

// weeklyID is what weeks are grouped by.
type weeklyID string

// Schema implements huma.SchemaProvider.
func (weeklyID) Schema(huma.Registry) *huma.Schema { return choice(rollup.ByZone, rollup.ByIndustry) }

type weeksInput struct {
	By       weeklyID `query:"by" default:"zone"`
	Zone     string   `query:"zone" pattern:"^[0-9a-z-]{1,20}$" doc:"Code of a reporting line" example:"370303"`
	Industry string   `query:"industry" pattern:"^[A-T][0-9]{0,2}$" doc:"Code of GB/T 4754-2017" example:"C26"`
}

// weeksReply is the last weeks of a set of enterprises, as a whole and by group.
type weeksReply struct {
	Total  []weekRow    `json:"total" nullable:"false" doc:"The oldest week first"`
	Groups []groupWeeks `json:"groups" nullable:"false" doc:"By key"`
}

type groupWeeks struct {
	Key   string    `json:"key" doc:"Zone code or industry code"`
	Name  string    `json:"name,omitempty"`
	Weeks []weekRow `json:"weeks" nullable:"false" doc:"The oldest first; weeks without a count are missing"`
}

func (s *server) getWeeks(ctx context.Context, in *weeksInput) (*ok[weeksReply], error) {
	k, by := callOf(ctx), rollup.By(in.By)
	filter := rollup.Filter{Zone: in.Zone, Industry: in.Industry}
	v, err := s.Rollups.Bureau(aged(ctx), k.scope, filter, by, k.zone, k.at)
	if err != nil {
		return nil, err
	}
	cells, err := s.Rollups.Heat(aged(ctx), k.scope, filter, by, k.zone, k.at)
	if err != nil {
		return nil, err
	}
	names, err := k.names(ctx, by)
	if err != nil {
		return nil, err
	}
	r := weeksReply{Total: k.trend(v.Trend, true, v.Hidden), Groups: []groupWeeks{}}
	points := map[string]weekRow{} // by Monday
	for i, p := range v.Trend {
		points[day(p.Week)] = r.Total[i]
	}
	for _, c := range cells { // by key, then week
		if n := len(r.Groups); n == 0 || r.Groups[n-1].Key != c.Key {
			r.Groups = append(r.Groups, groupWeeks{Key: c.Key, Name: names[c.Key]})
		}
		whole := points[day(c.Week)]
		row := newWeekRow(c.Week, c.Owed, c.Tested, c.Hidden || whole.Hidden)
		row.Frozen, row.AsOf = whole.Frozen, whole.AsOf
		last := &r.Groups[len(r.Groups)-1]
		last.Weeks = append(last.Weeks, row)
	}
	return &ok[weeksReply]{r}, nil
}

// orgReply is one enterprise as the bureau sees it.
type orgReply struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Zone     string     `json:"zone,omitempty"`
	Industry string     `json:"industry,omitempty"`
	Size     string     `json:"size,omitempty"`
	Resume   string     `json:"resume_status"`
	AsOf     *time.Time `json:"as_of,omitempty"`
	Hidden   bool       `json:"hidden"`
	Figures  *figures   `json:"figures" doc:"null when hidden"`
	Weeks    []weekRow  `json:"weeks" nullable:"false" doc:"The oldest first"`
}

type orgInput struct {
	ID int64 `path:"id" minimum:"1" maximum:"2147483647" doc:"Of the enterprise"`
}

func (s *server) getOrg(ctx context.Context, in *orgInput) (*ok[orgReply], error) {
	k := callOf(ctx)
	v, err := s.Rollups.Enterprise(aged(ctx), k.scope, int32(in.ID), k.zone, k.at)
	if err != nil {
		return nil, err
	}
	return &ok[orgReply]{orgReply{ID: in.ID, Name: v.Org.Name, Zone: v.Org.Zone, Industry: v.Org.Industry, Size: v.Org.Size, Resume: v.Org.Resume,
		AsOf: k.instant(v.AsOf), Hidden: v.Hidden, Figures: shown(v.Total, v.Hidden), Weeks: k.trend(v.Trend, true, v.Hidden)}}, nil
}
