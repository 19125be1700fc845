// Package rulebook says which rules apply to an enterprise, from when and why: the pack it was set up with, packs that the city
// bureau puts in force for the city or a division, and overlays by which divisions and the enterprise itself tighten a pack. The
// stricter value wins. A change is proposed by one person, counted in advance by how many samples it would ask for, confirmed
// by a second person, and never deleted, so that the rules known at any past instant can be told.
//
// The package lies below standing, which asks it for rules; what it needs of standing, the evaluation of people, it takes
// through Standings. It is the only writer of rule packs and rule changes.
package rulebook

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/stamp"
	"github.com/fugong/fugong/internal/regime"
)

// Standings evaluates people.
type Standings interface {
	// EveryoneOf hands over the facts about everyone of the orgs who has not left, for questions about the instant at and later, some
	// parts of them at once. open is called before the people of a part, and once more if they must be read again: rests says how far
	// back the samples of a person matter to the questions, take takes one, and done is called when all of the part were taken, for
	// one part after the other.
	EveryoneOf(ctx context.Context, orgs []int32, at time.Time, open func(ctx context.Context, q db.Q, orgs []int32) (
		rests func(org int32, f regime.Facts) time.Time, take func(org int32, employee int64, f regime.Facts), done func(), err error)) error
	// RebuildOrgs evaluates everyone of the orgs anew, in its own transactions. Every now and then it tells how many people more are
	// done, and up to which of the orgs, in ascending order, everyone is.
	RebuildOrgs(ctx context.Context, orgs []int32, done func(upTo int32, people int) error) error
}

// DefaultPack is the pack of an enterprise that was set up with no other, and of a division before any change.
const DefaultPack = "zibo-2022-03"

// Config is what a Service may be told.
type Config struct {
	Clock clock.Clock
	// CacheFor replaces the time for which rules are remembered; tests shorten it.
	CacheFor time.Duration
}

// Service keeps the rules and what changes them. For, of its Book, says which apply.
type Service struct {
	*Book
	db        *db.DB
	clock     clock.Clock
	standings Standings
}

// New builds the service. Use must follow before previews and recomputations run.
func New(d *db.DB, cfg Config) *Service {
	if cfg.CacheFor == 0 {
		cfg.CacheFor = stamp.Every
	}
	return &Service{db: d, clock: cfg.Clock, Book: &Book{watch: stamp.NewWatch(stamp.Rules, cfg.Clock, cfg.CacheFor), cacheFor: cfg.CacheFor, cached: map[int32]*entry{},
		packs: map[packKey]*regime.Pack{}, spelled: map[string]*entry{}}}
}

// Use gives the service what evaluates people. Standing is built after the rules it asks for.
func (s *Service) Use(st Standings) { s.standings = st }

// The kinds of background task. The reference is the change; the org is the enterprise's, or 0 for a division's.
const (
	TaskPreview   = "rules.preview"
	TaskRecompute = "rules.recompute"
	// TaskOrg evaluates everyone of one enterprise anew: the reference is the enterprise.
	TaskOrg = "rules.org"
)

// tasks is the work that the queue does for a Service.
type tasks struct{ *Service }

// Register hands the queue the work that follows a proposal and a confirmation.
func (s *Service) Register(q *jobs.Queue) {
	q.Handle(TaskPreview, tasks{s}.preview)
	q.Handle(TaskRecompute, tasks{s}.recompute)
	q.Handle(TaskOrg, tasks{s}.recomputeOrg)
}
