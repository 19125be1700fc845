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

// accounts makes one account per role and lets each choose the demo password, everyone by the way they would come in life.
// The firm they belong to is one of middling size in which something is to be done.
func (l *Loader) accounts(ctx context.Context, admin authz.Scope, firms []Firm, orgs []org.Org, at time.Time) ([]Account, error) {
	k := showpiece(firms)
	firm, id := firms[k], orgs[k].ID
	bureau, err := l.Orgs.Create(ctx, admin, org.Org{Kind: org.Bureau, Code: "zibo-gxj", Name: "淄博市工业和信息化局", ShortName: "市工信局", TimeZone: "Asia/Shanghai",
		AdminZone: "370300", GoLiveAt: at, Active: true, RulePack: "zibo-2022-03", ResumeStatus: "full"}, at)
	if err != nil {
		return nil, err
	}
	manager, err := l.activate(ctx, admin, auth.NewAccount{Org: id, Role: authz.FirmAdmin, Login: "manager", Name: "李建国", Email: "manager@example.org"}, at)
	if err != nil {
		return nil, err
	}
	firmAdmin := authz.Scope{Account: manager.ID, Actor: manager.Name, Role: authz.FirmAdmin, Org: id}
	staff, err := l.shopFloor(ctx, firmAdmin, firm, at)
	if err != nil {
		return nil, err
	}
	for _, n := range []struct {
		by      authz.Scope
		org     string
		account auth.NewAccount
	}{
		{firmAdmin, firm.Short, auth.NewAccount{Org: id, Role: authz.HealthOfficer, Login: "officer", Name: "王敏", Email: "officer@example.org"}},
		{admin, "市工信局", auth.NewAccount{Org: bureau.ID, Role: authz.CityBureau, Login: "city", Name: "赵科长", Email: "city@example.org"}},
		{admin, "市工信局", auth.NewAccount{Org: bureau.ID, Role: authz.DistrictBureau, Login: "district", Name: "孙科员", Email: "district@example.org", Division: firm.Zone}},
		{admin, "复工档运营方", auth.NewAccount{Org: admin.Org, Role: authz.Auditor, Login: "auditor", Name: "周审计", Email: "auditor@example.org"}},
	} {
		if _, err := l.activate(ctx, n.by, n.account, at); err != nil {
			return nil, fmt.Errorf("account %s: %w", n.account.Login, err)
		}
		staff = append(staff, Account{Role: n.account.Role, Login: n.account.Login, Org: n.org})
	}
	return append(staff, Account{Role: authz.FirmAdmin, Login: "manager", Org: firm.Short}, Account{Role: authz.Admin, Login: "admin", Org: "复工档运营方"}), nil
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

// activate makes an account and uses its link.
func (l *Loader) activate(ctx context.Context, by authz.Scope, n auth.NewAccount, at time.Time) (auth.Account, error) {
	a, link, err := l.Auth.CreateAccount(ctx, by, n, at)
	if err != nil {
		return a, err
	}
	return a, l.redeem(ctx, link, "", at)
}

func (l *Loader) redeem(ctx context.Context, link auth.Link, tail string, at time.Time) error {
	_, err := l.Auth.Redeem(ctx, auth.Answer{Token: link.Token, Purpose: link.Purpose, Tail: tail, New: Password, Again: Password, From: local}, at)
	return err
}

// shopFloor lets a worker and the leader of the same team in, by the cards that are printed for them.
func (l *Loader) shopFloor(ctx context.Context, sc authz.Scope, f Firm, at time.Time) ([]Account, error) {
	leader, worker, err := pair(f)
	if err != nil {
		return nil, err
	}
	for _, p := range []Person{leader, worker} {
		sheet, err := l.Auth.PrintCards(ctx, sc, auth.CardRequest{EmployeeNo: p.No}, at)
		if err != nil {
			return nil, err
		}
		if len(sheet.Cards) != 1 {
			return nil, fmt.Errorf("%d cards for employee %s", len(sheet.Cards), p.No)
		}
		if err := l.redeem(ctx, sheet.Cards[0].Link, p.IDNumber[14:], at); err != nil {
			return nil, err
		}
	}
	crews, err := l.Auth.Teams(ctx, sc)
	if err != nil {
		return nil, err
	}
	for _, c := range crews {
		if c.Name != leader.Team || c.Workshop != leader.Workshop {
			continue
		}
		if _, _, err := l.Auth.CreateAccount(ctx, sc, auth.NewAccount{Org: sc.Org, Role: authz.TeamLeader, EmployeeNo: leader.No, Teams: []int64{c.ID}}, at); err != nil {
			return nil, err
		}
	}
	return []Account{{Role: authz.Worker, Login: worker.Mobile, Org: f.Short}, {Role: authz.TeamLeader, Login: leader.Mobile, Org: f.Short}}, nil
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
