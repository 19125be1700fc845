// Package errs is the one error type that crosses feature borders: a code that decides the answer's status, a message key
// that is translated for the reader, and messages per field for forms. Any other error is internal: it is logged in full and
// the reader sees a dull text.
package errs

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Code classes an error by what the caller can do about it.
type Code string

// The codes, with the HTTP status that httpd gives them.
const (
	Invalid         Code = "invalid"         // 422: mend the input
	Unauthenticated Code = "unauthenticated" // 401: sign in
	Forbidden       Code = "forbidden"       // 403: not yours to do
	NotFound        Code = "not_found"       // 404: missing, or of another org
	Conflict        Code = "conflict"        // 409: somebody was quicker, or the state does not allow it
	TooLarge        Code = "too_large"       // 413
	Unsupported     Code = "unsupported"     // 415: not a kind of file we read
	TooMany         Code = "too_many"        // 429: wait
	Unavailable     Code = "unavailable"     // 503: try again
	Internal        Code = "internal"        // 500
)

// Message is a text to be translated: an i18n key and its arguments.
type Message struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args,omitempty"`
}

// Msg builds a Message; args are pairs of name and value.
func Msg(key string, args ...any) Message {
	m := Message{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if m.Args == nil {
			m.Args = make(map[string]any, len(args)/2)
		}
		m.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}

// Fields maps a form field's name to what is wrong with it.
type Fields map[string]Message

// Add notes a fault of a field; the first fault of a field stays.
func (f Fields) Add(field, key string, args ...any) {
	if _, taken := f[field]; !taken {
		f[field] = Msg(key, args...)
	}
}

// Err returns nil when no field is at fault, else an Invalid error that carries them.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: Msg("error.invalid"), Fields: f}
}

// Error is a failure with a code and a message for the reader.
type Error struct {
	Code    Code
	Message Message
	Fields  Fields
	Err     error // the cause, for the log only
}

// New builds an error; args are pairs of name and value for the message.
func New(code Code, key string, args ...any) *Error {
	return &Error{Code: code, Message: Msg(key, args...)}
}

// Because adds the cause that the log shall show.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Message.Key)
	names := make([]string, 0, len(e.Fields))
	for name := range e.Fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%s", name, e.Fields[name].Key)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first *Error in the chain, or Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is reports whether the error has the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// FieldsOf returns the field messages of the error, nil when it has none.
func FieldsOf(err error) Fields {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Missing is the answer for a row that does not exist and for a row of another org alike.
func Missing() *Error { return New(NotFound, "error.not_found") }
