package factfile

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedExample asks the file in docs/facts.md what the document says it
// answers. The answer there is shortened by the changes.
func TestDocumentedExample(t *testing.T) {
	text, err := os.ReadFile("../../../docs/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	f, err := Read(strings.NewReader(blocks[0][1]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(strings.NewReader(strings.Replace(blocks[0][1], `"pack": "zibo-2022-03"`, blocks[1][1], 1))); err != nil {
		t.Errorf("with the versions: %v", err)
	}
	var want, got map[string]any
	if err := json.Unmarshal([]byte(blocks[2][1]), &want); err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(Ask(f, time.Date(2022, 3, 31, 2, 0, 0, 0, time.UTC)))
	if err == nil {
		err = json.Unmarshal(answer, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(want, "changes")
	delete(got, "changes")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-documented +got):\n%s", diff)
	}
}
