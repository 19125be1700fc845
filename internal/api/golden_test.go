package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// story is a golden file: requests to a new world one after the other, with what is answered and what is in the database then.
type story struct {
	About string `json:"about"`
	Steps []step `json:"steps"`
}

type step struct {
	About    string            `json:"about,omitempty"`
	Advance  string            `json:"advance,omitempty"` // the clock moves on before
	Refresh  bool              `json:"refresh,omitempty"` // the rollups are counted before
	As       string            `json:"as"`
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers,omitempty"`
	Body     json.RawMessage   `json:"body,omitempty"`
	Status   int               `json:"status"`
	Response json.RawMessage   `json:"response"`
	DB       []check           `json:"db,omitempty"`
}

type check struct {
	Query string `json:"query"`
	Value string `json:"value"`
}

func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.story.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".story.json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s story
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			w, next := newWorld(t), ""
			for i := range s.Steps {
				next = w.tell(&s.Steps[i], next)
			}
			if *update {
				var out bytes.Buffer
				enc := json.NewEncoder(&out)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				w.must(enc.Encode(s))
				w.must(os.WriteFile(file, out.Bytes(), 0o644))
			}
		})
	}
}

// tell does one step and compares, or takes down what came. NEXT in a path stands for the cursor of the reply before; its own
// is returned.
func (w *world) tell(s *step, next string) string {
	w.t.Helper()
	if s.Advance != "" {
		d, err := time.ParseDuration(s.Advance)
		w.must(err)
		w.clock.Advance(d)
	}
	if s.Refresh {
		_, err := w.deps.Rollups.Refresh(w.t.Context(), w.clock.Now())
		w.must(err)
	}
	var body any
	if s.Body != nil {
		body = string(s.Body)
	}
	r := w.call(s.As, s.Method, strings.Replace(s.Path, "NEXT", next, 1), body, s.Headers)
	got := w.plain(r.body)
	if *update {
		s.Status, s.Response = r.status, got
	}
	if want := w.plain(s.Response); r.status != s.Status || !bytes.Equal(got, want) {
		w.t.Errorf("%s %s as %s (%s): %d\n%s\nwant %d\n%s", s.Method, s.Path, s.As, s.About, r.status, got, s.Status, want)
	}
	for i, c := range s.DB {
		var value string
		w.must(w.Owner.Get(&value, "select ("+c.Query+")::text"))
		if *update {
			s.DB[i].Value = value
		}
		if value != s.DB[i].Value {
			w.t.Errorf("%s: %s is %s, want %s", s.About, c.Query, value, s.DB[i].Value)
		}
	}
	var page struct{ Next string }
	r.json(w.t, &page)
	return page.Next
}

// words are what people read; they are worded elsewhere and may change. Here they must only be there.
var words = map[string]bool{"message": true, "detail": true, "text": true, "basis": true}

// plain writes JSON in one form, without words.
func (w *world) plain(raw []byte) json.RawMessage {
	w.t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		w.t.Fatalf("%v: %s", err, raw)
	}
	w.strip(v)
	out, err := json.MarshalIndent(v, "", "  ")
	w.must(err)
	return out
}

func (w *world) strip(v any) {
	w.t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.strip(e)
		}
	case map[string]any:
		for name, e := range v {
			text, isText := e.(string)
			if !words[name] || !isText {
				w.strip(e)
				continue
			}
			if text == "" || strings.Contains(text, "⟦") || strings.Contains(text, "<no value>") {
				w.t.Errorf("%s reads %q", name, text)
			}
			v[name] = "…"
		}
	}
}
