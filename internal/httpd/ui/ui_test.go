package ui

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// key translates nothing: it gives back the key.
func key(k string, _ ...any) string { return k }

func TestHref(t *testing.T) {
	q := url.Values{"q": {"李"}, "after": {"c1"}}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{nil, "/e?after=c1&q=%E6%9D%8E"},
		{[]string{"after", ""}, "/e?q=%E6%9D%8E"},
		{[]string{"state", "overdue", "after", "", "q", ""}, "/e?state=overdue"},
		{[]string{"after", "", "q", ""}, "/e"},
	} {
		if got := Href("/e", q, tt.pairs...); got != tt.want {
			t.Errorf("Href(%q) = %q, want %q", tt.pairs, got, tt.want)
		}
	}
	if q.Get("after") != "c1" {
		t.Error("Href changed its input")
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 12994: "12,994", 1500000: "1,500,000", -1: "-1", -100: "-100", -1234: "-1,234"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestPercentIsCut(t *testing.T) {
	for _, tt := range []struct {
		num, den int
		want     string
	}{
		{0, 7, "0.0%"}, {1204, 1238, "97.2%"}, {9999, 10000, "99.9%"}, {10000, 10000, "100%"},
		{2, 3, "66.6%"}, {-1, 5, "0.0%"}, {6, 5, "100%"}, {0, 0, "—"},
	} {
		if got := Percent(tt.num, tt.den); got != tt.want {
			t.Errorf("Percent(%d, %d) = %q, want %q", tt.num, tt.den, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		den := rapid.IntRange(1, 2_000_000).Draw(t, "den")
		num := rapid.IntRange(0, den).Draw(t, "num")
		if (Percent(num, den) == "100%") != (num == den) {
			t.Fatalf("Percent(%d, %d) = %s", num, den, Percent(num, den))
		}
	})
}

func TestRate(t *testing.T) {
	r := NewRate(key, "l", 1204, 1238, "at")
	if r.Percent != "97.2%" || r.Width != "97.2%" || r.Counts != "1,204 / 1,238" || r.Tone != ToneInfo || r.Hidden {
		t.Errorf("rate: %+v", r)
	}
	for num, tone := range map[int]Tone{100: ToneOK, 99: ToneInfo, 95: ToneInfo, 94: ToneWarn, 80: ToneWarn, 79: ToneDanger} {
		if got := NewRate(key, "", num, 100, "").Tone; got != tone {
			t.Errorf("tone of %d%%: %s, want %s", num, got, tone)
		}
	}
	if r := NewRate(key, "l", 0, 0, "at"); !r.Hidden || r.Percent != "—" || r.Note != "common.rate.nobody" {
		t.Errorf("nobody due: %+v", r)
	}
	if r := HiddenRate(key, "l", "at"); !r.Hidden || r.Counts != "" || r.Width != "" {
		t.Errorf("a hidden rate lets figures through: %+v", r)
	}
}

func TestStatesLookDifferent(t *testing.T) {
	seen := map[string]string{}
	for _, state := range StandingStates() {
		b := StandingBadge(key, state)
		if b.Label != "state."+state {
			t.Errorf("label of %s: %q", state, b.Label)
		}
		if other, taken := seen[b.Icon]; taken {
			t.Errorf("%s and %s share the icon %s and would differ by colour alone", state, other, b.Icon)
		}
		seen[b.Icon] = state
	}
	if len(seen) != len(standingFaces) {
		t.Errorf("StandingStates lists %d of %d states", len(seen), len(standingFaces))
	}
}

func TestBadgesHaveIcons(t *testing.T) {
	for _, faces := range []map[string]face{standingFaces, resultFaces, workFaces} {
		for name, f := range faces {
			if _, err := Icon(f.icon); err != nil || f.icon == "" {
				t.Errorf("%s: icon %q: %v", name, f.icon, err)
			}
		}
	}
	if b := ResultBadge(key, "newer"); b.Icon != "dot" || b.Label != "result.newer" {
		t.Errorf("unknown value: %+v", b)
	}
}

func TestIcon(t *testing.T) {
	if _, err := Icon("nonesuch"); err == nil {
		t.Error("an unknown icon was drawn")
	}
	if html, err := Icon(""); html != "" || err != nil {
		t.Errorf("no icon: %q, %v", html, err)
	}
	html, err := Icon("bell")
	if err != nil || !strings.Contains(string(html), `aria-hidden="true"`) {
		t.Errorf("bell: %q, %v", html, err)
	}
}

func TestFormGathersErrors(t *testing.T) {
	f := NewForm(key, "/x", "send",
		Field{Name: "a", Label: "A", Required: true},
		Field{Name: "b", ID: "own", Label: "B", Error: "bad"},
		Field{Kind: FieldPhoto, Name: "c", Label: "C"})
	if !f.Upload || f.Require == "" || f.Errors == nil {
		t.Fatalf("form: %+v", f)
	}
	want := []Link{{Label: "Bcommon.colonbad", Href: "#own"}}
	if !slices.Equal(f.Errors.Items, want) {
		t.Errorf("errors: %v, want %v", f.Errors.Items, want)
	}
	if f := NewForm(key, "/x", "send", Field{Name: "a"}); f.Errors != nil || f.Require != "" || f.Upload {
		t.Errorf("calm form: %+v", f)
	}
}

func TestFieldDescription(t *testing.T) {
	f := Field{Name: "temp", Hint: "h", Error: "e"}
	if got := f.DescribedBy(); got != "f-temp-hint f-temp-error" {
		t.Errorf("DescribedBy = %q", got)
	}
	if got := (Field{Name: "temp"}).DescribedBy(); got != "" {
		t.Errorf("DescribedBy of a bare field = %q", got)
	}
}

func TestChoose(t *testing.T) {
	options := []Option{{Value: "a"}, {Value: "b"}, {Value: "c", Selected: true}}
	got := Choose(options, "a", "zz")
	if !got[0].Selected || got[1].Selected || !got[2].Selected || options[0].Selected {
		t.Errorf("Choose = %+v (input %+v)", got, options)
	}
}

func TestGroupDays(t *testing.T) {
	in := []Entry{{Day: "2"}, {Day: "2"}, {Day: "1"}, {Day: "2"}}
	var days []string
	for _, e := range GroupDays(in) {
		days = append(days, e.Day)
	}
	if !slices.Equal(days, []string{"2", "", "1", "2"}) || in[1].Day != "2" {
		t.Errorf("days %q, input %+v", days, in)
	}
}

func TestProgressWidth(t *testing.T) {
	for percent, want := range map[int]string{-1: "0%", 0: "0%", 42: "42%", 140: "100%"} {
		if got := (Progress{Percent: percent}).Width(); got != want {
			t.Errorf("width at %d: %s, want %s", percent, got, want)
		}
	}
	if NewProgress(key, "id", "t", "/p").Known() {
		t.Error("a new job claims to know its share")
	}
}

// What stands in a cell comes from people. Its markup is written by this package, so it is this package that has to escape it.
func TestACellIsTextWhateverItHolds(t *testing.T) {
	const hostile = `<script>"'&`
	const told = `&lt;script&gt;&#34;&#39;&amp;`
	for _, tt := range []struct {
		cell Cell
		want string
	}{
		{Cell{}, ""},
		{Cell{Text: hostile, Sub: hostile}, told + `<small class="sub">` + told + `</small>`},
		{Cell{Text: hostile, Href: `/e/"><b>`}, `<a href="/e/&#34;&gt;&lt;b&gt;">` + told + `</a>`},
		{Cell{Text: "3月", DateTime: `"><b>`}, `<time datetime="&#34;&gt;&lt;b&gt;">3月</time>`},
		{Badges(Badge{Label: hostile, Tone: ToneOK, Solid: true}), `<span class="badges"><span class="badge tone-ok is-solid">` + told + `</span></span>`},
		{Cell{Rate: &Rate{Label: hostile, Percent: hostile, Note: hostile, Hidden: true}}, `<div class="rate is-hidden"><span class="rate-label">` + told +
			`</span><span class="rate-line"><b class="rate-percent">` + told + `</b> <span class="rate-note">` + told + `</span></span></div>`},
	} {
		table := Table{ID: "t", Columns: []Column{{Label: hostile, Tight: true}}, Rows: []Row{{Cells: []Cell{tt.cell}}}}
		parts, err := table.Parts()
		want := "\n" + `<tr role="row"><td role="cell" data-label="` + told + `" class=" c-tight">` + tt.want + `</td></tr>`
		if err != nil || len(parts) != 1 || string(parts[0].HTML) != want {
			t.Errorf("%+v: %v, %v, want %s", tt.cell, parts, err, want)
		}
	}
	table := Table{Columns: []Column{{}}, Rows: []Row{{Cells: []Cell{{Text: "x", Href: "javascript:alert(1)"}}}}}
	if _, err := table.Parts(); err == nil {
		t.Error("a cell may lead out of the program")
	}
}

// Actions are written by templates, in their places among the rows.
func TestActionsStandWithinTheirCells(t *testing.T) {
	table := Table{Columns: []Column{{Head: true}, {}}, Rows: []Row{{Cells: []Cell{Text("甲"), {Actions: []Action{{Label: "开"}}}}}, {Cells: []Cell{Text("乙"), Text("丙")}}}}
	parts, err := table.Parts()
	if err != nil || len(parts) != 2 || len(parts[0].Actions) != 1 || len(parts[1].Actions) != 0 {
		t.Fatalf("%+v, %v", parts, err)
	}
	if !strings.HasSuffix(string(parts[0].HTML), `class=" c-actions"><span class="actions">`) || !strings.HasPrefix(string(parts[1].HTML), `</span></td></tr>`) {
		t.Errorf("%s | %s", parts[0].HTML, parts[1].HTML)
	}
}

func TestAnEntryAndAChoiceAreTextWhateverTheyHold(t *testing.T) {
	const hostile = `<script>"'&`
	const told = `&lt;script&gt;&#34;&#39;&amp;`
	got, err := Entry{Day: hostile, Time: hostile, DateTime: hostile, Title: hostile, Text: hostile, Actor: hostile, Facts: []Fact{{Label: hostile, Value: hostile}},
		Replaced: &Link{Label: hostile, Href: "/" + hostile}}.HTML()
	if err != nil || strings.Contains(string(got), hostile) || strings.Count(string(got), told) != 10 {
		t.Errorf("entry: %v, %s", err, got)
	}
	if _, err := (Entry{Replaced: &Link{Href: "javascript:alert(1)"}}).HTML(); err == nil {
		t.Error("an entry may lead out of the program")
	}
	if got := (Options{{Value: hostile, Label: hostile, Selected: true}, {Value: "2"}}).HTML(); string(got) != `<option value="`+told+`" selected>`+told+`</option><option value="2"></option>` {
		t.Errorf("options: %s", got)
	}
}
