package incidenthttp

import (
	"strconv"
	"strings"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
)

func personOf(w words, i incident.Incident, p incident.Person) person {
	out := person{Name: p.Name, Place: w.place(p.Workshop, p.TeamName, p.Shift)}
	if !w.sc.Can(authz.IncidentRun) {
		return out
	}
	out.Href = "/employees/" + strconv.FormatInt(p.Employee, 10)
	if !i.Drill {
		for _, h := range p.Holds {
			out.Badges = append(out.Badges, ui.Badge{Label: holdName(w, h.Kind), Tone: ui.ToneHeld, Icon: "stop"})
			out.Lines = append(out.Lines, releaseLine(w, h))
		}
	}
	if !p.SampledAt.IsZero() {
		out.Badges = append(out.Badges, ui.ResultBadge(w.t, p.Result))
		out.Lines = append(out.Lines, w.t("incident.sampled", "At", w.instant(p.SampledAt)))
	}
	return out
}

// holdName names a kind of hold by the shared words.
func holdName(w words, kind string) string {
	if key := "hold." + kind; httpd.PrinterOf(w.c).Has(key) {
		return w.t(key)
	}
	return w.kind(kind)
}

// releaseLine says what still stands before the release of a hold.
func releaseLine(w words, h incident.Held) string {
	since := w.t("incident.held_since", "Hold", holdName(w, h.Kind), "At", w.instant(h.From))
	var missing []string
	for _, code := range h.Check.Missing {
		missing = append(missing, httpd.PrinterOf(w.c).M(hold.Missing(h.Check, code)))
	}
	if len(missing) == 0 {
		return since + w.t("incident.comma") + w.t("incident.releasable")
	}
	return since + w.t("incident.comma") + strings.Join(missing, w.t("incident.comma"))
}
