package city

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/platform/pinyin"
	"github.com/fugong/fugong/internal/platform/secret"
)

var orgColumns = []string{"id", "kind", "code", "name", "short_name", "gb_district", "admin_zone", "industry", "size", "above_scale", "go_live_at", "created_at", "updated_at"}

// orgs writes the enterprises, the bureau and the operator, the API client of each enterprise, and everybody's accounts but the workers'.
func (l *loader) orgs(ctx context.Context) error {
	at := l.begun()
	err := add(ctx, l.db, "org", orgColumns, func(put func(...any) error) error {
		if err := put(operatorOrg, "operator", "operator", "复工档运营方", "", nil, nil, "", "", false, at, at, at); err != nil {
			return err
		}
		if err := put(bureauOrg, "bureau", "zibo-gxj", "淄博市工业和信息化局", "市工信局", nil, "370300", "", "", false, at, at, at); err != nil {
			return err
		}
		for _, o := range l.Orgs {
			if err := put(o.ID, "enterprise", o.Code, o.Name, "", o.District, o.Zone, o.Industry, sizeClass(o.Size), o.Size >= 50, at, at, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := l.clients(ctx); err != nil {
		return err
	}
	return l.staff(ctx)
}

func (l *loader) clients(ctx context.Context) error {
	var scopes []string
	for _, p := range client.Offered(authz.HealthOfficer) {
		scopes = append(scopes, string(p))
	}
	columns := []string{"id", "org_id", "name", "token_hash", "role", "scopes", "created_by", "created_at", "expires_at"}
	return add(ctx, l.db, "api_client", columns, func(put func(...any) error) error {
		for _, o := range l.Orgs {
			h := sha256.Sum256([]byte(o.Token()))
			if err := put(o.ID, o.ID, "人事系统", h[:], string(authz.HealthOfficer), pq.Array(scopes), 1, l.At, l.At.Add(client.MaxLife)); err != nil {
				return err
			}
		}
		return nil
	})
}

var accountColumns = []string{"id", "org_id", "role", "employee_id", "login", "display_name", "mobile_bidx", "division", "password_hash", "state", "created_at", "updated_at"}

// staff writes the accounts of those who sign in by a login. The workers' follow, with ids beyond those.
func (l *loader) staff(ctx context.Context) error {
	id := int64(0)
	return add(ctx, l.db, "account", accountColumns, func(put func(...any) error) error {
		one := func(org int32, role authz.Role, login, name string, division any) error {
			id++
			return put(id, org, string(role), nil, login, name, nil, division, l.hash, "active", l.begun(), l.begun())
		}
		if err := one(operatorOrg, authz.Admin, AdminLogin, "管理员", nil); err != nil {
			return err
		}
		if err := one(bureauOrg, authz.CityBureau, BureauLogin, "赵科长", nil); err != nil {
			return err
		}
		var divisions []string
		for _, d := range districts {
			divisions = append(append(divisions, d), zones[d]...)
		}
		slices.Sort(divisions)
		for _, d := range slices.Compact(divisions) {
			if err := one(bureauOrg, authz.DistrictBureau, DistrictLogin(d), "孙科员", d); err != nil {
				return err
			}
		}
		for _, o := range l.Orgs {
			if err := one(o.ID, authz.HealthOfficer, o.Officer(), "王敏", nil); err != nil {
				return err
			}
			if err := one(o.ID, authz.FirmAdmin, o.Manager(), "李建国", nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstWorker is beyond the ids of staff accounts.
const firstWorker = 100_000

// person is a row of each of the three tables that know somebody.
type person struct{ file, change, account []any }

// people writes teams, files, their history and the workers' accounts: drawn and sealed on as many threads as there are
// processors, written by one connection for each table.
func (l *loader) people(ctx context.Context) error {
	if err := l.teams(ctx); err != nil {
		return err
	}
	var err error
	if l.indexes, err = dropIndexes(ctx, l.db, "employee", "account"); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	files, changes, accounts := make(chan [][]any, 2), make(chan [][]any, 2), make(chan [][]any, 2)
	g.Go(func() error {
		defer close(files)
		defer close(changes)
		defer close(accounts)
		return l.draw(ctx, files, changes, accounts)
	})
	drain := func(from <-chan [][]any) func(func(...any) error) error {
		return func(put func(...any) error) error {
			for rows := range from {
				for _, r := range rows {
					if err := put(r...); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		}
	}
	g.Go(func() error { return add(ctx, l.db, "employee", fileColumns, drain(files)) })
	g.Go(func() error { return add(ctx, l.db, "employee_change", changeColumns, drain(changes)) })
	g.Go(func() error { return add(ctx, l.db, "account", accountColumns, drain(accounts)) })
	return g.Wait()
}

// share is how many people are drawn at a time.
const share = 2000

// draw makes everybody's rows, in the order of their ids.
func (l *loader) draw(ctx context.Context, files, changes, accounts chan<- [][]any) error {
	threads := runtime.GOMAXPROCS(0)
	for from := int64(1); from <= int64(l.Spec.People); from += share * int64(threads) {
		parts := make([][]person, threads)
		var g errgroup.Group
		for t := range parts {
			g.Go(func() (err error) {
				first := from + share*int64(t)
				parts[t], err = l.drawn(first, min(first+share, int64(l.Spec.People)+1))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, part := range parts {
			var a, b, c [][]any
			for _, p := range part {
				a, b, c = append(a, p.file), append(b, p.change), append(c, p.account)
			}
			if err := errors.Join(send(ctx, files, a), send(ctx, changes, b), send(ctx, accounts, c)); err != nil {
				return err
			}
		}
	}
	return nil
}

func send(ctx context.Context, to chan<- [][]any, rows [][]any) error {
	select {
	case to <- rows:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *loader) drawn(from, to int64) ([]person, error) {
	var out []person
	for id := from; id < to; id++ {
		p, err := l.person(l.OrgOf(id), id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

var fileColumns = strings.Fields(`org_id id employee_no name name_grams pinyin initials id_type id_number_enc id_number_bidx sex birth_date mobile_enc
    mobile_bidx dept team_id post test_category category_since work_status status_since dorm_building dorm_room commute joined_on created_at updated_at`)

var changeColumns = strings.Fields(`org_id employee_id kind effective_at after actor actor_name at`)

// person makes the rows of one employee, as a roster that is merged makes them.
func (l *loader) person(o *Org, id int64) (person, error) {
	v, at := o.Person(id), l.begun()
	number, err := l.box.Seal([]byte(v.IDNumber), secret.AD{Table: "employee", Org: o.ID, ID: id, Column: "id_number"})
	if err != nil {
		return person{}, err
	}
	phone, err := l.box.Seal([]byte(v.Mobile), secret.AD{Table: "employee", Org: o.ID, ID: id, Column: "mobile"})
	if err != nil {
		return person{}, err
	}
	mobileIndex := l.box.Index("mobile", v.Mobile)
	full, initials := pinyin.Of(v.Name)
	state, hash := "invited", ""
	if id == o.First {
		state, hash = "active", l.hash
	}
	return person{
		file: []any{o.ID, id, v.EmployeeNo, v.Name, pq.StringArray(pinyin.Grams(v.Name)), full, initials, v.IDType, number,
			l.box.Index("id", v.IDNumber), v.Sex, v.Birth, phone, mobileIndex, v.Dept, l.team(o, id), v.Post, v.Category, at, v.WorkStatus, at,
			v.DormBuilding, v.DormRoom, v.Commute, v.JoinedOn, at, at},
		change:  []any{o.ID, id, profile.KindCreated, at, history(v), -int64(o.ID), "api:人事系统", at},
		account: []any{firstWorker + id, o.ID, string(authz.Worker), id, nil, v.Name, mobileIndex, nil, hash, state, at, at},
	}, nil
}

// history is what the first entry of a file's history shows, as JSON. Nothing drawn here needs escaping.
func history(v profile.Values) string {
	b := []byte{'{'}
	for _, c := range profile.Columns {
		if shown := c.Shown(&v); shown != "" {
			b = strconv.AppendQuote(append(b, ','), c.Key)
			b = strconv.AppendQuote(append(b, ':'), shown)
		}
	}
	return string(append(append(b[:1], b[2:]...), '}'))
}

// team numbers the teams of an enterprise from the number of its first employee, which no other team has.
func (l *loader) team(o *Org, id int64) int64 { return o.First + (id-o.First)/crew }

func (l *loader) teams(ctx context.Context) error {
	return add(ctx, l.db, "team", []string{"org_id", "id", "workshop", "name", "created_at"}, func(put func(...any) error) error {
		for i := range l.Orgs {
			o := &l.Orgs[i]
			for n := 0; n < o.Size; n += crew {
				workshop, team := place(n)
				if err := put(o.ID, l.team(o, o.First+int64(n)), workshop, team, l.begun()); err != nil {
					return fmt.Errorf("team of %d: %w", o.ID, err)
				}
			}
		}
		return nil
	})
}
