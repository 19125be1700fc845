package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/jobs"
)

// Program is a whole program that serves on loopback inside another process: a browser test's, with a clock that the test
// moves and jobs that run when the test says so.
type Program struct {
	URL  string
	inst *instance
	stop context.CancelFunc
	done chan error
}

// Embed starts a program on the database of the configuration. Background tasks run by themselves; jobs run on Tick.
func Embed(ctx context.Context, cfg Config, c clock.Clock, log *slog.Logger) (*Program, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	cfg.Listen, cfg.PoolSize = l.Addr().String(), max(cfg.PoolSize, 6)
	st, err := openStore(ctx, &cfg, databaseName, log)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	i, err := assemble(ctx, &cfg, st, c, "", log)
	if err != nil {
		return nil, errors.Join(err, st.close(ctx), l.Close())
	}
	if i.scheduler, err = jobs.NewScheduler(st.db, c, log); err != nil { // none of its own: the test ticks
		return nil, errors.Join(err, st.close(ctx), l.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Program{URL: "http://" + l.Addr().String(), inst: i, stop: cancel, done: make(chan error, 1)}
	go func() { p.done <- i.serve(ctx, l) }()
	return p, nil
}

// Stop ends the program and waits for it.
func (p *Program) Stop() error {
	p.stop()
	return errors.Join(<-p.done, p.inst.store.close(context.Background()))
}

// Tick runs every job that has come due at the instant, as the scheduler of a server would.
func (p *Program) Tick(ctx context.Context, now time.Time) error {
	s := p.inst.services
	scheduler, err := jobs.NewScheduler(s.db, s.clock, p.inst.log, s.jobs()...)
	if err != nil {
		return err
	}
	return scheduler.Tick(ctx, now)
}

// SetupLink is the address of the first administrator's one-time link.
func (p *Program) SetupLink(ctx context.Context) (string, error) {
	link, err := p.inst.services.auth.EnsureSetupLink(ctx, p.inst.services.clock.Now())
	return p.URL + link.Path(), err
}

// Routes lists what is mounted.
func (p *Program) Routes() []httpd.Route { return p.inst.server.Routes() }

// Populate loads an invented city and returns one account per role.
func (p *Program) Populate(ctx context.Context, firms []demo.Firm, at time.Time) ([]demo.Account, error) {
	return p.inst.services.loader(func(int, int) {}).Load(ctx, firms, at)
}
