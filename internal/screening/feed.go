package screening

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// What package feed needs to take in streams of tellings: the same checks and the same folding as a batch, apart from reading and
// storing.

// Version is what one telling says of a sample.
type Version = version

// Row is a sample as it is read, or a telling that has the columns of one.
type Row = row

// Accept checks what a program says of a sample. settled reports whether it says how the sample was collected; where it does not,
// Collected settles that by what is known.
func (in *Input) Accept(sc authz.Scope, at time.Time) (v Version, settled bool, faults errs.Fields) {
	v, faults = in.accept(teller{account: sc.Account}, at)
	if settled = in.Mode != "" || !v.pcr(); settled {
		v.settlePool()
	}
	return v, settled, faults
}

// Collected settles how the sample of a telling that does not say so was collected: as the record has it, or as the others in the
// tube of that barcode, if their mode is known.
func (v *Version) Collected(now *Version, tube regime.CollectMode) {
	switch {
	case !v.pcr():
	case now != nil && now.pcr():
		v.Mode = now.Mode
	case tube != "":
		v.Mode = tube
	}
	v.settlePool()
}

// Folding is a record of one sample while tellings are folded into it.
type Folding struct{ record }

// Known begins with a record as it is stored; without it the sample is not known yet.
func (f *Folding) Known(v Version, rev int) { f.known(v, rev) }

// Heard adds what a stored version that does not stand says.
func (f *Folding) Heard(v Version) { f.hear(v) }

// Now is the version that stands, nil while none is known.
func (f *Folding) Now() *Version { return f.now }

// Fold takes in the tellings of the sample, in an order of their own so that theirs does not matter, and says what became of each.
// changed reports whether there is anything to store.
func (f *Folding) Fold(tellings []Version) (kinds []Kind, changed bool) {
	order := make([]int, len(tellings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return tellings[i].compare(&tellings[j]) })
	kinds, before := make([]Kind, len(tellings)), f.rev
	for _, i := range order {
		kinds[i] = f.fold(tellings[i])
	}
	return kinds, f.rev != before
}

// Tubes lists the mixed tubes that the record is in, and those that it was taken out of.
func (f *Folded) Tubes() []string { return tubesOf([]Key{f.Key}, map[Key]*record{f.Key: &f.record}) }
