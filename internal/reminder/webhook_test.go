package reminder_test

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
	"github.com/fugong/fugong/internal/platform/webhook/webhooktest"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

var gatewaySecret = redact.New("a secret of the test")

// hooked is a fixture whose only wire is a message gateway.
type hooked struct {
	*fixture
	gateway *webhooktest.Server
}

func setUpHooked(t *testing.T, now time.Time) *hooked {
	h := &hooked{fixture: setUp(t, now), gateway: webhooktest.New(gatewaySecret, true)}
	t.Cleanup(h.gateway.Close)
	h.svc = h.hookedServer(nil)
	return h
}

// hookedServer is one more server that knows the gateway, or another in its place.
func (h *hooked) hookedServer(g reminder.Gateway, more ...func(*reminder.Config)) *reminder.Service {
	h.t.Helper()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		h.t.Fatal(err)
	}
	if g == nil {
		g = &webhook.Hook{URL: h.gateway.URL, Secret: gatewaySecret, HTTP: &http.Client{Transport: &http.Transport{}}, Clock: clock.System()}
	}
	cfg := reminder.Config{DB: h.DB, Clock: h.clock, Log: slog.New(slog.DiscardHandler), Catalog: catalog, Gateway: g, BaseURL: "https://fugong.example.org"}
	for _, change := range more {
		change(&cfg)
	}
	return reminder.New(cfg)
}

// people makes n of them due a minute apart from the instant.
func (h *hooked) people(n int, from time.Time) {
	h.t.Helper()
	for i := range n {
		h.due(from.Add(time.Duration(i) * time.Minute))
	}
}

// states counts the gateway's deliveries by state.
func (h *hooked) states() map[string]int {
	h.t.Helper()
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := h.Owner.Select(&rows, `select state, count(*) as n from delivery where channel = 'webhook' group by state`); err != nil {
		h.t.Fatal(err)
	}
	out := map[string]int{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out
}

func (h *hooked) want(counts webhooktest.Counts, states map[string]int) {
	h.t.Helper()
	if got := h.gateway.Counts(); got != counts {
		h.t.Errorf("the gateway counted %+v, want %+v", got, counts)
	}
	got := h.states()
	if len(got) != len(states) {
		h.t.Errorf("states %v, want %v", got, states)
	}
	for state, n := range states {
		if got[state] != n {
			h.t.Errorf("states %v, want %v", got, states)
		}
	}
}

func TestTheGatewayTakesABatchAndLearnsNoMoreThanItNeeds(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(3, testkit.At(t, "03-25 09:00"))
	h.Exec(`update employee set mobile_enc = '\x01', mobile_bidx = '\x01'`)
	english := testkit.Get[int64](h.Kit, `select max(id) from employee`)
	h.Exec(`insert into account (org_id, role, employee_id, display_name, lang, state, created_at, updated_at)
		values ($1, 'worker', $2, 'w', 'en', 'active', $3, $3)`, h.org, english, h.clock.Now())
	h.tick(h.clock.Now())
	h.tick(h.clock.Now().Add(time.Minute))
	h.want(webhooktest.Counts{Posts: 1, Messages: 3}, map[string]int{"sent": 3})
	code := testkit.Get[string](h.Kit, `select code from org where id = $1`, h.org)
	for _, m := range h.gateway.Messages() {
		if m.To.Enterprise != code || m.To.Employee == 0 || m.To.Mobile != "" || m.Step != reminder.StepBefore {
			t.Errorf("message %+v", m)
		}
		if strings.Contains(m.Text, "王") || strings.Contains(m.Text, "\x00") || !strings.Contains(m.Text, "https://fugong.example.org/me") ||
			!strings.Contains(m.Text, m.Due.Format("01-02 15:04")) {
			t.Errorf("text %q", m.Text)
		}
		if lang := map[bool]string{true: "en", false: "zh-CN"}[m.To.Employee == english]; m.Lang != lang || strings.Contains(m.Text, "Your test") != (lang == "en") {
			t.Errorf("language %q of %q", m.Lang, m.Text)
		}
	}
	var health reminder.Health
	health, err := reminder.ChannelHealth(t.Context(), h.DB, reminder.Webhook, h.clock.Now().Add(-time.Hour))
	if err != nil || health.Sent != 3 || health.Failed+health.Unsure+health.Waiting != 0 {
		t.Errorf("health %+v, %v", health, err)
	}
}

func TestMobileNumbersGoAlongOnlyWhereTheInstallationSaysSo(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(2, testkit.At(t, "03-25 09:00"))
	h.svc = h.hookedServer(nil, func(c *reminder.Config) {
		c.Mobiles = func(_ context.Context, _ db.Q, _ []int32, ids []int64) ([]string, error) {
			return []string{"13800138000", ""}[:len(ids)], nil
		}
	})
	h.tick(h.clock.Now())
	got := h.gateway.Messages()
	if len(got) != 2 || got[0].To.Mobile != "13800138000" || got[1].To.Mobile != "" {
		t.Errorf("messages %+v", got)
	}
}

func TestPlannersAndSendersOfTwoServersDoNothingTwice(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(700, testkit.At(t, "03-24 22:00"))
	second := h.hookedServer(nil)
	for range 3 {
		h.tick(h.clock.Now(), h.svc, second, h.hookedServer(nil))
	}
	counts := h.gateway.Counts()
	if counts.Messages != 700 || counts.Twice != 0 || counts.Forged != 0 {
		t.Errorf("the gateway counted %+v", counts)
	}
	if n := testkit.Get[int](h.Kit, `select count(*) from reminder where state = 'sent' and turn_at is null`); n != 700 {
		t.Errorf("%d reminders are settled, want 700", n)
	}
}

func TestARefusalBeforeAnythingWasAcceptedIsTriedAgain(t *testing.T) {
	for name, status := range map[string]int{"busy": http.StatusTooManyRequests, "away": http.StatusServiceUnavailable, "wrong key": http.StatusUnauthorized} {
		t.Run(name, func(t *testing.T) {
			h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
			h.people(3, testkit.At(t, "03-25 09:00"))
			h.gateway.Say(webhooktest.Status(status))
			now := h.clock.Now()
			h.tick(now)
			h.want(webhooktest.Counts{Posts: 1}, map[string]int{"queued": 3})
			h.tick(now.Add(30 * time.Second)) // too early
			h.want(webhooktest.Counts{Posts: 1}, map[string]int{"queued": 3})
			h.gateway.Say(nil)
			h.tick(now.Add(2 * time.Minute))
			h.want(webhooktest.Counts{Posts: 2, Messages: 3}, map[string]int{"sent": 3})
		})
	}
}

func TestAGatewayThatIsDownIsTriedAgain(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(2, testkit.At(t, "03-25 09:00"))
	gone := webhooktest.New(gatewaySecret, false)
	gone.Close()
	h.tick(h.clock.Now(), h.hookedServer(&webhook.Hook{URL: gone.URL, Secret: gatewaySecret, HTTP: &http.Client{Transport: &http.Transport{}}, Clock: clock.System()}))
	h.want(webhooktest.Counts{}, map[string]int{"queued": 2})
	h.tick(h.clock.Now().Add(2 * time.Minute))
	h.want(webhooktest.Counts{Posts: 1, Messages: 2}, map[string]int{"sent": 2})
}

// What may have arrived is not sent again, whatever the gateway answered.
func TestABatchWhoseAnswerIsLostIsNotSentAgain(t *testing.T) {
	for name, answer := range map[string]webhooktest.Answer{
		"no answer": webhooktest.Break,
		"garbage":   webhooktest.Body("<html>ok</html>"),
		"cut off":   webhooktest.Body(`{"accepted":["1.1"`),
		"over-long": webhooktest.Body(`{"accepted":[],"note":"` + strings.Repeat("x", 2<<20) + `"}`),
		"broken":    webhooktest.Status(http.StatusInternalServerError),
		"lost":      webhooktest.Status(http.StatusGatewayTimeout),
	} {
		t.Run(name, func(t *testing.T) {
			h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
			h.people(3, testkit.At(t, "03-25 09:00"))
			h.gateway.Say(answer)
			now := h.clock.Now()
			h.tick(now)
			h.gateway.Say(nil)
			h.tick(now.Add(5 * time.Minute))
			h.tick(now.Add(5 * time.Hour))
			if got := h.states(); got["unsure"] != 3 || h.gateway.Counts().Posts != 1 {
				t.Errorf("states %v after %+v", got, h.gateway.Counts())
			}
		})
	}
}

// The gateway may answer for each message: what it rejects has failed, what it does not mention is not known.
func TestAnswersForSingleMessagesAreHonoured(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(3, testkit.At(t, "03-25 09:00"))
	h.gateway.Say(func(batch []webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
		return webhooktest.Body(`{"accepted":["` + batch[0].ID + `"],"rejected":[{"id":"` + batch[1].ID + `","reason":"no such\nperson"}]}`)(batch[:1])
	})
	h.tick(h.clock.Now())
	h.gateway.Say(nil)
	h.tick(h.clock.Now().Add(time.Hour))
	h.want(webhooktest.Counts{Posts: 1, Messages: 1}, map[string]int{"sent": 1, "failed": 1, "unsure": 1})
	if why := testkit.Get[string](h.Kit, `select error from delivery where state = 'failed'`); !strings.Contains(why, "no such person") {
		t.Errorf("the log says %q", why)
	}
	if n := testkit.Get[int](h.Kit, `select count(*) from reminder where settled_at is not null`); n != 3 {
		t.Errorf("%d of 3 reminders are settled", n)
	}
}

// dying is a gateway in whose middle the process ends: the batch is on the wire, and nothing is recorded any more.
type dying struct{ reminder.Gateway }

func (d dying) Post(ctx context.Context, batch []webhook.Message) []error {
	d.Gateway.Post(ctx, batch)
	runtime.Goexit()
	return nil
}

func TestABatchOfAKilledSenderStaysUnsure(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(20, testkit.At(t, "03-25 09:00"))
	hook := &webhook.Hook{URL: h.gateway.URL, Secret: gatewaySecret, HTTP: &http.Client{Transport: &http.Transport{}}, Clock: clock.System()}
	h.tick(h.clock.Now(), h.hookedServer(dying{hook}))
	h.want(webhooktest.Counts{Posts: 1, Messages: 20}, map[string]int{"sending": 20})
	h.tick(h.clock.Now().Add(time.Minute)) // the lease runs: it may only be slow
	h.want(webhooktest.Counts{Posts: 1, Messages: 20}, map[string]int{"sending": 20})
	h.Exec(`update delivery set lease_until = $1 where state = 'sending'`, time.Now().Add(-time.Second))
	h.tick(h.clock.Now().Add(time.Minute))
	h.want(webhooktest.Counts{Posts: 1, Messages: 20}, map[string]int{"unsure": 20})
}

// A server that is only slow, and was given up meanwhile, changes nothing by answering late.
func TestAnAnswerAfterTheLeaseChangesNothing(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(2, testkit.At(t, "03-25 09:00"))
	arrived, release := make(chan struct{}), make(chan struct{})
	h.gateway.Say(func(batch []webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
		close(arrived)
		<-release
		return batch, func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) }
	})
	var wg sync.WaitGroup
	wg.Go(func() { h.tick(testkit.At(t, "03-24 10:00")) })
	<-arrived
	h.Exec(`update delivery set lease_until = $1 where state = 'sending'`, time.Now().Add(-time.Second))
	if _, err := h.hookedServer(nil).Send(t.Context(), testkit.At(t, "03-24 10:00")); err != nil {
		t.Fatal(err)
	}
	close(release)
	wg.Wait()
	h.want(webhooktest.Counts{Posts: 1, Messages: 2}, map[string]int{"unsure": 2})
}

// A gateway that asked to be left alone is left alone by what is planned meanwhile, too.
func TestABusyGatewayIsLeftAlone(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	h.people(2, testkit.At(t, "03-25 09:00"))
	h.gateway.Say(webhooktest.Status(http.StatusServiceUnavailable))
	now := h.clock.Now()
	h.tick(now)
	h.people(2, testkit.At(t, "03-25 09:30"))
	h.tick(now.Add(10 * time.Second))
	h.want(webhooktest.Counts{Posts: 1}, map[string]int{"queued": 4})
	h.gateway.Say(nil)
	h.tick(now.Add(3 * time.Minute))
	if c := h.gateway.Counts(); c.Messages != 4 || c.Twice != 0 {
		t.Errorf("the gateway counted %+v", c)
	}
}

// A nudge is in the log at once; the gateway hears of it when the nudge is committed.
func TestANudgeReachesTheGateway(t *testing.T) {
	h := setUpHooked(t, testkit.At(t, "03-24 10:00"))
	id := h.due(testkit.At(t, "03-24 09:00"))
	if _, err := h.svc.Nudge(t.Context(), officer(h.org), []int64{id}, testkit.Zone, h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.want(webhooktest.Counts{}, map[string]int{"queued": 1})
	if _, err := h.svc.Send(t.Context(), h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if m := h.gateway.Messages(); len(m) != 1 || m[0].Step != reminder.StepNudge {
		t.Errorf("messages %+v", m)
	}
}
