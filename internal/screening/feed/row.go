package feed

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Fields are the names that a row may use, those of the API.
var Fields = []string{"employee_id", "id_number", "employee_no", "name", "sampled_at", "reported_at", "tested_at", "result", "method",
	"collect_mode", "source", "proof", "institution", "lab", "barcode", "note", "late_reason"}

// field is a place in Fields.
type field int

const (
	employeeID field = iota
	idNumber
	employeeNo
	name
	sampledAt
	reportedAt
	testedAt
	result
	method
	collectMode
	source
	proof
	institution
	lab
	barcode
	note
	lateReason
	fieldCount
)

func fieldOf(name string) (field, bool) {
	i := slices.Index(Fields, name)
	return field(i), i >= 0
}

// values are the texts of a row, valid until the next is read. An absent one is empty.
type values [fieldCount][]byte

// row is a checked row on its way to a chunk.
type row struct {
	line    int
	file    int64 // of the feeder's own enterprise
	index   []byte
	who     match.Key
	sampled time.Time
	version screening.Version
	settled bool
	late    string
	surest  field // that says who is meant
}

// decoder makes inputs of values. Places repeat from row to row, so their texts are made once.
type decoder struct{ kept [fieldCount]string }

// text is a text that is likely the same as in the row before.
func (d *decoder) text(v *values, f field) string {
	if string(v[f]) != d.kept[f] {
		d.kept[f] = string(v[f])
	}
	return d.kept[f]
}

// input reads what a row says of a sample. A value that cannot be read is a fault of its field.
func (d *decoder) input(v *values) (in screening.Input, f errs.Fields) {
	for i, text := range v {
		if !utf8.Valid(text) {
			return in, fault(f, field(i), "api.feed.encoding")
		}
	}
	in = screening.Input{Method: regime.Method(d.text(v, method)), Mode: regime.CollectMode(d.text(v, collectMode)),
		Source: regime.Source(d.text(v, source)), Proof: screening.ProofLab, Institution: d.text(v, institution), Lab: d.text(v, lab),
		Barcode: d.text(v, barcode), Note: d.text(v, note), LateReason: d.text(v, lateReason)}
	f = instant(f, v, sampledAt, &in.SampledAt)
	f = instant(f, v, reportedAt, &in.ReportedAt)
	f = instant(f, v, testedAt, &in.TestedAt)
	switch p := screening.Proof(v[proof]); p {
	case "", screening.ProofLab:
	case screening.ProofStaff:
		in.Proof = screening.ProofStaff
	default:
		f = fault(f, proof, "error.choice")
	}
	var err error
	if len(v[result]) == 0 {
		f = fault(f, result, "error.required")
	} else if in.Result, err = regime.ParseResult(d.text(v, result)); err != nil {
		f = fault(f, result, "error.choice")
	}
	return in, f
}

func instant(f errs.Fields, v *values, at field, into *time.Time) errs.Fields {
	if len(v[at]) == 0 {
		return f
	}
	if err := into.UnmarshalText(v[at]); err != nil || into.Year() < 1 {
		return fault(f, at, "api.fault.datetime")
	}
	*into = into.UTC()
	return f
}

func fault(f errs.Fields, at field, key string, args ...any) errs.Fields {
	if f == nil {
		f = errs.Fields{}
	}
	f.Add(Fields[at], key, args...)
	return f
}

// fieldNames lays the names that screening has for fields over those of a row.
var fieldNames = map[string]string{"employee": "employee_id", "mode": "collect_mode"}

// firstFault names the fault of a row whose field comes first.
func firstFault(line int, faults errs.Fields) Fault {
	out, best := Fault{Line: line}, len(Fields)
	for field, m := range faults {
		if other, renamed := fieldNames[field]; renamed {
			field = other
		}
		if i := slices.Index(Fields, field); i >= 0 && i < best || out.Message.Key == "" {
			out.Field, out.Message, best = field, m, max(i, 0)
		}
	}
	return out
}

func (v *values) blank() bool {
	for _, text := range v {
		if len(text) > 0 {
			return false
		}
	}
	return true
}
