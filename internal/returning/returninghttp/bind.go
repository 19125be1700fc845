package returninghttp

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/returning"
)

// values are the fields of all steps, filled from a declaration.
func values(c echo.Context, k *returning.Case) url.Values {
	d, v := &k.Declaration, url.Values{}
	for name, text := range map[string]string{
		"planned_on": k.PlannedAt.In(httpd.ZoneOf(c)).Format(time.DateOnly), "origin_area": d.OriginArea, "transport": d.Transport, "trip_no": d.TripNo,
		"depart_at": httpd.InputTime(c, d.DepartAt), "arrive_at": httpd.InputTime(c, d.ArriveAt), "via_areas": d.ViaAreas,
		"outside": string(d.Outside), "reported": string(d.Reported), "reported_at": httpd.InputTime(c, d.ReportedAt),
		"risk_stay": string(d.RiskStay), "overseas": string(d.Overseas), "entered_on": d.EnteredOn,
		"control_level": d.Control.Level, "control_to": d.Control.To, "control_proof": d.Control.Proof,
		"health_code": d.HealthCode, "code_checked_at": httpd.InputTime(c, d.CodeCheckedAt), "trip_card": d.TripCard,
		"contact_on": d.ContactOn, "note": d.Note,
	} {
		v.Set(name, text)
	}
	for i, s := range d.Stays {
		for part, text := range map[string]string{"area": s.Area, "from": s.From, "to": s.To, "risk": s.Risk} {
			v.Set(stayField(part, i), text)
		}
	}
	if d.Temperature != nil {
		v.Set("temperature", strconv.FormatFloat(*d.Temperature, 'f', 1, 64))
	}
	v["symptoms"], v["contacts"] = d.Symptoms, d.Contacts
	if d.Well {
		v.Set("symptoms", none)
	}
	if d.NoContact {
		v.Set("contacts", none)
	}
	return v
}

func stayField(part string, i int) string { return fmt.Sprintf("stay_%s_%d", part, i) }

// reader takes fields from a posted form; what cannot be read is a fault.
type reader struct {
	c      echo.Context
	v      url.Values
	faults errs.Fields
}

func (r reader) text(name string) string { return strings.TrimSpace(r.v.Get(name)) }

func (r reader) instant(name string) time.Time {
	if r.text(name) == "" {
		return time.Time{}
	}
	at, err := httpd.LocalTime(r.c, r.text(name))
	if err != nil {
		r.faults.Add(name, "error.datetime")
	}
	return at
}

// some reads several choices, of which one may be none.
func (r reader) some(name string) (chosen []string, nothing bool) {
	for _, v := range r.v[name] {
		if v == none {
			nothing = true
		} else {
			chosen = append(chosen, v)
		}
	}
	return chosen, nothing
}

// apply puts the fields of one step into the declaration.
func (r reader) apply(step string, d *returning.Declaration) {
	switch step {
	case stepTrip:
		d.OriginArea, d.Transport, d.TripNo, d.ViaAreas = r.text("origin_area"), r.text("transport"), r.text("trip_no"), r.text("via_areas")
		d.DepartAt, d.ArriveAt = r.instant("depart_at"), r.instant("arrive_at")
		d.Outside = returning.Answer(r.text("outside"))
		d.Reported, d.ReportedAt = returning.Answer(r.text("reported")), r.instant("reported_at")
	case stepStays:
		d.RiskStay, d.Overseas = returning.Answer(r.text("risk_stay")), returning.Answer(r.text("overseas"))
		d.EnteredOn = r.text("entered_on")
		d.Control = returning.Control{Level: r.text("control_level"), To: r.text("control_to"), Proof: r.text("control_proof")}
		d.Stays = nil
		for i := range returning.MaxStays {
			s := returning.Stay{Area: r.text(stayField("area", i)), From: r.text(stayField("from", i)), To: r.text(stayField("to", i)),
				Risk: r.text(stayField("risk", i))}
			if s != (returning.Stay{}) {
				d.Stays = append(d.Stays, s)
			}
		}
	case stepHealth:
		d.HealthCode, d.TripCard, d.CodeCheckedAt = r.text("health_code"), r.text("trip_card"), r.instant("code_checked_at")
		d.Temperature = nil
		if text := strings.TrimSuffix(strings.Replace(r.text("temperature"), "，", ".", 1), "℃"); text != "" {
			degrees, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil {
				r.faults.Add("temperature", "returning.refused.temperature")
			}
			d.Temperature = &degrees
		}
		d.Symptoms, d.Well = r.some("symptoms")
		d.Contacts, d.NoContact = r.some("contacts")
		d.ContactOn, d.Note = r.text("contact_on"), r.text("note")
	}
}
