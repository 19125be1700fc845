package factfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden answers")

const cases = "../../../testdata/facts"

// TestGolden asks each file in testdata/facts at the instants of its golden answers.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(cases, "*[a-z0-9].json"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		if strings.HasSuffix(name, ".golden.json") {
			continue
		}
		n++
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) { golden(t, name) })
	}
	if n < 40 {
		t.Errorf("only %d cases", n)
	}
}

func golden(t *testing.T, name string) {
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.TrimSuffix(name, ".json") + ".golden.json"
	want, err := os.ReadFile(answers)
	if err != nil {
		t.Fatal(err)
	}
	var asked []struct{ At time.Time }
	if err := json.Unmarshal(want, &asked); err != nil || len(asked) == 0 {
		t.Fatalf("asks nothing: %v", err)
	}
	var list []Answer
	for _, q := range asked {
		list = append(list, Ask(f, q.At))
	}
	var got bytes.Buffer
	if err := WriteAnswers(&got, list); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(answers, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
