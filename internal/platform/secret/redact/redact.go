// Package redact holds texts that must never be printed: passwords and keys in
// configuration.
//
// A Text shows as "[redacted]" under every fmt verb, in slog, JSON and any
// text encoding, also deep inside another struct; only Reveal gives the value.
package redact

import (
	"fmt"
	"log/slog"
)

const shown = "[redacted]"

// Text is a secret text. The zero value is the empty text. It lies behind a
// pointer because fmt, which cannot call methods on unexported fields, then
// prints an address instead of the value.
type Text struct{ value *string }

// New wraps a secret.
func New(value string) Text { return Text{&value} }

// Reveal returns the secret itself. Call it only where the secret is used.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// IsZero reports whether there is no secret, or an empty one.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// String implements fmt.Stringer; it tells only whether a secret is set.
func (t Text) String() string {
	if t.IsZero() {
		return ""
	}
	return shown
}

// Format implements fmt.Formatter, so that no verb, not even a wrong one such
// as %d, prints the value.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(t.String())) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements encoding.TextMarshaler, and so covers JSON too.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler, for flags, environment
// and JSON.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}
