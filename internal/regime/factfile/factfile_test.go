package factfile

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/regime"
)

const good = `{
  "title": "two versions",
  "rules": [
    {"pack": "zibo-2022-03"},
    {"from": "2022-07-04T00:00:00+08:00", "pack": "zibo-2022-h2",
     "overlays": [{"origin": "division:370303", "overlay": {"tests": [{"category": "driver", "interval_hours": 48}]}}]}
  ],
  "facts": {
    "zone": "Asia/Shanghai",
    "go_live": "2022-03-24T08:00:00+08:00",
    "categories": [{"category": "driver", "from": "2022-03-24T08:00:00+08:00"}],
    "statuses": [{"status": "on_post", "from": "2022-03-24T08:00:00+08:00"}],
    "samples": [{"sampled_at": "2022-03-25T09:00:00+08:00", "reported_at": "2022-03-25T20:00:00+08:00", "result": "negative"},
                {"sampled_at": "2022-03-31T09:00:00+08:00"}],
    "vaccinations": ["2022-04-02T09:00:00+08:00"],
    "exemptions": [{"ground": "medical", "from": "2022-05-01T00:00:00+08:00", "to": "2022-05-02T00:00:00+08:00"}],
    "holds": [{"kind": "symptom", "from": "2022-05-03T08:00:00+08:00", "to": "2022-05-04T08:00:00+08:00", "id": 7}],
    "releases": [{"kind": "positive", "at": "2022-05-05T08:00:00+08:00"}]
  }
}`

func TestRead(t *testing.T) {
	f, err := Read(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	versions := f.Rules.Versions()
	if len(versions) != 2 || versions[0].Pack.ID != "zibo-2022-03" || versions[1].From.Format(time.RFC3339) != "2022-07-04T00:00:00+08:00" {
		t.Errorf("versions %+v", versions)
	}
	awaited := regime.Sample{SampledAt: f.Facts.Samples[1].SampledAt, Method: regime.MethodPCR, Mode: regime.ModeSingle,
		Result: regime.ResultPending, Source: regime.SourceEmployerOrg}
	if diff := cmp.Diff(awaited, f.Facts.Samples[1]); diff != "" {
		t.Errorf("a bare sample (-want +got):\n%s", diff)
	}
	if f.Title != "two versions" || f.Facts.Zone.String() != "Asia/Shanghai" || f.Facts.Holds[0].ID != 7 || len(f.Facts.Releases) != 1 {
		t.Errorf("%+v", f)
	}
	a := Ask(f, time.Date(2022, 7, 5, 0, 0, 0, 0, time.UTC))
	if a.Rule.Origin != "division:370303" || a.Rule.Pack != "zibo-2022-h2" || a.At.Format(time.RFC3339) != "2022-07-05T08:00:00+08:00" {
		t.Errorf("answer %+v", a)
	}
}

func TestReadNamesTheField(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{`"title"`, `"titel"`, "titel: unknown field"},
		{`"zone": "Asia/Shanghai"`, `"zone": "Asia/Zibo"`, "facts.zone: must be an IANA zone"},
		{`"zone": "Asia/Shanghai"`, `"zone": "Local"`, "facts.zone: must be an IANA zone"},
		{`"go_live": "2022-03-24T08:00:00+08:00",`, ``, "facts.go_live: missing"},
		{`"go_live": "2022-03-24T08:00:00+08:00"`, `"go_live": "2022-03-24 08:00"`, "facts.go_live: "},
		{`"go_live": "2022-03-24T08:00:00+08:00"`, `"go_live": "0022-03-24T08:00:00+08:00"`, "facts.go_live: must be from 1900 to 2200"},
		{`"go_live": "2022-03-24T08:00:00+08:00"`, `"go_live": null`, "facts.go_live: want time.Time, got null"},
		{`"category": "driver", "from"`, `"category": "pilot", "from"`, `facts.categories[0].category: unknown id "pilot"`},
		{`"on_post"`, `"off_post"`, `facts.statuses[0].status: unknown id "off_post"`},
		{`"negative"`, `"阴性"`, `facts.samples[0].result: unknown id "阴性"`},
		{`"result": "negative"`, `"result": "negative", "method": "sniff"`, `facts.samples[0].method: unknown id "sniff"`},
		{`"result": "negative"`, `"result": "negative", "mode": "pool3"`, `facts.samples[0].mode: unknown id "pool3"`},
		{`"result": "negative"`, `"result": "negative", "source": "lab"`, `facts.samples[0].source: unknown id "lab"`},
		{`"2022-03-25T20:00:00+08:00"`, `"2022-03-25T08:00:00+08:00"`, "facts.samples[0].reported_at: must not be before sampled_at"},
		{`["2022-04-02T09:00:00+08:00"]`, `["2922-04-02T09:00:00+08:00"]`, "facts.vaccinations[0]: must be from 1900"},
		{`"medical"`, `"tired"`, `facts.exemptions[0].ground: unknown id "tired"`},
		{`"2022-05-02T00:00:00+08:00"`, `"2022-04-30T00:00:00+08:00"`, "facts.exemptions[0].to: must not be before from"},
		{`"symptom"`, `"holiday"`, `facts.holds[0].kind: unknown id "holiday"`},
		{`"kind": "positive"`, `"kind": "negative"`, `facts.releases[0].kind: unknown id "negative"`},
		{`"pack": "zibo-2022-03"`, `"pack": "zibo"`, "rules[0].pack: must be one of [cn-20-2022-11-11"},
		{`"pack": "zibo-2022-03"`, `"pack": {"id": "x"}`, "rules[0].pack: regime: pack: version: missing"},
		{`"pack": "zibo-2022-03"`, `"pack": 3`, "rules[0].pack: "},
		{`"interval_hours": 48`, `"interval_hours": 0`, "rules[1].overlays[0]: regime: overlay: tests[0].interval_hours: must be from 1"},
		{`"from": "2022-07-04T00:00:00+08:00", `, ``, "rules[1].from: missing"},
		{`"rules": [`, `"pack": "zibo-2022-03", "rules": [`, "either pack or rules"},
		{"{\n  \"title\"", strings.Repeat(" ", MaxSize) + "{\n  \"title\"", "larger than 1048576 bytes"},
	} {
		text := strings.Replace(good, tt.old, tt.new, 1)
		if text == good {
			t.Fatalf("%q is not in the file", tt.old)
		}
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "facts: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60s: %v, want %q", tt.new, err, tt.want)
		}
	}
	text := strings.NewReplacer(`"negative"`, `"x"`, `"medical"`, `"y"`).Replace(good)
	if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "samples[0].result") || !strings.Contains(err.Error(), "exemptions[0].ground") {
		t.Errorf("not every fault is shown: %v", err)
	}
}

// again writes the file and reads it back.
func again(t interface{ Fatalf(string, ...any) }, f File) (File, string) {
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		t.Fatalf("write: %v", err)
	}
	text := b.String()
	back, err := Read(&b)
	if err != nil {
		t.Fatalf("read %s: %v", text, err)
	}
	return back, text
}

func same(t interface{ Fatalf(string, ...any) }, f File, at time.Time) {
	back, text := again(t, f)
	_, second := again(t, back)
	if text != second {
		t.Fatalf("written twice:\n%s", cmp.Diff(text, second))
	}
	if diff := cmp.Diff(answerText(Ask(f, at)), answerText(Ask(back, at))); diff != "" {
		t.Fatalf("another answer after writing and reading:\n%s", diff)
	}
}

func answerText(a Answer) string {
	var b bytes.Buffer
	if err := WriteAnswers(&b, []Answer{a}); err != nil {
		panic(err)
	}
	return b.String()
}

func TestWriteKeepsVersionsAndOverlays(t *testing.T) {
	f, err := Read(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	same(t, f, time.Date(2022, 7, 5, 0, 0, 0, 0, time.UTC))
	_, text := again(t, f)
	for _, want := range []string{`"pack": "zibo-2022-03"`, `"origin": "division:370303"`, `"sampled_at": "2022-03-31T09:00:00+08:00"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}

func TestPropertyWriteAndReadAgain(t *testing.T) {
	zones := []string{"", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"}
	pack, err := regime.Builtin("zibo-2022-h2")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var f File
		f.Title = rapid.StringMatching(`[a-z<>&"测 ]{0,9}`).Draw(t, "title")
		if name := rapid.SampledFrom(zones).Draw(t, "zone"); name != "" {
			f.Facts.Zone, _ = time.LoadLocation(name)
		}
		instant := func(name string) time.Time {
			return time.Unix(1648000000+rapid.Int64Range(0, 9000000).Draw(t, name), rapid.SampledFrom([]int64{0, 0, 1, 999}).Draw(t, "ns")).UTC()
		}
		end := func(from time.Time) time.Time {
			if rapid.Bool().Draw(t, "open") {
				return time.Time{}
			}
			return from.Add(time.Duration(rapid.Int64Range(0, 1000).Draw(t, "hours")) * time.Hour)
		}
		f.Facts.GoLive = instant("go live")
		f.Facts.Statuses = []regime.StatusSpan{{Status: regime.StatusOnPost, From: f.Facts.GoLive}}
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			at := instant("at")
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				f.Facts.Samples = append(f.Facts.Samples, regime.Sample{SampledAt: at, ReportedAt: end(at), Result: regime.Negative,
					Method: regime.MethodPCR, Mode: regime.ModePool10, Source: regime.SourceCommunity})
			case 1:
				f.Facts.Categories = append(f.Facts.Categories, regime.CategorySpan{Category: regime.CategoryDriver, From: at})
			case 2:
				f.Facts.Exemptions = append(f.Facts.Exemptions, regime.Exemption{Ground: "medical", From: at, To: end(at)})
			case 3:
				f.Facts.Holds = append(f.Facts.Holds, regime.Hold{Kind: "self_monitor", From: at, To: end(at), ID: int64(len(f.Facts.Holds))})
			case 4:
				f.Facts.Vaccinations = append(f.Facts.Vaccinations, at)
			case 5:
				f.Facts.Releases = append(f.Facts.Releases, regime.Release{Kind: "suspicious", At: at})
			}
		}
		f.Rules = regime.Fixed(pack)
		if rapid.Bool().Draw(t, "tightened") {
			hours := rapid.IntRange(24, 100).Draw(t, "interval")
			o := regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, IntervalHours: &hours}}}
			tight, _, err := regime.Tighten(pack, o, "org:3")
			if err != nil {
				t.Fatal(err)
			}
			f.Rules, err = regime.NewRules(regime.Version{Pack: pack}, regime.Version{From: instant("from"), Pack: tight})
			if err != nil {
				t.Fatal(err)
			}
		}
		same(t, f, instant("asked"))
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"pack": "zibo-2022-03", "facts": {"go_live": "2022-03-24T08:00:00Z"}}`))
	f.Add([]byte(`{"rules": [], "facts": {"go_live": "0001-01-01T00:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		same(t, file, time.Date(2022, 4, 1, 0, 0, 0, 0, time.UTC))
	})
}
