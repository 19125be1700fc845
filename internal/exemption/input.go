package exemption

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
)

// Bounds of what is taken in.
const (
	maxProof   = 200
	maxProduct = 80
	farthest   = 366 * 24 * time.Hour // from today, and from beginning to end
	clockSlack = 10 * time.Minute
	maxDose    = 9
)

// Input tells of an exemption.
type Input struct {
	Employee int64
	Ground   string
	From, To time.Time // a zero To is as long as the rules allow, open-ended if they leave that open
	Proof    string    // needed from staff; sheets often lack it
	Source   Source
}

// inputOrder is the order in which faults of an Input are named.
var inputOrder = []string{"employee", "ground", "from", "to", "proof"}

// check normalises the input and says what is wrong with it.
func (in *Input) check(rules regime.Rules, at time.Time) errs.Fields {
	f := errs.Fields{}
	in.From, in.To = in.From.Truncate(time.Second), in.To.Truncate(time.Second)
	in.Proof = sheet.NormalizeText(in.Proof)
	switch {
	case in.Ground == "":
		f.Add("ground", "error.required")
	case !slices.Contains(regime.ExemptionGrounds(), in.Ground):
		f.Add("ground", "error.choice")
	}
	switch {
	case in.From.IsZero():
		f.Add("from", "error.required")
	case in.From.Before(at.Add(-farthest)):
		f.Add("from", "exemption.refused.long_ago")
	case in.From.After(at.Add(farthest)):
		f.Add("from", "exemption.refused.far_ahead")
	case len(f) == 0:
		in.bound(maxHours(rules.At(in.From), in.Ground), f)
	}
	switch {
	case utf8.RuneCountInString(in.Proof) > maxProof:
		f.Add("proof", "exemption.refused.text_too_long", "Max", maxProof)
	case in.Proof == "" && in.Source == ByStaff:
		f.Add("proof", "exemption.refused.proof")
	}
	return f
}

// says reports whether both tell the same of one exemption.
func (in *Input) says(other Input) bool { return in.To.Equal(other.To) && in.Proof == other.Proof }

// bound fits the end to what the ground allows, in hours; 0 leaves it open.
func (in *Input) bound(hours int, f errs.Fields) {
	longest := time.Duration(hours) * time.Hour
	if in.To.IsZero() && hours > 0 {
		in.To = in.From.Add(longest)
	}
	switch {
	case in.To.IsZero():
	case !in.To.After(in.From):
		f.Add("to", "exemption.refused.ends_before")
	case hours > 0 && in.To.Sub(in.From) > longest:
		f.Add("to", "exemption.refused.too_long", "Hours", hours)
	case in.To.Sub(in.From) > farthest:
		f.Add("to", "exemption.refused.far_ahead")
	}
}

// maxHours is the longest exemption of a ground, 0 for as long as recorded.
func maxHours(p *regime.Pack, ground string) int {
	for _, g := range p.ExemptionGrounds {
		if g.Ground == ground {
			return g.MaxHours
		}
	}
	return 0
}

// DoseInput tells of a vaccination, or with Number 0 that there is none.
type DoseInput struct {
	Employee int64
	Number   int
	At       time.Time
	DayOnly  bool // At is the midnight of a day whose hour was not told
	Product  string
	None     string
	Source   Source
}

var doseOrder = []string{"employee", "number", "at", "product", "none"}

// firstShot is before anybody in China was vaccinated; the emergency use began in July 2020.
var firstShot = time.Date(2020, 6, 30, 0, 0, 0, 0, time.UTC)

func (in *DoseInput) check(at time.Time) errs.Fields {
	f := errs.Fields{}
	in.At = in.At.Truncate(time.Second)
	in.Product = strings.TrimSpace(sheet.NormalizeText(in.Product))
	if in.Number < 0 || in.Number > maxDose {
		f.Add("number", "error.choice")
	}
	if in.Number == 0 {
		in.checkNone(f)
		return f
	}
	switch {
	case in.At.IsZero():
		f.Add("at", "error.required")
	case in.At.After(at.Add(clockSlack)):
		f.Add("at", "exemption.refused.future")
	case in.At.Before(firstShot):
		f.Add("at", "exemption.refused.no_vaccine_yet")
	}
	if in.None != "" {
		f.Add("none", "exemption.refused.none_and_some")
	}
	if utf8.RuneCountInString(in.Product) > maxProduct {
		f.Add("product", "exemption.refused.text_too_long", "Max", maxProduct)
	}
	return f
}

func (in *DoseInput) checkNone(f errs.Fields) {
	switch {
	case in.None == "":
		f.Add("none", "exemption.refused.why_none")
	case !slices.Contains(NoneReasons(), in.None):
		f.Add("none", "error.choice")
	}
	if !in.At.IsZero() {
		f.Add("at", "exemption.refused.none_and_some")
	}
	in.Product = ""
}

// says reports whether both tell the same of one dose.
func (in *DoseInput) says(other DoseInput) bool {
	return in.At.Equal(other.At) && in.Product == other.Product && in.None == other.None
}

// agrees reports whether the telling adds nothing to a dose on file: a day that holds its instant, and no other product.
func (in *DoseInput) agrees(d *Dose) bool {
	if in.None != d.None || in.Product != "" && in.Product != d.Product {
		return false
	}
	if in.DayOnly && !d.At.Before(in.At) && d.At.Before(in.At.AddDate(0, 0, 1)) {
		return true
	}
	return in.At.Equal(d.At)
}
