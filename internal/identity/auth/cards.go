package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
)

// CardRequest asks for activation cards: of a team, or of one person by employee number.
type CardRequest struct {
	Team       int64 // 0 with an empty EmployeeNo means those without a team
	After      int64 // last employee of the sheet before, when a team needs several
	EmployeeNo string
}

// Card is what one person is handed: a name only they and their colleagues recognise, and the link.
type Card struct {
	Name       string // masked
	EmployeeNo string
	Link       Link
}

// Sheet is a set of cards to be printed. They cannot be shown again: printing anew makes new links.
type Sheet struct {
	Workshop, Team string
	Cards          []Card
	Next           int64 // After of the next sheet, 0 when all are printed
}

// SheetSize is how many cards one sheet holds at most.
const SheetSize = 200

// PrintCards makes links for the people of a team who have not activated yet, or for one person whatever the account's
// state but disabled. Links that they had before are void.
func (s Invites) PrintCards(ctx context.Context, sc authz.Scope, in CardRequest, at time.Time) (Sheet, error) {
	if err := sc.Require(authz.InvitePrint); err != nil {
		return Sheet{}, err
	}
	var sheet Sheet
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		ids, next, err := receivers(ctx, tx, sc.Org, in)
		if err != nil {
			return err
		}
		if sheet, err = s.cards(ctx, tx, sc, ids, at); err != nil {
			return err
		}
		sheet.Next = next
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "invite.print", Subject: "team", SubjectID: strconv.FormatInt(in.Team, 10),
			Employee: onlyOne(ids), Detail: map[string]any{"cards": len(sheet.Cards)}})
	})
	return sheet, err
}

func onlyOne(ids []int64) int64 {
	if len(ids) == 1 {
		return ids[0]
	}
	return 0
}

const sqlWaiting = `select e.id from employee e left join account a on a.org_id = e.org_id and a.employee_id = e.id
    where e.org_id = $1 and coalesce(e.team_id, 0) = $2 and e.id > $3 and e.work_status <> 'resigned' and coalesce(a.state, 'invited') = 'invited'
    order by e.id limit $4`

func receivers(ctx context.Context, tx db.Q, orgID int32, in CardRequest) (ids []int64, next int64, err error) {
	if in.EmployeeNo != "" {
		id, err := employeeByNumber(ctx, tx, orgID, strings.TrimSpace(in.EmployeeNo))
		return []int64{id}, 0, err
	}
	if err := tx.SelectContext(ctx, &ids, sqlWaiting, orgID, in.Team, in.After, SheetSize+1); err != nil {
		return nil, 0, fmt.Errorf("who waits: %w", err)
	}
	if len(ids) == 0 {
		return nil, 0, errs.New(errs.Conflict, "auth.invite.nobody")
	}
	if len(ids) > SheetSize {
		ids = ids[:SheetSize]
		next = ids[SheetSize-1]
	}
	return ids, next, nil
}

const sqlWorkerAccounts = `select id, employee_id, state from account
    where org_id = $1 and employee_id = any($2) and state <> 'disabled'`

func (s Invites) cards(ctx context.Context, tx db.Q, sc authz.Scope, employees []int64, at time.Time) (Sheet, error) {
	if err := ensureWorkers(ctx, tx, sc.Org, employees, at); err != nil {
		return Sheet{}, err
	}
	var accounts []struct {
		ID       int64  `db:"id"`
		Employee int64  `db:"employee_id"`
		State    string `db:"state"`
	}
	if err := tx.SelectContext(ctx, &accounts, sqlWorkerAccounts, sc.Org, pq.Array(employees)); err != nil {
		return Sheet{}, fmt.Errorf("workers' accounts: %w", err)
	}
	if len(accounts) == 0 {
		return Sheet{}, errs.New(errs.Conflict, "auth.link.disabled")
	}
	to := make([]target, len(accounts))
	for i, a := range accounts {
		to[i] = target{a.ID, a.State}
	}
	links, err := issue(ctx, tx, sc.Org, to, sc.Account, at)
	if err != nil {
		return Sheet{}, err
	}
	people, err := s.people.Contacts(ctx, tx, sc.Org, employees)
	if err != nil {
		return Sheet{}, fmt.Errorf("read files: %w", err)
	}
	byFile := map[int64]Link{}
	for i, a := range accounts {
		byFile[a.Employee] = links[i]
	}
	return sheetOf(people, byFile), nil
}

func sheetOf(people []Contact, links map[int64]Link) Sheet {
	slices.SortFunc(people, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(a.EmployeeNo, b.EmployeeNo), cmp.Compare(a.EmployeeID, b.EmployeeID))
	})
	var sheet Sheet
	for _, p := range people {
		if link, ok := links[p.EmployeeID]; ok {
			sheet.Workshop, sheet.Team = p.Workshop, p.Team
			sheet.Cards = append(sheet.Cards, Card{Name: gb.MaskName(p.Name), EmployeeNo: p.EmployeeNo, Link: link})
		}
	}
	return sheet
}
