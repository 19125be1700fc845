package rulebook_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/testkit"
)

func TestProposalsAreChecked(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	monday := w.at("03-28 00:00")
	good := overlay(division(city), every(regime.CategoryGeneralStaff, 120), monday)
	good.Reason = "疫情"
	for name, c := range map[string]struct {
		change func(p *rulebook.Proposal)
		field  string
	}{
		"past":            {func(p *rulebook.Proposal) { p.EffectiveAt = w.now().Add(-11 * time.Minute) }, "effective_at"},
		"far":             {func(p *rulebook.Proposal) { p.EffectiveAt = w.now().AddDate(2, 0, 0) }, "effective_at"},
		"no reason":       {func(p *rulebook.Proposal) { p.Reason = " " }, "reason"},
		"long reason":     {func(p *rulebook.Proposal) { p.Reason = strings.Repeat("长", 501) }, "reason"},
		"nothing to lift": {func(p *rulebook.Proposal) { p.Overlay = regime.Overlay{Basis: "通告"} }, "overlay"},
		"senseless hours": {func(p *rulebook.Proposal) { p.Overlay = every(regime.CategoryGeneralStaff, 0) }, "overlay"},
		"no such pack":    {func(p *rulebook.Proposal) { p.Kind, p.Pack, p.PackVersion = rulebook.PackChange, "zibo-2022-03", 9 }, "pack"},
		"no kind":         {func(p *rulebook.Proposal) { p.Kind = "" }, "kind"},
	} {
		p := good
		c.change(&p)
		if _, err := w.book.Propose(t.Context(), w.city(1), p, w.now()); errs.FieldsOf(err)[c.field].Key == "" {
			t.Errorf("%s: %v, want a fault of %s", name, err, c.field)
		}
	}
	packForFirm := rulebook.Proposal{Kind: rulebook.PackChange, Place: enterprise(firm), Pack: "zibo-2022-h2", PackVersion: 1, EffectiveAt: monday, Reason: "疫情"}
	if _, err := w.book.Propose(t.Context(), w.officer(firm, 11), packForFirm, w.now()); errs.FieldsOf(err)["kind"].Key == "" {
		t.Errorf("a pack for one enterprise: %v", err)
	}
	for name, sc := range map[string]authz.Scope{
		"an enterprise for a division": w.officer(firm, 11),
		"a district bureau":            {Account: 3, Role: authz.DistrictBureau, Org: w.bureau, Division: district},
		"a worker":                     {Account: 4, Role: authz.Worker, Org: firm},
	} {
		if _, err := w.book.Propose(t.Context(), sc, good, w.now()); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
	own := good
	own.Place = enterprise(firm)
	if _, err := w.book.Propose(t.Context(), w.city(1), own, w.now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("the bureau for an enterprise: %v, want forbidden", err)
	}
	nowhere := good
	nowhere.Place = division("999999")
	if _, err := w.book.Propose(t.Context(), w.city(1), nowhere, w.now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("no such division: %v", err)
	}
}

// A change needs figures and a second person of the same scope; nobody decides twice.
func TestASecondPersonDecides(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	ctx := t.Context()
	id := w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 120), w.at("03-28 00:00")))
	conflict := func(what, key string, err error) {
		t.Helper()
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Conflict || e.Message.Key != key {
			t.Errorf("%s: %v, want %s", what, err, key)
		}
	}
	conflict("before the figures", "rules.no_preview", w.book.Confirm(ctx, w.city(2), id, "", w.now()))
	w.work()
	conflict("the proposer", "rules.second_person", w.book.Confirm(ctx, w.city(1), id, "", w.now()))
	conflict("the proposer's refusal", "rules.own_refusal", w.book.Refuse(ctx, w.city(1), id, "不妥", w.now()))
	conflict("another's withdrawal", "rules.not_yours", w.book.Withdraw(ctx, w.city(2), id, w.now()))
	if err := w.book.Confirm(ctx, w.officer(firm, 11), id, "", w.now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an enterprise confirms for the city: %v", err)
	}
	if _, err := w.Owner.Exec(`update rule_change set state = 'confirmed', decided_by = proposed_by, decided_at = proposed_at where id = $1`, id); err == nil {
		t.Error("the database let the proposer decide")
	}
	conflict("too late", "rules.too_late", w.book.Confirm(ctx, w.city(2), id, "", w.at("03-28 00:11")))
	if errs.FieldsOf(w.book.Refuse(ctx, w.city(2), id, " ", w.now()))["reason"].Key == "" {
		t.Error("refused without a reason")
	}
	if err := w.book.Confirm(ctx, w.city(2), id, "同意", w.at("03-28 00:10")); err != nil {
		t.Fatal(err)
	}
	conflict("again", "rules.decided", w.book.Refuse(ctx, w.city(2), id, "不妥", w.now()))
	conflict("counting what is decided", "rules.decided", w.book.Preview(ctx, w.city(2), id, w.now()))
	if n := testkit.Get[int](w.Kit, `select count(*) from audit_log where subject = 'rule_change' and subject_id = $1::text and action in ('rules.propose', 'rules.confirm') and org_id = $2`, id, w.bureau); n != 2 {
		t.Errorf("%d audit rows, want proposal and confirmation", n)
	}
	v, err := w.book.Get(ctx, w.officer(firm, 11), id)
	if err != nil || v.State != rulebook.Confirmed || v.Note != "同意" ||
		rule(t, v.Effect.Before, regime.CategoryGeneralStaff).IntervalHours != 168 || rule(t, v.Effect.After, regime.CategoryGeneralStaff).IntervalHours != 120 {
		t.Errorf("read back: %+v (%v)", v, err)
	}
	other := w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 96), w.at("03-28 00:00")))
	if err := w.book.Withdraw(ctx, w.city(1), other, w.now()); err != nil {
		t.Error(err)
	}
	third := w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 96), w.at("03-28 00:00")))
	if err := w.book.Refuse(ctx, w.city(2), third, "实验室能力不足", w.now()); err != nil {
		t.Error(err)
	}
	w.work() // the counts of decided changes end quietly
	if got := rule(t, w.rules(firm, time.Time{}).At(w.at("04-01 00:00")), regime.CategoryGeneralStaff).IntervalHours; got != 120 {
		t.Errorf("every %d h, want only the confirmed change to apply", got)
	}
}

func TestTheNextMonday(t *testing.T) {
	for day, want := range map[string]string{"03-20 23:59": "03-21 00:00", "03-21 00:00": "03-28 00:00", "03-24 09:00": "03-28 00:00", "03-26 10:00": "03-28 00:00"} {
		if got := rulebook.NextMonday(testkit.At(t, day), testkit.Zone); !got.Equal(testkit.At(t, want)) {
			t.Errorf("after %s: %s, want %s", day, got, want)
		}
	}
}

func packText(t *testing.T, id string, change func(p *regime.Pack)) string {
	t.Helper()
	p, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	p.ID, p.Version = id, 1
	if change != nil {
		change(p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestABureauAddsPacks(t *testing.T) {
	w := newWorld(t)
	firm := w.Org(district, w.at("03-20 00:00"))
	ctx := t.Context()
	refused := func(what, text, key, says string) {
		t.Helper()
		_, err := w.book.AddPack(ctx, w.city(1), text, w.now())
		m := errs.FieldsOf(err)["body"]
		if m.Key != key {
			t.Errorf("%s: %v, want %s", what, err, key)
		}
		if faults, _ := m.Args["Faults"].(string); !strings.Contains(faults, says) {
			t.Errorf("%s: faults %q do not name %s", what, faults, says)
		}
	}
	refused("nothing", " ", "error.required", "")
	refused("no pack", "{", "rules.pack.faults", "")
	refused("a senseless value", packText(t, "zibo-2022-04", func(p *regime.Pack) { p.Tests[3].IntervalHours = 9000 }), "rules.pack.faults", "tests[3].interval_hours")
	refused("a pack of the program", packText(t, "zibo-2022-03", nil), "rules.pack.next_version", "")
	refused("a gap in versions", packText(t, "zibo-2022-03", func(p *regime.Pack) { p.Version = 3 }), "rules.pack.next_version", "")
	if _, err := w.book.AddPack(ctx, w.officer(firm, 11), packText(t, "own", nil), w.now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an enterprise adds a pack: %v", err)
	}
	daily := func(p *regime.Pack) {
		p.Version = 2
		for i := range p.Tests {
			p.Tests[i].IntervalHours = 48
		}
	}
	if _, err := w.book.AddPack(ctx, w.city(1), packText(t, "zibo-2022-03", daily), w.now()); err != nil {
		t.Fatal(err)
	}
	if got := rule(t, w.rules(firm, time.Time{}).At(w.now()), regime.CategoryGeneralStaff).IntervalHours; got != 168 {
		t.Errorf("an added version applied by itself: every %d h", got)
	}
	w.confirmed(w.city(1), rulebook.Proposal{Kind: rulebook.PackChange, Place: division(district), Pack: "zibo-2022-03", PackVersion: 2, EffectiveAt: w.now()})
	if got := rule(t, w.rules(firm, time.Time{}).At(w.now()), regime.CategoryGeneralStaff).IntervalHours; got != 48 {
		t.Errorf("put in force: every %d h, want 48", got)
	}
	list, err := w.book.Packs(ctx, w.officer(firm, 11))
	if err != nil || len(list) != len(regime.BuiltinIDs())+1 {
		t.Errorf("%d packs (%v)", len(list), err)
	}
	if p, err := rulebook.FindPack(list, "zibo-2022-03", 0); err != nil || p.Version != 2 || p.By != "市局" {
		t.Errorf("the newest version: %+v (%v)", p, err)
	}
}
