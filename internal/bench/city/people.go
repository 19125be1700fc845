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

// files are rows of the three tables that know everybody.
type files struct{ file, change, account text }

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
	file, change, account := make(chan text, 2), make(chan text, 2), make(chan text, 2)
	g.Go(func() error {
		defer close(file)
		defer close(change)
		defer close(account)
		return l.draw(ctx, file, change, account)
	})
	g.Go(func() error { return stream(ctx, l.db, "employee", fileColumns, file) })
	g.Go(func() error { return stream(ctx, l.db, "employee_change", changeColumns, change) })
	g.Go(func() error { return stream(ctx, l.db, "account", accountColumns, account) })
	return g.Wait()
}

// share is how many people are drawn at a time.
const share = 2000

// draw makes everybody's rows, in the order of their ids.
func (l *loader) draw(ctx context.Context, file, change, account chan<- text) error {
	threads := runtime.GOMAXPROCS(0)
	for from := int64(1); from <= int64(l.Spec.People); from += share * int64(threads) {
		parts := make([]files, threads)
		var g errgroup.Group
		for t := range parts {
			g.Go(func() error {
				first := from + share*int64(t)
				for id := first; id < min(first+share, int64(l.Spec.People)+1); id++ {
					if err := l.person(&parts[t], l.OrgOf(id), id); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, p := range parts {
			if err := errors.Join(send(ctx, file, p.file), send(ctx, change, p.change), send(ctx, account, p.account)); err != nil {
				return err
			}
		}
	}
	return nil
}

func send(ctx context.Context, to chan<- text, rows text) error {
	if len(rows) == 0 {
		return nil
	}
	select {
	case to <- rows:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var fileColumns = strings.Fields(`org_id id employee_no name name_grams pinyin initials id_type id_number_enc id_number_bidx sex birth_date mobile_enc
    mobile_bidx dept team_id post test_category category_since work_status status_since dorm_building dorm_room commute joined_on created_at updated_at`)

var changeColumns = strings.Fields(`org_id employee_id kind effective_at after actor actor_name at`)

// person adds the rows of one employee, as a roster that is merged makes them.
func (l *loader) person(to *files, o *Org, id int64) error {
	v, at := o.Person(id), l.since
	number, err := l.box.Seal([]byte(v.IDNumber), secret.AD{Table: "employee", Org: o.ID, ID: id, Column: "id_number"})
	if err != nil {
		return err
	}
	phone, err := l.box.Seal([]byte(v.Mobile), secret.AD{Table: "employee", Org: o.ID, ID: id, Column: "mobile"})
	if err != nil {
		return err
	}
	mobileIndex := l.box.Index("mobile", v.Mobile)
	full, initials := pinyin.Of(v.Name)
	state, hash := "invited", ""
	if id == o.First {
		state, hash = "active", l.hash
	}
	to.file.row(o.ID, id, v.EmployeeNo, v.Name, "{"+strings.Join(pinyin.Grams(v.Name), ",")+"}", full, initials, v.IDType, number,
		l.box.Index("id", v.IDNumber), v.Sex, v.Birth, phone, mobileIndex, v.Dept, l.team(o, id), v.Post, v.Category, at, v.WorkStatus, at,
		v.DormBuilding, v.DormRoom, v.Commute, v.JoinedOn, at, at)
	to.change.row(o.ID, id, profile.KindCreated, at, history(v), -int64(o.ID), "api:人事系统", at)
	to.account.row(firstWorker+id, o.ID, string(authz.Worker), id, nil, v.Name, mobileIndex, nil, hash, state, at, at)
	return nil
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
