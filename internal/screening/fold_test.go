package screening

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/regime"
)

func telling(result regime.Result, proof Proof) version {
	return version{Result: result, Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: proof}
}

func antigen(result regime.Result, proof Proof) version {
	v := telling(result, proof)
	v.Method = regime.MethodAntigenSelf
	return v
}

func TestFold(t *testing.T) {
	pending, negative, positive := telling(regime.ResultPending, ProofSelf), telling(regime.Negative, ProofSelf), telling(regime.Positive, ProofSelf)
	lab := func(r regime.Result) version { return telling(r, ProofLab) }
	for _, tc := range []struct {
		name     string
		tellings []version
		kinds    []Kind
		result   regime.Result
		proof    Proof
		flag     string
		asides   int
	}{
		{"first", []version{pending}, []Kind{Added}, regime.ResultPending, ProofSelf, "", 0},
		{"result completes pending", []version{pending, negative}, []Kind{Added, Updated}, regime.Negative, ProofSelf, "", 1},
		{"pending after result", []version{negative, pending}, []Kind{Added, Duplicate}, regime.Negative, ProofSelf, "", 0},
		{"repetition", []version{negative, negative}, []Kind{Added, Duplicate}, regime.Negative, ProofSelf, "", 0},
		{"the laboratory proves it", []version{negative, lab(regime.Negative)}, []Kind{Added, Updated}, regime.Negative, ProofLab, "", 1},
		{"the worker repeats the laboratory", []version{lab(regime.Negative), negative}, []Kind{Added, Duplicate}, regime.Negative, ProofLab, "", 0},
		{"worse comes later", []version{negative, positive}, []Kind{Added, Conflict}, regime.Positive, ProofSelf, FlagConflict, 1},
		{"worse came first", []version{positive, negative}, []Kind{Added, Conflict}, regime.Positive, ProofSelf, FlagConflict, 1},
		{"loser again", []version{positive, negative, negative}, []Kind{Added, Conflict, Duplicate}, regime.Positive, ProofSelf, FlagConflict, 1},
		{"loser with proof", []version{positive, negative, lab(regime.Negative)}, []Kind{Added, Conflict, Conflict}, regime.Positive, ProofSelf, FlagConflict, 2},
		{"invalid beats negative", []version{negative, telling(regime.Invalid, ProofSelf)}, []Kind{Added, Conflict}, regime.Invalid, ProofSelf, FlagConflict, 1},
		{"suspicious beats pool", []version{telling(regime.PoolAbnormal, ProofLab), telling(regime.Suspicious, ProofLab)}, []Kind{Added, Conflict}, regime.Suspicious, ProofLab, FlagConflict, 1},
		{"PCR over antigen", []version{antigen(regime.Negative, ProofSelf), pending}, []Kind{Added, Updated}, regime.ResultPending, ProofSelf, "", 1},
		{"antigen under PCR", []version{pending, antigen(regime.Negative, ProofSelf)}, []Kind{Added, Updated}, regime.ResultPending, ProofSelf, "", 1},
		{"antigen contradicts PCR", []version{negative, antigen(regime.Positive, ProofSelf)}, []Kind{Added, Conflict}, regime.Negative, ProofSelf, FlagConflict, 1},
		{"cancelled takes nothing in", []version{telling(regime.Cancelled, ProofStaff), negative}, []Kind{Added, Refused}, regime.Cancelled, ProofStaff, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &record{}
			for i, v := range tc.tellings {
				if kind := r.fold(v); kind != tc.kinds[i] {
					t.Errorf("telling %d: %s, want %s", i, kind, tc.kinds[i])
				}
			}
			if r.now.Result != tc.result || r.now.Proof != tc.proof || r.now.Flag != tc.flag || len(r.aside) != tc.asides {
				t.Errorf("got %s by %s flag %q with %d aside, want %s by %s flag %q with %d",
					r.now.Result, r.now.Proof, r.now.Flag, len(r.aside), tc.result, tc.proof, tc.flag, tc.asides)
			}
			if r.rev != len(r.aside)+1 {
				t.Errorf("rev %d with %d aside", r.rev, len(r.aside))
			}
		})
	}
}

// TestFoldKeepsWhatWasSaid shows that completing a record loses nothing of it.
func TestFoldKeepsWhatWasSaid(t *testing.T) {
	first := telling(regime.ResultPending, ProofSelf)
	first.Institution, first.Note = "张店区人民医院", "晚班后"
	second := telling(regime.Negative, ProofLab)
	second.Institution, second.Lab, second.Mode = "区医院", "市疾控", regime.ModePool10
	r := &record{}
	r.fold(first)
	r.fold(second)
	if r.now.Institution != first.Institution || r.now.Note != first.Note {
		t.Errorf("earlier words lost: %q, %q", r.now.Institution, r.now.Note)
	}
	if r.now.Lab != second.Lab || r.now.Mode != regime.ModePool10 {
		t.Errorf("later facts lost: %q, %s", r.now.Lab, r.now.Mode)
	}
}

// TestCorrectionHolds shows that repeating what was corrected does not undo the correction, and that stronger proof does.
func TestCorrectionHolds(t *testing.T) {
	r := &record{}
	r.fold(telling(regime.Positive, ProofSelf))
	r.stand(telling(regime.Negative, ProofStaff))
	if kind := r.fold(telling(regime.Positive, ProofSelf)); kind != Duplicate || r.now.Result != regime.Negative {
		t.Errorf("repetition: %s, %s stands", kind, r.now.Result)
	}
	if kind := r.fold(telling(regime.Positive, ProofLab)); kind != Conflict || r.now.Result != regime.Positive || r.now.Flag == "" {
		t.Errorf("laboratory: %s, %s stands, flag %q", kind, r.now.Result, r.now.Flag)
	}
}

func anyTelling() *rapid.Generator[version] {
	return rapid.Custom(func(t *rapid.T) version {
		v := telling(rapid.SampledFrom(Results()).Draw(t, "result"), rapid.SampledFrom(Proofs()).Draw(t, "proof"))
		v.Method = rapid.SampledFrom(Methods()).Draw(t, "method")
		return v
	})
}

// TestFoldIgnoresOrder: the same tellings in any order, told once or twice, leave the same result, proof and flag.
func TestFoldIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tellings := rapid.SliceOfN(anyTelling(), 1, 6).Draw(t, "tellings")
		again := rapid.Permutation(append(append([]version{}, tellings...), tellings...)).Draw(t, "again")
		a, b := &record{}, &record{}
		for _, v := range tellings {
			a.fold(v)
		}
		for _, v := range again {
			b.fold(v)
		}
		if a.now.said() != b.now.said() || a.now.Proof != b.now.Proof || a.now.Flag != b.now.Flag {
			t.Fatalf("%s by %s flag %q, other order %s by %s flag %q", a.now.Result, a.now.Proof, a.now.Flag,
				b.now.Result, b.now.Proof, b.now.Flag)
		}
		rev := b.rev
		for _, v := range tellings {
			if kind := b.fold(v); kind != Duplicate {
				t.Fatalf("repetition was %s", kind)
			}
		}
		if b.rev != rev {
			t.Fatalf("repetition wrote: rev %d, was %d", b.rev, rev)
		}
	})
}
