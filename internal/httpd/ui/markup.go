package ui

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"
)

// markup gathers the HTML of what stands on a page hundreds of times: a template, which asks each cell a dozen questions by reflection,
// takes thirty times as long. Whatever is not written in this package goes through text.
type markup struct {
	strings.Builder
	err error
}

// raw writes markup of this package.
func (m *markup) raw(parts ...string) {
	for _, p := range parts {
		m.WriteString(p)
	}
}

// text writes text, or the value of a quoted attribute.
func (m *markup) text(s string) {
	if strings.ContainsAny(s, "\"'&<>\x00") {
		s = template.HTMLEscapeString(s)
	}
	m.WriteString(s)
}

func (m *markup) icon(name string) {
	icon, err := Icon(name)
	if err != nil && m.err == nil {
		m.err = err
	}
	m.WriteString(string(icon))
}

// take is what was gathered since the last time.
func (m *markup) take() template.HTML {
	s := template.HTML(m.String())
	m.Reset()
	return s
}

func (m *markup) badge(b Badge) {
	m.raw(`<span class="badge tone-`, string(b.Tone))
	if b.Solid {
		m.raw(` is-solid`)
	}
	m.raw(`">`)
	m.icon(b.Icon)
	m.text(b.Label)
	m.raw(`</span>`)
}

func (m *markup) badges(list []Badge) {
	if len(list) == 0 {
		return
	}
	m.raw(`<span class="badges">`)
	for _, b := range list {
		m.badge(b)
	}
	m.raw(`</span>`)
}

// optional writes an element for a text that is there.
func (m *markup) optional(before, text, after string) {
	if text != "" {
		m.raw(before)
		m.text(text)
		m.raw(after)
	}
}

func (m *markup) rate(r Rate) {
	if r.Hidden {
		m.raw(`<div class="rate is-hidden">`)
	} else {
		m.raw(`<div class="rate tone-`, string(r.Tone), `">`)
	}
	m.optional(`<span class="rate-label">`, r.Label, `</span>`)
	m.raw(`<span class="rate-line"><b class="rate-percent">`)
	m.text(r.Percent)
	m.raw(`</b>`)
	m.optional(` <span class="rate-counts">`, r.Counts, `</span>`)
	m.optional(` <span class="rate-note">`, r.Note, `</span>`)
	m.raw(`</span>`)
	if !r.Hidden {
		m.raw(`<svg class="bar" width="100%" height="6" aria-hidden="true"><rect class="bar-track" width="100%" height="6" rx="3"/><rect class="bar-fill" width="`)
		m.text(r.Width)
		m.raw(`" height="6" rx="3"/></svg>`)
	}
	m.optional(`<span class="as-of">`, r.AsOf, `</span>`)
	m.raw(`</div>`)
}

func (m *markup) link(href, text string) {
	if !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") && m.err == nil {
		m.err = fmt.Errorf("ui: a link leads to %q, which is no address of this program", href)
	}
	m.raw(`<a href="`)
	m.text(href)
	m.raw(`">`)
	m.text(text)
	m.raw(`</a>`)
}

// HTML is the badge as markup.
func (b Badge) HTML() (template.HTML, error) {
	var m markup
	m.badge(b)
	return m.take(), m.err
}

// HTML is the rate as markup.
func (r Rate) HTML() template.HTML {
	var m markup
	m.rate(r)
	return m.take()
}

// Options are the choices of a drop-down: of teams there may be hundreds.
type Options []Option

// HTML is the choices as markup.
func (list Options) HTML() template.HTML {
	var m markup
	for _, o := range list {
		m.raw(`<option value="`)
		m.text(o.Value)
		if o.Selected {
			m.raw(`" selected>`)
		} else {
			m.raw(`">`)
		}
		m.text(o.Label)
		m.raw(`</option>`)
	}
	return m.take()
}

// HTML is an entry of a timeline as markup, but for its actions, which templates write, and its end.
func (e Entry) HTML() (template.HTML, error) {
	var m markup
	m.optional(`<li class="timeline-day"><h3>`, e.Day, "</h3></li>\n")
	m.raw(`<li class="entry`)
	m.optional(` tone-`, string(e.Tone), ``)
	if e.Replaced != nil {
		m.raw(` is-replaced`)
	}
	m.raw(`"><span class="entry-icon">`)
	m.icon(cmp.Or(e.Icon, "dot"))
	m.raw("</span>\n", `<div class="entry-body"><p class="entry-head"><time datetime="`)
	m.text(e.DateTime)
	m.raw(`">`)
	m.text(e.Time)
	m.raw(`</time> <strong>`)
	m.text(e.Title)
	m.raw(`</strong>`)
	m.badges(e.Badges)
	m.raw(`</p>`)
	m.optional(`<p>`, e.Text, `</p>`)
	if len(e.Facts) > 0 {
		m.raw(`<dl class="entry-facts">`)
		for _, f := range e.Facts {
			m.raw(`<div><dt>`)
			m.text(f.Label)
			m.raw(`</dt><dd>`)
			m.text(f.Value)
			m.raw(`</dd></div>`)
		}
		m.raw(`</dl>`)
	}
	if e.Replaced != nil {
		m.raw(`<p>`)
		m.link(e.Replaced.Href, e.Replaced.Label)
		m.raw(`</p>`)
	}
	m.optional(`<p class="sub">`, e.Actor, `</p>`)
	return m.take(), m.err
}
