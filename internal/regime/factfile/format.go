package factfile

import (
	"encoding/json"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// The types below are the JSON; docs/facts.md documents it.

type fileJSON struct {
	Title string          `json:"title,omitempty"`
	Pack  json.RawMessage `json:"pack,omitempty"`
	Rules []versionJSON   `json:"rules,omitempty"`
	Facts factsJSON       `json:"facts"`
}

type versionJSON struct {
	From     time.Time       `json:"from,omitzero"`
	Pack     json.RawMessage `json:"pack"`
	Overlays []overlayJSON   `json:"overlays,omitempty"`
}

type overlayJSON struct {
	Origin  string         `json:"origin"`
	Overlay regime.Overlay `json:"overlay"`
}

type factsJSON struct {
	Zone         string          `json:"zone,omitempty"`
	GoLive       time.Time       `json:"go_live"`
	Categories   []categoryJSON  `json:"categories,omitempty"`
	Statuses     []statusJSON    `json:"statuses,omitempty"`
	Samples      []sampleJSON    `json:"samples,omitempty"`
	Vaccinations []time.Time     `json:"vaccinations,omitempty"`
	Exemptions   []exemptionJSON `json:"exemptions,omitempty"`
	Holds        []holdJSON      `json:"holds,omitempty"`
	Releases     []releaseJSON   `json:"releases,omitempty"`
}

type categoryJSON struct {
	Category regime.Category `json:"category"`
	From     time.Time       `json:"from"`
}

type statusJSON struct {
	Status regime.WorkStatus `json:"status"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to,omitzero"`
}

type sampleJSON struct {
	SampledAt  time.Time          `json:"sampled_at"`
	ReportedAt time.Time          `json:"reported_at,omitzero"`
	Result     string             `json:"result,omitempty"` // pending
	Method     regime.Method      `json:"method,omitempty"` // pcr
	Mode       regime.CollectMode `json:"mode,omitempty"`   // single
	Source     regime.Source      `json:"source,omitempty"` // employer_org
}

type exemptionJSON struct {
	Ground string    `json:"ground"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"`
}

type holdJSON struct {
	Kind string    `json:"kind"`
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	ID   int64     `json:"id,omitempty"`
}

type releaseJSON struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}
