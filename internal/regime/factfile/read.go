// Package factfile is the file format of one person's facts and of the answer to
// them: what the records say and which rules apply goes in, where the person
// stands comes out, as JSON that can be kept, sent and asked again elsewhere.
// docs/facts.md documents it. The package only encodes; regime decides.
package factfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/regime/strict"
)

// MaxSize is the size of the largest file that Read takes, in bytes.
const MaxSize = 1 << 20

// File is one person's facts with the rules they are under.
type File struct {
	Title string
	Rules regime.Rules
	Facts regime.Facts
}

// Read reads and checks a file. The error names every faulty member by its path,
// such as facts.samples[2].result.
func Read(r io.Reader) (File, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return File{}, fmt.Errorf("facts: %w", err)
	}
	if len(data) > MaxSize {
		return File{}, fmt.Errorf("facts: larger than %d bytes", MaxSize)
	}
	var in fileJSON
	if err := strict.Decode(data, &in); err != nil {
		return File{}, fmt.Errorf("facts: %w", err)
	}
	var rd reader
	f := File{Title: in.Title, Rules: rd.rules(in), Facts: rd.facts(in.Facts)}
	if err := errors.Join(rd.Faults...); err != nil {
		return File{}, fmt.Errorf("facts: %w", err)
	}
	return f, nil
}

// reader turns the JSON into facts and collects the faults.
type reader struct{ strict.Faults }

func (rd *reader) rules(in fileJSON) regime.Rules {
	if (in.Pack == nil) == (in.Rules == nil) {
		rd.Must(false, "", "either pack or rules must be given")
		return regime.Rules{}
	}
	if in.Pack != nil {
		return regime.Fixed(rd.pack("pack", in.Pack))
	}
	versions := make([]regime.Version, len(in.Rules))
	for i, v := range in.Rules {
		at := fmt.Sprintf("rules[%d]", i)
		p := rd.pack(at+".pack", v.Pack)
		for k, o := range v.Overlays {
			if p == nil {
				break
			}
			tight, _, err := regime.Tighten(p, o.Overlay, o.Origin)
			rd.Must(err == nil, fmt.Sprintf("%s.overlays[%d]", at, k), "%v", err)
			p = tight
		}
		rd.Must(i == 0 || !v.From.IsZero(), at+".from", "missing")
		rd.instant(at+".from", v.From)
		versions[i] = regime.Version{From: v.From, Pack: p}
	}
	if len(rd.Faults) > 0 {
		return regime.Rules{}
	}
	rules, err := regime.NewRules(versions...)
	rd.Must(err == nil, "rules", "%v", err)
	return rules
}

// pack reads the id of a built-in pack or a whole one; nil if faulty.
func (rd *reader) pack(path string, raw json.RawMessage) *regime.Pack {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		p, err := regime.Builtin(id)
		rd.Must(err == nil, path, "must be one of %v or a whole pack, is %q", regime.BuiltinIDs(), id)
		return p
	}
	p, err := regime.ParsePack(raw)
	rd.Must(err == nil, path, "%v", err)
	return p
}

func (rd *reader) facts(in factsJSON) regime.Facts {
	f := regime.Facts{GoLive: in.GoLive, Vaccinations: in.Vaccinations, Zone: rd.zone(in.Zone)}
	rd.instant("facts.go_live", in.GoLive)
	for i, c := range in.Categories {
		at := path("categories", i)
		rd.known(at+".category", c.Category.Valid(), c.Category)
		rd.span(at, c.From, time.Time{})
		f.Categories = append(f.Categories, regime.CategorySpan(c))
	}
	for i, s := range in.Statuses {
		at := path("statuses", i)
		rd.known(at+".status", s.Status.Valid(), s.Status)
		rd.span(at, s.From, s.To)
		f.Statuses = append(f.Statuses, regime.StatusSpan(s))
	}
	for i, s := range in.Samples {
		f.Samples = append(f.Samples, rd.sample(path("samples", i), s))
	}
	for i, at := range in.Vaccinations {
		rd.instant(path("vaccinations", i), at)
	}
	for i, x := range in.Exemptions {
		at := path("exemptions", i)
		rd.known(at+".ground", slices.Contains(regime.ExemptionGrounds(), x.Ground), x.Ground)
		rd.span(at, x.From, x.To)
		f.Exemptions = append(f.Exemptions, regime.Exemption(x))
	}
	for i, h := range in.Holds {
		at := path("holds", i)
		rd.known(at+".kind", slices.Contains(regime.HoldKinds(), h.Kind), h.Kind)
		rd.span(at, h.From, h.To)
		f.Holds = append(f.Holds, regime.Hold(h))
	}
	for i, r := range in.Releases {
		at := path("releases", i)
		result, err := regime.ParseResult(r.Kind)
		rd.known(at+".kind", err == nil && result.Abnormal(), r.Kind)
		rd.instant(at+".at", r.At)
		f.Releases = append(f.Releases, regime.Release(r))
	}
	return f
}

func (rd *reader) sample(at string, s sampleJSON) regime.Sample {
	out := regime.Sample{
		SampledAt: s.SampledAt, ReportedAt: s.ReportedAt, Method: cmp.Or(s.Method, regime.MethodPCR),
		Mode: cmp.Or(s.Mode, regime.ModeSingle), Source: cmp.Or(s.Source, regime.SourceEmployerOrg),
	}
	var err error
	out.Result, err = regime.ParseResult(cmp.Or(s.Result, regime.ResultPending.String()))
	rd.known(at+".result", err == nil, s.Result)
	rd.known(at+".method", out.Method.Valid(), s.Method)
	rd.known(at+".mode", out.Mode.Valid(), s.Mode)
	rd.known(at+".source", out.Source.Valid(), s.Source)
	rd.instant(at+".sampled_at", s.SampledAt)
	if !s.ReportedAt.IsZero() {
		rd.instant(at+".reported_at", s.ReportedAt)
		rd.Must(!s.ReportedAt.Before(s.SampledAt), at+".reported_at", "must not be before sampled_at")
	}
	return out
}

func (rd *reader) zone(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	rd.Must(err == nil && name != "Local", "facts.zone", "must be an IANA zone name such as Asia/Shanghai, is %q", name)
	return zone
}

func path(list string, i int) string { return fmt.Sprintf("facts.%s[%d]", list, i) }

func (rd *reader) known(path string, ok bool, id any) { rd.Must(ok, path, "unknown id %q", id) }

// instant refuses what is surely a slip.
func (rd *reader) instant(path string, t time.Time) {
	rd.Must(t.IsZero() || 1900 <= t.Year() && t.Year() <= 2200, path, "must be from 1900 to 2200, is %s", t.Format(time.RFC3339))
}

func (rd *reader) span(path string, from, to time.Time) {
	rd.instant(path+".from", from)
	if !to.IsZero() {
		rd.instant(path+".to", to)
		rd.Must(!to.Before(from), path+".to", "must not be before from")
	}
}
