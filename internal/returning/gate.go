package returning

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// Verdict is how an item of the gate stands.
type Verdict string

// The verdicts. Missing is something that the person can still supply, Failed something known that bars.
const (
	OK      Verdict = "ok"
	Missing Verdict = "missing"
	Failed  Verdict = "failed"
)

// The items of the gate, in the order in which they are shown.
const (
	ItemCode      = "code"      // health code of a colour that passes, looked at lately
	ItemArea      = "area"      // no area that bars within the days looked back, or a control finished with proof
	ItemContact   = "contact"   // no contact, and no measure for contacts in force
	ItemHealth    = "health"    // no fever, no symptoms
	ItemPCR       = "pcr"       // a negative sample on record, young enough
	ItemPledge    = "pledge"    // signed
	ItemCommunity = "community" // told, when coming from outside the city
	ItemHold      = "hold"      // no other hold in force
)

// Items lists the items.
func Items() []string {
	return []string{ItemCode, ItemArea, ItemContact, ItemHealth, ItemPCR, ItemPledge, ItemCommunity, ItemHold}
}

// Item is one item of the gate with what decided it. Why is the key of a sentence (returning.why.…, and returning.todo.… unless
// the item holds); the other fields are what the sentence may name.
type Item struct {
	Code    string
	Verdict Verdict
	Why     string
	At      time.Time // the instant, or for a day its midnight
	Until   time.Time
	Names   []string // keys of texts: kinds of hold, symptoms, colours
	Words   []string // as declared: areas, a proof
	Degrees float64  // °C
}

// Held is a hold in force.
type Held struct {
	Kind string
	From time.Time
}

// Evidence is all that the gate looks at. Samples and holds are those of the records.
type Evidence struct {
	Declaration Declaration
	StatedAt    time.Time // when temperature and symptoms were stated; zero for a draft
	PledgeAt    time.Time
	Samples     []regime.Sample
	Holds       []Held
	Held        bool // the standing says held, whatever Holds says
}

// Why an item stands as it does.
const (
	whyCodeOK       = "code.ok"
	whyCodeNone     = "code.none"
	whyCodeColour   = "code.colour"
	whyCodeStale    = "code.stale"
	whyAreaOK       = "area.ok"
	whyAreaReleased = "area.released"
	whyAreaNone     = "area.none"
	whyAreaRisk     = "area.risk"
	whyAreaControl  = "area.control"
	whyAreaProof    = "area.proof"
	whyContactOK    = "contact.ok"
	whyContactGoods = "contact.goods"
	whyContactNone  = "contact.none"
	whyContactSaid  = "contact.said"
	whyContactHeld  = "contact.held"
	whyHealthOK     = "health.ok"
	whyHealthDraft  = "health.draft.ok" // not handed in yet
	whyHealthNone   = "health.none"
	whyHealthFever  = "health.fever"
	whyHealthFelt   = "health.felt"
	whyHealthStale  = "health.stale"
	whyPCROK        = "pcr.ok"
	whyPCRNone      = "pcr.none"
	whyPCROld       = "pcr.old"
	whyPCRAwaited   = "pcr.awaited"
	whyPCRRecheck   = "pcr.recheck"
	whyPledgeOK     = "pledge.ok"
	whyPledgeNone   = "pledge.none"
	whyCommOK       = "community.ok"
	whyCommLocal    = "community.local"
	whyCommNone     = "community.none"
	whyCommNot      = "community.not"
	whyHoldOK       = "hold.ok"
	whyHoldHeld     = "hold.held"
	whyHoldUnknown  = "hold.unknown"
)

// Check evaluates the gate at the instant, which must be in the org's zone. It looks at nothing but its arguments. The pack gives no
// age of its own for the health code and the statement about health: they may be as old as the sample may be.
func Check(e *Evidence, p *regime.Pack, at time.Time) []Item {
	g := gate{e, p, at, time.Duration(p.ReturnGate.PCRHours) * time.Hour}
	items := []Item{g.code(), g.area(), g.contact(), g.health(), g.pcr(), g.pledge(), g.community(), g.hold()}
	for i, code := range Items() {
		items[i].Code = code
	}
	return items
}

// Failing lists the codes of the items that do not hold; nil when all do.
func Failing(items []Item) []string {
	var out []string
	for _, it := range items {
		if it.Verdict != OK {
			out = append(out, it.Code)
		}
	}
	return out
}

// HeldBack reports whether a hold in force bars: that is not for an override to lift, but for the release of the hold.
func HeldBack(items []Item) bool {
	return slices.ContainsFunc(items, func(it Item) bool {
		return it.Why == whyContactHeld || it.Why == whyHoldHeld || it.Why == whyHoldUnknown
	})
}

type gate struct {
	*Evidence
	pack  *regime.Pack
	at    time.Time
	fresh time.Duration
}

// stale reports whether an instant is too long ago to rely on.
func (g *gate) stale(t time.Time) bool { return g.at.Sub(t) > g.fresh }

// recent reports whether a civil day lies within the last days, today included. A blank day might be any.
func (g *gate) recent(day string, days int) bool {
	return day == "" || day >= g.at.AddDate(0, 0, -days).Format(time.DateOnly)
}

func (g *gate) midnight(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, g.at.Location())
	if err != nil {
		return time.Time{}
	}
	return t
}
