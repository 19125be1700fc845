package employeehttp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/web"
)

// Every message of the feature is there in both languages, also those that are put together from codes.
func TestEveryTextExists(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	keys := literals(t, "..", "../profile", ".")
	for _, code := range []gb.Code{gb.Empty, gb.Length, gb.Charset, gb.Scientific, gb.Old15Digits, gb.Area, gb.Date, gb.FutureBirth, gb.Checksum} {
		keys = append(keys, "employee.problem.id."+string(code))
	}
	for _, code := range []gb.Code{gb.Length, gb.Charset, gb.Scientific, gb.Prefix} {
		keys = append(keys, "employee.problem.mobile."+string(code))
	}
	for _, col := range profile.Columns {
		keys = append(keys, "employee.field."+col.Key, "employee.change."+col.Kind)
	}
	for _, column := range []string{profile.ColIDType, profile.ColSex, profile.ColKeyPost, profile.ColEmployment, profile.ColCategory, profile.ColWorkStatus, profile.ColCommute} {
		keys = append(keys, "employee.problem."+column)
		for _, value := range profile.Choices(column) {
			keys = append(keys, profile.LabelKey(column, value))
		}
	}
	for _, act := range []string{"return", "rehire", "place", "leave", "status", "category", "resign"} {
		keys = append(keys, "employee.act."+act, "employee.act."+act+".text", "employee.act."+act+".done")
	}
	for _, kind := range []string{"change", "sample", "symptom", "hold", "reminder", "reading"} {
		keys = append(keys, "employee.timeline."+kind)
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

// literals are the message keys that stand in the code.
func literals(t *testing.T, dirs ...string) []string {
	t.Helper()
	var keys []string
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"employee.`) && !strings.HasSuffix(lit.Value, `."`) {
					if key := strings.Trim(lit.Value, `"`); !slices.Contains(actions, key) {
						keys = append(keys, key)
					}
				}
				return true
			})
		}
	}
	if len(keys) < 80 {
		t.Fatalf("only %d keys found: the search is broken", len(keys))
	}
	return keys
}

// actions look like message keys but are names of acts in the audit log, or of a scope.
var actions = []string{"employee.create", "employee.edit", "employee.place", "employee.category", "employee.status", "employee.merge",
	"employee.export", "employee.elsewhere"}

// The vocabulary names the categories and statuses that the rules know, no more and no less.
func TestVocabularyFitsTheRules(t *testing.T) {
	t.Parallel()
	for _, c := range profile.Choices(profile.ColCategory) {
		if !regime.Category(c).Valid() {
			t.Errorf("the rules know no category %s", c)
		}
	}
	for _, st := range profile.Choices(profile.ColWorkStatus) {
		if !regime.WorkStatus(st).Valid() {
			t.Errorf("the rules know no status %s", st)
		}
	}
	for _, kind := range gb.IDTypes() {
		if profile.LabelKey(profile.ColIDType, string(kind)) == "" {
			t.Errorf("the vocabulary lacks %s", kind)
		}
	}
}
