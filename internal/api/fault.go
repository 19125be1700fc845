package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/fugong/fugong/internal/platform/errs"
)

// kinds names huma's complaints by the words they begin with. Its words are for logs; a program needs a code and a person a
// text in their language.
var kinds = []struct{ begins, code string }{
	{validation.MsgUnexpectedProperty, "api.fault.unknown"},
	{"unknown query parameter", "api.fault.unknown"},
	{begin(validation.MsgExpectedRequiredProperty), "error.required"},
	{"required ", "error.required"},
	{validation.MsgExpectedRFC3339DateTime, "api.fault.datetime"},
	{"invalid date/time", "api.fault.datetime"},
	{begin(validation.MsgExpectedOneOf), "api.fault.choice"},
	{begin(validation.MsgExpectedMinLength), "api.fault.range"}, // of a text
	{begin(validation.MsgExpectedMaxLength), "api.fault.range"},
	{begin(validation.MsgExpectedMinItems), "api.fault.range"},
	{begin(validation.MsgExpectedMaxItems), "api.fault.range"},
	{begin(validation.MsgExpectedMinimumNumber), "api.fault.range"},
	{begin(validation.MsgExpectedMaximumNumber), "api.fault.range"},
	{"expected string to ", "api.fault.value"}, // any other form of a text
	{validation.MsgExpectedBoolean, "api.fault.type"},
	{validation.MsgExpectedInteger, "api.fault.type"},
	{validation.MsgExpectedNumber, "api.fault.type"},
	{validation.MsgExpectedString, "api.fault.type"},
	{validation.MsgExpectedArray, "api.fault.type"},
	{validation.MsgExpectedObject, "api.fault.type"},
	{"invalid integer", "api.fault.type"},
	{"invalid boolean", "api.fault.type"},
}

// begin is the part of a format before its first argument.
func begin(format string) string {
	head, _, _ := strings.Cut(format, "%")
	return head
}

// fault words one of huma's complaints. The value at fault is left out: it may be an identity number.
func (k *call) fault(d *huma.ErrorDetail) fault {
	code := "api.fault.value"
	for _, kind := range kinds {
		if strings.HasPrefix(d.Message, kind.begins) {
			code = kind.code
			break
		}
	}
	at := d.Location
	if rest, missing := strings.CutPrefix(d.Message, begin(validation.MsgExpectedRequiredProperty)); missing {
		name, _, _ := strings.Cut(rest, " ")
		at += "." + name
	}
	return fault{Code: code, Location: at, Message: k.printer.M(errs.Msg(code, "Detail", d.Message))}
}
