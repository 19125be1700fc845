package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const committed = "../../testdata"

// TestCommittedFiles: the files of testdata are those this program writes, byte
// for byte.
func TestCommittedFiles(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "new", "folder")
	if err := run(out); err != nil {
		t.Fatal(err)
	}
	for _, d := range folders() {
		for _, f := range d.files() {
			got, err := os.ReadFile(filepath.Join(out, d.name, f.name))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(committed, d.name, f.name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s/%s differs; run go run ./cmd/sheetgen", d.name, f.name)
			}
		}
	}
}

func TestCheckDigit(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"370303198503149970", "370304197910019964", "37030319870508997X", "37032320000229995X", "370303198705019971", "370303198705039972",
	} {
		if got := withCheckDigit(id[:17]); got != id {
			t.Errorf("%s, want %s", got, id)
		}
	}
}

// TestPeople: the people are as the other files rely on them.
func TestPeople(t *testing.T) {
	t.Parallel()
	names, teams := map[string]int{}, map[string]int{}
	ids := map[string]bool{}
	for _, p := range append(basicStaff(), manyStaff(10_000)...) {
		if ids[p.id] || ids[p.mobile] {
			t.Errorf("%s or %s twice", p.id, p.mobile)
		}
		ids[p.id], ids[p.mobile] = true, true
		if s := p.id[14:17]; s < "995" || s > "999" {
			t.Errorf("%s might be someone's", p.id)
		}
	}
	for _, p := range basicStaff() {
		names[p.name]++
		teams[p.team]++
	}
	if len(names) != 39 || names[basicStaff()[5].name] != 2 {
		t.Errorf("%d names, want one of them twice", len(names))
	}
	if len(teams) != 4 {
		t.Errorf("teams %v", teams)
	}
}
