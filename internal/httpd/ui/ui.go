// Package ui holds the data of the shared page components: one struct for each
// template in web/templates/shared, small constructors, and the geometry of the
// charts that the server draws itself.
//
// The contract with templates: a component never translates, formats or decides.
// Every text in a struct is ready to be read; numbers, dates and widths are
// already strings or plain numbers. Constructors that need fixed words ("next
// page", "cancel") take a Translate and fill them in.
//
// Nothing here knows HTTP or any feature; a page struct embeds these values and
// its template writes {{template "ui/badge" .Badge}}.
package ui

import (
	"net/url"
	"strconv"
)

// Translate turns a message key into text in the reader's language. Arguments
// are name/value pairs for the placeholders of the message.
type Translate func(key string, args ...any) string

// Tone is the meaning of a colour. A tone is never shown alone: every component
// that carries one also carries a text and a shape.
type Tone string

// The tones. ToneHeld is apart from ToneDanger so that a person who must stay
// away is told from a person who merely owes a test.
const (
	ToneNeutral Tone = "neutral"
	ToneOK      Tone = "ok"
	ToneInfo    Tone = "info"
	ToneWarn    Tone = "warn"
	ToneDanger  Tone = "danger"
	ToneHeld    Tone = "held"
)

// Kind is how strongly an action asks to be taken.
type Kind string

// The kinds of action. A page has at most one KindPrimary in sight.
const (
	KindPlain   Kind = "plain"
	KindPrimary Kind = "primary"
	KindQuiet   Kind = "quiet"
	KindDanger  Kind = "danger"
)

// Param is one name and value sent with a form.
type Param struct{ Name, Value string }

// Link is a plain link inside text.
type Link struct{ Label, Href string }

// Action is something the reader can do: follow a link, post a form, or, with
// Dialog set, answer a question first.
type Action struct {
	Label    string
	Href     string
	Icon     string  // icon name, optional
	Kind     Kind    // empty means KindPlain
	Post     bool    // render a button that POSTs to Href
	Hidden   []Param // sent along when Post is set
	Download bool    // the answer is a file
	Dialog   *Dialog // ask before acting; all fields above are then unused
}

// Href builds path?query from q with the given name/value pairs replaced. An
// empty value removes the name, so Href(p, q, "after", "") goes to page one.
func Href(path string, q url.Values, pairs ...string) string {
	out := url.Values{}
	for name, values := range q {
		out[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Del(pairs[i])
		if pairs[i+1] != "" {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	if len(out) == 0 {
		return path
	}
	return path + "?" + out.Encode()
}

// Number writes n with thousands separators: 12,994.
func Number(n int) string {
	s := strconv.Itoa(n)
	digits := 0
	if n < 0 {
		digits = 1
	}
	for i := len(s) - 3; i > digits; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
