// Package city invents enterprises and people in the numbers that the bench is about and brings them into an empty database in
// minutes. It is no part of the product: where the product writes a row at a time through its services, this package writes
// tables by COPY as their owner, the way a restored backup does, with the values that the services would have written: sealed
// by secret.Box, indexed blindly, with the history row of a new file. What it does not write is the standing of anybody: the
// product evaluates that itself.
//
// It is quick because nothing is done twice. Secondary indexes are dropped and made again from pg_indexes; foreign keys are not
// checked row by row but once, by one anti-join each; and the months of samples are emptied in the transaction that fills them, so
// that a server at wal_level=minimal writes no log of them. Samples are generated on the server by one INSERT … SELECT for each month,
// in the order of the primary key, by two connections: reading a narrow list of people and writing rows there costs a third of
// what sending 150 bytes of text for each row would cost. Months that are over thus lie in key order, as they do after the
// product has rewritten them; the running month lies in the order of arrival, week by week.
//
// Everybody has one slot of the week. Nine people in ten miss one sample in a hundred, eight in a hundred miss one in ten, and
// two in a hundred miss every other one.
package city

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"time"
)

// Version changes whenever the loader would write other rows, so that a kept city is not taken for this one.
const Version = 1

// Spec says how large a city is.
type Spec struct {
	Orgs   int // enterprises
	People int // in all of them
	Weeks  int // of weekly samples behind the instant
}

// Password is what every account of the city signs in with.
const Password = "taoci-yaolu-88"

// Logins of those who see more than one enterprise.
const (
	AdminLogin  = "admin"
	BureauLogin = "city"
)

// City is what was loaded. It is drawn from the Spec and the instant alone, so that it can be had again without reading it.
type City struct {
	Spec    Spec
	At      time.Time // the instant that the data was made for
	Orgs    []Org     // enterprises, in order of id
	Largest *Org
	Bureau  int32 // org of the bureaus' accounts
}

// Org is one enterprise. Its people have the ids First … First+Size-1.
type Org struct {
	ID       int32
	Size     int
	First    int64
	Code     string
	Name     string
	District string // GB/T 2260
	Zone     string // division it reports to
	Industry string
}

const (
	operatorOrg = 1
	bureauOrg   = 2
	firstOrg    = 101
)

// Token is the token of the enterprise's API client, whose id is that of the enterprise.
func (o Org) Token() string {
	h := sha256.Sum256(fmt.Appendf(nil, "bench token of %d", o.ID))
	return "fg_" + base64.RawURLEncoding.EncodeToString(h[:])
}

// Officer is the login of its health officer.
func (o Org) Officer() string { return fmt.Sprintf("officer%05d", o.ID) }

// Manager is the login of its firm administrator.
func (o Org) Manager() string { return fmt.Sprintf("manager%05d", o.ID) }

// Worker is the mobile number of its first worker, who alone has taken the invitation, and signs in by it.
func (o Org) Worker() string { return mobile(o.First) }

// Has reports whether the employee is of this enterprise.
func (o Org) Has(id int64) bool { return id >= o.First && id < o.First+int64(o.Size) }

// DistrictLogin is the login of the account that oversees a division.
func DistrictLogin(division string) string { return "d." + strings.ToLower(division) }

// New draws a city.
func New(s Spec, at time.Time) *City {
	c := &City{Spec: s, At: at.UTC().Truncate(time.Second), Bureau: bureauOrg}
	next := int64(1)
	for i, n := range sizes(s.Orgs, s.People) {
		o := newOrg(i, n, next)
		next += int64(n)
		c.Orgs = append(c.Orgs, o)
	}
	for i := range c.Orgs {
		if c.Largest == nil || c.Orgs[i].Size > c.Largest.Size {
			c.Largest = &c.Orgs[i]
		}
	}
	return c
}

// Random draws a person of the whole city; everybody is as likely as everybody else.
func (c *City) Random(r *rand.Rand) (*Org, int64) {
	id := 1 + r.Int64N(int64(c.Spec.People))
	return c.OrgOf(id), id
}

// OrgOf is the enterprise of an employee.
func (c *City) OrgOf(id int64) *Org {
	i := sort.Search(len(c.Orgs), func(i int) bool { return c.Orgs[i].First > id })
	return &c.Orgs[i-1]
}

// RandomIn draws a person of an enterprise.
func (o *Org) RandomIn(r *rand.Rand) int64 { return o.First + r.Int64N(int64(o.Size)) }

// Fingerprint names what a database holds: the loader, the size and the instant of a city.
func (c *City) Fingerprint() string {
	return fmt.Sprintf("v%d orgs=%d people=%d weeks=%d at=%s", Version, c.Spec.Orgs, c.Spec.People, c.Spec.Weeks, c.At.Format(time.RFC3339))
}

// FromFingerprint is the city that a fingerprint of this version names.
func FromFingerprint(text string) (*City, bool) {
	var v int
	var s Spec
	var at string
	if _, err := fmt.Sscanf(text, "v%d orgs=%d people=%d weeks=%d at=%s", &v, &s.Orgs, &s.People, &s.Weeks, &at); err != nil || v != Version {
		return nil, false
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, false
	}
	return New(s, t), true
}

// begun is when the enterprises began to keep files.
func (c *City) begun() time.Time { return c.At.AddDate(0, 0, -7*c.Spec.Weeks-7) }
