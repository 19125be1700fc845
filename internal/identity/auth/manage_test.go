package auth_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

func TestCreateAccountChecks(t *testing.T) {
	w := authtest.New(t)
	root, err := setUp(w, setupLink(w).Token)
	if err != nil {
		t.Fatal(err)
	}
	operator := w.Scope(root)
	firm, admin, team := firmWithTeam(w)
	bureau := w.Org(org.Bureau, "淄博市工业和信息化局")
	officer := w.Staff(firm.ID, authz.HealthOfficer, "officer")
	foreignTeam := w.Team(w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, "织布", "乙班")
	for name, tc := range map[string]struct {
		sc    authz.Scope
		in    auth.NewAccount
		field string // "" when it shall pass
	}{
		"officer":             {admin, auth.NewAccount{Role: authz.HealthOfficer, Login: "zhou", Name: "周"}, ""},
		"org of input":        {admin, auth.NewAccount{Org: bureau.ID, Role: authz.FirmAdmin, Login: "own", Name: "周"}, ""},
		"leader":              {admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0001", Teams: []int64{team}}, ""},
		"leader again":        {admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0001", Teams: []int64{team}}, "employee_no"},
		"leader unknown":      {admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "9999", Teams: []int64{team}}, "employee_no"},
		"leader of nothing":   {admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0003"}, "teams"},
		"leader of a rival":   {admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0003", Teams: []int64{foreignTeam}}, "teams"},
		"worker":              {admin, auth.NewAccount{Role: authz.Worker, Login: "w", Name: "周"}, "role"},
		"admin by firm":       {admin, auth.NewAccount{Role: authz.Admin, Login: "evil", Name: "周"}, "role"},
		"bureau by firm":      {admin, auth.NewAccount{Role: authz.CityBureau, Login: "evil", Name: "周"}, "role"},
		"digits only":         {admin, auth.NewAccount{Role: authz.FirmAdmin, Login: "13953300002", Name: "周"}, "login"},
		"taken":               {admin, auth.NewAccount{Role: authz.FirmAdmin, Login: "OFFICER", Name: "周"}, "login"},
		"no name":             {admin, auth.NewAccount{Role: authz.FirmAdmin, Login: "noname"}, "name"},
		"bad e-mail":          {admin, auth.NewAccount{Role: authz.FirmAdmin, Login: "mail", Name: "周", Email: "a@b@c"}, "email"},
		"firm by operator":    {operator, auth.NewAccount{Org: firm.ID, Role: authz.FirmAdmin, Login: "second", Name: "周"}, ""},
		"officer by operator": {operator, auth.NewAccount{Org: firm.ID, Role: authz.HealthOfficer, Login: "third", Name: "周"}, "role"},
		"bureau in a firm":    {operator, auth.NewAccount{Org: firm.ID, Role: authz.CityBureau, Login: "city", Name: "周"}, "role"},
		"city bureau":         {operator, auth.NewAccount{Org: bureau.ID, Role: authz.CityBureau, Login: "city", Name: "周"}, ""},
		"district of none":    {operator, auth.NewAccount{Org: bureau.ID, Role: authz.DistrictBureau, Login: "dist", Name: "周"}, "division"},
		"district":            {operator, auth.NewAccount{Org: bureau.ID, Role: authz.DistrictBureau, Login: "dist2", Name: "周", Division: "zb-gaoxin"}, ""},
		"auditor":             {operator, auth.NewAccount{Org: operator.Org, Role: authz.Auditor, Login: "auditor", Name: "周"}, ""},
		"no org":              {operator, auth.NewAccount{Role: authz.Auditor, Login: "auditor2", Name: "周"}, "org"},
	} {
		if name == "leader again" {
			continue // after "leader", whatever the map's order
		}
		checkCreate(t, w, name, tc.sc, tc.in, tc.field)
	}
	checkCreate(t, w, "leader again", admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0001", Teams: []int64{team}}, "employee_no")
	if _, _, err := w.Auth.CreateAccount(t.Context(), officer, auth.NewAccount{Role: authz.HealthOfficer, Login: "x1", Name: "x"}, w.Now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without the permission: %v", err)
	}
	if n := w.Count(`select count(*) from account where login = 'own' and org_id = $1`, firm.ID); n != 1 {
		t.Error("the org was taken from the input")
	}
}

func checkCreate(t *testing.T, w *authtest.World, name string, sc authz.Scope, in auth.NewAccount, field string) {
	t.Helper()
	a, link, err := w.Auth.CreateAccount(t.Context(), sc, in, w.Now())
	if field == "" {
		if err != nil || link.Token == "" || a.State != auth.Invited {
			t.Errorf("%s: %+v %v", name, a, err)
		}
		return
	}
	if errs.FieldsOf(err)[field].Key == "" {
		t.Errorf("%s: want a fault of %s, got %v", name, field, err)
	}
}

func TestLeaderKeepsTheWorkersAccount(t *testing.T) {
	w := authtest.New(t)
	_, admin, team := firmWithTeam(w)
	second := w.Team(admin.Org, "一车间", "乙班")
	ses := w.Redeem(printTeam(w, admin, team).Cards[0].Link, "123X")
	a, link, err := w.Auth.CreateAccount(t.Context(), admin, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: "0001", Teams: []int64{team}}, w.Now())
	if err != nil || a.ID != ses.Account || link.Token != "" {
		t.Fatalf("%+v %+v %v", a, link, err)
	}
	if sc := w.Scope(ses); sc.Role != authz.TeamLeader || !sc.Leads(team) {
		t.Errorf("%+v", sc)
	}
	if err := w.Auth.EditAccount(t.Context(), admin, a.ID, auth.Changes{Teams: []int64{second}}, w.Now()); err != nil {
		t.Fatal(err)
	}
	if sc := w.Scope(ses); !slices.Equal(sc.Teams, []int64{second}) {
		t.Errorf("%+v", sc)
	}
	if err := w.Auth.Demote(t.Context(), admin, a.ID, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Auth.Identify(t.Context(), ses.Account, ses.Epoch); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("a leader no more keeps the session: %v", err)
	}
	_, err = signIn(w, "0001", authtest.Password, "")
	mustRefuse(t, err)
	o, err := w.Orgs.Get(t.Context(), admin.Org)
	if err != nil {
		t.Fatal(err)
	}
	again, err := signIn(w, "0001", authtest.Password, o.Code)
	if err != nil {
		t.Fatal(err)
	}
	if sc := w.Scope(again); sc.Role != authz.Worker || len(sc.Teams) != 0 {
		t.Errorf("%+v", sc)
	}
}

func TestDisable(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	liu := w.Staff(firm.ID, authz.HealthOfficer, "liu")
	foreign := w.Staff(w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger")
	if err := w.Auth.SetDisabled(t.Context(), admin, admin.Account, true, w.Now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("own account: %v", err)
	}
	for name, act := range map[string]func() error{
		"disable": func() error { return w.Auth.SetDisabled(t.Context(), foreign, liu.Account, true, w.Now()) },
		"link":    func() error { _, _, err := w.Auth.NewLink(t.Context(), foreign, liu.Account, w.Now()); return err },
		"edit": func() error {
			return w.Auth.EditAccount(t.Context(), foreign, liu.Account, auth.Changes{Name: "x"}, w.Now())
		},
		"read":    func() error { _, err := w.Auth.Account(t.Context(), foreign, liu.Account); return err },
		"missing": func() error { return w.Auth.SetDisabled(t.Context(), admin, 9999, true, w.Now()) },
	} {
		if err := act(); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	link, _, err := w.Auth.NewLink(t.Context(), admin, liu.Account, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Auth.SetDisabled(t.Context(), admin, liu.Account, true, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Auth.Invitation(t.Context(), link.Token, auth.ForReset, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("its link: %v", err)
	}
	if _, _, err := w.Auth.NewLink(t.Context(), admin, liu.Account, w.Now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("a new link: %v", err)
	}
	if err := w.Auth.SetDisabled(t.Context(), admin, liu.Account, false, w.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(w, "liu", authtest.Password, ""); err != nil {
		t.Errorf("enabled again: %v", err)
	}
}

// Whatever the order and the page size, the pages forwards and backwards hold every account once and the total is theirs.
func TestAccountsPaging(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	_, err := w.Raw.Owner.Exec(`insert into account (org_id, role, login, display_name, last_sign_in, created_at, updated_at)
		select $1, 'health_officer', 'user' || g, '同名' || g % 3, case when g % 2 = 0 then $2::timestamptz + g % 4 * interval '1 hour' end,
			$2::timestamptz - g % 5 * interval '1 day', $2 from generate_series(1, 7) g`, firm.ID, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Staff(w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger")
	rapid.Check(t, func(rt *rapid.T) {
		f := auth.Filter{Sort: rapid.SampledFrom([]string{"name", "created", "seen", ""}).Draw(rt, "sort"), Desc: rapid.Bool().Draw(rt, "desc"),
			Page: page.Request{Size: rapid.IntRange(3, 9).Draw(rt, "size")}}
		var forward []int64
		var last page.Result[auth.Account]
		for {
			res, err := w.Auth.Accounts(t.Context(), admin, f, w.Now())
			if err != nil {
				rt.Fatal(err)
			}
			if res.Total != 8 {
				rt.Fatalf("total %d", res.Total)
			}
			for _, a := range res.Rows {
				forward = append(forward, a.ID)
			}
			if last = res; res.Next == "" {
				break
			}
			f.Page.After = res.Next
		}
		if unique := slices.Compact(slices.Sorted(slices.Values(forward))); len(forward) != 8 || len(unique) != 8 {
			rt.Fatalf("%d rows, %d different", len(forward), len(unique))
		}
		backward := ids(last.Rows)
		for last.Prev != "" {
			f.Page.After, f.Page.Before = "", last.Prev
			if last, err = w.Auth.Accounts(t.Context(), admin, f, w.Now()); err != nil {
				rt.Fatal(err)
			}
			backward = append(ids(last.Rows), backward...)
		}
		if fmt.Sprint(forward) != fmt.Sprint(backward) {
			rt.Fatalf("forwards %v\nbackwards %v", forward, backward)
		}
	})
}

func ids(rows []auth.Account) []int64 {
	var out []int64
	for _, a := range rows {
		out = append(out, a.ID)
	}
	return out
}
