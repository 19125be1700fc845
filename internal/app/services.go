package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/exemption/excusesheet"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/overview"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/intake/roster"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/robot"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/returning/returnsheet"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/feed"
	"github.com/fugong/fugong/internal/screening/labsheet"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/tube"
	"github.com/fugong/fugong/web"
)

// services is every service of the program, built once, from the ground up.
type services struct {
	db        *db.DB
	box       *secret.Box
	clock     clock.Clock
	log       *slog.Logger
	catalog   *i18n.Catalog
	orgs      *org.Service
	auth      *auth.Service
	sessions  *auth.Sessions
	audit     *audit.Reader
	clients   *client.Service
	rules     *rulebook.Service
	standing  *standing.Service
	holds     *hold.Service
	employees *employee.Service
	screening *screening.Service
	feeds     *feed.Service
	tubes     *tube.Service
	symptoms  *symptom.Service
	excuses   *exemption.Service
	returns   *returning.Service
	incidents *incident.Service
	overview  *overview.Service
	disputes  *dispute.Service
	amends    *dispute.Corrections
	intake    *intake.Service
	reminders *reminder.Service
	rollup    *rollup.Service
	quality   *rollup.Quality
}

func build(cfg *Config, st *store, c clock.Clock, log *slog.Logger) (*services, error) {
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		return nil, err
	}
	s := &services{db: st.db, box: st.box, clock: c, log: log, catalog: catalog}
	s.rules = rulebook.New(st.db, rulebook.Config{Clock: c})
	s.orgs = org.New(st.db, st.box, org.Config{Clock: c, RobotHosts: []string{org.DefaultRobotHost, cfg.Robot.BaseURL}, Moved: s.rules.OrgMoved})
	s.standing = standing.New(st.db, c, s.rules)
	s.rules.Use(s.standing)
	changes := &fileChanges{standing: s.standing}
	s.employees = employee.New(st.db, st.box, changes)
	s.auth = auth.New(st.db, st.box, s.orgs, people{s.employees}, auth.Config{Clock: c})
	changes.auth = s.auth
	s.sessions = auth.NewSessions(st.db)
	s.audit = audit.NewReader(st.db)
	s.clients = client.New(st.db, s.orgs, c)
	s.records(st)
	s.rollup = rollup.New(st.db, c, s.standing)
	s.quality = rollup.NewQuality(st.db, c, s.standing)
	mail, err := newMailer(cfg.SMTP)
	if err != nil {
		return nil, err
	}
	s.reminders = reminder.New(reminder.Config{DB: st.db, Clock: c, Log: log, Catalog: catalog, Mailer: mail,
		Robots: newRobots(c), RobotOf: s.orgs.Robot, Gateway: newGateway(cfg.Webhook), Mobiles: s.mobiles(cfg.Webhook), BaseURL: cfg.baseURL()})
	return s, nil
}

// records builds what people write down, and who hears of what: a result that holds someone becomes a hold, a hold that calls
// for one opens an incident.
func (s *services) records(st *store) {
	s.holds = hold.New(st.db, s.standing, s.rules)
	s.standing.Watch(s.holds)
	s.incidents = incident.New(st.db, st.box, s.rules, s.holds)
	s.holds.Watch(s.incidents)
	s.overview = overview.New(st.db)
	s.screening = screening.New(st.db, st.box, s.standing)
	s.tubes = tube.New(st.db, s.screening)
	s.screening.Watch(s.tubes)
	s.feeds = feed.New(feed.Config{DB: st.db, Box: st.box, Employees: s.employees, Standings: s.standing, Tubes: s.tubes})
	s.symptoms = symptom.New(st.db, st.box, s.holds, s.rules)
	s.holds.WatchReleases(s.symptoms)
	s.excuses = exemption.New(st.db, s.rules, s.standing)
	s.returns = returning.New(st.db, st.box, s.employees, s.rules)
	s.disputes = dispute.New(st.db, st.box, s.standing, s.screening)
	s.amends = dispute.NewCorrections(st.db, s.screening)
	sheets := []intake.Kind{roster.New(s.employees), labsheet.New(s.employees, s.screening), returnsheet.New(s.employees, s.returns)}
	s.intake = intake.New(st.db, st.box, s.clock, s.zoneOf, append(sheets, excusesheet.Kinds(s.employees, s.excuses)...)...)
}

func (s *services) zoneOf(ctx context.Context, id int32) (*time.Location, error) {
	o, err := s.orgs.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return o.Zone(), nil
}

// jobs lists what runs on a schedule.
func (s *services) jobs() []jobs.Job {
	list := []jobs.Job{jobs.Housekeeping(s.db)}
	for _, more := range [][]jobs.Job{s.standing.Jobs(), s.reminders.Jobs(), s.rollup.Jobs(), s.intake.Jobs(), s.auth.Jobs(), s.clients.Jobs(),
		s.returns.Jobs(), s.incidents.Jobs(), s.quality.Jobs()} {
		list = append(list, more...)
	}
	return list
}

// fileChanges is what follows a change of files, in the same transaction: their standings, and the accounts of workers, which
// carry name and mobile number.
type fileChanges struct {
	standing *standing.Service
	auth     *auth.Service
}

// Apply implements employee.Standings.
func (f *fileChanges) Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error {
	if err := f.standing.Apply(ctx, q, org, employees, at); err != nil {
		return err
	}
	return f.auth.SyncWorkers(ctx, q, org, employees, at)
}

// people lets accounts read workers' files.
type people struct{ employees *employee.Service }

// Contacts implements auth.People.
func (p people) Contacts(ctx context.Context, q db.Q, org int32, ids []int64) ([]auth.Contact, error) {
	found, err := p.employees.Contacts(ctx, q, org, ids)
	if err != nil {
		return nil, err
	}
	out := make([]auth.Contact, 0, len(found))
	for _, c := range found {
		if c.WorkStatus == "resigned" {
			continue
		}
		out = append(out, auth.Contact{EmployeeID: c.ID, Name: c.Name, EmployeeNo: c.EmployeeNo, MobileIndex: c.MobileIndex,
			IDTail: c.LastFour, TeamID: c.TeamID, Workshop: c.Workshop, Team: c.Team})
	}
	return out, nil
}

// newMailer returns nil when no mail server is configured: then no e-mail is planned.
func newMailer(c SMTP) (reminder.Mailer, error) {
	if c.Host == "" {
		return nil, nil
	}
	m, err := mailer.New(mailer.Config{Host: c.Host, Port: c.Port, TLS: mailer.TLSMode(c.TLS), Username: c.Username,
		Password: redact.New(string(c.Password)), From: c.From, Timeout: c.Timeout})
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return m, nil
}

// newGateway returns nil when no message gateway is configured: then no message is written for one.
func newGateway(c Webhook) reminder.Gateway {
	if c.URL == "" {
		return nil
	}
	return &webhook.Hook{URL: c.URL, Secret: redact.New(string(c.Secret)), Clock: clock.System(),
		HTTP: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}}
}

// mobiles returns nil unless the installation says that the gateway may learn mobile numbers.
func (s *services) mobiles(c Webhook) reminder.MobilesOf {
	if !c.Mobile {
		return nil
	}
	return s.employees.Mobiles
}

// robots posts to group robots, each at its own pace.
type robots struct {
	http   *http.Client
	limits *robot.Limits
}

func newRobots(c clock.Clock) *robots {
	return &robots{http: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}, Timeout: 15 * time.Second},
		limits: robot.NewLimits(c)}
}

// Post implements reminder.Robots.
func (r *robots) Post(ctx context.Context, base, key, text string) error {
	w := robot.WeCom{BaseURL: base, Key: redact.New(key), HTTP: r.http, Limits: r.limits}
	return w.SendText(ctx, robot.Text{Content: text})
}
