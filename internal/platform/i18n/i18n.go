// Package i18n turns message keys into Chinese or English. Texts live in files named <feature>.<language>.json, flat maps of
// key to text (go-i18n syntax, {{.Name}} for arguments). Chinese is the language of first resort.
package i18n

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/fugong/fugong/internal/platform/errs"
)

// The languages, first the default.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Languages lists the tags of all languages, the default first.
func Languages() []string { return []string{Chinese, English} }

// Catalog holds every text of every language.
type Catalog struct {
	printers map[string]*Printer
	matcher  language.Matcher
}

// Load reads all *.json files of the folder. Only texts that are worked out go into the bundle, which keeps several hundred bytes of
// each.
func Load(files fs.FS) (*Catalog, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list locales: %w", err)
	}
	bundle := i18n.NewBundle(language.MustParse(Chinese))
	c := &Catalog{printers: map[string]*Printer{},
		matcher: language.NewMatcher([]language.Tag{language.MustParse(Chinese), language.English})}
	for _, lang := range Languages() {
		c.printers[lang] = &Printer{lang: lang, loc: i18n.NewLocalizer(bundle, lang), plain: map[string]string{}, worked: map[string]bool{}}
	}
	c.printers[English].fallback = c.printers[Chinese]
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		f, err := i18n.ParseMessageFileBytes(b, path.Base(name), map[string]i18n.UnmarshalFunc{"json": json.Unmarshal})
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		p := c.printers[f.Tag.String()]
		if p == nil {
			return nil, fmt.Errorf("%s: no language of ours", name)
		}
		for _, m := range f.Messages {
			if isPlain(m) {
				p.plain[m.ID] = m.Other
				continue
			}
			p.worked[m.ID] = true
			if err := bundle.AddMessages(f.Tag, m); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return c, nil
}

// isPlain tells whether a text is the same whatever it is given. Most are, and a page has hundreds of them.
func isPlain(m *i18n.Message) bool {
	return m.Other != "" && m.Zero+m.One+m.Two+m.Few+m.Many+m.LeftDelim == "" && !strings.Contains(m.Other, "{{")
}

// Printer returns the printer of a language; anything unknown is Chinese.
func (c *Catalog) Printer(lang string) *Printer {
	if p, ok := c.printers[lang]; ok {
		return p
	}
	return c.printers[Chinese]
}

// Match picks the language for an Accept-Language header. An empty or unknown one is Chinese.
func (c *Catalog) Match(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return Chinese
	}
	_, i, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return Chinese
	}
	return Languages()[i]
}

// Printer writes texts in one language. Safe for concurrent use.
type Printer struct {
	lang     string
	plain    map[string]string // texts without arguments and plural forms
	worked   map[string]bool   // the keys of the others
	loc      *i18n.Localizer   // has them
	fallback *Printer          // of the language of first resort; nil in its own
}

// Lang is the language tag.
func (p *Printer) Lang() string { return p.lang }

// Has reports whether the language has the key itself, without falling back.
func (p *Printer) Has(key string) bool {
	_, plain := p.plain[key]
	return plain || p.worked[key]
}

// Keys lists the keys of the language.
func (p *Printer) Keys() []string {
	return slices.AppendSeq(slices.Collect(maps.Keys(p.plain)), maps.Keys(p.worked))
}

// T translates a key. args are pairs of name and value; an integer named Count picks the plural form. A key that is missing
// comes back between ⟦ ⟧, so that a page shows it and tests find it.
func (p *Printer) T(key string, args ...any) string {
	if s, ok := p.plain[key]; ok {
		return s
	}
	return p.M(errs.Msg(key, args...))
}

// M translates a message. A text without plural forms is used for every count.
func (p *Printer) M(m errs.Message) string {
	if s, ok := p.plain[m.Key]; ok {
		return s
	}
	cfg := &i18n.LocalizeConfig{MessageID: m.Key, TemplateData: m.Args}
	if n, ok := m.Args["Count"].(int); ok {
		plural := *cfg
		plural.PluralCount = n
		if s, err := p.loc.Localize(&plural); err == nil && s != "" {
			return s
		}
	}
	s, err := p.loc.Localize(cfg)
	switch {
	case err == nil && s != "":
		return s
	case p.fallback != nil:
		return p.fallback.M(m)
	}
	return "⟦" + strings.TrimSpace(m.Key) + "⟧"
}
