package employee

import (
	"errors"
	"time"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
)

// indexDraft is the kind of blind index that recognises a draft which was merged before.
const indexDraft = "roster"

// Draft is what a roster says of one person: normalised, without faults, and with the two keyed digests by which the file is found
// and a repetition is known. It holds sealed values in the clear, so at rest it must be sealed as a whole.
type Draft struct {
	v      *profile.Values
	index  string // blind index of the identity number
	digest string // of everything that is said
}

// Draft checks what a roster says. today is any instant of the present civil day in the org's zone. With faults there is no draft.
func (r Roster) Draft(in Incoming, today time.Time) (Draft, errs.Fields) {
	v, faults := in.Check(today)
	if len(faults) > 0 {
		return Draft{}, faults
	}
	box := r.s.vault.box
	return Draft{v: &v, index: string(box.Index(indexID, v.IDNumber)), digest: string(box.Index(indexDraft, string(v.Append(nil))))}, nil
}

// Person identifies whom the draft is about within one sheet.
func (d *Draft) Person() string { return d.index }

// Says reports whether two drafts say the same.
func (d *Draft) Says(other *Draft) bool { return d.digest == other.digest }

// EmployeeNo is the employee number that is said, in its stored form.
func (d *Draft) EmployeeNo() string { return d.v.EmployeeNo }

// Append packs the draft behind dst.
func (d *Draft) Append(dst []byte) []byte {
	dst = append(append(dst, d.index...), d.digest...)
	return d.v.Append(dst)
}

var errDraft = errors.New("employee: not a packed draft")

// UnpackDraft reads what Append wrote. The draft shares the memory of packed.
func UnpackDraft(packed string) (Draft, error) {
	if len(packed) < 2*secret.IndexSize {
		return Draft{}, errDraft
	}
	v, err := profile.Unpack(packed[2*secret.IndexSize:])
	return Draft{v: &v, index: packed[:secret.IndexSize], digest: packed[secret.IndexSize : 2*secret.IndexSize]}, err
}
