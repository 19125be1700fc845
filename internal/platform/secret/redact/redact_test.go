package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/secret/redact"
)

const plain = "hunter2-秘密"

func TestNeverPrinted(t *testing.T) {
	t.Parallel()
	text := redact.New(plain)
	type config struct {
		Open   redact.Text
		hidden redact.Text
	}
	c := config{text, text}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%!"} {
		for _, v := range []any{text, &text, c, &c, []redact.Text{text}, map[string]any{"k": c}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "a", text, "b", c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "a", text, "b", c)
	raw, err := json.Marshal(map[string]any{"a": text, "b": c})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(raw)

	hex := fmt.Sprintf("%x", plain)
	for _, leak := range []string{plain, "hunter2", hex, strings.ToUpper(hex)} {
		if strings.Contains(out.String(), leak) {
			t.Fatalf("%q was printed in\n%s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Fatal("nothing was redacted")
	}
	if text.Reveal() != plain || c.hidden.Reveal() != plain {
		t.Fatal("Reveal lost the value")
	}
}

func TestZero(t *testing.T) {
	t.Parallel()
	var zero redact.Text
	if !zero.IsZero() || zero.Reveal() != "" || zero.String() != "" {
		t.Fatal("the zero Text is not empty")
	}
	if redact.New("x").IsZero() {
		t.Fatal("a set Text is zero")
	}
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	var v struct{ Password redact.Text }
	if err := json.Unmarshal([]byte(`{"Password":"`+plain+`"}`), &v); err != nil {
		t.Fatal(err)
	}
	if v.Password.Reveal() != plain {
		t.Fatal("value lost")
	}
}
