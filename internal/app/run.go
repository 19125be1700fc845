package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/jobs"
)

// databaseName is the database of an installation on the private server.
const databaseName = "fugong"

// cli is the command line: settings, then what to do.
type cli struct {
	Config     `embed:""`
	Serve      serveCmd      `cmd:"" default:"1" help:"Serve an installation."`
	Demo       demoCmd       `cmd:"" help:"Serve an invented city, made on the first start."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database schema up to date and end."`
	Distribute distributeCmd `cmd:"" help:"Spread an installed schema over the machines of a Citus cluster."`
	Job        jobCmd        `cmd:"" help:"Run one job now, whether due or not, and print its result."`
	Explain    explainCmd    `cmd:"" help:"Say where the person described by a JSON file stands, and why. Needs no database."`
	Bench      benchCmd      `cmd:"" help:"Measure the program on this machine, beside what the machine can do at most."`
	Doctor     doctorCmd     `cmd:"" help:"Say what is wrong with an installation."`
}

// env is what commands write to.
type env struct {
	ctx    context.Context
	cfg    *Config
	stdout io.Writer
	stderr *os.File
}

func (e *env) printf(format string, args ...any) { fmt.Fprintf(e.stdout, format, args...) }

// Run parses the arguments and does the command until it ends or the context does.
func Run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) error {
	var c cli
	parser, err := kong.New(&c, kong.Name("fugong"), kong.Description("复工档: one health file per employee."), kong.UsageOnError(), kong.Writers(stdout, stderr))
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return k.Run(&env{ctx: ctx, cfg: &c.Config, stdout: stdout, stderr: stderr})
}

type serveCmd struct{}

// Run implements the command.
func (serveCmd) Run(e *env) (err error) {
	log := e.cfg.logger(e.stderr)
	st, err := openStore(e.ctx, e.cfg, databaseName, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close(context.WithoutCancel(e.ctx))) }()
	i, err := assemble(e.ctx, e.cfg, st, clock.System(), "", log)
	if err != nil {
		return err
	}
	l, err := listen(e.cfg)
	if err != nil {
		return err
	}
	if err := i.setupHint(e.ctx, e.printf); err != nil {
		return err
	}
	e.printf("%s\n", e.cfg.baseURL())
	return i.serve(e.ctx, l)
}

type migrateCmd struct{}

// Run implements the command.
func (migrateCmd) Run(e *env) error {
	st, err := openStore(e.ctx, e.cfg, databaseName, e.cfg.logger(e.stderr))
	if err != nil {
		return err
	}
	e.printf("schema is up to date\n")
	return st.close(context.WithoutCancel(e.ctx))
}

type jobCmd struct {
	Name     string `arg:"" help:"Name of the job, for instance verify-standing or rollup.refresh."`
	Database string `default:"fugong" help:"Database on the private server; a demo city says its own when it starts."`
}

var databaseNames = regexp.MustCompile(`^fugong(_demo(_[0-9a-f]{8})?)?$`)

// Validate checks the arguments. kong calls it.
func (j *jobCmd) Validate() error {
	if !databaseNames.MatchString(j.Database) {
		return fmt.Errorf("no installation has a database named %q", j.Database)
	}
	return nil
}

// Run implements the command. On a demo city the job runs at the city's instant.
func (j jobCmd) Run(e *env) (err error) {
	log := e.cfg.logger(e.stderr)
	st, err := openStore(e.ctx, e.cfg, j.Database, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close(context.WithoutCancel(e.ctx))) }()
	now, err := clockOf(e.ctx, st.db)
	if err != nil {
		return err
	}
	i, err := assemble(e.ctx, e.cfg, st, now, "", log)
	if err != nil {
		return err
	}
	if names := i.scheduler.Names(); !slices.Contains(names, j.Name) {
		return fmt.Errorf("no job named %q; the jobs are %s", j.Name, strings.Join(names, ", "))
	}
	result, err := i.scheduler.RunOnce(jobs.WithProgress(e.ctx, e.follow()), j.Name, now.Now())
	if result != "" {
		e.printf("%s\n", result)
	}
	return err
}

// follow writes to standard error how far a job has come, every few seconds.
func (e *env) follow() jobs.Progress {
	const pause = 5 * time.Second
	last := time.Now()
	return func(done, total int64) {
		if now := time.Now(); now.Sub(last) >= pause {
			last = now
			fmt.Fprintf(e.stderr, "%d of %d\n", done, total)
		}
	}
}
