package outcome_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/fugong/fugong/internal/platform/outcome"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  error
		want outcome.Class
	}{
		"delivered":    {nil, ""},
		"unclassified": {io.EOF, outcome.Uncertain},
		"direct":       {&outcome.Error{Class: outcome.Permanent, Code: "smtp.550"}, outcome.Permanent},
		"wrapped":      {fmt.Errorf("send: %w", &outcome.Error{Class: outcome.Temporary, Code: "x"}), outcome.Temporary},
	}
	for name, c := range cases {
		if got := outcome.Of(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	cases := []struct {
		err    error
		handed bool
		class  outcome.Class
		code   string
	}{
		{io.EOF, false, outcome.Temporary, "smtp.connection"},
		{io.EOF, true, outcome.Uncertain, "smtp.connection"},
		{context.Canceled, true, outcome.Uncertain, "smtp.canceled"},
		{context.DeadlineExceeded, false, outcome.Temporary, "smtp.timeout"},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), true, outcome.Uncertain, "smtp.timeout"},
	}
	for _, c := range cases {
		got := outcome.Lost("smtp", c.handed, c.err)
		if got.Class != c.class || got.Code != c.code {
			t.Errorf("Lost(%v, %v) = %v, %v; want %v, %v", c.handed, c.err, got.Class, got.Code, c.class, c.code)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("Lost(%v) hides its cause", c.err)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	bare := &outcome.Error{Class: outcome.Permanent, Code: "smtp.550"}
	if got := bare.Error(); got != "smtp.550 (permanent)" {
		t.Errorf("%q", got)
	}
	caused := &outcome.Error{Class: outcome.Uncertain, Code: "smtp.connection", Err: io.EOF}
	if got := caused.Error(); got != "smtp.connection (uncertain): EOF" {
		t.Errorf("%q", got)
	}
}
