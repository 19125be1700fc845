package strict

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	N    int  `json:"n"`
	Deep bool `json:"deep,omitempty"`
}

type embedded struct {
	Kept string `json:"kept"`
}

type outer struct {
	embedded
	List  []inner `json:"list"`
	Some  *inner  `json:"some,omitempty"`
	Left  string  `json:"-"`
	Whole *int    `json:"whole"`
}

func TestDecode(t *testing.T) {
	var got outer
	if err := Decode([]byte(`{"kept": "yes", "list": [{"n": 1}, {"n": 2, "deep": true}], "some": {"n": 3}, "whole": null}`), &got); err != nil {
		t.Fatal(err)
	}
	want := outer{embedded: embedded{"yes"}, List: []inner{{1, false}, {2, true}}, Some: &inner{3, false}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outer{}, embedded{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		`{"list": [], "whole": 1}`:                               "kept: missing",
		`{"kept": "", "list": [], "whole": 1, "Left": ""}`:       "Left: unknown field",
		`{"kept": "", "list": [], "whole": 1, "-": ""}`:          "-: unknown field",
		`{"kept": "", "list": [], "whole": 1, "kept": ""}`:       "kept: given twice",
		`{"kept": "", "list": [{"n": 1, "N": 2}], "whole": 1}`:   "list[0].N: unknown field",
		`{"kept": "", "list": [{"n": 1.5}], "whole": 1}`:         "list[0].n: want int, got number 1.5",
		`{"kept": "", "list": [null], "whole": 1}`:               "list[0]: want {, got <nil>",
		`{"kept": "", "list": [], "whole": 1, "some": {"m": 1}}`: "some.m: unknown field",
		`{"kept": "", "list": [], "whole": 1} 1`:                 "text after the end",
		`{"kept": "", "list": [`:                                 "list: EOF",
		`[]`:                                                     "want {, got [",
	} {
		if err := Decode([]byte(text), new(outer)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestFaults(t *testing.T) {
	var f Faults
	f.Between("a", 3, 1, 2)
	f.Between("b", 2, 1, 2)
	f.Word("c", "A b")
	f.Word("d", "a_1")
	f.Must(false, "", "%s", "everything")
	want := "a: must be from 1 to 2, is 3\nc: must be an id of small letters, digits and _, is \"A b\"\neverything"
	if got := errors.Join(f...).Error(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestFlatten(t *testing.T) {
	v := map[string]any{
		"n": 1.5, "gone": nil, "days": []int{1, 4}, "empty": []int{},
		"rules": []map[string]any{{"kind": "a", "mode": "x", "n": 1}, {"kind": "b", "deep": map[string]bool{"yes": true}}},
		"plain": []map[string]int{{"n": 7}},
	}
	want := map[string]string{"n": "1.5", "days": "[1 4]", "rules.a.x.n": "1", "rules.b.deep.yes": "true", "plain[0].n": "7"}
	got, err := Flatten(v, "kind", "mode")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := Flatten(func() {}); err == nil {
		t.Error("a function has no JSON")
	}
}
