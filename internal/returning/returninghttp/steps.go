package returninghttp

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/returning"
)

// The steps of a declaration.
const (
	stepTrip   = "trip"
	stepStays  = "stays"
	stepHealth = "health"
	stepSign   = "sign"
)

var steps = []string{stepTrip, stepStays, stepHealth, stepSign}

// none is the choice "nothing of these" among several.
const none = "none"

// stepOf is the step on which a field stands.
func stepOf(field string) string {
	switch field {
	case "risk_stay", "overseas", "entered_on", "control_level", "control_to", "control_proof":
		return stepStays
	case "health_code", "code_checked_at", "trip_card", "temperature", "symptoms", "contacts", "contact_on", "note":
		return stepHealth
	case "pledge":
		return stepSign
	}
	if strings.HasPrefix(field, "stay_") {
		return stepStays
	}
	return stepTrip
}

// form builds the fields of a step.
type form struct {
	w     words
	c     echo.Context
	v     url.Values
	fault error
}

// field completes a field with its label, value and fault. The hint is the text of that name, if the caller asks for one.
func (f form) field(kind ui.FieldKind, name string, more func(*ui.Field)) ui.Field {
	x := ui.Field{Kind: kind, Name: name, Label: f.w.t("returning.field." + name), Value: f.v.Get(name), Error: httpd.FieldError(f.c, f.fault, name)}
	if more != nil {
		more(&x)
	}
	return x
}

func required(x *ui.Field) { x.Required = true }

func (f form) hint(key string) func(*ui.Field) {
	return func(x *ui.Field) { x.Hint = f.w.t("returning.hint." + key) }
}

// choose is a field with options; label says how an option reads.
func (f form) choose(kind ui.FieldKind, name string, ids []string, label func(id string) string, more func(*ui.Field)) ui.Field {
	var options []ui.Option
	if kind == ui.FieldSelect {
		options = append(options, ui.Option{Label: f.w.t("returning.choose")})
	}
	for _, id := range ids {
		options = append(options, ui.Option{Value: id, Label: label(id)})
	}
	x := f.field(kind, name, more)
	x.Inline = kind != ui.FieldSelect
	x.Options = ui.Choose(options, f.v[name]...)
	return x
}

func (f form) yesNo(name string, more func(*ui.Field)) ui.Field {
	return f.choose(ui.FieldRadio, name, []string{string(returning.Yes), string(returning.No)}, func(id string) string { return f.w.t("common." + id) }, more)
}

func (f form) labels(prefix string) func(string) string {
	return func(id string) string { return f.w.t(prefix + id) }
}

func (f form) groups(step string) []ui.FieldGroup {
	switch step {
	case stepTrip:
		return f.trip()
	case stepStays:
		return f.stays()
	case stepHealth:
		return f.health()
	}
	return []ui.FieldGroup{{Fields: []ui.Field{f.pledge()}}}
}

func (f form) trip() []ui.FieldGroup {
	return []ui.FieldGroup{
		{Fields: []ui.Field{
			f.field(ui.FieldDate, "planned_on", required),
			f.field(ui.FieldText, "origin_area", func(x *ui.Field) { x.Required, x.Hint, x.MaxLength = true, f.w.t("returning.hint.origin_area"), 100 }),
			f.choose(ui.FieldSelect, "transport", returning.Transports(), f.labels("returning.transport."), required),
			f.field(ui.FieldText, "trip_no", f.hint("trip_no")),
			f.field(ui.FieldDateTime, "depart_at", nil),
			f.field(ui.FieldDateTime, "arrive_at", nil),
			f.field(ui.FieldText, "via_areas", f.hint("via_areas")),
		}},
		{Legend: f.w.t("returning.group.community"), Hint: f.w.t("returning.hint.community"), Fields: []ui.Field{
			f.yesNo("outside", required), f.yesNo("reported", f.hint("reported")), f.field(ui.FieldDateTime, "reported_at", nil),
		}},
	}
}

func (f form) stays() []ui.FieldGroup {
	groups := []ui.FieldGroup{{Fields: []ui.Field{f.yesNo("risk_stay", func(x *ui.Field) { x.Required, x.Hint = true, f.w.t("returning.hint.risk_stay") })}}}
	shown := 0
	for f.v.Get(stayField("area", shown)) != "" || f.v.Get(stayField("to", shown)) != "" || f.v.Get(stayField("risk", shown)) != "" {
		shown++
	}
	for i := range min(shown+1, returning.MaxStays) {
		groups = append(groups, f.stay(i))
	}
	return append(groups,
		ui.FieldGroup{Legend: f.w.t("returning.group.overseas"), Fields: []ui.Field{f.yesNo("overseas", required), f.field(ui.FieldDate, "entered_on", f.hint("entered_on"))}},
		ui.FieldGroup{Legend: f.w.t("returning.group.control"), Hint: f.w.t("returning.hint.control"), Fields: []ui.Field{
			f.choose(ui.FieldSelect, "control_level", returning.ControlLevels(), f.labels("control."), nil),
			f.field(ui.FieldDate, "control_to", nil), f.field(ui.FieldText, "control_proof", f.hint("control_proof")),
		}})
}

func (f form) stay(i int) ui.FieldGroup {
	g := ui.FieldGroup{Legend: f.w.t("returning.group.stay", "N", i+1)}
	if i == 0 {
		g.Hint = f.w.t("returning.hint.stay")
	}
	part := func(kind ui.FieldKind, name string) ui.Field {
		x := f.field(kind, stayField(name, i), nil)
		x.Label = f.w.t("returning.field.stay_" + name)
		return x
	}
	risk := f.choose(ui.FieldSelect, stayField("risk", i), returning.Risks(), f.w.risk, nil)
	risk.Label = f.w.t("returning.field.stay_risk")
	g.Fields = []ui.Field{part(ui.FieldText, "area"), part(ui.FieldDate, "from"), part(ui.FieldDate, "to"), risk}
	return g
}

func (f form) health() []ui.FieldGroup {
	withNone := func(label string, prefix string) func(string) string {
		return func(id string) string {
			if id == none {
				return label
			}
			return f.w.t(prefix + id)
		}
	}
	if f.v.Get("code_checked_at") == "" {
		f.v.Set("code_checked_at", httpd.InputTime(f.c, httpd.NowOf(f.c)))
	}
	return []ui.FieldGroup{
		{Fields: []ui.Field{
			f.choose(ui.FieldRadio, "health_code", returning.HealthCodes(), f.labels("returning.code."), required),
			f.field(ui.FieldDateTime, "code_checked_at", func(x *ui.Field) { x.Required, x.Hint = true, f.w.t("returning.hint.code_checked_at") }),
			f.choose(ui.FieldRadio, "trip_card", returning.TripCards(), f.labels("returning.card."), nil),
		}},
		{Legend: f.w.t("returning.group.feel"), Fields: []ui.Field{
			f.field(ui.FieldNumber, "temperature", func(x *ui.Field) { x.Required, x.Unit, x.Placeholder, x.Autocomplete = true, "℃", "36.5", "off" }),
			f.choose(ui.FieldChecks, "symptoms", append([]string{none}, returning.Symptoms()...), withNone(f.w.t("symptom.none"), "symptom."), required),
		}},
		{Legend: f.w.t("returning.group.contacts"), Fields: []ui.Field{
			f.choose(ui.FieldChecks, "contacts", append([]string{none}, returning.ContactKinds()...), withNone(f.w.t("returning.contact.none"), "returning.contact."), required),
			f.field(ui.FieldDate, "contact_on", f.hint("contact_on")),
			f.field(ui.FieldText, "note", nil),
		}},
	}
}

func (f form) pledge() ui.Field {
	x := f.field(ui.FieldCheck, "pledge", nil)
	x.Options = []ui.Option{{Value: "1", Label: f.w.t("returning.pledge.tick"), Selected: f.v.Get("pledge") != ""}}
	return x
}
