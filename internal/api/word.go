package api

import (
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/symptom"
)

// The closed lists of the API are those of the features: each type here is a text whose schema lists the feature's ids.
type (
	stateID    string
	statusID   string
	categoryID string
	resultID   string
	methodID   string
	modeID     string
	sourceID   string
	proofID    string
	siteID     string
	symptomID  string
	sizeID     string
	resumeID   string
	groupingID string
	orderID    string
)

func choice[T any](ids ...T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, id := range ids {
		s.Enum = append(s.Enum, fmt.Sprint(id))
	}
	return s
}

// states are those of a person on file: every state of regime, and held.
func states() []string {
	var ids []string
	for s := regime.OK; s <= regime.OffPost; s++ {
		ids = append(ids, s.String())
	}
	return append(ids, employee.StateHeld)
}

// Schema implements huma.SchemaProvider, like the methods below.
func (stateID) Schema(huma.Registry) *huma.Schema { return choice(states()...) }

// Schema lists the work statuses, and any.
func (statusID) Schema(huma.Registry) *huma.Schema {
	return choice(append(profile.Choices(profile.ColWorkStatus), employee.AnyStatus)...)
}

// Schema lists the test categories.
func (categoryID) Schema(huma.Registry) *huma.Schema {
	return choice(profile.Choices(profile.ColCategory)...)
}

// Schema lists the results that can be told.
func (resultID) Schema(huma.Registry) *huma.Schema { return choice(screening.Results()...) }

// Schema lists the methods of testing.
func (methodID) Schema(huma.Registry) *huma.Schema { return choice(screening.Methods()...) }

// Schema lists the modes of collection.
func (modeID) Schema(huma.Registry) *huma.Schema { return choice(screening.Modes()...) }

// Schema lists who may have had a sample taken.
func (sourceID) Schema(huma.Registry) *huma.Schema { return choice(screening.Sources()...) }

// Schema lists the proofs that a program may claim.
func (proofID) Schema(huma.Registry) *huma.Schema {
	return choice(screening.ProofStaff, screening.ProofLab)
}

// Schema lists where a temperature may be taken.
func (siteID) Schema(huma.Registry) *huma.Schema { return choice(symptom.Sites()...) }

// Schema lists the symptoms.
func (symptomID) Schema(huma.Registry) *huma.Schema { return choice(symptom.IDs()...) }

// Schema lists the classes of enterprise size.
func (sizeID) Schema(huma.Registry) *huma.Schema { return choice(org.Sizes()...) }

// Schema lists how far an enterprise may have resumed work.
func (resumeID) Schema(huma.Registry) *huma.Schema { return choice(org.ResumeStatuses()...) }

// Schema lists what rollups are grouped by.
func (groupingID) Schema(huma.Registry) *huma.Schema {
	return choice(rollup.ByZone, rollup.ByIndustry, rollup.ByOrg)
}

// Schema lists what people are sorted by.
func (orderID) Schema(huma.Registry) *huma.Schema { return choice(employee.Sorts()...) }
