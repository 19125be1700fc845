// Package outcome says what is known about a message that was not delivered,
// in the only three ways that matter to a sender that must neither lose a
// message nor send it twice.
//
// A channel (mail, group robot) returns nil when the far side accepted the
// message and an *Error otherwise. Retry Temporary errors, give up on
// Permanent ones, and leave Uncertain ones to a person: the message may have
// arrived, so sending it again may send it twice.
package outcome

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Class is what is known about a message that was not acknowledged.
type Class string

const (
	// Temporary: the far side certainly does not have the message; try later.
	Temporary Class = "temporary"
	// Permanent: the far side certainly does not have the message and will
	// not take it as it stands.
	Permanent Class = "permanent"
	// Uncertain: the far side may have the message; never retry by machine.
	Uncertain Class = "uncertain"
)

// Error is a failed delivery. It is safe to log and to show to an operator:
// whoever builds one keeps recipients, keys and content out of Code and Err.
type Error struct {
	Class Class
	// Code is short and machine-readable, e.g. "smtp.550" or "wecom.45009".
	Code string
	// After is how long to wait at least before the next try; 0 if the far
	// side gave no hint. Only meaningful for Temporary.
	After time.Duration
	// Err is the cause, or nil.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s (%s)", e.Code, e.Class)
	}
	return fmt.Sprintf("%s (%s): %v", e.Code, e.Class, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the class of a delivery error. An error that nobody classified is
// Uncertain, because that is the one reading that can never send twice. Of(nil)
// is the empty Class.
func Of(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Uncertain
}

// Lost classifies an error of the connection itself: Uncertain once the message
// was handed over, Temporary before. The code is prefix plus ".canceled",
// ".timeout" or ".connection".
func Lost(prefix string, handedOver bool, cause error) *Error {
	class := Temporary
	if handedOver {
		class = Uncertain
	}
	return &Error{Class: class, Code: prefix + "." + reason(cause), Err: cause}
}

func reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return "connection"
}
