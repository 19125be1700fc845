// Package org keeps the tenants: enterprises, the bureaus that oversee them, and the operator of the installation, together
// with the divisions they lie in. Org rows are global, not tenant rows: every service reads them, only this package writes
// them. What belongs to an org's audit log is written there in the same transaction.
package org

import (
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
)

// The kinds of org.
const (
	Enterprise = "enterprise" // keeps files of employees
	Bureau     = "bureau"     // oversees divisions, sees no names
	Operator   = "operator"   // runs the installation
)

// Kinds lists the kinds that an administrator may create; the operator is created once, at set-up.
func Kinds() []string { return []string{Enterprise, Bureau} }

// Sizes lists the classes of enterprise size (统计上大中小微型企业划分办法 2017).
func Sizes() []string { return []string{"large", "medium", "small", "micro"} }

// ResumeStatuses lists how far an enterprise has resumed work.
func ResumeStatuses() []string {
	return []string{"not_resumed", "partial", "full", "suspended", "maintenance"}
}

// Industries lists the codes an enterprise may have: the sections of GB/T 4754-2017, manufacturing by division.
func Industries() []string {
	out := []string{"A", "B"}
	for d := 13; d <= 43; d++ {
		out = append(out, "C"+string(rune('0'+d/10))+string(rune('0'+d%10)))
	}
	for s := 'D'; s <= 'T'; s++ {
		out = append(out, string(s))
	}
	return out
}

// Org is one tenant. Code is an enterprise's unified social credit code (统一社会信用代码), or a short name of a bureau.
type Org struct {
	ID           int32     `db:"id"`
	Kind         string    `db:"kind"`
	Code         string    `db:"code"`
	Name         string    `db:"name"`
	ShortName    string    `db:"short_name"`
	TimeZone     string    `db:"time_zone"`
	GBDistrict   string    `db:"gb_district"` // division of the address, a GB/T 2260 code
	AdminZone    string    `db:"admin_zone"`  // division it reports to
	Industry     string    `db:"industry"`
	Size         string    `db:"size"`
	AboveScale   bool      `db:"above_scale"` // 规模以上
	ResumeStatus string    `db:"resume_status"`
	RulePack     string    `db:"rule_pack"`
	GoLiveAt     time.Time `db:"go_live_at"` // no test is owed before
	Active       bool      `db:"active"`
	CreatedAt    time.Time `db:"created_at"`

	// CodeConfirmed says that somebody compared a code whose check character does not fit with the licence. It is not
	// stored: the audit log keeps it.
	CodeConfirmed bool `db:"-"`
}

// Zone is where the org's days are counted. The name was checked when it was stored.
func (o Org) Zone() *time.Location {
	z, err := clock.Zone(o.TimeZone)
	if err != nil {
		return time.UTC
	}
	return z
}

// Title is the short name, or the full one where there is none.
func (o Org) Title() string {
	if o.ShortName != "" {
		return o.ShortName
	}
	return o.Name
}

// Division is an administrative area or a reporting line.
type Division struct {
	Code    string `db:"code"`
	Kind    string `db:"kind"` // city, district, county, zone
	Name    string `db:"name"`
	NameEn  string `db:"name_en"`
	GBCode  string `db:"gb_code"` // "" for a functional zone
	Parent  string `db:"parent"`
	TileRow int    `db:"tile_row"`
	TileCol int    `db:"tile_col"`
}
