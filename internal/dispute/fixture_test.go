package dispute_test

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

var now = screeningtest.Now

// fixture is a world with its disputes and batches.
type fixture struct {
	*screeningtest.World
	t           *testing.T
	disputes    *dispute.Service
	corrections *dispute.Corrections
}

func setUp(t *testing.T) *fixture {
	w := screeningtest.New(t)
	return &fixture{w, t, dispute.New(w.DB, w.Box, w.Standings, w.Samples), dispute.NewCorrections(w.DB, w.Samples)}
}

// tested records a sample and returns its key.
func (f *fixture) tested(employee int64, at time.Time, result regime.Result) screening.Key {
	f.t.Helper()
	out, err := f.Samples.Record(f.t.Context(), f.HR(f.Org), screening.Input{Employee: employee, SampledAt: at, Result: result}, at.Add(time.Minute))
	if err != nil {
		f.t.Fatal(err)
	}
	return out.Key
}

func (f *fixture) open(sc authz.Scope, about dispute.About) int64 {
	f.t.Helper()
	id, err := f.disputes.Open(f.t.Context(), sc, dispute.Input{About: about, Claim: "我周三采过样"}, now)
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) samples(employee int64) []screening.Sample {
	f.t.Helper()
	s, err := screening.OfEmployee(f.t.Context(), f.Base.Owner, f.Org, employee, now.AddDate(1, 0, 0), 10)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func wantCode(t *testing.T, what string, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func wantRefusal(t *testing.T, what string, err error, key string) {
	t.Helper()
	if m, ok := dispute.IsRefusal(err); !ok || m.Key != key {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}
