package robot

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/robot/robottest"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

// However a robot is used, no minute sees more than 18 messages, and whoever
// waits as long as told gets through.
func TestPaceProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewManual(start)
		limits := NewLimits(c)
		var sent []time.Time
		for range rapid.IntRange(1, 120).Draw(t, "messages") {
			c.Advance(time.Duration(rapid.IntRange(0, 9_000).Draw(t, "pause")) * time.Millisecond)
			if wait := limits.take("robot", weComPace); wait > 0 {
				if !rapid.Bool().Draw(t, "wait") {
					continue
				}
				c.Advance(wait)
				if again := limits.take("robot", weComPace); again > 0 {
					t.Fatalf("waited %v and must wait %v more", wait, again)
				}
			}
			sent = append(sent, c.Now())
			if n := len(sent); n > 18 && sent[n-1].Sub(sent[n-19]) < time.Minute {
				t.Fatalf("19 messages within %v", sent[n-1].Sub(sent[n-19]))
			}
		}
	})
}

func TestPacedSend(t *testing.T) {
	t.Parallel()
	fake := robottest.New(t, key)
	c := clock.NewManual(start)
	limits := NewLimits(c)
	w := WeCom{BaseURL: fake.URL(), Key: redact.New(key), HTTP: fake.Client(), Limits: limits}
	for range weComPace.burst {
		if err := w.SendText(t.Context(), Text{Content: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	// Another value for the same robot shares its bucket.
	same := WeCom{BaseURL: fake.URL(), Key: redact.New(key), HTTP: fake.Client(), Limits: limits}
	err := same.SendMarkdown(t.Context(), Markdown{"x"})
	wants(t, "paced", err, outcome.Temporary, "wecom.paced")
	e, _ := errors.AsType[*outcome.Error](err)
	if e.After != 7*time.Second {
		t.Errorf("wait %v", e.After)
	}
	if n := len(fake.Messages()); n != weComPace.burst {
		t.Errorf("%d messages", n)
	}
	other := w
	other.Key = redact.New("other")
	wants(t, "another robot", other.SendText(t.Context(), Text{Content: "x"}), outcome.Permanent, "wecom.93000")
	c.Advance(e.After)
	if err := w.SendText(t.Context(), Text{Content: "x"}); err != nil {
		t.Error(err)
	}
}

func TestIdleRobotsAreForgotten(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(start)
	limits := NewLimits(c)
	for i := range minSweep {
		limits.take(fmt.Sprint("idle ", i), weComPace)
	}
	c.Advance(time.Minute)
	for range weComPace.burst {
		limits.take("idle 0", weComPace) // busy again
	}
	limits.take("new", weComPace)
	if n := len(limits.buckets); n != 2 {
		t.Errorf("%d robots remembered", n)
	}
	if limits.take("idle 0", weComPace) == 0 {
		t.Error("a busy robot was forgotten")
	}
}
