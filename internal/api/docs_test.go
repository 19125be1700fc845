package api_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var curl = regexp.MustCompile("curl -X (\\w+) \"\\$FUGONG(/[^\"]*)\"[^`]*?\"Idempotency-Key: ([^\"]*)\"[^`]*?-d '([^`]*?)'")

// What docs/api.md tells people to send is taken.
func TestExamplesOfTheGuide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guide, err := os.ReadFile("../../docs/api.md")
	w.must(err)
	want := map[string]string{"/employees": `{"refused":1,"unchanged":1}`, "/samples": `{"new":1}`, "/symptom-reports": `{"new":1}`}
	examples := curl.FindAllStringSubmatch(string(guide), -1)
	if len(examples) != len(want) {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		r := w.call("officer", e[1], "/api/v1"+e[2], e[4], key(e[3]))
		if r.status != http.StatusOK || !strings.HasPrefix(string(r.body), `{"counts":`+want[e[2]]) {
			t.Errorf("%s %s: %d %s", e[1], e[2], r.status, r.body)
		}
	}
	feed := regexp.MustCompile("(?s)```\n(id_number,.*?)```").FindStringSubmatch(string(guide))
	if len(feed) != 2 {
		t.Fatal("no example of a feed")
	}
	if r := w.call("officer", http.MethodPost, "/api/v1/samples/feed", feed[1], map[string]string{"Content-Type": "text/csv"}); r.status != http.StatusOK || !strings.Contains(string(r.body), `"rows":1`) {
		t.Errorf("feed: %d %s", r.status, r.body)
	}
	if r := w.get("officer", "/api/v1/employees/1/standing?at=2022-03-31T08:00:00%2B08:00"); r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.body)
	}
}
