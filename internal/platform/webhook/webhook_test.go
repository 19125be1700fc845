package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
	"github.com/fugong/fugong/internal/platform/webhook/webhooktest"
)

var secret = redact.New("a secret of sixteen bytes or more")

func hook(t *testing.T, s *webhooktest.Server) *webhook.Hook {
	t.Helper()
	return &webhook.Hook{URL: s.URL, Secret: secret, HTTP: &http.Client{Transport: &http.Transport{}}, Clock: clock.NewManual(time.Unix(1648087200, 0))}
}

func TestOnlyTLSOrThisMachine(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://sms.example.org/in": true, "http://127.0.0.1:9000/": true, "http://[::1]/": true, "http://localhost:8080": true,
		"http://sms.example.org/in": false, "http://10.0.0.5/": false, "ftp://127.0.0.1/": false, "sms.example.org": false, "https://": false,
	} {
		if err := webhook.Check(address, secret); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
	if webhook.Check("https://sms.example.org/in", redact.New("short")) == nil {
		t.Error("a short secret passed")
	}
}

// The signature is one that a stranger can reckon from the documentation alone.
func TestTheSignatureIsAsDocumented(t *testing.T) {
	t.Parallel()
	got := webhook.Sign(redact.New("key"), "1648087200", []byte(`[]`))
	if want := "sha256=e655b3d73f3f88d7dfdcdf5a7877e31fe04c5c295f24831e32426a0b276ef1d4"; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestWhatBecomesOfABatch(t *testing.T) {
	t.Parallel()
	batch := []webhook.Message{{ID: "1.1"}, {ID: "1.2"}}
	for name, c := range map[string]struct {
		answer webhooktest.Answer
		want   [2]outcome.Class
	}{
		"taken":               {nil, [2]outcome.Class{}},
		"taken with a list":   {webhooktest.Body(`{"accepted":["1.1","1.2"]}`), [2]outcome.Class{}},
		"one rejected":        {webhooktest.Body(`{"rejected":[{"id":"1.2","reason":"unknown"}]}`), [2]outcome.Class{"", outcome.Permanent}},
		"one not mentioned":   {webhooktest.Body(`{"accepted":["1.2"],"rejected":[]}`), [2]outcome.Class{outcome.Uncertain, ""}},
		"said both":           {webhooktest.Body(`{"accepted":["1.1","1.2"],"rejected":[{"id":"1.1"}]}`), [2]outcome.Class{outcome.Permanent, ""}},
		"strangers mentioned": {webhooktest.Body(`{"rejected":[{"id":"9.9","reason":"?"}]}`), [2]outcome.Class{}},
		"garbage":             {webhooktest.Body("OK"), [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
		"two answers":         {webhooktest.Body(`{"accepted":[]}{}`), [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
		"endless":             {webhooktest.Body(strings.Repeat(" ", 3<<20)), [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
		"no answer":           {webhooktest.Break, [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
		"too many":            {webhooktest.Status(429), [2]outcome.Class{outcome.Temporary, outcome.Temporary}},
		"away":                {webhooktest.Status(503), [2]outcome.Class{outcome.Temporary, outcome.Temporary}},
		"not found":           {webhooktest.Status(404), [2]outcome.Class{outcome.Temporary, outcome.Temporary}},
		"bad request":         {webhooktest.Status(400), [2]outcome.Class{outcome.Permanent, outcome.Permanent}},
		"moved":               {webhooktest.Status(307), [2]outcome.Class{outcome.Permanent, outcome.Permanent}},
		"broken":              {webhooktest.Status(500), [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
		"behind a dead proxy": {webhooktest.Status(502), [2]outcome.Class{outcome.Uncertain, outcome.Uncertain}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webhooktest.New(secret, false)
			defer s.Close()
			s.Say(c.answer)
			got := hook(t, s).Post(t.Context(), batch)
			for i, want := range c.want {
				if outcome.Of(got[i]) != want {
					t.Errorf("message %d: %v, want %q", i, got[i], want)
				}
				if got[i] != nil && strings.Contains(got[i].Error(), s.URL) {
					t.Errorf("the error tells the address: %v", got[i])
				}
			}
			if s.Counts().Forged != 0 {
				t.Error("the signature does not fit")
			}
		})
	}
}

func TestHowLongABusyGatewayIsLeftAlone(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": time.Minute, "30": 30 * time.Second, "0": time.Second, "-5": time.Second, "999999999": time.Hour, "soon": time.Minute,
		time.Unix(1648087200, 0).Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
	} {
		s := webhooktest.New(secret, false)
		s.Say(func([]webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
			return nil, func(w http.ResponseWriter) {
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		err := hook(t, s).Post(t.Context(), []webhook.Message{{ID: "1.1"}})[0]
		s.Close()
		if e, ok := err.(*outcome.Error); !ok || e.After != want {
			t.Errorf("Retry-After %q: %v, want to wait %v", header, err, want)
		}
	}
}

func TestNothingOnTheWireMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	s := webhooktest.New(secret, false)
	h := hook(t, s)
	s.Close()
	if err := h.Post(t.Context(), []webhook.Message{{ID: "1.1"}})[0]; outcome.Of(err) != outcome.Temporary {
		t.Errorf("refused connection: %v", err)
	}
	if err := h.Post(t.Context(), make([]webhook.Message, webhook.MaxBatch+1))[0]; outcome.Of(err) != outcome.Permanent {
		t.Errorf("a batch too large: %v", err)
	}
}
