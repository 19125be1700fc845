package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func explain(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := Run(t.Context(), append([]string{"explain"}, args...), &out, os.Stderr)
	return out.String(), err
}

// The command prints the documented answer to every golden case, and says it in both languages.
func TestExplainAnswersEveryGoldenCase(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/facts/*.golden.json")
	if err != nil || len(goldens) < 40 {
		t.Fatalf("%d golden cases (%v)", len(goldens), err)
	}
	for _, golden := range goldens {
		data, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		var answers []map[string]any
		if err := json.Unmarshal(data, &answers); err != nil {
			t.Fatal(err)
		}
		for _, want := range answers {
			out, err := explain(t, "--facts", strings.TrimSuffix(golden, ".golden.json")+".json", "--at", want["at"].(string))
			if err != nil {
				t.Fatalf("%s: %v", golden, err)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%s: %v", golden, err)
			}
			text, _ := got["text"].(map[string]any)
			delete(got, "text")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s at %s (-golden +command):\n%s", filepath.Base(golden), want["at"], diff)
			}
			if len(text) != 2 || strings.Contains(out, "⟦") || strings.Contains(out, "<no value>") {
				t.Errorf("%s at %s: a text is missing:\n%v", filepath.Base(golden), want["at"], text)
			}
		}
	}
}

func TestExplainNamesWhatIsWrong(t *testing.T) {
	facts := "../../testdata/facts/01-weekly.json"
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"pack": "zibo-2022-03", "facts": {"sampels": []}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, at, pack, says string }{
		{"no instant", facts, "yesterday", "", "2022-03-31T09:00:00+08:00"},
		{"no such pack", facts, "2022-03-24T09:00:00+08:00", "zibo-1999", "zibo-2022-03"},
		{"a misspelt member", broken, "2022-03-24T09:00:00+08:00", "", "sampels"},
	} {
		args := []string{"--facts", c.file, "--at", c.at}
		if c.pack != "" {
			args = append(args, "--pack", c.pack)
		}
		if _, err := explain(t, args...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a word of %q", c.name, err, c.says)
		}
	}
}
