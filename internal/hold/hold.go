// Package hold keeps the reasons why people may not be on post, or are watched: who was held, on which ground, by whom, from when,
// and who released them. It is the only writer of the tables hold and hold_set.
//
// What a kind of hold means and what releases it, the rule pack says; package regime decides on the facts whether a release is due,
// and nobody is released before it is. A hold that follows from a result is derived by regime; its row is written by Derived, is
// marked derived, and carries author, incident and release.
//
// Groups (a tube, a team, a room, a bus, a table, a list of people) are held or released in one act: Preview shows who is concerned,
// Commit does it in one transaction. More than GroupLimit people need a second person: Commit then only proposes, and another
// account confirms or refuses.
package hold

import (
	"context"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Kinds that records put. The closed list is regime.HoldKinds.
const (
	KindSymptom       = "symptom"
	KindPoolAbnormal  = "pool_abnormal"
	KindSuspicious    = "suspicious"
	KindPositive      = "positive"
	KindTempIsolation = "temp_isolation"
)

// Grounds on which a hold is put.
const (
	GroundSymptomReport   = "symptom_report"
	GroundSampleResult    = "sample_result"
	GroundCDCNotice       = "cdc_notice"
	GroundCommunityNotice = "community_notice"
	GroundHospitalNotice  = "hospital_notice"
	GroundSelfDeclared    = "self_declared"
	GroundContactTracing  = "contact_tracing"
	GroundReturnGate      = "return_gate"
)

// Grounds lists every ground in order of display.
func Grounds() []string {
	return []string{GroundCDCNotice, GroundCommunityNotice, GroundHospitalNotice, GroundContactTracing, GroundSelfDeclared,
		GroundSymptomReport, GroundSampleResult, GroundReturnGate}
}

// Sources: the kind of record that called for a hold.
const (
	SourceManual = "manual" // put by a person on a page
	SourceSample = "sample" // derived from a result
)

// Hold is one reason, from an instant until it ends or is released. Zero instants are open.
type Hold struct {
	ID       int64
	Employee int64
	Kind     string
	Ground   string
	Source   string // the record that called for it: manual, sample, symptom_report …
	SourceID int64  // its id, 0 for none
	From, To time.Time
	Note     string
	Derived  bool  // follows from a result; regime holds the person by itself
	Set      int64 // the group act that put it, 0 for none

	By     int64 // account; 0 for the program
	ByName string
	At     time.Time // when it was entered

	ReleasedAt     time.Time
	ReleasedBy     int64 // 0 for the program: the hold ended by a result
	ReleasedByName string
	Reason         string // why it was released
	Document       string // number of the certificate of release
	Void           bool   // entered in error: it never held
}

// Open reports whether the hold is in force at the instant or will be later.
func (h *Hold) Open(at time.Time) bool {
	return h.ReleasedAt.IsZero() && (h.To.IsZero() || h.To.After(at))
}

// regime is the hold as the rules know it.
func (h *Hold) regime() regime.Hold {
	return regime.Hold{Kind: h.Kind, From: h.From, To: h.To, ID: h.ID}
}

// HandKinds lists the kinds that people put by hand: all but those that a result or a symptom report puts.
func HandKinds() []string {
	return slices.DeleteFunc(slices.Clone(regime.HoldKinds()), func(kind string) bool { return !byHand(kind) })
}

func byHand(kind string) bool {
	return kind != KindSymptom && kind != KindPoolAbnormal && kind != KindSuspicious && kind != KindPositive
}

// Began is a new hold of a kind that calls for an incident.
type Began struct {
	ID       int64
	Employee int64
	Kind     string
	Source   string
	SourceID int64
	From     time.Time
	Barcode  string // of the tube, for a hold that follows from a result
}

// Incidents is told of new holds whose rule calls for an incident, in the transaction that puts them.
type Incidents interface {
	HoldsBegan(ctx context.Context, q db.Q, sc authz.Scope, began []Began, at time.Time) error
}

// Releases is told of holds that a person released, in the same transaction.
type Releases interface {
	HoldsReleased(ctx context.Context, q db.Q, sc authz.Scope, released []Hold, at time.Time) error
}

// Standings evaluates people anew after a hold of theirs changed.
type Standings interface {
	Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error
}

// Rules gives the rules of an org as confirmed by an instant; zero is by now.
type Rules interface {
	For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error)
}

// Service keeps the holds.
type Service struct {
	db        *db.DB
	standings Standings
	rules     Rules
	incidents Incidents
	releases  Releases
}

// New returns a service.
func New(d *db.DB, standings Standings, rules Rules) *Service {
	return &Service{db: d, standings: standings, rules: rules}
}

// Watch names who is told of holds that call for an incident. Call it before the service is used; without it nobody is told.
func (s *Service) Watch(i Incidents) { s.incidents = i }

// WatchReleases names who is told of releases. Call it before the service is used.
func (s *Service) WatchReleases(r Releases) { s.releases = r }
