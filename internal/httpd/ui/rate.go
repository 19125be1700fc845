package ui

import "fmt"

// Rate is a share with what it is made of: numerator, denominator, percentage,
// a bar and the instant it was counted. Component "ui/rate".
type Rate struct {
	Label   string
	Percent string // "97.2%", or "—" when hidden or empty
	Counts  string // "1,204 / 1,238"
	AsOf    string // ready text, such as "截至 2026-11-23 (周一) 09:00"
	Note    string // why there is no figure
	Width   string // of the bar, an SVG percentage such as "97.2%"
	Tone    Tone
	Hidden  bool // no figure: a small cell, or nobody counted
}

// NewRate counts num of den. The percentage is cut, never rounded up: 100% means
// that nobody is missing. A zero den gives an empty rate, not 0% and not 100%.
func NewRate(t Translate, label string, num, den int, asOf string) Rate {
	if den <= 0 {
		return Rate{Label: label, Percent: "—", Note: t("common.rate.nobody"), AsOf: asOf, Hidden: true}
	}
	percent := Percent(num, den)
	return Rate{
		Label: label, Percent: percent, Width: percent, AsOf: asOf,
		Counts: Number(num) + " / " + Number(den),
		Tone:   rateTone(num, den),
	}
}

// HiddenRate stands for a figure withheld because its group is so small that it
// would point at a person.
func HiddenRate(t Translate, label, asOf string) Rate {
	return Rate{Label: label, Percent: "—", Note: t("common.rate.hidden"), AsOf: asOf, Hidden: true}
}

// Percent writes num/den with one decimal, cut. Out-of-range shares are clamped.
func Percent(num, den int) string {
	if den <= 0 {
		return "—"
	}
	num = min(max(num, 0), den)
	mille := int64(num) * 1000 / int64(den)
	if mille == 1000 {
		return "100%"
	}
	return fmt.Sprintf("%d.%d%%", mille/10, mille%10)
}

// rateTone: complete is calm, 95 % and more is nearly there, less needs work.
func rateTone(num, den int) Tone {
	switch {
	case num >= den:
		return ToneOK
	case int64(num)*100 >= int64(den)*95:
		return ToneInfo
	case int64(num)*100 >= int64(den)*80:
		return ToneWarn
	default:
		return ToneDanger
	}
}
