package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/bench"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/jobs"
)

type benchCmd struct {
	Scale  string        `default:"factory" enum:"factory,town,city" help:"How large: factory, town or city."`
	Only   []string      `help:"Scenarios to run, by name. Default: all."`
	List   bool          `help:"List the scenarios and end."`
	JSON   bool          `name:"json" help:"Print one JSON object for each figure."`
	Keep   bool          `help:"Leave the databases, and use those that an earlier run left."`
	Dir    string        `type:"path" help:"Folder of the databases. Default: bench, in the folder of data."`
	Rounds int           `default:"3" help:"How often each figure is measured."`
	Budget time.Duration `default:"40m" help:"Longest time for everything."`
	Write  string        `type:"existingfile" help:"A document whose table is replaced by this run's."`
}

// Validate checks the arguments. kong calls it.
func (b *benchCmd) Validate() error {
	if b.Rounds < 1 || b.Rounds > 100 || b.Budget <= 0 {
		return fmt.Errorf("the bench measures 1 to 100 rounds and needs time")
	}
	return nil
}

// Run implements the command.
func (b *benchCmd) Run(e *env) error {
	if b.List {
		for _, s := range bench.Scenarios() {
			e.printf("%-12s %s\n", s.Name, s.Title)
		}
		return nil
	}
	cfg := *e.cfg
	dir := b.Dir
	if dir == "" {
		data, err := cfg.dataDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(data, "bench")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return bench.Run(e.ctx, bench.Config{Scale: bench.Scale(b.Scale), Only: b.Only, Rounds: b.Rounds, Budget: b.Budget, Dir: dir, Keep: b.Keep, JSON: b.JSON,
		Write: b.Write, Out: e.stdout, Log: e.stderr, Open: cfg.openBench, Program: program, PGBin: cfg.PGBin, Commit: commit(e.ctx)})
}

// openBench opens a database of a private server of the bench's own, with every service on it.
func (c Config) openBench(ctx context.Context, dir, name string, settings map[string]string) (*bench.Opened, error) {
	c.Data, c.DatabaseURL, c.Keyset, c.pgSettings = dir, "", "", settings
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("folder of the bench: %w", err)
	}
	log := slog.New(slog.DiscardHandler)
	st, err := openStore(ctx, &c, name, log)
	if err != nil {
		return nil, err
	}
	s, err := build(&c, st, clock.System(), log)
	if err != nil {
		return nil, errors.Join(err, st.close(ctx))
	}
	subject := s.subject()
	if subject.Scheduler, err = jobs.NewScheduler(st.db, s.clock, log, s.jobs()...); err != nil {
		return nil, errors.Join(err, st.close(ctx))
	}
	return &bench.Opened{Subject: subject, DSN: st.db.DSN(), Close: st.close}, nil
}

// subject hands the services to the bench.
func (s *services) subject() *bench.Subject {
	tasks := jobs.NewQueue(s.db, s.log, queueWorkers)
	s.intake.Register(tasks)
	s.rules.Register(tasks)
	return &bench.Subject{DB: s.db, Box: s.box, Clock: s.clock, Log: s.log, Catalog: s.catalog, Orgs: s.orgs, Auth: s.auth, Sessions: s.sessions,
		Audit: s.audit, Clients: s.clients, Rules: s.rules, Standings: s.standing, Holds: s.holds, Employees: s.employees, Samples: s.screening,
		Tubes: s.tubes, Symptoms: s.symptoms, Excuses: s.excuses, Returns: s.returns, Incidents: s.incidents, Disputes: s.disputes, Intake: s.intake,
		Reminders: s.reminders, Rollups: s.rollup, Quality: s.quality, Tasks: tasks}
}

// commit is the revision that the program was built from, marked when there were changes beside it; for a program that was built
// without saying so, that of the folder in which the bench is run.
func commit(ctx context.Context) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		rev, dirty := "", ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				rev = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = " with changes"
			}
		}
		if rev != "" {
			return rev + dirty
		}
	}
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--abbrev=12", "--dirty= with changes").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
