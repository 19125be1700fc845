package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
)

// A shop is a firm of the demo city with its people's papers, for stories in the browser.
type shop struct {
	*city
	t    *testing.T
	org  int32
	firm demo.Firm
}

func newShop(t *testing.T) *shop {
	t.Helper()
	chromium.open(t)
	s := &shop{t: t, city: &city{world: newWorld(t, morning, nil), logins: map[authz.Role]string{}}}
	firms := demo.New(2, 120, 7, morning)
	accounts, err := s.Populate(t.Context(), firms, morning)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if s.logins[a.Role] == "" {
			s.logins[a.Role] = a.Login
		}
	}
	s.org = look[int32](t, s.world, `select org_id from account where login = $1`, s.logins[authz.HealthOfficer])
	code := look[string](t, s.world, `select code from org where id = $1`, s.org)
	i := slices.IndexFunc(firms, func(f demo.Firm) bool { return f.Code == code })
	s.firm = firms[i]
	return s
}

// tab opens a device of somebody who has an account.
func (s *shop) tab(on screen, role authz.Role) *tab {
	s.t.Helper()
	tb := newTab(s.t, s.URL, on, "zh-CN")
	tb.signIn(s.logins[role], demo.Password)
	return tb
}

// join lets somebody of the firm in by the card that is printed for them, on a phone of their own.
func (s *shop) join(no string) *tab {
	s.t.Helper()
	cards := as(s.t, s.URL, s.logins[authz.HealthOfficer]).post("/org/invites/print", map[string][]string{"employee_no": {no}})
	link := cardLink.FindString(cards.body)
	i := slices.IndexFunc(s.firm.People, func(p demo.Person) bool { return p.No == no })
	if link == "" || i < 0 {
		s.t.Fatalf("no card for %s: status %d", no, cards.status)
	}
	tb := newTab(s.t, s.URL, phone, "zh-CN")
	tb.open(link)
	tb.fill("[name=tail]", s.firm.People[i].IDNumber[14:])
	tb.fill("[name=new]", demo.Password)
	tb.fill("[name=again]", demo.Password)
	if status := tb.follow("main form button.btn-primary"); status != 200 || tb.where() != "/me" {
		s.t.Fatalf("activation of %s: status %d at %s", no, status, tb.where())
	}
	return tb
}

// at moves the clock to a time of the story's first day; hours beyond 24 are of the next ones.
func (s *shop) at(hour, minute int) time.Time {
	at := time.Date(2022, 3, 24, hour, minute, 0, 0, zone)
	s.clock.Set(at)
	return at
}

// count reads one number as the owner of the database; the org is $1.
func (s *shop) count(query string, args ...any) int {
	s.t.Helper()
	return look[int](s.t, s.world, query, append([]any{s.org}, args...)...)
}

// says fails unless the page's main part shows every text.
func (tb *tab) says(texts ...string) {
	tb.t.Helper()
	shown := tb.text("main")
	for _, want := range texts {
		if !strings.Contains(shown, want) {
			tb.t.Errorf("%s does not say %q:\n%s", tb.where(), want, shown)
		}
	}
}

// hushes fails if the page holds one of the texts anywhere, folded parts included.
func (tb *tab) hushes(texts ...string) {
	tb.t.Helper()
	all := eval[string](tb, `document.title + ' ' + document.body.textContent`)
	for _, text := range texts {
		if strings.Contains(all, text) {
			tb.t.Errorf("%s says %q", tb.where(), text)
		}
	}
}

// choose sets a select or a field that holds a value already.
func (tb *tab) choose(css, value string) {
	tb.t.Helper()
	tb.do(chromedp.WaitVisible(chromedp.CSS(css)), chromedp.SetValue(chromedp.CSS(css), value))
}

// A mate is somebody of the firm.
type mate struct {
	ID         int64  `db:"id"`
	EmployeeNo string `db:"employee_no"`
	Name       string `db:"name"`
}
