package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// line is a figure for whoever waits.
func (f Figure) line() string {
	s := fmt.Sprintf("%-34s %10s %-7s", f.Scenario, number(f.Value), f.Unit)
	if f.Floor != 0 {
		s += fmt.Sprintf(" floor %s = %s ×", number(f.Floor), number(f.Ratio))
	}
	if f.High != 0 {
		s += fmt.Sprintf(" [%s–%s]", number(f.Low), number(f.High))
	}
	if t := f.Target.String(); t != "" {
		s += " target " + t + f.mark()
	}
	return s
}

func (f Figure) mark() string {
	switch {
	case f.Target == (Target{}):
		return ""
	case f.Met():
		return " ok"
	}
	return " MISSED"
}

// object is a figure as JSON.
type object struct {
	Scenario string  `json:"scenario"`
	Scale    Scale   `json:"scale"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Floor    float64 `json:"floor"`
	Ratio    float64 `json:"ratio"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Target   string  `json:"target,omitempty"`
	Met      bool    `json:"met"`
	Note     string  `json:"note,omitempty"`
}

// report prints what was measured, as JSON or as a table, and writes the table where it is asked for.
func (r *runner) report(m Machine, took time.Duration) error {
	if r.cfg.JSON {
		enc := json.NewEncoder(r.cfg.Out)
		if err := enc.Encode(struct {
			Machine Machine `json:"machine"`
			Seconds float64 `json:"seconds"`
		}{m, took.Seconds()}); err != nil {
			return err
		}
		for _, f := range r.figures {
			if err := enc.Encode(object{f.Scenario, f.Scale, f.Value, f.Unit, f.Floor, f.Ratio, f.Low, f.High, f.Target.String(), f.Met(), f.Note}); err != nil {
				return err
			}
		}
	} else if err := r.table(); err != nil {
		return err
	}
	if r.cfg.Write != "" {
		return r.write(m, took)
	}
	return nil
}

func (r *runner) table() error {
	t := tabwriter.NewWriter(r.cfg.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "scenario\tscale\tvalue\tunit\tfloor\tratio\tspread\ttarget\t")
	for _, f := range r.figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Scenario, f.Scale, number(f.Value), f.Unit, blank(f.Floor), blank(f.Ratio), f.spread(), f.Target, strings.TrimSpace(f.mark()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	missed := 0
	for _, f := range r.figures {
		if !f.Met() {
			missed++
		}
	}
	_, err := fmt.Fprintf(r.cfg.Out, "%d figures, %d targets missed, %d scenarios failed\n", len(r.figures), missed, len(r.failed))
	return err
}

func blank(v float64) string {
	if v == 0 {
		return ""
	}
	return number(v)
}

func (f Figure) spread() string {
	if f.High == 0 {
		return ""
	}
	return number(f.Low) + "–" + number(f.High)
}

// Markers between which a table of a scale stands in a document.
func markers(s Scale) (begin, end string) {
	return "<!-- bench " + string(s) + " begins -->", "<!-- bench " + string(s) + " ends -->"
}

// write puts the table of the scale between its markers in the document, in place of what stands there.
func (r *runner) write(m Machine, took time.Duration) error {
	text, err := os.ReadFile(r.cfg.Write)
	if err != nil {
		return err
	}
	begin, end := markers(r.cfg.Scale)
	head, rest, ok := strings.Cut(string(text), begin)
	_, foot, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the figures of the %s: %q and %q", r.cfg.Write, r.cfg.Scale, begin, end)
	}
	if len(r.failed) > 0 {
		return errors.New("nothing is written of a run in which a scenario failed")
	}
	return os.WriteFile(r.cfg.Write, []byte(head+begin+"\n\n"+r.markdown(m, took)+"\n"+end+foot), 0o644)
}

func (r *runner) markdown(m Machine, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. The whole run took %.0f minutes. Server settings:", m, took.Minutes())
	for i, k := range slices.Sorted(maps.Keys(m.Settings)) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " `%s = %s`", k, m.Settings[k])
	}
	b.WriteString(".\n\n| figure | value | floor | ratio | spread | target | | note |\n| --- | ---: | ---: | ---: | --- | --- | --- | --- |\n")
	for _, f := range r.figures {
		mark := map[string]string{" ok": "met", " MISSED": "**missed**", "": ""}[f.mark()]
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s | %s | %s | %s |\n", f.Scenario, number(f.Value), f.Unit, blank(f.Floor), blank(f.Ratio), f.spread(), f.Target, mark,
			strings.ReplaceAll(f.Note, "|", "/"))
	}
	return b.String()
}
