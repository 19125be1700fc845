package auth_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// firmWithTeam is an enterprise with an administrator and a team of three.
func firmWithTeam(w *authtest.World) (firm org.Org, admin authz.Scope, team int64) {
	firm = w.Org(org.Enterprise, "鲁中机械有限公司")
	admin = w.Staff(firm.ID, authz.FirmAdmin, "boss")
	team = w.Team(firm.ID, "一车间", "甲班")
	w.Employee(firm.ID, authtest.Person{Name: "张三丰", Number: "0002", Mobile: "13953300002", Tail: "101X", Team: team})
	w.Employee(firm.ID, authtest.Person{Name: "李四", Number: "0001", Team: team})
	w.Employee(firm.ID, authtest.Person{Name: "王五", Number: "0003", Team: team})
	return firm, admin, team
}

func printTeam(w *authtest.World, sc authz.Scope, team int64) auth.Sheet {
	w.T.Helper()
	sheet, err := w.Auth.PrintCards(w.T.Context(), sc, auth.CardRequest{Team: team}, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return sheet
}

func redeem(w *authtest.World, token, tail, password string) (auth.Session, error) {
	return w.Auth.Redeem(w.T.Context(), auth.Answer{Token: token, Purpose: auth.ForActivate, Tail: tail, New: password, Again: password}, w.Now())
}

func TestPrintCards(t *testing.T) {
	w := authtest.New(t)
	firm, admin, team := firmWithTeam(w)
	sheet := printTeam(w, admin, team)
	if sheet.Workshop != "一车间" || sheet.Team != "甲班" || len(sheet.Cards) != 3 || sheet.Next != 0 {
		t.Fatalf("%+v", sheet)
	}
	card := sheet.Cards[1]
	if card.Name != "张**" || card.EmployeeNo != "0002" || card.Link.Purpose != auth.ForActivate ||
		!card.Link.ExpiresAt.Equal(w.Now().Add(14*24*time.Hour)) || !strings.HasPrefix(card.Link.Path(), "/activate/") {
		t.Errorf("%+v", card)
	}
	if n := w.Count(`select count(*) from invitation where position($1 in encode(token_hash, 'escape')) > 0`, card.Link.Token); n != 0 {
		t.Error("the token is stored")
	}
	again := printTeam(w, admin, team)
	if _, err := redeem(w, card.Link.Token, "101X", authtest.Password); !errs.Is(err, errs.NotFound) {
		t.Errorf("a replaced link: %v", err)
	}
	if _, err := redeem(w, again.Cards[1].Link.Token, "101X", authtest.Password); err != nil {
		t.Fatal(err)
	}
	if rest := printTeam(w, admin, team); len(rest.Cards) != 2 {
		t.Errorf("%d cards after one activation", len(rest.Cards))
	}
	crews, err := w.Auth.Crews(t.Context(), admin, auth.CrewFilter{}, w.Now())
	if err != nil || crews.Total != 1 || crews.Rows[0] != (auth.Crew{ID: team, Workshop: "一车间", Name: "甲班", People: 3, Active: 1, Pending: 2}) {
		t.Errorf("%+v %v", crews, err)
	}
	if _, err := w.Auth.PrintCards(t.Context(), admin, auth.CardRequest{Team: team + 1}, w.Now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("an empty team: %v", err)
	}
	foreign := w.Staff(w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger")
	if _, err := w.Auth.PrintCards(t.Context(), foreign, auth.CardRequest{Team: team}, w.Now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("a foreign team: %v", err)
	}
	if _, err := w.Auth.PrintCards(t.Context(), foreign, auth.CardRequest{EmployeeNo: "0001"}, w.Now()); errs.FieldsOf(err)["employee_no"].Key == "" {
		t.Errorf("a foreign number: %v", err)
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and action = 'invite.print'`, firm.ID); n != 3 {
		t.Errorf("%d printings in the log", n)
	}
}

func TestLargeTeamsTakeSeveralSheets(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	_, err := w.Raw.Owner.Exec(`insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, category_since,
			status_since, created_at, updated_at)
		select $1, g::text, '工人' || g, '{}', '', decode(md5(g::text), 'hex'), $2, $2, $2, $2 from generate_series(1, 450) g`, firm.ID, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	var after int64
	seen := map[string]bool{}
	for sheets := 0; ; sheets++ {
		sheet, err := w.Auth.PrintCards(t.Context(), admin, auth.CardRequest{After: after}, w.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range sheet.Cards {
			seen[c.EmployeeNo] = true
		}
		if after = sheet.Next; after == 0 {
			if sheets != 2 {
				t.Errorf("%d sheets", sheets+1)
			}
			break
		}
	}
	if len(seen) != 450 || w.Count(`select count(*) from invitation where used_at is null`) != 450 {
		t.Errorf("%d people got a card", len(seen))
	}
}

func TestRedeemAsksForTheTail(t *testing.T) {
	w := authtest.New(t)
	_, admin, team := firmWithTeam(w)
	token := printTeam(w, admin, team).Cards[1].Link.Token
	inv, err := w.Auth.Invitation(t.Context(), token, auth.ForActivate, w.Now())
	if err != nil || inv.Name != "张**" || inv.Org != "鲁中机械有限公司" || !inv.NeedsTail {
		t.Fatalf("%+v %v", inv, err)
	}
	if _, err := w.Auth.Invitation(t.Context(), token, auth.ForReset, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("another purpose: %v", err)
	}
	// A password that will not do costs no try.
	if _, err := redeem(w, token, "101X", "13953300002"); errs.FieldsOf(err)["new"].Key != "auth.password.known" {
		t.Errorf("own mobile as password: %v", err)
	}
	if _, err := redeem(w, token, "12", authtest.Password); errs.FieldsOf(err)["tail"].Key != "auth.tail.length" {
		t.Errorf("short tail: %v", err)
	}
	for left := auth.MaxTries - 1; left > 0; left-- {
		_, err := redeem(w, token, "9999", authtest.Password)
		if m := errs.FieldsOf(err)["tail"]; m.Key != "auth.tail.wrong" || m.Args["Left"] != left {
			t.Fatalf("%d left: %v", left, err)
		}
	}
	if _, err := redeem(w, token, "9999", authtest.Password); !errs.Is(err, errs.NotFound) {
		t.Errorf("the last try: %v", err)
	}
	if _, err := redeem(w, token, "101X", authtest.Password); !errs.Is(err, errs.NotFound) {
		t.Errorf("a burnt link: %v", err)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'auth.link_refused'`); n != auth.MaxTries {
		t.Errorf("%d wrong answers in the log", n)
	}
	fresh := printTeam(w, admin, team).Cards[1].Link.Token
	if _, err := redeem(w, fresh, "１０１x", authtest.Password); err != nil {
		t.Errorf("small x and full-width digits: %v", err)
	}
}

func TestParallelAnswersGetNoMoreTries(t *testing.T) {
	w := authtest.New(t)
	_, admin, team := firmWithTeam(w)
	token := printTeam(w, admin, team).Cards[1].Link.Token
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := redeem(w, token, "9999", authtest.Password); err == nil {
				t.Error("a wrong answer was taken")
			}
		})
	}
	wg.Wait()
	if n := w.Count(`select count(*) from audit_log where action = 'auth.link_refused'`); n != auth.MaxTries {
		t.Errorf("%d answers were compared", n)
	}
}

func TestLinkWorksOnce(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	admin := w.Staff(firm.ID, authz.FirmAdmin, "boss")
	_, link, err := w.Auth.CreateAccount(t.Context(), admin, auth.NewAccount{Role: authz.HealthOfficer, Login: "liu", Name: "刘燕"}, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := redeem(w, link.Token, "", authtest.Password)
			switch {
			case err == nil:
				taken.Add(1)
			case !errs.Is(err, errs.NotFound):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 {
		t.Errorf("the link was used %d times", taken.Load())
	}
	reset, _, err := w.Auth.NewLink(t.Context(), admin, link.Account, w.Now())
	if err != nil || reset.Purpose != auth.ForReset {
		t.Fatalf("%+v %v", reset, err)
	}
	if _, err := signIn(w, "liu", authtest.Password, ""); err != nil {
		t.Errorf("the password holds until the reset link is used: %v", err)
	}
	w.Clock.Advance(auth.ResetFor)
	if _, err := w.Auth.Invitation(t.Context(), reset.Token, auth.ForReset, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("expired: %v", err)
	}
}

func TestPersonWhoLeftCannotActivate(t *testing.T) {
	w := authtest.New(t)
	firm, admin, team := firmWithTeam(w)
	token := printTeam(w, admin, team).Cards[1].Link.Token
	if _, err := w.Raw.Owner.Exec(`update employee set work_status = 'resigned' where org_id = $1`, firm.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := redeem(w, token, "101X", authtest.Password); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestEnsureWorkerAccountsInBulk(t *testing.T) {
	w := authtest.New(t)
	firm := w.Org(org.Enterprise, "鲁中机械有限公司")
	var ids []int64
	err := w.Raw.Owner.Select(&ids, `insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, mobile_bidx,
			category_since, status_since, created_at, updated_at)
		select $1, g::text, '工人' || g, '{}', '', decode(md5(g::text), 'hex'), decode(md5('m' || g), 'hex'), $2, $2, $2, $2
		from generate_series(1, 8000) g returning id`, firm.ID, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.EnsureWorkers(firm.ID, ids); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.Count(`select count(*) from account where org_id = $1 and state = 'invited' and role = 'worker'`, firm.ID); n != 8000 {
		t.Errorf("%d accounts", n)
	}
	if _, err := w.Raw.Owner.Exec(`update employee set name = '改名', mobile_bidx = null where org_id = $1 and id = $2`, firm.ID, ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.EnsureWorkers(firm.ID, ids[:1]); err != nil {
		t.Fatal(err)
	}
	follows := func(name string) {
		t.Helper()
		if n := w.Count(`select count(*) from account where org_id = $1 and display_name = $2 and mobile_bidx is null`, firm.ID, name); n != 1 {
			t.Errorf("the account does not follow the file of %s", name)
		}
	}
	follows("改名")
	if _, err := w.Raw.Owner.Exec(`update employee set name = '又改名' where org_id = $1 and id = $2`, firm.ID, ids[0]); err != nil {
		t.Fatal(err)
	}
	err = w.DB.InTx(t.Context(), db.Tenant{Org: firm.ID}, func(tx *sqlx.Tx) error {
		return w.Auth.SyncWorkers(t.Context(), tx, firm.ID, ids[:1], w.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	follows("又改名")
	if _, err := w.Raw.Owner.Exec(`update employee set name = '夜里改名' where org_id = $1 and id = $2`, firm.ID, ids[0]); err != nil {
		t.Fatal(err)
	}
	if done, err := w.Auth.Jobs()[1].Run(t.Context(), w.Now()); err != nil || done != "mended 1 accounts" {
		t.Errorf("%s %v", done, err)
	}
	follows("夜里改名")
}
