package rulebook_test

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

func overlay(p rulebook.Place, o regime.Overlay, from time.Time) rulebook.Proposal {
	return rulebook.Proposal{Kind: rulebook.OverlayChange, Place: p, Overlay: o, EffectiveAt: from}
}

func division(code string) rulebook.Place { return rulebook.Place{Division: code} }

func enterprise(id int32) rulebook.Place { return rulebook.Place{Enterprise: id} }

const (
	city     = "370300"
	district = "370303"
	line     = "zb-gaoxin"
)

// An enterprise is under the city, the district of its address, the line it reports to and itself, and the strictest wins.
func TestTheStricterOfEveryPlaceWins(t *testing.T) {
	w := newWorld(t)
	firm, elsewhere := w.Org(line, w.at("03-20 00:00")), w.Org("370306", w.at("03-20 00:00"))
	w.Exec(`update org set gb_district = $2 where id = $1`, firm, district)
	monday := w.at("03-28 00:00")
	w.confirmed(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 120), monday))
	w.confirmed(w.city(1), overlay(division(district), every(regime.CategoryGeneralStaff, 144), monday))
	inLine := every(regime.CategoryDriver, 72)
	inLine.ReturnGate = &regime.OverlayGate{PCRHours: ptr(36)}
	w.confirmed(w.city(1), overlay(division(line), inLine, monday))
	own := every(regime.CategoryDriver, 96)
	own.Tests = append(own.Tests, regime.OverlayTest{Category: regime.CategoryCanteen, BlockOnOverdue: ptr(true)})
	w.confirmed(w.officer(firm, 11), overlay(enterprise(firm), own, monday))

	p := w.rules(firm, time.Time{}).At(monday)
	for category, want := range map[regime.Category]regime.TestRule{
		regime.CategoryGeneralStaff: {IntervalHours: 120, Origin: "division:" + city},
		regime.CategoryICCFrontline: {IntervalHours: 72},
		regime.CategoryDriver:       {IntervalHours: 72, Origin: "division:" + line},
		regime.CategoryCanteen:      {IntervalHours: 120, Origin: enterprise(firm).Origin()},
	} {
		if got := rule(t, p, category); got.IntervalHours != want.IntervalHours || got.Origin != want.Origin {
			t.Errorf("%s: every %d h by %q, want %d h by %q", category, got.IntervalHours, got.Origin, want.IntervalHours, want.Origin)
		}
	}
	if !rule(t, p, regime.CategoryCanteen).BlockOnOverdue || p.ReturnGate.PCRHours != 36 {
		t.Error("the enterprise's block or the line's gate is missing")
	}
	other := w.rules(elsewhere, time.Time{}).At(monday)
	if got := rule(t, other, regime.CategoryDriver).IntervalHours; got != 120 || other.ReturnGate.PCRHours != 48 {
		t.Errorf("elsewhere: drivers every %d h, want the city's 120", got)
	}
	tl, err := w.book.Timeline(t.Context(), w.officer(firm, 11), enterprise(firm), monday)
	if err != nil {
		t.Fatal(err)
	}
	var idle []string
	for _, l := range tl.Now().Layers {
		idle = append(idle, l.NoEffect...)
	}
	if len(tl.Now().Layers) != 5 || len(idle) != 2 {
		t.Errorf("%d layers, without effect %v, want 5 and the district's interval and the enterprise's for drivers", len(tl.Now().Layers), idle)
	}
}

func TestChangesTakeEffectInTurn(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	general := regime.CategoryGeneralStaff
	w.confirmed(w.city(1), overlay(division(city), every(general, 120), w.at("03-28 00:00")))
	w.confirmed(w.city(1), rulebook.Proposal{Kind: rulebook.PackChange, Place: division(district), Pack: "zibo-2022-h2", PackVersion: 1, EffectiveAt: w.at("04-04 00:00")})
	w.confirmed(w.city(1), overlay(division(city), every(general, 96), w.at("04-11 00:00")))
	w.confirmed(w.city(1), rulebook.Proposal{Kind: rulebook.PackChange, Place: division(city), Pack: "zibo-2022-03", PackVersion: 1, EffectiveAt: w.at("04-18 00:00")})
	w.confirmed(w.city(1), overlay(division(city), regime.Overlay{}, w.at("04-25 00:00"))) // lifts
	r := w.rules(firm, time.Time{})
	for _, c := range []struct {
		at   string
		pack string
		want int // hours of the general rolling rule, 0 for none
	}{
		{"03-24 09:00", "zibo-2022-03", 168}, {"03-27 23:59", "zibo-2022-03", 168}, {"03-28 00:00", "zibo-2022-03", 120},
		{"04-04 00:00", "zibo-2022-h2", 120}, {"04-11 00:00", "zibo-2022-h2", 96}, {"04-18 00:00", "zibo-2022-03", 96}, {"04-25 00:00", "zibo-2022-03", 168},
	} {
		p := r.At(w.at(c.at))
		if got := rule(t, p, general).IntervalHours; p.ID != c.pack || got != c.want {
			t.Errorf("%s: %s every %d h, want %s every %d h", c.at, p.ID, got, c.pack, c.want)
		}
	}
	if n := len(r.Versions()); n != 6 {
		t.Errorf("%d versions, want 6", n)
	}
}

// Asked for a past knowledge, the book does not know what was confirmed later.
func TestRulesAsKnownAtAnInstant(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	general := regime.CategoryGeneralStaff
	w.confirmed(w.city(1), overlay(division(city), every(general, 120), w.at("03-28 00:00")))
	w.clock.Set(w.at("03-29 12:00"))
	w.confirmed(w.city(1), overlay(division(city), every(general, 72), w.at("03-29 12:00")))
	for _, c := range []struct {
		known time.Time
		want  int
	}{
		{w.at("03-24 08:59"), 168}, {w.at("03-24 09:00"), 120}, {w.at("03-29 11:59"), 120}, {w.at("03-29 12:00"), 72}, {time.Time{}, 72},
	} {
		if got := rule(t, w.rules(firm, c.known).At(w.at("03-30 00:00")), general).IntervalHours; got != c.want {
			t.Errorf("known at %s: every %d h, want %d", c.known, got, c.want)
		}
	}
}

// What was asked for a moment ago costs no round trip: it is answered even where no statement can be run.
func TestRulesAreRemembered(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	w.rules(firm, time.Time{})
	if _, err := w.book.For(t.Context(), nil, firm, time.Time{}); err != nil {
		t.Error(err)
	}
	if _, err := w.book.For(t.Context(), nil, firm, w.now()); err != nil {
		t.Error(err)
	}
	w.confirmed(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 120), w.at("03-28 00:00")))
	if got := rule(t, w.rules(firm, time.Time{}).At(w.at("03-28 00:00")), regime.CategoryGeneralStaff).IntervalHours; got != 120 {
		t.Errorf("after a confirmation: every %d h, want 120", got)
	}
}

// An enterprise's own overlay is its own and the bureau's to see.
func TestForeignOverlaysAreOutOfSight(t *testing.T) {
	w := newWorld(t)
	firm, foreign := w.Org(district, w.at("03-20 00:00")), w.Org(district, w.at("03-20 00:00"))
	id := w.confirmed(w.officer(firm, 11), overlay(enterprise(firm), every(regime.CategoryGeneralStaff, 48), w.now()))
	stranger := w.officer(foreign, 21)
	if _, err := w.book.Get(t.Context(), stranger, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("a foreign change: %v, want not found", err)
	}
	if _, err := w.book.Timeline(t.Context(), stranger, enterprise(firm), w.now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("foreign rules: %v, want not found", err)
	}
	if err := w.book.Withdraw(t.Context(), stranger, id, w.now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("withdrawing a foreign change: %v, want not found", err)
	}
	err := w.DB.InTx(t.Context(), db.Tenant{Org: foreign}, func(tx *sqlx.Tx) error {
		w.book.Use(nil) // nothing is evaluated here
		_, err := w.book.For(t.Context(), tx, w.Org(line, w.now()), time.Time{})
		return err
	})
	if err == nil {
		t.Error("rules of an org were read in another tenant's transaction, which may hide some of them")
	}
	if got := rule(t, w.rules(foreign, time.Time{}).At(w.now()), regime.CategoryGeneralStaff).IntervalHours; got != 168 {
		t.Errorf("the neighbour is under every %d h", got)
	}
	for who, want := range map[int64]int{11: 1, 21: 0, 1: 1} {
		sc, place := w.officer(firm, who), enterprise(firm)
		switch who {
		case 21:
			sc, place = stranger, enterprise(foreign)
		case 1:
			sc, place = w.city(1), division(city)
		}
		list, err := w.book.List(t.Context(), sc, rulebook.Filter{Place: place})
		if err != nil || list.Total != want {
			t.Errorf("account %d lists %d changes (%v), want %d", who, list.Total, err, want)
		}
	}
	auditor := authz.Scope{Account: 5, Role: authz.Auditor, Org: w.bureau}
	if _, err := w.book.Timeline(t.Context(), auditor, division(city), w.now()); err != nil {
		t.Errorf("an auditor reads the city's rules: %v", err)
	}
}

func TestChangesArePagedByKey(t *testing.T) {
	w := newWorld(t)
	var want []int64
	for i := range 5 {
		want = append([]int64{w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 100+i), w.at("03-28 00:00")))}, want...)
	}
	var got []int64
	r := page.Request{Size: 2}
	for {
		list, err := w.book.List(t.Context(), w.city(1), rulebook.Filter{Place: division(district), State: rulebook.Proposed, Page: r})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list.Rows {
			got = append(got, c.ID)
		}
		if list.Next == "" {
			if back, err := w.book.List(t.Context(), w.city(1), rulebook.Filter{Place: division(city), Page: page.Request{Size: 2, Before: list.Prev}}); err != nil || back.Rows[0].ID != want[2] {
				t.Errorf("back: %v", err)
			}
			break
		}
		r.After = list.Next
	}
	if len(got) != 5 || got[0] != want[0] || got[4] != want[4] {
		t.Errorf("listed %v, want %v", got, want)
	}
	if _, err := w.book.List(t.Context(), w.city(1), rulebook.Filter{Page: page.Request{After: page.Cursor("x")}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a bad cursor: %v", err)
	}
}
