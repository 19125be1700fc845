// Package bench measures the product at the scale of a factory, a town and a city, against the floor of the same machine in the
// same run. It loads a city (package city) into a private, durable PostgreSQL, hands each scenario a World, and prints one figure
// for each thing measured: the value, the floor measured beside it, their ratio, and the target.
//
// A scenario stands in a file of its own and is registered there. It warms up, runs several rounds in which floor and subject take
// turns, records medians, and asserts that the work was done: answers given = rows written = standings moved. An assertion that
// fails is an error, not a figure. Figures are compared within a run only; from one run to another the machine is another.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fugong/fugong/internal/bench/city"
)

// Scale is how large the world of a run is.
type Scale string

// The scales. Tiny is for the test that keeps the scenarios' assertions alive; it has no figures worth reading.
const (
	Tiny    Scale = "tiny"    // 2 enterprises, 60 people
	Factory Scale = "factory" // 1 enterprise of 5,000 people
	Town    Scale = "town"    // 1,000 enterprises, 150,000 people
	BigCity Scale = "city"    // 10,000 enterprises, 1,500,000 people, 52 weeks of samples each
)

var specs = map[Scale]city.Spec{
	Tiny:    {Orgs: 2, People: 60, Weeks: 8},
	Factory: {Orgs: 1, People: 5000, Weeks: 52},
	Town:    {Orgs: 1000, People: 150_000, Weeks: 52},
	BigCity: {Orgs: 10_000, People: 1_500_000, Weeks: 52},
}

// City is the city that was loaded.
type City = city.City

// Org is one of its enterprises.
type Org = city.Org

// Scenario is a group of figures that are measured together.
type Scenario struct {
	Name   string  // stable id of the group: "log", "feed", "list" …
	Title  string  // what it is, for readers
	Scales []Scale // where it runs; nil: everywhere. The test at the tiny scale runs every one.
	Stirs  int     // how far it leaves the city another than it found it; who stirs less runs first
	Run    func(ctx context.Context, w *World) error
}

func (s Scenario) runsAt(scale Scale) bool {
	return len(s.Scales) == 0 || scale == Tiny || slices.Contains(s.Scales, scale)
}

var scenarios []Scenario

// register adds a scenario. Each file of scenarios calls it from its init.
func register(s Scenario) { scenarios = append(scenarios, s) }

// How far a scenario stirs the city.
const (
	logs  = 1 // it logs flat out: in a factory nobody is due afterwards
	feeds = 2 // it writes as many samples as the city does in a month
)

// Scenarios lists the scenarios in the order in which they run, which is that of names among those that stir alike. It does not matter
// to their assertions: whoever asserts a count, counts before and after.
func Scenarios() []Scenario {
	out := slices.Clone(scenarios)
	slices.SortFunc(out, func(a, b Scenario) int { return cmp.Or(cmp.Compare(a.Stirs, b.Stirs), strings.Compare(a.Name, b.Name)) })
	return out
}

// chosen are the named scenarios that run at the scale, all for no names.
func chosen(scale Scale, names []string) ([]Scenario, error) {
	var out []Scenario
	for _, s := range Scenarios() {
		if s.runsAt(scale) && (len(names) == 0 || slices.Contains(names, s.Name)) {
			out = append(out, s)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.Name == n }) {
			return nil, fmt.Errorf("no scenario named %q; there are %s", n, strings.Join(namesOf(Scenarios()), ", "))
		}
	}
	return out, nil
}

func namesOf(list []Scenario) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}
