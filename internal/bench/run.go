package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/bench/city"
)

// Opened is a database that was brought up to date, with the services on it.
type Opened struct {
	Subject *Subject
	DSN     string // as the owner
	Close   func(context.Context) error
}

// Config says what to run.
type Config struct {
	Scale    Scale
	Only     []string // names of scenarios; nil: all
	Rounds   int
	Budget   time.Duration // for everything
	Dir      string        // of the databases
	Keep     bool          // leave the databases for the next run
	JSON     bool
	Write    string // a file whose table is replaced
	Out, Log io.Writer
	// Open starts the private server of the folder with additional settings and opens a database of it by name.
	Open func(ctx context.Context, dir, name string, settings map[string]string) (*Opened, error)
	// Program and Args start this very program as a child; BenchEnv is added to its environment.
	Program string
	Env     []string
	PGBin   string
	Commit  string
}

// mainDatabase is the one that `fugong serve` opens.
const mainDatabase = "fugong"

type runner struct {
	cfg     Config
	figures []Figure
	worlds  map[Scale]*World
	opened  []*Opened
	failed  []error
}

func (r *runner) say(format string, args ...any) { fmt.Fprintf(r.cfg.Log, format+"\n", args...) }

func (r *runner) record(f Figure) {
	r.figures = append(r.figures, f)
	r.say("  %s", f.line())
}

// Run loads the scale, runs the scenarios and prints the table. A scenario that fails does not keep the others from running; its
// error is returned at the end.
func Run(ctx context.Context, cfg Config) (err error) {
	if _, known := specs[cfg.Scale]; !known {
		return fmt.Errorf("no scale named %q", cfg.Scale)
	}
	list, err := chosen(cfg.Scale, cfg.Only)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.Budget, fmt.Errorf("the bench took longer than %v", cfg.Budget))
	defer cancel()
	r := &runner{cfg: cfg, worlds: map[Scale]*World{}}
	defer func() { err = errors.Join(err, r.close(context.WithoutCancel(ctx))) }()
	start := time.Now()
	w, err := r.world(ctx, cfg.Scale)
	if err != nil {
		return err
	}
	machine, err := machineOf(ctx, w)
	if err != nil {
		return err
	}
	r.say("%s", machine)
	for _, s := range list {
		r.scenario(ctx, w, s)
	}
	r.say("all in %.0f s", time.Since(start).Seconds())
	return errors.Join(append(r.failed, r.report(machine, time.Since(start)))...)
}

func (r *runner) scenario(ctx context.Context, w *World, s Scenario) {
	if ctx.Err() != nil {
		r.failed = append(r.failed, fmt.Errorf("%s: not run: %w", s.Name, context.Cause(ctx)))
		r.record(Figure{Scenario: s.Name, Scale: w.Scale, Absent: "not run: " + context.Cause(ctx).Error()})
		return
	}
	r.say("%s: %s", s.Name, s.Title)
	start := time.Now()
	if err := s.Run(ctx, w); err != nil {
		r.failed = append(r.failed, fmt.Errorf("%s: %w", s.Name, err))
		r.record(Figure{Scenario: s.Name, Scale: w.Scale, Absent: "FAILED: " + err.Error()})
	}
	r.say("  (%.1f s)", time.Since(start).Seconds())
}

// measuring needs room for a floor of 128 connections beside the product's own.
var measuring = map[string]string{"max_connections": "200"}

// loading settings skip the log of tables that are emptied and filled in one transaction. Nothing but the bench's own city is at
// stake: a crash meanwhile is answered by loading again.
var loading = map[string]string{"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "16GB", "checkpoint_timeout": "30min", "autovacuum": "off", "max_connections": "200"}

// settingKey remembers in the database what was loaded into it.
const settingKey = "bench.city"

// stale is the age at which a kept city is loaded anew: everybody would be overdue in it.
const stale = 20 * time.Hour

// world opens the database of a scale, loads it unless it was kept, and builds the world.
func (r *runner) world(ctx context.Context, s Scale) (*World, error) {
	if w := r.worlds[s]; w != nil {
		return w, nil
	}
	name := mainDatabase
	if s != r.cfg.Scale {
		name += "_" + string(s)
	}
	o, c, err := r.kept(ctx, s, name)
	if err != nil {
		return nil, err
	}
	if o == nil {
		if o, c, err = r.load(ctx, s, name); err != nil {
			return nil, err
		}
	}
	r.opened = append(r.opened, o)
	admin, err := sqlx.Open("postgres", o.DSN)
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(4)
	w := &World{Scale: s, Now: c.At, Admin: admin, App: o.Subject, City: c, Rounds: r.cfg.Rounds, run: r}
	r.worlds[s] = w
	return w, nil
}

func (r *runner) dir() string { return filepath.Join(r.cfg.Dir, string(r.cfg.Scale)) }

const sqlKept = `select coalesce((select value from setting where key = $1), '')`

// kept opens a database that an earlier run left with a city of this version, scale and day; nil if there is none.
func (r *runner) kept(ctx context.Context, s Scale, name string) (*Opened, *City, error) {
	if _, err := os.Stat(filepath.Join(r.dir(), "pg", "data", "PG_VERSION")); err != nil {
		return nil, nil, nil
	}
	o, err := r.cfg.Open(ctx, r.dir(), name, measuring)
	if err != nil {
		return nil, nil, err
	}
	var text string
	if err := o.Subject.DB.Pool().GetContext(ctx, &text, sqlKept, settingKey); err != nil {
		return nil, nil, errors.Join(err, o.Close(ctx))
	}
	c, ok := city.FromFingerprint(text)
	if ok && c.Spec == specs[s] && time.Since(c.At) < stale {
		r.say("%s: kept from %s", s, c.At.Format(time.RFC3339))
		return o, c, nil
	}
	if err := o.Close(ctx); err != nil {
		return nil, nil, err
	}
	if len(r.worlds) == 0 && text != "" {
		return nil, nil, os.RemoveAll(r.dir())
	}
	return nil, nil, nil
}

// load makes the database and brings a city into it. The server is started for loading and once more for what it is loaded for,
// unless a world runs on it already.
func (r *runner) load(ctx context.Context, s Scale, name string) (*Opened, *City, error) {
	c := city.New(specs[s], time.Now())
	r.say("%s: load %d enterprises, %d people, %d weeks", s, c.Spec.Orgs, c.Spec.People, c.Spec.Weeks)
	o, err := r.cfg.Open(ctx, r.dir(), name, loading)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Load(ctx, o.DSN, o.Subject.Box, r.say); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("load the %s: %w", s, err), o.Close(context.WithoutCancel(ctx)))
	}
	if err := o.Close(ctx); err != nil {
		return nil, nil, err
	}
	if o, err = r.cfg.Open(ctx, r.dir(), name, measuring); err != nil {
		return nil, nil, err
	}
	if err := r.judge(ctx, o, c); err != nil {
		return nil, nil, errors.Join(err, o.Close(context.WithoutCancel(ctx)))
	}
	return o, c, nil
}

// judge lets the product evaluate everybody and count the enterprises, and notes what the database now holds.
func (r *runner) judge(ctx context.Context, o *Opened, c *City) error {
	start := time.Now()
	if err := rebuild(ctx, o.Subject, c); err != nil {
		return fmt.Errorf("evaluate everybody: %w", err)
	}
	r.say("  %-14s %6.1f s", "standings", time.Since(start).Seconds())
	admin, err := sqlx.Open("postgres", o.DSN)
	if err != nil {
		return err
	}
	defer admin.Close()
	for _, statement := range []string{"vacuum (analyze) standing", "checkpoint"} {
		if _, err := admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if _, err := o.Subject.Rollups.Refresh(ctx, time.Now()); err != nil {
		return err
	}
	start = time.Now()
	if err := o.Subject.Scheduler.Pass(ctx, start); err != nil {
		return fmt.Errorf("pass over the night's jobs: %w", err)
	}
	if err := remind(ctx, o.Subject, admin); err != nil {
		return fmt.Errorf("remind: %w", err)
	}
	r.say("  %-14s %6.1f s", "reminders", time.Since(start).Seconds())
	_, err = admin.ExecContext(ctx, "insert into setting (key, value, updated_at) values ($1, $2, $3)", settingKey, c.Fingerprint(), time.Now())
	return err
}

func (r *runner) close(ctx context.Context) error {
	var errs []error
	for _, w := range r.worlds {
		errs = append(errs, w.close())
	}
	for _, o := range r.opened {
		errs = append(errs, o.Close(ctx))
	}
	if !r.cfg.Keep && len(errs) > 0 {
		errs = append(errs, os.RemoveAll(r.dir()))
	}
	return errors.Join(errs...)
}

func (w *World) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.Admin.Close()
	if w.main != nil {
		err = errors.Join(err, w.main.Stop())
		w.main = nil
	}
	return err
}
