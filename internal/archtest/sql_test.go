package archtest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/dbtest"
)

// writers names the one package that writes each table.
var writers = map[string]string{
	"task": "internal/platform/jobs", "job_run": "internal/platform/jobs", "setting": "internal/app", "stamp": "internal/platform/stamp",
	"org": "internal/identity/org", "account": "internal/identity/auth", "account_team": "internal/identity/auth",
	"invitation": "internal/identity/auth", "session": "internal/identity/auth", "audit_log": "internal/identity/audit",
	"api_client": "internal/identity/client", "idempotency": "internal/identity/client",
	"team": "internal/employee", "employee": "internal/employee", "employee_change": "internal/employee",
	"standing": "internal/standing", "hold": "internal/hold", "hold_set": "internal/hold", "rule_pack": "internal/rulebook",
	"rule_change": "internal/rulebook", "exemption": "internal/exemption", "vaccination": "internal/exemption", "tube": "internal/tube",
	"return_case": "internal/returning", "incident": "internal/incident", "incident_step": "internal/incident",
	"incident_person": "internal/incident", "incident_note": "internal/incident", "dispute": "internal/dispute",
	"correction_batch": "internal/dispute", "quality_week": "internal/rollup", "import": "internal/intake", "import_row": "internal/intake",
	"sample": "internal/screening", "feed_row": "internal/screening/feed", "feed_hit": "internal/screening/feed", "sample_revision": "internal/screening", "attachment": "internal/screening",
	"symptom_report": "internal/symptom", "reminder": "internal/reminder", "delivery": "internal/reminder",
	"org_now": "internal/rollup", "org_week": "internal/rollup", "snapshot": "internal/rollup", "area_now": "internal/rollup",
	"area_week": "internal/rollup",
}

var writing = regexp.MustCompile(`(?i)\b(?:insert\s+into|update|delete\s+from|copy|truncate)\s+([a-z_]+)\b`)

func TestEveryTableHasOneWriter(t *testing.T) {
	for _, p := range load(t) {
		if p.path == "internal/archtest" || strings.HasPrefix(p.path, "internal/bench") { // loads a database of its own, as its owner
			continue
		}
		for _, s := range p.constants() {
			if !isSQL(s.name) && !strings.HasPrefix(strings.ToLower(s.name), "frag") {
				continue
			}
			for _, m := range writing.FindAllStringSubmatch(s.own, -1) {
				table := strings.ToLower(m[1])
				owner, known := writers[table]
				if known && p.path != owner {
					t.Errorf("%s: %s writes %s, which belongs to %s", s.pos, s.name, table, owner)
				}
			}
		}
	}
}

// Every statement fits the migrated schema as it stands. A constant named sql… is a whole statement; frag… is a part.
func TestEveryStatementPrepares(t *testing.T) {
	d := dbtest.New(t)
	n := 0
	for _, p := range load(t) {
		for _, s := range p.constants() {
			if !isSQL(s.name) {
				continue
			}
			n++
			if _, err := d.Owner.Exec("prepare check_it as " + s.text); err != nil {
				if strings.Contains(err.Error(), "syntax error") && isUtility(s.text) {
					continue
				}
				t.Errorf("%s: %s: %v", s.pos, s.name, err)
				continue
			}
			if _, err := d.Owner.Exec("deallocate check_it"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n < 50 {
		t.Fatalf("only %d statements found: the search is broken", n)
	}
}

func isSQL(name string) bool { return strings.HasPrefix(name, "sql") && len(name) > 3 }

// isUtility tells statements that PostgreSQL cannot prepare.
func isUtility(text string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(text)), " ")
	switch first {
	case "copy", "create", "declare", "fetch", "drop", "set", "listen", "truncate", "analyze":
		return true
	}
	return false
}
