package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fugong/fugong/internal/platform/i18n"
)

// axe is the accessibility checker, a development dependency of the front end.
var axe = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile(filepath.Join("..", "..", "web", "node_modules", "axe-core", "axe.min.js"))
	return string(b), err
})

// What is looked at on every page, as JavaScript that returns a list of complaints.
const (
	// seeTexts finds texts without a translation, and pages without a title or one first heading.
	seeTexts = `(() => { const out = [];
const html = document.documentElement.outerHTML;
for (const m of html.matchAll(/⟦[^⟧]*⟧/g)) out.push('missing text ' + m[0]);
if (!document.title.trim()) out.push('no title');
const h1 = document.querySelectorAll('h1:not(#api-docs h1)');
if (h1.length !== %d) out.push(h1.length + ' h1: ' + [...h1].map(h => h.textContent.trim()).join(' | '));
return out; })()`

	// seeWidth finds what makes the page wider than the screen.
	seeWidth = `(() => { const screen = %d;
const wide = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
if (wide <= screen) return [];
const scrolls = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
const out = [];
for (const e of document.body.querySelectorAll('*')) {
  const r = e.getBoundingClientRect();
  if (r.width && r.right > screen + 1 && !scrolls(e)) out.push(e.tagName.toLowerCase() + '.' + e.className + ' ends at ' + Math.round(r.right));
}
return ['the page is ' + wide + ' px wide: ' + out.slice(0, 6).join(', ')]; })()`

	// seeAccess runs axe. What is worth stopping for is serious or critical. What Swagger UI draws inside the page of the API is
	// its own. Contrast takes more than half of its time and is looked at where asked for.
	seeAccess = `axe.run({exclude: '#api-docs'}, {resultTypes: ['violations'], rules: {'color-contrast': {enabled: %t}}}).then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
.map(v => 'axe ' + v.id + ' (' + v.impact + ', ' + v.nodes.length + ' places): ' + v.help + ': ' +
v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 200) + ' ' + n.any.map(a => a.message).join('; ')).join(' | ')))`

	seePolicy = `window.refusedByPolicy.map(s => 'refused by the security policy: ' + s)`
)

// inspect returns everything that is wrong with the page that the tab shows; heads is how many first headings it has, contrast
// whether its colours are looked at.
func (tb *tab) inspect(on screen, lang string, heads int, contrast bool) []string {
	tb.t.Helper()
	script, err := axe()
	if err != nil {
		tb.t.Fatalf("axe-core is not installed: run make web (%v)", err)
	}
	found := slices.Concat(eval[[]string](tb, seePolicy), eval[[]string](tb, fmt.Sprintf(seeTexts, heads)), eval[[]string](tb, fmt.Sprintf(seeWidth, on.width)))
	if got := eval[string](tb, `document.documentElement.lang`); got != lang {
		found = append(found, "the page says that it is in "+got)
	}
	found = append(found, tb.complaints()...)
	if lang != i18n.Languages()[0] {
		return found // axe takes two thirds of the time, and what it sees is not written in a language
	}
	eval[bool](tb, script+"; true")
	found = append(found, eval[[]string](tb, fmt.Sprintf(seeAccess, contrast))...)
	tb.complaints() // what axe itself made the browser say
	return found
}

// bad is wrong in every way that a page is inspected for.
const bad = `<!doctype html><html lang="en"><head><title></title><meta name="viewport" content="width=device-width"></head>
<body><h1>one</h1><h1>two</h1><p>⟦week.gone⟧</p><div style="color:red">styled</div><pre>` + "%0200d" + `</pre><input><script src="/gone.js"></script>
<script src="/fails.js"></script></body></html>`

// TestInspectionSees shows that each check fails on a page that is wrong in its way.
func TestInspectionSees(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			fmt.Fprintf(w, bad, 0)
		case "/fails.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `console.error("said so"); throw new Error("thrown")`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	tb := newTab(t, server.URL, phone, "zh-CN")
	if status := tb.open("/"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	found := strings.Join(tb.inspect(phone, "zh-CN", 1, true), "\n")
	for _, want := range []string{"2 h1", "no title", "⟦week.gone⟧", "px wide", "style-src", "404", "said so", "thrown", "axe label", "in en"} {
		if !strings.Contains(found, want) {
			t.Errorf("nothing was said of %q in\n%s", want, found)
		}
	}
}
