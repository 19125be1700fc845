package standingview

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/web"
)

func views(t *testing.T) map[string]View {
	t.Helper()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]View{}
	for _, lang := range i18n.Languages() {
		out[lang] = New(catalog.Printer(lang).T, func(at time.Time) string {
			if at.IsZero() {
				return "—"
			}
			return at.Format("01-02 15:04")
		})
	}
	return out
}

// reasonCodes reads every Reason constant of package regime, so that a new one without words fails here.
func reasonCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../regime/reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	if len(codes) < 17 {
		t.Fatalf("only %d reasons found", len(codes))
	}
	return codes
}

// broken reports a text with a missing key or a missing argument.
func broken(text string) bool {
	return text == "" || strings.ContainsAny(text, "⟦") || strings.Contains(text, "<no value>")
}

func TestEveryReasonHasWords(t *testing.T) {
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	args := map[string]string{"status": "leave", "kind": "symptom", "ground": "medical", "category": "driver", "have": "1", "need": "2", "pack": "zibo-2022-h2"}
	for lang, v := range views(t) {
		seen := map[string]string{}
		for _, code := range reasonCodes(t) {
			text := v.Reason(regime.Reason{Code: code, At: at, Args: args})
			if broken(text) {
				t.Errorf("%s: %s reads %q", lang, code, text)
			}
			if other, taken := seen[text]; taken {
				t.Errorf("%s: %s and %s read alike", lang, code, other)
			}
			seen[text] = code
		}
	}
}

func TestCardOfEveryState(t *testing.T) {
	pack, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	golive := time.Date(2022, 3, 1, 0, 0, 0, 0, time.UTC)
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	facts := func(category regime.Category, status regime.WorkStatus) regime.Facts {
		return regime.Facts{GoLive: golive, Categories: []regime.CategorySpan{{Category: category, From: golive}},
			Statuses: []regime.StatusSpan{{Status: status, From: golive}}}
	}
	sampled := func(f regime.Facts, ago time.Duration, r regime.Result) regime.Facts {
		s := regime.Sample{SampledAt: at.Add(-ago), Method: regime.MethodPCR, Mode: regime.ModeSingle, Result: r}
		if r != regime.ResultPending {
			s.ReportedAt = s.SampledAt.Add(time.Hour)
		}
		f.Samples = append(f.Samples, s)
		return f
	}
	staff := facts(regime.CategoryGeneralStaff, regime.StatusOnPost)
	exempt := sampled(staff, 300*time.Hour, regime.Negative)
	exempt.Exemptions = []regime.Exemption{{Ground: "medical", From: at.Add(-132 * time.Hour), To: at.Add(24 * time.Hour)}}
	starting := facts(regime.CategoryGeneralStaff, regime.StatusOnPost)
	starting.GoLive = at.Add(-time.Hour)
	for _, tc := range []struct {
		name  string
		facts regime.Facts
		state string
		says  string // in Chinese
	}{
		{"ok", sampled(staff, time.Hour*2, regime.Negative), "ok", "下次采样"},
		{"due soon", sampled(staff, 160*time.Hour, regime.Negative), "due_soon", "请在 03-24 17:00 前采样"},
		{"overdue", sampled(staff, 170*time.Hour, regime.Negative), "overdue", "请尽快采样"},
		{"overdue, must not work", sampled(facts(regime.CategoryICCFrontline, regime.StatusOnPost), 80*time.Hour, regime.Negative), "overdue", "不要上岗"},
		{"no record", starting, "no_record", "第一次采样"},
		{"pending", sampled(staff, time.Hour, regime.ResultPending), "pending", "补填"},
		{"result late", sampled(staff, 30*time.Hour, regime.ResultPending), "result_late", "补填"},
		{"exempt", exempt, "exempt", "免检"},
		{"on leave", facts(regime.CategoryGeneralStaff, regime.StatusLeave), "off_post", "不在岗"},
		{"held", sampled(staff, time.Hour*2, regime.PoolAbnormal), "off_post", "请勿到岗"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := regime.Evaluate(regime.Fixed(pack), tc.facts, at)
			if s.State.String() != tc.state {
				t.Fatalf("state %s, want %s", s.State, tc.state)
			}
			for lang, v := range views(t) {
				c := v.Card(s, at)
				all := append([]string{c.Badge.Label, c.Title, c.Text, c.Why, c.Source}, c.Reasons...)
				for _, text := range all {
					if broken(text) {
						t.Errorf("%s: %q in %q", lang, text, all)
					}
				}
				if lang == i18n.Chinese && !strings.Contains(strings.Join(all, "\n"), tc.says) {
					t.Errorf("%q says nothing of %q", all, tc.says)
				}
				if strings.Contains(c.Title+c.Text, "阳性") {
					t.Errorf("the card speaks of a positive: %q", c.Title+c.Text)
				}
			}
		})
	}
}

func TestSpan(t *testing.T) {
	v := views(t)[i18n.Chinese]
	for d, want := range map[time.Duration]string{
		0: "1 分钟", 90 * time.Second: "1 分钟", 119 * time.Minute: "119 分钟", 2 * time.Hour: "2 小时", 47 * time.Hour: "47 小时",
		48 * time.Hour: "2 天", 168 * time.Hour: "7 天",
	} {
		if got := v.Span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
