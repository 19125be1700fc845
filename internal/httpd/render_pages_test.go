package httpd

import (
	"testing"

	"github.com/fugong/fugong/web"
)

// Pages are made when they are first asked for, so that a fault in one would be seen late: every page is asked for here.
func TestEveryPageIsMade(t *testing.T) {
	r, err := newRenderer(Config{Templates: web.Templates, Asset: func(name string) string { return name }})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.pages) < 20 {
		t.Fatalf("only %d pages", len(r.pages))
	}
	for name, page := range r.pages {
		if made, err := page(); err != nil || made.Lookup("layout") == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
