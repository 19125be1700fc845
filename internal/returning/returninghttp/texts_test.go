package returninghttp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/web"
)

// whys reads every reason of the gate, so that a new one without words fails here.
func whys(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../gate.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "why") {
			why, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, why)
		}
		return true
	})
	if len(out) < 30 {
		t.Fatalf("only %d reasons found", len(out))
	}
	return out
}

// Every word of the vocabulary and every reason has a text in both languages.
func TestEverythingHasWords(t *testing.T) {
	var keys []string
	add := func(prefix string, ids ...string) {
		for _, id := range ids {
			keys = append(keys, prefix+id)
		}
	}
	for _, why := range whys(t) {
		add("returning.why.", why)
		if !strings.HasSuffix(why, ".ok") && why != "area.released" && why != "contact.goods" && why != "community.local" {
			add("returning.todo.", why)
		}
	}
	add("returning.item.", returning.Items()...)
	add("returning.chip.", returning.Items()...)
	add("returning.transport.", returning.Transports()...)
	add("returning.code.", returning.HealthCodes()...)
	add("returning.card.", returning.TripCards()...)
	add("returning.contact.", returning.ContactKinds()...)
	add("symptom.", returning.Symptoms()...)
	add("control.", returning.ControlLevels()...)
	d := returning.Declaration{Outside: returning.Yes, RiskStay: returning.Yes, Overseas: returning.Yes}
	for _, name := range d.Missing() {
		add("returning.field.", strings.TrimSuffix(name, "_0"))
	}
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages() {
		p := catalog.Printer(lang)
		for _, key := range keys {
			if !p.Has(key) {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}
