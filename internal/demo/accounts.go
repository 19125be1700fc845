package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
)

// Account is one way into the demo city.
type Account struct {
	Role  authz.Role
	Login string
	Org   string
}

// setUp takes the first administrator's one-time link, as whoever installs the program does.
func (l *Loader) setUp(ctx context.Context, at time.Time) (authz.Scope, error) {
	link, err := l.Auth.EnsureSetupLink(ctx, at)
	if err != nil {
		return authz.Scope{}, err
	}
	session, err := l.Auth.SetUp(ctx, auth.Setup{Token: link.Token, OrgName: "复工档运营方", Name: "管理员", Login: "admin", New: Password, Again: Password, From: local}, at)
	if err != nil {
		return authz.Scope{}, err
	}
	v, err := l.Auth.Identify(ctx, session.Account, session.Epoch)
	return v.Scope, err
}

var local = auth.From{IP: "127.0.0.1"}

// desk is who acts in the demo city: those with accounts of the showpiece firm and of the bureau.
type desk struct {
	accounts                         []Account // in the order in which they are told
	manager, officer, leader, worker authz.Scope
	city                             authz.Scope
}

// accounts makes one account per role and lets each choose the demo password, everyone by the way they would come in life.
// The firm they belong to is one of middling size in which something is to be done. The second officer and the second account of the
// city confirm what the first ones propose.
func (l *Loader) accounts(ctx context.Context, admin authz.Scope, made []*written, at time.Time) (*desk, error) {
	w := showpieceOf(made)
	bureau, err := l.Orgs.Create(ctx, admin, org.Org{Kind: org.Bureau, Code: "zibo-gxj", Name: "淄博市工业和信息化局", ShortName: "市工信局", TimeZone: "Asia/Shanghai",
		AdminZone: "370300", GoLiveAt: at, Active: true, RulePack: "zibo-2022-03", ResumeStatus: "full"}, at)
	if err != nil {
		return nil, err
	}
	manager, err := l.activate(ctx, admin, auth.NewAccount{Org: w.org.ID, Role: authz.FirmAdmin, Login: "manager", Name: "李建国", Email: "manager@example.org"}, at)
	if err != nil {
		return nil, err
	}
	d := &desk{manager: scopeOf(manager)}
	if err := l.shopFloor(ctx, d, w, at); err != nil {
		return nil, err
	}
	firm, office, operators := w.Short, bureau.ShortName, "复工档运营方"
	for _, n := range []struct {
		by      authz.Scope
		at      string
		account auth.NewAccount
		as      *authz.Scope
	}{
		{d.manager, firm, auth.NewAccount{Role: authz.HealthOfficer, Login: "officer", Name: "王敏", Email: "officer@example.org"}, &d.officer},
		{admin, office, auth.NewAccount{Org: bureau.ID, Role: authz.CityBureau, Login: "city", Name: "赵科长", Email: "city@example.org"}, &d.city},
		{admin, office, auth.NewAccount{Org: bureau.ID, Role: authz.DistrictBureau, Login: "district", Name: "孙科员", Email: "district@example.org", Division: w.Zone}, nil},
		{admin, operators, auth.NewAccount{Org: admin.Org, Role: authz.Auditor, Login: "auditor", Name: "周审计", Email: "auditor@example.org"}, nil},
		{d.manager, firm, auth.NewAccount{Role: authz.HealthOfficer, Login: "officer2", Name: "刘芳", Email: "officer2@example.org"}, nil},
		{admin, office, auth.NewAccount{Org: bureau.ID, Role: authz.CityBureau, Login: "city2", Name: "钱科长", Email: "city2@example.org"}, nil},
	} {
		a, err := l.activate(ctx, n.by, n.account, at)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", n.account.Login, err)
		}
		if n.as != nil {
			*n.as = scopeOf(a)
		}
		d.accounts = append(d.accounts, Account{Role: a.Role, Login: a.Login, Org: n.at})
		if a.Role == authz.Auditor {
			d.accounts = append(d.accounts, Account{authz.FirmAdmin, "manager", firm}, Account{authz.Admin, "admin", operators})
		}
	}
	return d, nil
}

// scopeOf is how far an account reaches.
func scopeOf(a auth.Account) authz.Scope {
	return authz.Scope{Account: a.ID, Actor: a.Name, Role: a.Role, Org: a.Org, Employee: a.Employee, Teams: a.TeamIDs, Division: a.Division}
}

// showpiece picks the firm whose size is nearest to two hundred people, and which is fully back at work.
func showpiece(firms []Firm) int {
	best, distance := 0, 1<<30
	for i, f := range firms {
		d := len(f.People) - 200
		if d < 0 {
			d = -d
		}
		if f.Resume == "full" && d < distance {
			best, distance = i, d
		}
	}
	return best
}

func showpieceOf(made []*written) *written {
	firms := make([]Firm, len(made))
	for i, w := range made {
		firms[i] = *w.Firm
	}
	return made[showpiece(firms)]
}

// activate makes an account and uses its link.
func (l *Loader) activate(ctx context.Context, by authz.Scope, n auth.NewAccount, at time.Time) (auth.Account, error) {
	a, link, err := l.Auth.CreateAccount(ctx, by, n, at)
	if err != nil {
		return a, err
	}
	_, err = l.redeem(ctx, link, "", at)
	return a, err
}

func (l *Loader) redeem(ctx context.Context, link auth.Link, tail string, at time.Time) (auth.Session, error) {
	return l.Auth.Redeem(ctx, auth.Answer{Token: link.Token, Purpose: link.Purpose, Tail: tail, New: Password, Again: Password, From: local}, at)
}

// card lets a person in by the card that is printed for them.
func (l *Loader) card(ctx context.Context, sc authz.Scope, p Person, at time.Time) (authz.Scope, error) {
	sheet, err := l.Auth.PrintCards(ctx, sc, auth.CardRequest{EmployeeNo: p.No}, at)
	if err != nil {
		return authz.Scope{}, err
	}
	if len(sheet.Cards) != 1 {
		return authz.Scope{}, fmt.Errorf("%d cards for employee %s", len(sheet.Cards), p.No)
	}
	session, err := l.redeem(ctx, sheet.Cards[0].Link, p.IDNumber[14:], at)
	if err != nil {
		return authz.Scope{}, err
	}
	v, err := l.Auth.Identify(ctx, session.Account, session.Epoch)
	return v.Scope, err
}

// shopFloor lets a worker and the leader of the same team in.
func (l *Loader) shopFloor(ctx context.Context, d *desk, w *written, at time.Time) error {
	leader, worker, err := pair(*w.Firm)
	if err != nil {
		return err
	}
	if d.worker, err = l.card(ctx, d.manager, worker, at); err != nil {
		return err
	}
	if _, err = l.card(ctx, d.manager, leader, at); err != nil {
		return err
	}
	crews, err := l.Auth.Teams(ctx, d.manager)
	if err != nil {
		return err
	}
	for _, c := range crews {
		if c.Name != leader.Team || c.Workshop != leader.Workshop {
			continue
		}
		a, _, err := l.Auth.CreateAccount(ctx, d.manager, auth.NewAccount{Role: authz.TeamLeader, EmployeeNo: leader.No, Teams: []int64{c.ID}}, at)
		if err != nil {
			return err
		}
		d.leader = scopeOf(a)
	}
	d.accounts = []Account{{authz.Worker, worker.Mobile, w.Short}, {authz.TeamLeader, leader.Mobile, w.Short}}
	return nil
}

// pair finds a leader and a member of the leader's team whose last sample is some days old, so that there is something to do.
func pair(f Firm) (leader, worker Person, err error) {
	for _, p := range f.People {
		if p.Leader && p.Workshop != "" {
			leader = p
			break
		}
	}
	for _, p := range f.People {
		if !p.Leader && p.Status == "on_post" && p.Team == leader.Team && p.Workshop == leader.Workshop && len(p.Swabs) > 2 && len(p.Reports) == 0 {
			return leader, p, nil
		}
	}
	return leader, worker, errors.New("no team with a leader and a member on post")
}
