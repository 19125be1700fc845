package auth_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

func signIn(w *authtest.World, name, password, orgCode string) (auth.Session, error) {
	return w.Auth.SignIn(w.T.Context(), auth.Credentials{Name: name, Password: password, OrgCode: orgCode,
		From: auth.From{IP: "192.0.2.7", RequestID: "r-1"}}, w.Now())
}

func mustRefuse(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, errs.Unauthenticated) {
		t.Fatalf("want a refusal, got %v", err)
	}
}

func TestSignInNames(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	other := w.Org(org.Enterprise, "齐鲁纺织有限公司")
	staff := w.Staff(firm.ID, authz.HealthOfficer, "liu.yan")
	if _, err := w.Raw.Owner.Exec(`update account set email = 'Liu@firm.example' where id = $1`, staff.Account); err != nil {
		t.Fatal(err)
	}
	worker := w.Worker(firm.ID, authtest.Person{Name: "张三", Number: "0007", Mobile: "13953300001"})
	namesake := w.Worker(other.ID, authtest.Person{Name: "李四", Number: "0007", Mobile: "13953300002"})
	for _, tc := range []struct {
		name, org string
		want      int64
	}{
		{"liu.yan", "", staff.Account}, {"LIU.YAN", "", staff.Account}, {"liu@FIRM.example", "", staff.Account},
		{"13953300001", "", worker.Account}, {"+86 139 5330 0001", "", worker.Account}, {"１３９５３３０００01", other.Code, worker.Account},
		{"0007", firm.Code, worker.Account}, {"0007", other.Code, namesake.Account},
		{"0007", "", 0}, {"0008", firm.Code, 0}, {"13953300009", "", 0}, {"nobody", "", 0}, {"", "", 0},
	} {
		ses, err := signIn(w, tc.name, authtest.Password, tc.org)
		if tc.want == 0 {
			mustRefuse(t, err)
			continue
		}
		if err != nil || ses.Account != tc.want {
			t.Errorf("%q in %q: account %d, %v; want %d", tc.name, tc.org, ses.Account, err, tc.want)
		}
	}
	if ses, err := signIn(w, "0007", authtest.Password, firm.Code); err != nil || ses.OrgCode != firm.Code {
		t.Errorf("a worker's enterprise is remembered: %q, %v", ses.OrgCode, err)
	}
	if ses, err := signIn(w, "liu.yan", authtest.Password, ""); err != nil || ses.OrgCode != "" {
		t.Errorf("staff's enterprise is not: %q, %v", ses.OrgCode, err)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'auth.sign_in' and org_id = $1 and request_id = 'r-1'`, firm.ID); n != 9 {
		t.Errorf("%d sign-ins in the firm's log, want 9", n)
	}
}

func TestEveryRefusalIsTheSame(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	w.Staff(firm.ID, authz.HealthOfficer, "wrong.password")
	disabled := w.Staff(firm.ID, authz.HealthOfficer, "disabled")
	if err := w.Auth.SetDisabled(t.Context(), admin, disabled.Account, true, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Auth.CreateAccount(t.Context(), admin, auth.NewAccount{Role: authz.HealthOfficer, Login: "invited", Name: "新"}, w.Now()); err != nil {
		t.Fatal(err)
	}
	gone := w.Employee(firm.ID, authtest.Person{Name: "赵六", Number: "0100", Mobile: "13953300100"})
	sheet, err := w.Auth.PrintCards(t.Context(), admin, auth.CardRequest{EmployeeNo: "0100"}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Redeem(sheet.Cards[0].Link, "123X")
	w.Leave(firm.ID, gone)
	var first string
	for _, name := range []string{"nobody", "wrong.password", "disabled", "invited", "13953300100", "0100"} {
		pass := authtest.Password
		if name == "wrong.password" {
			pass = "something else"
		}
		_, err := signIn(w, name, pass, firm.Code)
		mustRefuse(t, err)
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Errorf("%s: %q differs from %q", name, err, first)
		}
	}
}

func TestLockOut(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	who := w.Staff(firm.ID, authz.HealthOfficer, "liu")
	for range auth.MaxFailures {
		_, err := signIn(w, "liu", "wrong password", "")
		mustRefuse(t, err)
	}
	_, err := signIn(w, "liu", authtest.Password, "")
	mustRefuse(t, err)
	a, err := w.Auth.Own(t.Context(), who)
	if err != nil || !a.Locked(w.Now()) {
		t.Fatalf("account is not shown as locked: %v %v", a.LockedUntil, err)
	}
	w.Clock.Advance(auth.LockTime - time.Second)
	_, err = signIn(w, "liu", authtest.Password, "")
	mustRefuse(t, err)
	w.Clock.Advance(time.Second)
	_, err = signIn(w, "liu", "wrong password", "")
	mustRefuse(t, err) // the first of a new row of five
	if _, err = signIn(w, "liu", authtest.Password, ""); err != nil {
		t.Fatalf("after the lock-out: %v", err)
	}
	if n := w.Count(`select failed from account where id = $1`, who.Account); n != 0 {
		t.Errorf("success leaves %d failures", n)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'auth.refused' and subject_id = $1::text`, who.Account); n != auth.MaxFailures+1 {
		t.Errorf("%d refusals in the log", n)
	}
}

// Many guesses at once on several servers get no more tries than one after the other.
func TestLockOutCountsParallelGuesses(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	who := w.Staff(firm.ID, authz.HealthOfficer, "liu")
	servers := []*auth.Service{w.Auth, w.Server()}
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			_, err := servers[i%2].SignIn(t.Context(), auth.Credentials{Name: "liu", Password: fmt.Sprint("guess number ", i)}, w.Now())
			if !errs.Is(err, errs.Unauthenticated) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.Count(`select count(*) from audit_log where action = 'auth.refused' and subject_id = $1::text`, who.Account); n != auth.MaxFailures {
		t.Errorf("%d guesses were compared, want %d", n, auth.MaxFailures)
	}
}

func TestOnePhoneInSeveralOrgs(t *testing.T) {
	w := authtest.New(t)
	mobile := "13953300001"
	var orgs []org.Org
	var sessions []auth.Session
	for i := range 7 {
		o := w.Org(org.Enterprise, fmt.Sprint("企业", i))
		orgs = append(orgs, o)
		sessions = append(sessions, w.Worker(o.ID, authtest.Person{Name: "张三", Number: "1", Mobile: mobile}))
	}
	// One password everywhere, and too many orgs: only a named enterprise can decide.
	_, err := signIn(w, mobile, authtest.Password, "")
	mustRefuse(t, err)
	for i, o := range orgs {
		if ses, err := signIn(w, mobile, authtest.Password, o.Code); err != nil || ses.Account != sessions[i].Account {
			t.Errorf("%s: %d, %v", o.Name, ses.Account, err)
		}
	}
	// Two orgs, two passwords: the password decides, and signing in to one never locks the other.
	if _, err := w.Raw.Owner.Exec(`update account set state = 'disabled' where org_id > $1`, orgs[1].ID); err != nil {
		t.Fatal(err)
	}
	second := w.Scope(sessions[1])
	const other = "another-9-password"
	if _, err := w.Auth.ChangePassword(t.Context(), second, auth.PasswordChange{Old: authtest.Password, New: other, Again: other}, w.Now()); err != nil {
		t.Fatal(err)
	}
	for range 2 * auth.MaxFailures {
		if ses, err := signIn(w, mobile, other, ""); err != nil || ses.Account != sessions[1].Account {
			t.Fatalf("by the second password: %d, %v", ses.Account, err)
		}
	}
	if ses, err := signIn(w, mobile, authtest.Password, ""); err != nil || ses.Account != sessions[0].Account {
		t.Fatalf("by the first password: %d, %v", ses.Account, err)
	}
	// A sibling that was locked before stays locked.
	if _, err := w.Raw.Owner.Exec(`update account set failed = 5, locked_until = $2 where id = $1`, sessions[0].Account, w.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(w, mobile, other, ""); err != nil {
		t.Fatal(err)
	}
	_, err = signIn(w, mobile, authtest.Password, orgs[0].Code)
	mustRefuse(t, err)
}

func TestLimiterCountsRefusalsOfOneAddress(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	w.Staff(firm.ID, authz.HealthOfficer, "liu")
	try := func(ip, name string) error {
		_, err := w.Auth.SignIn(t.Context(), auth.Credentials{Name: name, Password: authtest.Password, From: auth.From{IP: ip}}, w.Now())
		return err
	}
	refusals := 0
	for errs.Is(try("2001:db8::1", "nobody"), errs.Unauthenticated) {
		if refusals++; refusals > 1000 {
			t.Fatal("never stopped")
		}
	}
	if err := try("2001:db8::2", "liu"); !errs.Is(err, errs.TooMany) {
		t.Errorf("the subscriber's next address: %v", err)
	}
	if err := try("192.0.2.1", "liu"); err != nil {
		t.Errorf("another address: %v", err)
	}
	w.Clock.Advance(time.Minute)
	if err := try("2001:db8::1", "liu"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestRefusalKeepsItsCauseApart(t *testing.T) {
	w := authtest.New(t)
	if err := w.DB.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := signIn(w, "liu", authtest.Password, "")
	if err == nil || errs.CodeOf(err) != errs.Internal {
		t.Errorf("a broken database is no refusal: %v", err)
	}
}

// Every refusal takes at least the floor; success does not.
func TestRefusalsAreHeldBack(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	w.Staff(firm.ID, authz.HealthOfficer, "liu")
	const floor = 150 * time.Millisecond
	slow := auth.New(w.DB, w.Box, w.Orgs, nil, auth.Config{Clock: w.Clock, Floor: floor})
	for _, in := range []auth.Credentials{{Name: "nobody", Password: authtest.Password}, {Name: "liu", Password: "wrong password"}, {}} {
		started := time.Now()
		_, err := slow.SignIn(t.Context(), in, w.Now())
		mustRefuse(t, err)
		if took := time.Since(started); took < floor {
			t.Errorf("%q was refused after %v", in.Name, took)
		}
	}
}
