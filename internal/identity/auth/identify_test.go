package auth_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

func TestIdentify(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	team := w.Team(firm.ID, "一车间", "甲班")
	employee := w.Employee(firm.ID, authtest.Person{Name: "张三", Number: "7", Team: team})
	_, link, err := w.Auth.CreateAccount(t.Context(), admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "7", Teams: []int64{team}}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	ses := w.Redeem(link, "123X")
	v, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	sc := v.Scope
	if sc.Role != authz.TeamLeader || sc.Org != firm.ID || sc.Employee != employee || !sc.Leads(team) || len(sc.Teams) != 1 || sc.Actor != "张三" {
		t.Errorf("scope %+v", sc)
	}
	if v.OrgName != firm.Name || v.OrgKind != org.Enterprise || v.Zone.String() != "Asia/Shanghai" || v.Lang != "zh-CN" {
		t.Errorf("viewer %+v", v)
	}
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch+1); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("another epoch: %v", err)
	}
	if _, err := w.Auth.Identify(t.Context(), 999, 1); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
	w.Leave(firm.ID, employee)
	w.Clock.Advance(5 * time.Second)
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("somebody who left: %v", err)
	}
}

func TestSignOutEverywhereIsSeenAtOnceHereAndSoonElsewhere(t *testing.T) {
	w := authtest.New(t)
	elsewhere := w.Server()
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	sc := w.Staff(firm.ID, authz.HealthOfficer, "liu")
	ses, err := signIn(w, "liu", authtest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*auth.Service{w.Auth, elsewhere} {
		if _, err := s.Identify(t.Context(), ses.Account, ses.Epoch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Auth.SignOutEverywhere(t.Context(), sc, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("here: %v", err)
	}
	w.Clock.Advance(5 * time.Second)
	if _, err := elsewhere.Identify(t.Context(), ses.Account, ses.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("elsewhere five seconds later: %v", err)
	}
	again, err := signIn(w, "liu", authtest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Identify(t.Context(), again.Account, again.Epoch); err != nil {
		t.Errorf("a new session elsewhere: %v", err)
	}
}

func TestInactiveOrgShutsItsPeopleOut(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	w.Staff(firm.ID, authz.HealthOfficer, "liu")
	ses, err := signIn(w, "liu", authtest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	firm.Active = false
	if err := w.Orgs.Update(t.Context(), authz.System("test"), firm, w.Now()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(5 * time.Second)
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("identify: %v", err)
	}
	_, err = signIn(w, "liu", authtest.Password, "")
	mustRefuse(t, err)
}

func TestSessions(t *testing.T) {
	w := authtest.New(t)
	var store scs.CtxStore = auth.NewSessions(w.DB)
	ctx := t.Context()
	soon := time.Now().Add(time.Hour)
	for _, data := range []string{"one", "two"} {
		if err := store.CommitCtx(ctx, "hashed", []byte(data), soon); err != nil {
			t.Fatal(err)
		}
		got, ok, err := store.FindCtx(ctx, "hashed")
		if err != nil || !ok || !bytes.Equal(got, []byte(data)) {
			t.Fatalf("found %q %v %v, want %q", got, ok, err, data)
		}
	}
	if err := store.CommitCtx(ctx, "old", []byte("x"), time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.FindCtx(ctx, "old"); ok || err != nil {
		t.Errorf("an expired session is found: %v", err)
	}
	if _, err := w.Auth.Jobs()[0].Run(ctx, w.Now()); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(`select count(*) from session`); n != 1 {
		t.Errorf("%d sessions after housekeeping", n)
	}
	if err := store.DeleteCtx(ctx, "hashed"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.FindCtx(ctx, "hashed"); ok || err != nil {
		t.Errorf("a deleted session is found: %v", err)
	}
}

func TestChangePassword(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	sc := w.Staff(firm.ID, authz.HealthOfficer, "liu")
	old, err := signIn(w, "liu", authtest.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	const next = "qingcheng-8-lvye"
	for name, tc := range map[string]struct {
		in    auth.PasswordChange
		field string
	}{
		"no old":    {auth.PasswordChange{New: next, Again: next}, "old"},
		"wrong old": {auth.PasswordChange{Old: "wrong", New: next, Again: next}, "old"},
		"same":      {auth.PasswordChange{Old: authtest.Password, New: authtest.Password, Again: authtest.Password}, "new"},
		"short":     {auth.PasswordChange{Old: authtest.Password, New: "short", Again: "short"}, "new"},
		"org name":  {auth.PasswordChange{Old: authtest.Password, New: firm.Name + "88", Again: firm.Name + "88"}, "new"},
		"differs":   {auth.PasswordChange{Old: authtest.Password, New: next, Again: next + "x"}, "again"},
	} {
		_, err := w.Auth.ChangePassword(t.Context(), sc, tc.in, w.Now())
		if errs.FieldsOf(err)[tc.field].Key == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	ses, err := w.Auth.ChangePassword(t.Context(), sc, auth.PasswordChange{Old: authtest.Password, New: next, Again: next}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Auth.Identify(t.Context(), old.Account, old.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("the old session lives: %v", err)
	}
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch); err != nil {
		t.Errorf("the returned session: %v", err)
	}
	_, err = signIn(w, "liu", authtest.Password, "")
	mustRefuse(t, err)
	if _, err := signIn(w, "liu", next, ""); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'auth.password'`); n != 1 {
		t.Errorf("%d changes in the log", n)
	}
}

func TestLanguage(t *testing.T) {
	w := authtest.New(t)
	sc := w.Staff(w.Org(org.Enterprise, "鲁中机械有限公司").ID, authz.HealthOfficer, "liu")
	if err := w.Auth.SetLanguage(t.Context(), sc, "fr", w.Now()); !errs.Is(err, errs.Invalid) {
		t.Errorf("unknown language: %v", err)
	}
	if err := w.Auth.SetLanguage(t.Context(), sc, "en", w.Now()); err != nil {
		t.Fatal(err)
	}
	if a, err := w.Auth.Own(t.Context(), sc); err != nil || a.Lang != "en" {
		t.Errorf("%q %v", a.Lang, err)
	}
	if err := w.Auth.SetLanguage(t.Context(), authz.Scope{}, "en", w.Now()); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
}

// A page that changes nothing in its session writes nothing, until the session has grown older by what is worth a write. What another
// server wrote is known from the page's own reading.
func TestASessionIsWrittenWhenSomethingChanged(t *testing.T) {
	w := authtest.New(t)
	here, there := auth.NewSessions(w.DB), auth.NewSessions(w.DB)
	ctx, until := t.Context(), time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	encode := func(flash string) []byte {
		b, err := scs.GobCodec{}.Encode(until, map[string]any{"account": int64(7), "epoch": 1, "flash": flash})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	commit := func(s *auth.Sessions, flash string, expiry time.Time) {
		t.Helper()
		if _, _, err := s.FindCtx(ctx, "hashed"); err != nil {
			t.Fatal(err)
		}
		if err := s.CommitCtx(ctx, "hashed", encode(flash), expiry); err != nil {
			t.Fatal(err)
		}
	}
	written := func(what, flash string, expiry time.Time) {
		t.Helper()
		var at time.Time
		if err := w.Raw.Owner.Get(&at, `select expires_at from session where token = 'hashed'`); err != nil || !at.Equal(expiry) {
			t.Errorf("%s: until %v, %v, want %v", what, at, err, expiry)
		}
		data, _, err := auth.NewSessions(w.DB).FindCtx(ctx, "hashed")
		if err != nil {
			t.Fatal(err)
		}
		if _, values, err := (scs.GobCodec{}).Decode(data); err != nil || values["flash"] != flash {
			t.Errorf("%s: %v, %v", what, values, err)
		}
	}
	commit(here, "", until)
	written("new", "", until)
	for range 20 { // each time its values may be listed in another order
		commit(here, "", until.Add(9*time.Minute))
	}
	written("unchanged", "", until)
	commit(there, "saved", until.Add(9*time.Minute))
	written("changed elsewhere", "saved", until.Add(9*time.Minute))
	commit(here, "", until.Add(9*time.Minute))
	written("changed back", "", until.Add(9*time.Minute))
	commit(here, "", until.Add(20*time.Minute))
	written("older", "", until.Add(20*time.Minute))
}
