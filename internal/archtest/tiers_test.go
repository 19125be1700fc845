package archtest

import (
	"strings"
	"testing"
)

// tiers from the ground up. A package may import packages of lower tiers; within a tier only its own subpackages. The first
// prefix that fits decides.
var tiers = []struct {
	tier     int
	prefixes []string
}{
	{9, []string{"cmd"}},
	{8, []string{"internal/app"}},
	{-1, []string{"internal/archtest", "internal/e2e", "internal/testkit", "internal/planguard", "internal/screening/screeningtest"}}, // tests only: may import anything, nothing imports them
	{0, []string{"internal/platform", "migrations", "web", "internal/regime", "internal/httpd/ui"}},
	{7, []string{"internal/api", "internal/demo", "internal/bench"}},
	{1, []string{"internal/identity/authz"}},
	{2, []string{"internal/identity/audit", "internal/identity/org", "internal/identity/auth", "internal/identity/client"}},
	{6, []string{"internal/identity/authhttp", "internal/identity/orghttp", "internal/identity/audithttp"}},
	{5, []string{"internal/httpd"}},
	{3, []string{"internal/employee", "internal/rulebook", "internal/standing", "internal/hold", "internal/intake", "internal/screening",
		"internal/symptom", "internal/exemption", "internal/tube", "internal/returning", "internal/incident", "internal/dispute"}},
	{4, []string{"internal/reminder", "internal/rollup"}},
	{6, []string{"internal/worker"}},
}

// ladder orders the features of tier 3: each may import those before it, and records never import each other.
var ladder = map[string][]string{
	"internal/employee":  {},
	"internal/rulebook":  {},
	"internal/standing":  {"internal/employee", "internal/rulebook"},
	"internal/hold":      {"internal/employee", "internal/rulebook", "internal/standing"},
	"internal/intake":    {"internal/employee", "internal/standing"},
	"internal/screening": {"internal/employee", "internal/standing", "internal/intake"},
	"internal/symptom":   {"internal/employee", "internal/standing", "internal/hold", "internal/intake"},
	"internal/exemption": {"internal/employee", "internal/standing", "internal/intake"},
	"internal/tube":      {"internal/employee", "internal/standing", "internal/hold", "internal/screening"},
	"internal/returning": {"internal/employee", "internal/rulebook", "internal/standing", "internal/hold", "internal/intake"},
	"internal/incident":  {"internal/employee", "internal/rulebook", "internal/standing", "internal/hold"},
	"internal/dispute":   {"internal/employee", "internal/standing", "internal/screening"},
}

func tierOf(path string) (int, bool) {
	if strings.HasSuffix(path, "http") && strings.HasPrefix(path, "internal/") {
		return 6, true
	}
	for _, t := range tiers {
		for _, p := range t.prefixes {
			if path == p || strings.HasPrefix(path, p+"/") {
				return t.tier, true
			}
		}
	}
	return 0, false
}

// feature is the folder directly below internal, or below internal/identity and internal/platform.
func feature(path string) string {
	parts := strings.Split(path, "/")
	n := 2
	if len(parts) > 2 && (parts[1] == "identity" || parts[1] == "platform") {
		n = 3
	}
	if len(parts) < n {
		n = len(parts)
	}
	return strings.Join(parts[:n], "/")
}

func TestImportsPointDownwards(t *testing.T) {
	for _, p := range load(t) {
		from, known := tierOf(p.path)
		if !known {
			t.Errorf("%s belongs to no tier: place it in tiers_test.go", p.path)
			continue
		}
		for imported, at := range p.imports {
			to, known := tierOf(imported)
			if !known || from == -1 {
				continue
			}
			if to == -1 {
				t.Errorf("%s: %s imports test support %s", at, p.path, imported)
			}
			if !mayImport(p.path, from, imported, to) {
				t.Errorf("%s: %s (tier %d) must not import %s (tier %d)", at, p.path, from, imported, to)
			}
		}
	}
}

func mayImport(path string, from int, imported string, to int) bool {
	if to < from || feature(path) == feature(imported) && !strings.HasSuffix(imported, "http") {
		return true
	}
	if from != to {
		return false
	}
	switch from {
	case 0:
		return strings.HasPrefix(imported, "internal/platform/") || imported == "migrations"
	case 2:
		return strings.HasSuffix(imported, "/audit") || strings.HasSuffix(imported, "/org")
	case 3:
		for _, below := range ladder[feature(path)] {
			if feature(imported) == below {
				return true
			}
		}
	case 7:
		return false
	}
	return false
}

func TestEchoIsKnownOnlyAtTheEdge(t *testing.T) {
	for _, p := range load(t) {
		edge := p.path == "internal/app" || strings.HasPrefix(p.path, "internal/httpd") || strings.HasSuffix(p.path, "http") || p.path == "internal/api" || p.path == "internal/bench"
		for imported, at := range p.imports {
			if strings.HasPrefix(imported, "github.com/labstack/echo") && !edge {
				t.Errorf("%s: %s must not know echo", at, p.path)
			}
		}
	}
}
