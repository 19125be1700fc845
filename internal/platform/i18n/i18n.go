// Package i18n turns message keys into Chinese or English. Texts live in files named <feature>.<language>.json, flat maps of
// key to text (go-i18n syntax, {{.Name}} for arguments). Chinese is the language of first resort.
package i18n

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
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

// Load reads all *.json files of the folder.
func Load(files fs.FS) (*Catalog, error) {
	bundle := i18n.NewBundle(language.MustParse(Chinese))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list locales: %w", err)
	}
	texts := map[string]map[string]*i18n.Message{}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		f, err := bundle.ParseMessageFileBytes(b, path.Base(name))
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		lang := f.Tag.String()
		if texts[lang] == nil {
			texts[lang] = map[string]*i18n.Message{}
		}
		for _, m := range f.Messages {
			texts[lang][m.ID] = m
		}
	}
	c := &Catalog{printers: map[string]*Printer{},
		matcher: language.NewMatcher([]language.Tag{language.MustParse(Chinese), language.English})}
	for _, lang := range Languages() {
		p := &Printer{lang: lang, loc: i18n.NewLocalizer(bundle, lang), keys: make(map[string]bool, len(texts[lang])), plain: map[string]string{}}
		for key, m := range texts[lang] {
			p.keys[key] = true
			if isPlain(m) {
				p.plain[key] = m.Other
			}
		}
		c.printers[lang] = p
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
	lang  string
	loc   *i18n.Localizer
	keys  map[string]bool
	plain map[string]string // texts without arguments and plural forms
}

// Lang is the language tag.
func (p *Printer) Lang() string { return p.lang }

// Has reports whether the language has the key itself, without falling back.
func (p *Printer) Has(key string) bool { return p.keys[key] }

// Keys lists the keys of the language.
func (p *Printer) Keys() []string {
	out := make([]string, 0, len(p.keys))
	for k := range p.keys {
		out = append(out, k)
	}
	return out
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
	if err != nil || s == "" {
		return "⟦" + strings.TrimSpace(m.Key) + "⟧"
	}
	return s
}
