package exemption

import "strings"

// Coverage is how far somebody is vaccinated.
type Coverage string

// The coverages. CoverageUnknown is that of a file in which nothing is recorded.
const (
	CoverageUnknown Coverage = "unknown"
	CoverageNone    Coverage = "not"
	CoveragePartial Coverage = "partial"
	CoverageFull    Coverage = "full"
	CoverageBooster Coverage = "booster"
)

// Course is how many doses of a product make a full course: three of the recombinant protein vaccine (智飞), one of the adenovirus
// vaccine (康希诺), two of all others.
func Course(product string) int {
	p := strings.ToLower(product)
	for _, c := range []struct {
		doses int
		words []string
	}{
		{3, []string{"智飞", "重组蛋白", "重组新型冠状病毒疫苗(cho", "zf2001", "zifivax"}},
		{1, []string{"康希诺", "腺病毒", "ad5", "convidecia", "cansino"}},
	} {
		for _, w := range c.words {
			if strings.Contains(p, w) {
				return c.doses
			}
		}
	}
	return 2
}

// CoverageOf judges the doses that stand, in any order, and returns the last of them. The course is that of the earliest dose on file,
// since a booster may be of another product.
func CoverageOf(doses []Dose) (c Coverage, last Dose) {
	c = CoverageUnknown
	var first Dose
	for _, d := range doses {
		if !d.Stands() {
			continue
		}
		if c == CoverageUnknown || d.Number > last.Number {
			c, last = CoverageNone, d
		}
		if d.Number > 0 && (first.Number == 0 || d.Number < first.Number) {
			first = d
		}
	}
	if first.Number == 0 {
		return c, last
	}
	switch need := Course(first.Product); {
	case last.Number < need:
		return CoveragePartial, last
	case last.Number == need:
		return CoverageFull, last
	}
	return CoverageBooster, last
}
