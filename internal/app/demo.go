package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/screening"
)

type demoCmd struct {
	Orgs      int    `default:"60" help:"Enterprises."`
	Employees int    `default:"8000" help:"People in all."`
	At        string `help:"Instant at which the city lives, for instance 2022-03-24T09:00:00+08:00. Default: now."`
	Seed      uint64 `default:"370300" help:"Draws another city."`
}

// Validate checks the arguments. kong calls it.
func (d *demoCmd) Validate() error {
	if d.Orgs < 1 || d.Orgs > 20000 || d.Employees < 4*d.Orgs || d.Employees > 2000000 {
		return fmt.Errorf("a city has 1 to 20,000 enterprises and at least four people for each")
	}
	if d.At != "" {
		if _, err := time.Parse(time.RFC3339, d.At); err != nil {
			return fmt.Errorf("--at takes an instant with its zone, such as 2022-03-24T09:00:00+08:00")
		}
	}
	return nil
}

// database names the database of this city: another city is another database, and no city ever replaces one.
func (d *demoCmd) database() string {
	if d.Orgs == 60 && d.Employees == 8000 && d.Seed == 370300 && d.At == "" {
		return "fugong_demo"
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%d/%d/%d/%s", d.Orgs, d.Employees, d.Seed, d.At)
	return fmt.Sprintf("fugong_demo_%08x", h.Sum32())
}

// city is what a demo database remembers of itself.
type city struct {
	Offset   time.Duration  `json:"offset"` // from the machine's clock to the city's, which runs on at the usual pace
	Accounts []demo.Account `json:"accounts"`
}

const citySetting = "demo.city"

// clockOf is the clock that a database lives by: the machine's, or that of its demo city.
func clockOf(ctx context.Context, d *db.DB) (clock.Clock, error) {
	text, err := getSetting(ctx, d, citySetting)
	if err != nil || text == "" {
		return clock.System(), err
	}
	var c city
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("read the demo city: %w", err)
	}
	return c.clock(), nil
}

func (c city) clock() clock.Clock { return clock.StartingAt(time.Now().Add(c.Offset)) }

// Run implements the command.
func (d *demoCmd) Run(e *env) (err error) {
	cfg := *e.cfg
	cfg.LogLevel = "warn" // the terminal is for the addresses, not for requests
	log := cfg.logger(e.stderr)
	l, err := listen(&cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	st, err := openStore(e.ctx, &cfg, d.database(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close(context.WithoutCancel(e.ctx))) }()
	c, err := d.city(e, &cfg, st, log)
	if err != nil {
		return err
	}
	i, err := assemble(e.ctx, &cfg, st, c.clock(), "app.demo_banner", log)
	if err != nil {
		return err
	}
	d.welcome(e, i, c)
	return i.serve(e.ctx, l)
}

// city reads what the database remembers, or makes the city.
func (d *demoCmd) city(e *env, cfg *Config, st *store, log *slog.Logger) (city, error) {
	var c city
	text, err := getSetting(e.ctx, st.db, citySetting)
	if err != nil {
		return c, err
	}
	if text != "" {
		return c, json.Unmarshal([]byte(text), &c)
	}
	at := time.Now()
	if d.At != "" {
		if at, err = time.Parse(time.RFC3339, d.At); err != nil {
			return c, err
		}
		c.Offset = time.Until(at)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return c, err
	}
	if c.Accounts, err = d.populate(e, cfg, st, at.In(zone), log); err != nil {
		return c, fmt.Errorf("make the demo city: %w", err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return c, err
	}
	return c, putSetting(e.ctx, st.db, citySetting, string(b), at)
}

func (d *demoCmd) populate(e *env, cfg *Config, st *store, at time.Time, log *slog.Logger) ([]demo.Account, error) {
	i, err := assemble(e.ctx, cfg, st, clock.StartingAt(at), "", log)
	if err != nil {
		return nil, err
	}
	s := i.services
	loader := s.loader(func(done, total int) { e.printf("\r%d / %d", done, total) })
	start := time.Now()
	accounts, err := loader.Load(e.ctx, demo.New(d.Orgs, d.Employees, d.Seed, at), at)
	e.printf("\r%s\n", s.catalog.Printer(i18n.Chinese).T("app.demo_made", "Orgs", d.Orgs, "People", d.Employees, "Seconds", fmt.Sprintf("%.1f", time.Since(start).Seconds())))
	return accounts, err
}

// welcome prints the address and one account per role, in both languages.
func (d *demoCmd) welcome(e *env, i *instance, c city) {
	p := i.services.catalog.Printer(i18n.Chinese)
	en := i.services.catalog.Printer(i18n.English)
	zone := time.FixedZone("CST", 8*3600)
	e.printf("\n%s  %s\n%s\n\n", p.T("app.demo_ready"), en.T("app.demo_ready"), i.services.clock.Now().In(zone).Format("2006-01-02 15:04")+"  "+d.database())
	e.printf("    %s\n\n", i.cfg.baseURL())
	for _, a := range c.Accounts {
		e.printf("    %-14s %s  (%s, %s)\n", a.Login, demo.Password, p.T("role."+string(a.Role)), a.Org)
	}
	e.printf("\n%s  %s\n", p.T("app.demo_stop"), en.T("app.demo_stop"))
}

func (s *services) loader(progress func(done, total int)) *demo.Loader {
	tasks := jobs.NewQueue(s.db, s.log, 1)
	s.rules.Register(tasks)
	return &demo.Loader{DB: s.db, Orgs: s.orgs, Auth: s.auth, Employees: s.employees, Screening: s.screening, Symptoms: s.symptoms, Holds: s.holds,
		Incidents: s.incidents, Returns: s.returns, Disputes: s.disputes, Corrections: s.amends, Rules: s.rules, Standing: s.standing,
		Rollup: s.rollup, Tasks: tasks, History: screening.New(s.db, s.box, demo.Unjudged{}), Excuses: exemption.New(s.db, s.rules, demo.Unjudged{}),
		Tubes: s.tubes, Progress: progress}
}
