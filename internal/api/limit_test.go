package api

import (
	"testing"
	"time"
)

func TestLimiterIsBounded(t *testing.T) {
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	l := newLimiter(Pace)
	for range Pace * burst {
		if l.take(1, at) != 0 {
			t.Fatal("the burst is cut short")
		}
	}
	for id := int32(2); id < 3*maxKept; id++ {
		l.take(id, at)
		if id%1000 == 0 && l.take(1, at) == 0 {
			t.Fatalf("client 1, who comes again and again, was forgotten at %d", id)
		}
	}
	if n := len(l.recent) + len(l.old); n > 2*maxKept {
		t.Errorf("%d clients are kept", n)
	}
	if wait := l.take(1, at); wait <= 0 || wait > time.Second {
		t.Errorf("told to wait %v", wait)
	}
	if l.take(1, at.Add(time.Second)) != 0 {
		t.Error("still waiting after a second")
	}
}
