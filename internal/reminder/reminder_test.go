package reminder_test

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/mailer/smtptest"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

// group records what robots were told to post.
type group struct {
	mu    sync.Mutex
	posts []string
}

func (g *group) Post(_ context.Context, _, _, text string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts = append(g.posts, text)
	return nil
}

type fixture struct {
	*testkit.Kit
	t     *testing.T
	clock *clock.Manual
	mail  *smtptest.Server
	group *group
	svc   *reminder.Service
	st    *standing.Service
	org   int32
}

func setUp(t *testing.T, now time.Time) *fixture {
	k := testkit.New(t, now)
	f := &fixture{Kit: k, t: t, clock: clock.NewManual(now), mail: smtptest.New(t), group: &group{}}
	f.st = standing.New(k.DB, f.clock, testkit.Zibo(t))
	f.svc = f.server()
	f.org = k.Org("370303", now.AddDate(0, 0, -30))
	return f
}

// server is one more server on the same database.
func (f *fixture) server() *reminder.Service {
	f.t.Helper()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		f.t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(f.mail.Addr())
	if err != nil {
		f.t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		f.t.Fatal(err)
	}
	m, err := mailer.New(mailer.Config{Host: host, Port: n, TLS: mailer.None, From: "复工档 <noreply@example.org>", Timeout: 10 * time.Second})
	if err != nil {
		f.t.Fatal(err)
	}
	return reminder.New(reminder.Config{DB: f.DB, Clock: f.clock, Log: slog.New(slog.DiscardHandler), Catalog: catalog, Mailer: m, Robots: f.group,
		RobotOf: func(context.Context, db.Q, int32) (string, string, error) { return "https://example.org", "key", nil }, BaseURL: "https://fugong.example.org"})
}

// due adds a person with an e-mail address whose next sample is due at the instant.
func (f *fixture) due(at time.Time) int64 {
	f.t.Helper()
	id := f.Employee(f.org, testkit.Person{Name: "王小明", Email: "w" + strconv.FormatInt(at.Unix(), 10) + "@example.org", Since: at.AddDate(0, 0, -30)})
	f.sampled(id, at.AddDate(0, 0, -7))
	return id
}

func (f *fixture) sampled(id int64, at time.Time) {
	f.t.Helper()
	f.Sample(f.org, id, at, at.Add(time.Hour), "negative")
	f.apply(id)
}

func (f *fixture) apply(id int64) {
	f.t.Helper()
	err := f.DB.InTx(f.t.Context(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) error {
		return f.st.Apply(f.t.Context(), tx, f.org, []int64{id}, f.clock.Now())
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) tick(now time.Time, servers ...*reminder.Service) {
	f.t.Helper()
	f.clock.Set(now)
	if len(servers) == 0 {
		servers = []*reminder.Service{f.svc}
	}
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if _, err := s.Plan(context.Background(), now); err != nil {
				f.t.Error(err)
			}
			if _, err := s.PlanDigests(context.Background(), now); err != nil {
				f.t.Error(err)
			}
			if _, err := s.Send(context.Background(), now); err != nil {
				f.t.Error(err)
			}
		})
	}
	wg.Wait()
}

func (f *fixture) subjects() []string {
	var out []string
	for _, m := range f.mail.Messages() {
		out = append(out, m.Subject)
	}
	return out
}

func TestAStepIsToldOnceAtItsTime(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	dueAt := testkit.At(t, "03-26 10:00")
	f.due(dueAt)
	for _, at := range []string{"03-24 10:00", "03-25 09:59", "03-25 10:00", "03-25 10:01", "03-25 18:00", "03-26 10:00", "03-26 10:01", "03-26 10:02", "03-26 20:00", "03-28 12:00"} {
		f.tick(testkit.At(t, at))
	}
	want := []string{"核酸检测将于 03-26 10:00 到期", "核酸检测已于 03-26 10:00 到期"}
	if got := f.subjects(); !slices.Equal(got, want) {
		t.Errorf("mails %q, want %q", got, want)
	}
	if body := f.mail.Messages()[0].Text; !strings.Contains(body, "https://fugong.example.org/me") || strings.Contains(body, "王小明") {
		t.Errorf("the mail must link to the page and not spell out the name: %q", body)
	}
}

// Two servers on one database, ticking at the same instants, send nothing twice.
func TestTwoServersSendNothingTwice(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	for i := range 30 {
		f.due(testkit.At(t, "03-25 12:00").Add(time.Duration(i) * time.Minute))
	}
	second := f.server()
	f.tick(testkit.At(t, "03-24 14:00"), f.svc, second)
	f.tick(testkit.At(t, "03-24 14:01"), f.svc, second)
	if n := len(f.subjects()); n != 30 {
		t.Errorf("%d mails for 30 people, want 30", n)
	}
}

func TestATickMissedWhileTheServerWasDownIsCaughtUp(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	f.due(testkit.At(t, "03-26 10:00"))
	f.tick(testkit.At(t, "03-25 19:30")) // the step was due at 10:00
	if got := f.subjects(); len(got) != 1 {
		t.Errorf("mails %q, want the missed one", got)
	}
}

func TestNobodyIsToldAtNight(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	f.due(testkit.At(t, "03-26 23:30"))
	f.tick(testkit.At(t, "03-25 23:30"))
	f.tick(testkit.At(t, "03-26 06:59"))
	if got := f.subjects(); len(got) != 0 {
		t.Fatalf("mails %q in the quiet hours", got)
	}
	f.tick(testkit.At(t, "03-26 07:00"))
	if got := f.subjects(); len(got) != 1 {
		t.Errorf("mails %q at seven, want one", got)
	}
}

// What is owed no more when a message's turn comes is not sent: the person complied, left or is held.
func TestWhoOwesNothingAnyMoreIsNotTold(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	dueAt := testkit.At(t, "03-25 12:00")
	complied, left, held, owing := f.due(dueAt), f.due(dueAt.Add(time.Minute)), f.due(dueAt.Add(2*time.Minute)), f.due(dueAt.Add(3*time.Minute))
	now := testkit.At(t, "03-24 12:30")
	f.clock.Set(now)
	if _, err := f.svc.Plan(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	f.sampled(complied, now.Add(-time.Hour))
	f.Exec(`update employee set work_status = 'resigned', status_since = $2 where id = $1`, left, now.Add(-time.Minute))
	f.apply(left)
	f.Exec(`insert into hold (org_id, employee_id, kind, source, from_at, created_by, created_at) values ($1, $2, 'symptom', 'symptom_report', $3, 0, $3)`,
		f.org, held, now.Add(-time.Minute))
	f.apply(held)
	if _, err := f.svc.Send(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if n := len(f.subjects()); n != 1 {
		t.Errorf("%d mails, want one, to the person who still owes", n)
	}
	for id, want := range map[int64]string{complied: "complied", left: "off_post", held: "held", owing: ""} {
		if got := testkit.Get[string](f.Kit, `select drop_reason from reminder where employee_id = $1`, id); got != want {
			t.Errorf("employee %d: dropped because %q, want %q", id, got, want)
		}
	}
}

func TestACertainFailureIsTriedAgainAndALostOneIsNot(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	f.due(testkit.At(t, "03-25 12:00"))
	f.mail.FailOnce(smtptest.Data, 451)
	now := testkit.At(t, "03-24 12:30")
	f.tick(now)
	if got := f.subjects(); len(got) != 0 {
		t.Fatalf("mails %q while the server refuses", got)
	}
	f.tick(now.Add(30 * time.Second)) // too early
	f.tick(now.Add(2 * time.Minute))
	if got := f.subjects(); len(got) != 1 {
		t.Fatalf("mails %q after the retry, want one", got)
	}
	f.due(testkit.At(t, "03-25 13:00"))
	f.mail.Drop(smtptest.Received)
	f.tick(testkit.At(t, "03-24 13:01"))
	f.mail.Heal()
	f.tick(testkit.At(t, "03-24 14:00"))
	f.tick(testkit.At(t, "03-24 18:00"))
	if got := f.subjects(); len(got) != 2 {
		t.Errorf("mails %q: one that may have arrived must not be sent again", got)
	}
	if state := testkit.Get[string](f.Kit, `select state from delivery where channel = 'email' order by reminder_id desc limit 1`); state != "unsure" {
		t.Errorf("the lost one is %q, want unsure", state)
	}
}

// dead is a mail server in whose middle the process ends: the mail has left, and nothing is recorded any more.
type dead struct{ reminder.Mailer }

func (d dead) Send(ctx context.Context, m mailer.Message) error {
	_ = d.Mailer.Send(ctx, m) // whoever is dead does not hear of it
	runtime.Goexit()
	return nil
}

// A process that was killed while sending leaves its claim; the message is shown as unsure and not sent again.
func TestAKilledSenderLeavesItsMessageUnsure(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	f.due(testkit.At(t, "03-25 12:00"))
	now := testkit.At(t, "03-24 12:30")
	dying := f.server()
	dying.Mailer = dead{dying.Mailer}
	f.tick(now, dying)
	if state := testkit.Get[string](f.Kit, `select state from delivery where channel = 'email'`); state != "sending" {
		t.Fatalf("state %q, want sending", state)
	}
	f.Exec(`update delivery set lease_until = $1 where channel = 'email'`, time.Now().Add(-time.Second))
	f.tick(now)
	if got := f.subjects(); len(got) != 1 {
		t.Errorf("mails %q: the first attempt has arrived", got)
	}
	if state := testkit.Get[string](f.Kit, `select state from delivery where channel = 'email'`); state != "unsure" {
		t.Errorf("state %q, want unsure", state)
	}
}

// A planner that dies on the way leaves whole transactions, and another plans the rest; whoever plans at the same time writes
// nothing twice.
func TestAHalfPlannedCityIsPlannedToTheEnd(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	for i := range 40 {
		f.due(testkit.At(t, "03-25 08:00").Add(time.Duration(i) * time.Minute))
	}
	now := testkit.At(t, "03-24 10:00")
	if n, err := f.svc.Plan(t.Context(), now); err != nil || n != 40 {
		t.Fatalf("planned %d, %v, want 40", n, err)
	}
	f.Exec(`delete from reminder where id % 2 = 0`)
	planned := make([]int, 3)
	var wg sync.WaitGroup
	for i := range planned {
		wg.Go(func() {
			var err error
			if planned[i], err = f.server().Plan(context.Background(), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := planned[0] + planned[1] + planned[2]; n != 20 {
		t.Errorf("planned %v, want the missing 20 once", planned)
	}
	if n := testkit.Get[int](f.Kit, `select count(*) from reminder`); n != 40 {
		t.Errorf("%d reminders, want 40", n)
	}
}

func TestTheMorningDigestGoesOnceToOfficersAndTheGroup(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 06:00"))
	f.Account(f.org, "health_officer", "officer@example.org", f.clock.Now())
	f.Exec(`update org set robot_key_enc = '\x01' where id = $1`, f.org)
	quiet := f.Org("370303", f.clock.Now())
	f.Account(quiet, "health_officer", "quiet@example.org", f.clock.Now())
	f.Exec(`update employee set email = '' where id = $1`, f.due(testkit.At(t, "03-23 12:00")))
	second := f.server()
	f.tick(testkit.At(t, "03-24 07:29"), f.svc, second)
	if got := f.subjects(); len(got) != 0 {
		t.Fatalf("mails %q before half past seven", got)
	}
	f.tick(testkit.At(t, "03-24 07:30"), f.svc, second)
	f.tick(testkit.At(t, "03-24 08:30"), f.svc, second)
	if got := f.mail.Messages(); len(got) != 1 || !slices.Equal(got[0].To, []string{"officer@example.org"}) || !strings.Contains(got[0].Text, "应检未检 1 人") {
		t.Errorf("digest mails %+v, want one to the officer who has something to do", got)
	}
	if len(f.group.posts) != 1 || !strings.Contains(f.group.posts[0], "王*") || strings.Contains(f.group.posts[0], "王小明") {
		t.Errorf("group posts %q, want one with masked names", f.group.posts)
	}
}

func officer(org int32) authz.Scope {
	return authz.Scope{Account: 5, Actor: "王敏", Role: authz.HealthOfficer, Org: org}
}

func TestANudgeGoesOncePerPersonAndDay(t *testing.T) {
	f := setUp(t, testkit.At(t, "03-24 10:00"))
	owing, fine := f.due(testkit.At(t, "03-24 09:00")), f.due(testkit.At(t, "03-30 09:00"))
	officer := officer(f.org)
	ids := []int64{owing, fine}
	first, err := f.svc.Nudge(t.Context(), officer, ids, testkit.Zone, f.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if want := (reminder.Nudged{Planned: 1, Clear: 1}); first != want {
		t.Errorf("first nudge %+v, want %+v", first, want)
	}
	again, err := f.svc.Nudge(t.Context(), officer, ids, testkit.Zone, f.clock.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if want := (reminder.Nudged{Already: 1, Clear: 1}); again != want {
		t.Errorf("second nudge %+v, want %+v", again, want)
	}
	if _, err := f.svc.Nudge(t.Context(), authz.Scope{Account: 6, Role: authz.Worker, Org: f.org}, ids, testkit.Zone, f.clock.Now()); err == nil {
		t.Error("a worker may not remind others")
	}
	log, err := f.svc.SendLog(t.Context(), officer, reminder.LogFilter{}, page.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if log.Total != len(log.Rows) || log.Total != 2 { // in-app and e-mail of one person
		t.Errorf("send log: %d rows of %d, want 2", len(log.Rows), log.Total)
	}
	stranger := officer
	stranger.Org = f.Org("370303", f.clock.Now())
	if log, err := f.svc.SendLog(t.Context(), stranger, reminder.LogFilter{}, page.Request{}); err != nil || log.Total != 0 {
		t.Errorf("another org's log: %d rows, %v", log.Total, err)
	}
}
