package ui

import "strings"

// FieldKind says which control a Field shows.
type FieldKind string

// The kinds of field. FieldNumber is a text box with a numeric keypad, because
// type=number loses what the user typed when it is not a number.
const (
	FieldText     FieldKind = "text"
	FieldPassword FieldKind = "password"
	FieldTel      FieldKind = "tel"
	FieldEmail    FieldKind = "email"
	FieldNumber   FieldKind = "number"
	FieldDate     FieldKind = "date"
	FieldTime     FieldKind = "time"
	FieldDateTime FieldKind = "datetime-local" // value 2006-01-02T15:04
	FieldTextarea FieldKind = "textarea"
	FieldSelect   FieldKind = "select"
	FieldRadio    FieldKind = "radio"  // one of a few, as large targets
	FieldChecks   FieldKind = "checks" // any of a few; values share Name
	FieldCheck    FieldKind = "check"  // a single tick; Options[0] is its value and label
	FieldFile     FieldKind = "file"
	FieldPhoto    FieldKind = "photo" // image, shown and made smaller before it is sent
	FieldHidden   FieldKind = "hidden"
)

// Option is one choice of a Field or Select.
type Option struct {
	Value, Label string
	Hint         string // a quieter second line, radio and checks only
	Selected     bool
}

// Field is a labelled control with hint and error. Component "ui/field".
type Field struct {
	Kind         FieldKind
	Name         string
	ID           string // default "f-" + Name
	Label        string
	Value        string
	Hint         string
	Error        string
	Required     bool
	Options      Options
	Inline       bool   // radio and checks side by side where there is room
	Unit         string // after the box, such as ℃
	Placeholder  string
	Autocomplete string // HTML autofill token, such as current-password
	Accept       string // file types
	Min, Max     string // date and datetime
	MaxLength    int
	ReadOnly     bool
}

// InputID is the id of the control (of the fieldset for radio and checks); the
// error summary links to it.
func (f Field) InputID() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

// DescribedBy lists the ids of hint and error for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.InputID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.InputID()+"-error")
	}
	return strings.Join(ids, " ")
}

// Group tells a set of controls under one legend from a single control.
func (f Field) Group() bool { return f.Kind == FieldRadio || f.Kind == FieldChecks }

// InputType is the HTML type of a one-line control.
func (f Field) InputType() string {
	switch f.Kind {
	case FieldNumber:
		return "text"
	case FieldPhoto:
		return "file"
	default:
		return string(f.Kind)
	}
}

// Accepts is the list of acceptable file types.
func (f Field) Accepts() string {
	if f.Kind == FieldPhoto && f.Accept == "" {
		return "image/*"
	}
	return f.Accept
}

// Choose marks the options whose value is among values.
func Choose(options []Option, values ...string) []Option {
	out := make([]Option, len(options))
	for i, o := range options {
		for _, v := range values {
			o.Selected = o.Selected || o.Value == v
		}
		out[i] = o
	}
	return out
}

// Form is a whole form: error summary, groups of fields, one submit button.
// Component "ui/form".
type Form struct {
	ID      string
	Action  string
	Upload  bool // multipart, for files
	Errors  *ErrorSummary
	Groups  []FieldGroup
	Hidden  []Param
	Submit  string
	Kind    Kind    // of the submit button; default KindPrimary
	Cancel  *Link   // where to go without saving
	Note    string  // below the button, such as what happens next
	Require string  // "带 * 的为必填项"; empty when no field is required
	Also    *Action // a second way to submit, Href is its formaction
}

// FieldGroup is a titled part of a form; Legend may be empty.
type FieldGroup struct {
	Legend, Hint string
	Fields       []Field
}

// NewForm posts fields to action, with an error summary if any field has one.
func NewForm(t Translate, action, submit string, fields ...Field) Form {
	return NewGroupedForm(t, action, submit, FieldGroup{Fields: fields})
}

// NewGroupedForm is NewForm for a form in several parts.
func NewGroupedForm(t Translate, action, submit string, groups ...FieldGroup) Form {
	f := Form{Action: action, Submit: submit, Kind: KindPrimary, Groups: groups}
	var all []Field
	for _, g := range groups {
		for _, field := range g.Fields {
			all = append(all, field)
			f.Upload = f.Upload || field.Kind == FieldFile || field.Kind == FieldPhoto
			if field.Required {
				f.Require = t("common.form.required")
			}
		}
	}
	f.Errors = Errors(t, all...)
	return f
}

// ErrorSummary stands above a form and links each fault to its field.
// Component "ui/errors".
type ErrorSummary struct {
	Title string
	Kept  string // what was not lost
	Items []Link
}

// Errors gathers the errors of fields; nil when there are none.
func Errors(t Translate, fields ...Field) *ErrorSummary {
	var items []Link
	for _, f := range fields {
		if f.Error != "" {
			items = append(items, Link{Label: f.Label + t("common.colon") + f.Error, Href: "#" + f.InputID()})
		}
	}
	if len(items) == 0 {
		return nil
	}
	return &ErrorSummary{Title: t("common.form.errors"), Kept: t("common.form.kept"), Items: items}
}
