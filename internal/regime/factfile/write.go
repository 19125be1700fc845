package factfile

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// Write writes the file so that Read gives it back. A built-in pack is named, any
// other is written out, with the origin of each rule that an overlay gave.
// Instants are written in the zone of the facts.
func Write(w io.Writer, f File) error {
	out := fileJSON{Title: f.Title, Facts: factsOut(f.Facts)}
	versions := f.Rules.Versions()
	for _, v := range versions {
		pack, err := packOut(v.Pack)
		if err != nil {
			return fmt.Errorf("facts: %w", err)
		}
		out.Rules = append(out.Rules, versionJSON{From: inZone(v.From, f.Facts.Zone), Pack: pack})
	}
	if len(versions) == 1 && versions[0].From.IsZero() {
		out.Pack, out.Rules = out.Rules[0].Pack, nil
	}
	return encode(w, out)
}

// encode writes indented JSON without the escapes that HTML wants.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	return nil
}

func packOut(p *regime.Pack) (json.RawMessage, error) {
	if builtin, err := regime.Builtin(p.ID); err == nil && reflect.DeepEqual(p, builtin) {
		return json.Marshal(p.ID)
	}
	return json.Marshal(p)
}

func factsOut(f regime.Facts) factsJSON {
	in := func(t time.Time) time.Time { return inZone(t, f.Zone) }
	out := factsJSON{GoLive: in(f.GoLive)}
	if f.Zone != nil {
		out.Zone = f.Zone.String()
	}
	for _, c := range f.Categories {
		out.Categories = append(out.Categories, categoryJSON{c.Category, in(c.From)})
	}
	for _, s := range f.Statuses {
		out.Statuses = append(out.Statuses, statusJSON{s.Status, in(s.From), in(s.To)})
	}
	for _, s := range f.Samples {
		out.Samples = append(out.Samples, sampleOut(s, f.Zone))
	}
	for _, at := range f.Vaccinations {
		out.Vaccinations = append(out.Vaccinations, in(at))
	}
	for _, x := range f.Exemptions {
		out.Exemptions = append(out.Exemptions, exemptionJSON{x.Ground, in(x.From), in(x.To)})
	}
	for _, h := range f.Holds {
		out.Holds = append(out.Holds, holdOut(h, f.Zone))
	}
	for _, r := range f.Releases {
		out.Releases = append(out.Releases, releaseJSON{r.Kind, in(r.At)})
	}
	return out
}

func sampleOut(s regime.Sample, zone *time.Location) sampleJSON {
	return sampleJSON{inZone(s.SampledAt, zone), inZone(s.ReportedAt, zone), s.Result.String(), s.Method, s.Mode, s.Source}
}

func holdOut(h regime.Hold, zone *time.Location) holdJSON {
	return holdJSON{h.Kind, inZone(h.From, zone), inZone(h.To, zone), h.ID}
}

func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() || zone == nil {
		return t
	}
	return t.In(zone)
}
