package bench

import (
	"encoding/json"
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
	if f.Absent != "" {
		return fmt.Sprintf("%-34s not measured: %s", f.Scenario, f.Absent)
	}
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
	Scenario string   `json:"scenario"`
	Scale    Scale    `json:"scale"`
	Value    *float64 `json:"value"` // null for what was not measured
	Unit     string   `json:"unit"`
	Floor    float64  `json:"floor"`
	Ratio    float64  `json:"ratio"`
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
	Target   string   `json:"target,omitempty"`
	Met      bool     `json:"met"`
	Note     string   `json:"note,omitempty"`
	Absent   string   `json:"absent,omitempty"`
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
			o := object{f.Scenario, f.Scale, &f.Value, f.Unit, f.Floor, f.Ratio, f.Low, f.High, f.Target.String(), f.Met(), f.Note, f.Absent}
			if f.Absent != "" {
				o.Value, o.Met = nil, false
			}
			if err := enc.Encode(o); err != nil {
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
	fmt.Fprintln(t, "scenario\tscale\tvalue\tfloor\tratio\tspread\ttarget\t")
	for _, f := range r.figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Scenario, f.Scale, f.value(), blank(f.Floor), blank(f.Ratio), f.spread(), f.Target, strings.TrimSpace(f.mark()))
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

// value is the figure's in digits.
func (f Figure) value() string {
	if f.Absent != "" {
		return "not measured"
	}
	return number(f.Value) + " " + f.Unit
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

// Markers between which a table stands in a document: "city", or "city peers" for what people use today.
func markers(name string) (begin, end string) {
	return "<!-- bench " + name + " begins -->", "<!-- bench " + name + " ends -->"
}

// write puts the tables of the scale between their markers in the document, in place of what stands there.
func (r *runner) write(m Machine, took time.Duration) error {
	text, err := os.ReadFile(r.cfg.Write)
	if err != nil {
		return err
	}
	own, peers := split(r.figures)
	out, err := replaced(string(text), string(r.cfg.Scale), preamble(m, took)+markdown(own))
	if err == nil && len(peers) > 0 {
		out, err = replaced(out, string(r.cfg.Scale)+" peers", markdownOfPeers(peers))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.cfg.Write, err)
	}
	return os.WriteFile(r.cfg.Write, []byte(out), 0o644)
}

// replaced is the document with a table in place of what stands between its markers.
func replaced(text, name, table string) (string, error) {
	begin, end := markers(name)
	head, rest, ok := strings.Cut(text, begin)
	_, foot, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("there is no place for a table between %q and %q", begin, end)
	}
	return head + begin + "\n\n" + table + "\n" + end + foot, nil
}

// split sets apart what was compared with other programs.
func split(figures []Figure) (own, peers []Figure) {
	for _, f := range figures {
		if f.Peer != "" {
			peers = append(peers, f)
		} else {
			own = append(own, f)
		}
	}
	return own, peers
}

func preamble(m Machine, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. The whole run took %.0f minutes. Server settings:", m, took.Minutes())
	for i, k := range slices.Sorted(maps.Keys(m.Settings)) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " `%s = %s`", k, m.Settings[k])
	}
	return b.String() + ".\n\n"
}

func markdown(figures []Figure) string {
	var b strings.Builder
	b.WriteString("| figure | value | floor | ratio | spread | target | | note |\n| --- | ---: | ---: | ---: | --- | --- | --- | --- |\n")
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Scenario, f.value(), blank(f.Floor), blank(f.Ratio), f.spread(), f.Target, f.verdict(), f.remark())
	}
	return b.String()
}

func markdownOfPeers(figures []Figure) string {
	var b strings.Builder
	b.WriteString("| figure | Fugong | the other | ratio | spread | target | | what |\n| --- | ---: | ---: | ---: | --- | --- | --- | --- |\n")
	for _, f := range figures {
		other := f.Peer + " not measured"
		if f.Absent == "" {
			other = fmt.Sprintf("%s %s %s", f.Peer, number(f.Floor), f.Unit)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Scenario, f.value(), other, blank(f.Ratio), f.spread(), f.Target, f.verdict(), f.remark())
	}
	return b.String()
}

func (f Figure) verdict() string {
	return map[string]string{" ok": "met", " MISSED": "**missed**"}[f.mark()]
}

var inCell = strings.NewReplacer("|", "/", "\n", " ")

func (f Figure) remark() string { return inCell.Replace(f.Note + f.Absent) }
