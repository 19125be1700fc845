package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step may take on a busy machine before the test fails.
const patience = 30 * time.Second

// A screen is what a page is shown on.
type screen struct {
	width, height int64
	touch         bool
}

var (
	phone = screen{390, 844, true}
	desk  = screen{1280, 900, false}
)

func (s screen) action() chromedp.Action[chromedp.Void] {
	if s.touch {
		return chromedp.EmulateViewport(s.width, s.height, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait)
	}
	return chromedp.EmulateViewport(s.width, s.height)
}

// A tab is one person at one device: a browser context of its own, with its cookies.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // address of the program

	mu     sync.Mutex
	faults []string
}

// watchViolations notes what the content security policy refused, before any script of a page runs.
const watchViolations = `window.refusedByPolicy = [];
document.addEventListener('securitypolicyviolation', e => window.refusedByPolicy.push(e.effectiveDirective + ' ' + (e.blockedURI || '') + ' ' + (e.sample || '')));`

// newTab opens a tab on a program, in a language; it closes at the end of the test.
func newTab(t *testing.T, base string, on screen, lang string) *tab {
	t.Helper()
	tb := &tab{t: t, base: base}
	ctx, cancel := chromedp.NewContext(chromium.open(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(tb.hear))
	t.Cleanup(cancel)
	tb.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // without a deadline: the tab lives as long as this context
		t.Fatalf("open a tab: %v", err)
	}
	tb.do(on.action(), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchViolations})
		return err
	}))
	tb.language(lang)
	return tb
}

// hear collects what the browser complains of.
func (tb *tab) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			fault += " " + x.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning {
			return
		}
		var text []string
		for _, a := range e.Args {
			text = append(text, string(a.Value)+a.Description)
		}
		fault = "console: " + strings.Join(text, " ")
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		fault = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.faults = append(tb.faults, fault)
}

// complaints returns what the browser complained of since the last call.
func (tb *tab) complaints() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	out := tb.faults
	tb.faults = nil
	return out
}

// language chooses the language as the page's own switch does, by its cookie.
func (tb *tab) language(lang string) {
	tb.t.Helper()
	tb.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: "fugong_lang", Value: lang, URL: tb.base + "/"})
		return err
	}))
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tb.t.Fatalf("%s: %v", tb.where(), err)
	}
}

func get[T any](tb *tab, action chromedp.Action[T]) T {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		tb.t.Fatalf("%s: %v", tb.where(), err)
	}
	return v
}

// eval runs an expression in the page; a promise is awaited.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	return get(tb, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// where is the address that the tab shows, for messages.
func (tb *tab) where() string {
	ctx, cancel := context.WithTimeout(tb.ctx, 2*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "?"
	}
	return strings.TrimPrefix(at, tb.base)
}

// open goes to a path of the program and returns the status of the answer.
func (tb *tab) open(path string) int64 {
	tb.t.Helper()
	return get(tb, chromedp.NavigateResponse(tb.base+path)).Status
}

// follow clicks on something that leads to another page, waits for it and returns its status.
func (tb *tab) follow(css string) int64 {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(css))); err != nil {
		tb.t.Fatalf("%s: wait for %s: %v", tb.where(), css, err)
	}
	res, err := chromedp.RunResponse(ctx, press(css))
	if err != nil {
		tb.t.Fatalf("%s: follow %s: %v", tb.where(), css, err)
	}
	return res.Status
}

// press clicks on an element, not on its place on the screen: a notice that arrives meanwhile moves the page.
func press(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q).click(), true", css))(ctx, target)
		return err
	})
}

// click presses an element once it is to be seen.
func (tb *tab) click(css string) {
	tb.t.Helper()
	tb.do(chromedp.WaitVisible(chromedp.CSS(css)), press(css))
}

// fill types into an empty field.
func (tb *tab) fill(css, text string) {
	tb.t.Helper()
	tb.do(chromedp.SendKeys(chromedp.CSS(css), text, chromedp.NodeVisible))
}

// text is what an element shows.
func (tb *tab) text(css string) string {
	tb.t.Helper()
	return strings.TrimSpace(get(tb, chromedp.Text(chromedp.CSS(css), chromedp.NodeVisible)))
}

var errNotYet = errors.New("not yet")

// until waits for a condition of the page, across navigations; the condition is a JavaScript expression.
func (tb *tab) until(within time.Duration, condition string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	last := errNotYet
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		if ok {
			return
		}
		if err != nil && ctx.Err() == nil {
			last = err // a page on its way out
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			tb.t.Fatalf("%s: waited %v for %s: %v", tb.where(), within, condition, last)
		}
	}
}

// signIn signs in on the sign-in page.
func (tb *tab) signIn(login, password string) {
	tb.t.Helper()
	tb.open("/sign-in")
	tb.fill("[name=name]", login)
	tb.fill("[name=password]", password)
	if status := tb.follow(".bare-card form.form button.btn-primary"); status != 200 || tb.where() == "/sign-in" {
		tb.t.Fatalf("sign in as %s: status %d at %s", login, status, tb.where())
	}
}

// shot writes a screenshot of the whole page where they are wanted.
func (tb *tab) shot(name string) {
	tb.t.Helper()
	if shots() != "" {
		saveShot(tb.t, name, get(tb, chromedp.FullScreenshot(100)))
	}
}
