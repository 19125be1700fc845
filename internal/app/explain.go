package app

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/regime/factfile"
	"github.com/fugong/fugong/internal/standing/standingview"
	"github.com/fugong/fugong/web"
)

// explainCmd evaluates one person's facts without a database. docs/facts.md describes the file.
type explainCmd struct {
	Facts string `type:"existingfile" required:"" help:"JSON file of one person's facts; docs/facts.md describes it."`
	At    string `required:"" help:"Instant to answer for, with its zone, for instance 2022-03-31T09:00:00+08:00."`
	Pack  string `help:"Built-in rule pack to use in place of the file's."`

	at time.Time
}

// Validate checks the arguments. kong calls it.
func (x *explainCmd) Validate() error {
	var err error
	if x.at, err = time.Parse(time.RFC3339, x.At); err != nil {
		return fmt.Errorf("--at takes an instant with its zone, such as 2022-03-31T09:00:00+08:00")
	}
	if x.Pack != "" && !slices.Contains(regime.BuiltinIDs(), x.Pack) {
		return fmt.Errorf("--pack takes one of %v", regime.BuiltinIDs())
	}
	return nil
}

// spoken is an answer with its words, the same that people read on their pages.
type spoken struct {
	factfile.Answer
	Text map[string]words `json:"text"`
}

type words struct {
	State   string   `json:"state"`
	Work    string   `json:"work"`
	Rule    string   `json:"rule"`
	Source  string   `json:"source"`
	Reasons []string `json:"reasons"`
	Next    string   `json:"next,omitempty"`
	Changes []string `json:"changes,omitempty"`
}

// Run implements the command.
func (x *explainCmd) Run(e *env) error {
	in, err := os.Open(x.Facts)
	if err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	defer in.Close()
	f, err := factfile.Read(in)
	if err != nil {
		return err
	}
	if x.Pack != "" {
		pack, err := regime.Builtin(x.Pack)
		if err != nil {
			return err
		}
		f.Rules = regime.Fixed(pack)
	}
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		return err
	}
	out := spoken{Answer: factfile.Ask(f, x.at), Text: map[string]words{}}
	for _, lang := range i18n.Languages() {
		out.Text[lang] = inWords(catalog.Printer(lang), f, x.at)
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func inWords(p *i18n.Printer, f factfile.File, at time.Time) words {
	zone := f.Facts.Zone
	if zone == nil {
		zone = at.Location()
	}
	v := standingview.New(p.T, func(t time.Time) string { return httpd.DateTime(p, t, zone) })
	s := v.Explain(regime.Evaluate(f.Rules, f.Facts, at), regime.Changes(f.Rules, f.Facts, at))
	return words{State: s.Badge.Label, Work: s.Work, Rule: s.Rule, Source: s.Source, Reasons: s.Reasons, Next: s.Next, Changes: s.Changes}
}
