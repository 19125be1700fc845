package ha

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/mailer/smtptest"
)

// agree is how soon what one program changed must be known to another, with room for a busy machine.
const agree = 5 * time.Second

// Two programs on one database are one: people go from one to the other, slots and tasks are done once, messages leave once, and
// what one is in the middle of when it is killed the other takes over or leaves alone, as it must.
func TestTwoProgramsShareTheWork(t *testing.T) {
	needed(t)
	primary := newPrimary(t)
	c := newCity(t, primary)
	everybodyOwes(c)
	post := smtptest.New(t)
	settings := []string{"FUGONG_SMTP_HOST=" + post.Host(), fmt.Sprint("FUGONG_SMTP_PORT=", post.Port()), "FUGONG_SMTP_TLS=none",
		"FUGONG_SMTP_FROM=noreply@example.org"}
	if out, err := c.run(settings, "job", "reminder.plan"); err != nil {
		t.Fatalf("plan: %v\n%s", err, out)
	}
	if owed := get[int](primary, `select count(*) from reminder where duty = 'test' and turn_at is not null`); owed < 100 {
		t.Fatalf("only %d people are to be written to", owed)
	}
	release := post.Hold(smtptest.Received)
	a, b := c.serve(settings...), c.serve(settings...)
	onePersonTwoPrograms(t, c, a, b)

	wait(t, patience, "somebody to be in the middle of sending", func() bool { return len(post.Messages()) > 0 })
	victim, survivor := a, b
	id := c.person(a, authz.HealthOfficer).upload("roster", "roster-10000.xlsx", sheet(t, "roster-10000.xlsx"))
	var worker int
	wait(t, patience, "somebody to check the sheet", func() bool {
		worker = get[int](primary, `select coalesce(max(split_part(lease_owner, '/', 2)::integer), 0) from task where state = 'running'`)
		return worker != 0
	})
	if worker == b.cmd.Process.Pid {
		victim, survivor = b, a
	}
	victim.kill()
	release()
	post.Heal()
	primary.exec(database, `update delivery set lease_until = $1 where state = 'sending' and lease_until is not null`, time.Now().Add(time.Minute))

	wait(t, patience, "the survivor to send what was not in the other's hands", func() bool {
		return get[int](primary, `select (select count(*) from delivery where state = 'queued') + (select count(*) from reminder where turn_at <= $1)`,
			time.Now()) == 0
	})
	wait(t, 2*patience, "the survivor to check the sheet", func() bool {
		return get[string](primary, `select state from import where org_id = $1 and id = $2`, c.org, id) == "ready"
	})
	if n := get[int](primary, `select attempts from task where ref = $1 order by id limit 1`, id); n != 2 {
		t.Errorf("the check of the sheet was tried %d times, want twice", n)
	}
	who := c.person(survivor, authz.HealthOfficer)
	before := get[int](primary, `select count(*) from employee where org_id = $1`, c.org)
	if r := who.post("/imports/"+id+"/commit", nil); r.status != http.StatusSeeOther {
		t.Fatalf("commit: status %d\n%s", r.status, r.body)
	}
	wait(t, 2*patience, "the sheet in the database", func() bool {
		return get[string](primary, `select state from import where org_id = $1 and id = $2`, c.org, id) == "done"
	})
	if n := get[int](primary, `select count(*) from employee where org_id = $1`, c.org) - before; n < 9000 || n > 10000 {
		t.Errorf("%d people came in", n)
	}
	sentOnce(t, primary, post)
	if twice := all[string](primary, `select job || ' ' || slot from job_run where attempts > 1 and error = '' and owner not like $1`,
		fmt.Sprintf("%%/%d/%%", survivor.cmd.Process.Pid)); len(twice) > 0 {
		t.Errorf("slots were run more than once while both lived: %v", twice)
	}
	if n := get[int](primary, `select count(distinct owner) from job_run`); n < 2 {
		t.Errorf("%d programs ran jobs, want both", n)
	}
}

// everybodyOwes makes everyone on post overdue since an hour, with an e-mail address, in a zone where it is noon.
func everybodyOwes(c *city) {
	c.t.Helper()
	now := time.Now().UTC()
	offset := 12 - now.Hour()
	sign := "-" // Etc/GMT-5 is five hours ahead
	if offset < 0 {
		sign, offset = "+", -offset
	}
	c.db.exec(database, `update org set time_zone = $1`, fmt.Sprintf("Etc/GMT%s%d", sign, offset))
	c.db.exec(database, `update employee set email = 'e' || id || '@example.org'`)
	c.db.exec(database, `update standing set s0 = 3, t1 = 'infinity', t2 = 'infinity', t3 = 'infinity', held = false, due_at = $1, refresh_at = 'infinity'
		where standing_state($2, s0, t1, s1, t2, s2, t3, s3) between 1 and 6`, now.Add(-time.Hour), now)
}

func sheet(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "sheets", name))
	must(t, err)
	return b
}

// onePersonTwoPrograms goes from one program to the other with one session, and changes on one what the other remembers.
func onePersonTwoPrograms(t *testing.T, c *city, a, b *program) {
	t.Helper()
	here := c.person(a, authz.FirmAdmin)
	there := here.at(b)
	if r := there.get("/org/clients"); r.status != http.StatusOK {
		t.Fatalf("signed in at one program, the other answers %d", r.status)
	}
	token := c.tokens(1)[0]
	id := get[int](c.db, `select max(id) from api_client`)
	ask := func(p *program) int {
		status, _, err := call(t.Context(), p.url, token, http.MethodGet, "/employees?limit=1", nil)
		must(t, err)
		return status
	}
	if s, r := ask(a), ask(b); s != http.StatusOK || r != http.StatusOK {
		t.Fatalf("a token is answered %d and %d", s, r)
	}
	if r := here.post(fmt.Sprintf("/org/clients/%d/revoke", id), nil); r.status != http.StatusSeeOther {
		t.Fatalf("revoke: status %d\n%s", r.status, r.body)
	}
	wait(t, agree, "the revoked token to be refused everywhere", func() bool {
		return ask(a) == http.StatusUnauthorized && ask(b) == http.StatusUnauthorized
	})
	if r := there.get("/employees"); r.status != http.StatusOK {
		t.Fatalf("a page at the other program: %d", r.status)
	}
	if r := here.post("/sign-out", nil); r.status != http.StatusSeeOther {
		t.Fatalf("sign out: status %d", r.status)
	}
	wait(t, agree, "the session to have ended at the other program", func() bool {
		r := there.get("/employees")
		return r.status == http.StatusSeeOther && strings.HasPrefix(r.to, "/sign-in")
	})
}

// sentOnce holds that no person was written to twice about one thing, and that what is said to be sent has arrived.
func sentOnce(t *testing.T, p *postgres, post *smtptest.Server) {
	t.Helper()
	arrived := map[string]int{}
	for _, m := range post.Messages() {
		arrived[m.To[0]+" "+m.Subject]++
	}
	for what, n := range arrived {
		if n > 1 {
			t.Errorf("%q left %d times", what, n)
		}
	}
	counts := all[string](p, `select state || ' ' || count(*) from delivery where channel = 'email' group by state order by state`)
	sent := get[int](p, `select count(*) from delivery where channel = 'email' and state = 'sent'`)
	open := get[int](p, `select count(*) from delivery where channel = 'email' and state in ('sending', 'unsure')`)
	t.Logf("%d e-mails arrived; the ledger says %v", len(post.Messages()), counts)
	if n := len(post.Messages()); n < sent || n > sent+open {
		t.Errorf("%d messages arrived, %d are said to be sent and %d to be unsure", n, sent, open)
	}
}
