package auth_test

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

func setUp(w *authtest.World, token string) (auth.Session, error) {
	return w.Auth.SetUp(w.T.Context(), auth.Setup{Token: token, OrgName: "淄博市工信局信息中心", Name: "孙管理", Login: "Root.Admin",
		New: authtest.Password, Again: authtest.Password}, w.Now())
}

func setupLink(w *authtest.World) auth.Link {
	w.T.Helper()
	link, err := w.Auth.EnsureSetupLink(w.T.Context(), w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return link
}

func TestSetUpOnce(t *testing.T) {
	w := authtest.New(t)
	first, second := setupLink(w), setupLink(w)
	if first.Token == "" || first.Token == second.Token || first.Account != second.Account {
		t.Fatalf("%+v %+v", first, second)
	}
	if err := w.Auth.CheckSetup(t.Context(), first.Token, w.Now()); err != nil {
		t.Errorf("the link of an earlier start: %v", err)
	}
	if _, err := w.Auth.SetUp(t.Context(), auth.Setup{Token: second.Token, New: "short"}, w.Now()); len(errs.FieldsOf(err)) != 5 {
		t.Errorf("an empty form: %v", err)
	}
	ses, err := setUp(w, second.Token)
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch)
	if err != nil || v.Scope.Role != authz.Admin || v.OrgName != "淄博市工信局信息中心" || v.Scope.Actor != "孙管理" {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := setUp(w, first.Token); !errs.Is(err, errs.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	if link := setupLink(w); link.Token != "" {
		t.Error("a link after set-up")
	}
	if _, err := signIn(w, "root.admin", authtest.Password, ""); err != nil {
		t.Error(err)
	}
	if n := w.Count(`select count(*) from org where kind = 'operator'`); n != 1 {
		t.Errorf("%d operators", n)
	}
}

func TestSetupLinkExpiresAndIsRenewed(t *testing.T) {
	w := authtest.New(t)
	link := setupLink(w)
	w.Clock.Advance(auth.SetupFor)
	if _, err := setUp(w, link.Token); !errs.Is(err, errs.NotFound) {
		t.Errorf("expired: %v", err)
	}
	// A server that waits for its administrator for months forgets old links, not that it waits.
	w.Clock.Advance(90 * 24 * time.Hour)
	if _, err := w.Auth.Jobs()[0].Run(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := setUp(w, setupLink(w).Token); err != nil {
		t.Errorf("a fresh one: %v", err)
	}
}
