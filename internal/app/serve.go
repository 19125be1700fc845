package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/web"
)

// queueWorkers is how many background tasks one server does at once.
const queueWorkers = 2

// instance is a program that is built but not yet serving.
type instance struct {
	cfg       *Config
	log       *slog.Logger
	store     *store
	services  *services
	server    *httpd.Server
	scheduler *jobs.Scheduler
	queue     *jobs.Queue
}

// assemble builds the whole program on an opened store, living at the clock's instant.
func assemble(ctx context.Context, cfg *Config, st *store, c clock.Clock, banner string, log *slog.Logger) (*instance, error) {
	s, err := build(cfg, st, c, log)
	if err != nil {
		return nil, err
	}
	i := &instance{cfg: cfg, log: log, store: st, services: s, queue: jobs.NewQueue(st.db, log, queueWorkers)}
	s.intake.Register(i.queue)
	s.rules.Register(i.queue)
	if i.scheduler, err = jobs.NewScheduler(st.db, c, log, s.jobs()...); err != nil {
		return nil, err
	}
	if i.server, err = newServer(cfg, s, banner, log); err != nil {
		return nil, err
	}
	if err := s.mount(cfg, i.server); err != nil {
		return nil, err
	}
	_, err = s.standing.EnsureMonths(ctx, c.Now())
	return i, err
}

func newServer(cfg *Config, s *services, banner string, log *slog.Logger) (*httpd.Server, error) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, fmt.Errorf("default zone: %w", err)
	}
	return httpd.New(httpd.Config{
		Clock: s.clock, Log: log, Catalog: s.catalog, Sessions: s.sessions, Identify: s.identify, Nav: navigation,
		Templates: templates(cfg.Dev), Asset: web.Asset, Zone: zone, Secure: cfg.secure(), Dev: cfg.Dev, Banner: banner, Proxies: cfg.Proxies,
	})
}

// templates come from the working copy in development, so that a page changes on reload.
func templates(dev bool) fs.FS {
	const dir = "web/templates"
	if _, err := os.Stat(dir); dev && err == nil {
		return os.DirFS(dir)
	}
	return web.Templates
}

func (s *services) identify(ctx context.Context, account int64, epoch int) (httpd.Viewer, error) {
	v, err := s.auth.Identify(ctx, account, epoch)
	if err != nil {
		return httpd.Viewer{}, err
	}
	return httpd.Viewer{Scope: v.Scope, Name: v.Name, OrgName: v.OrgName, OrgKind: v.OrgKind, Lang: v.Lang, Zone: v.Zone}, nil
}

const (
	headerTime = 10 * time.Second
	stopTime   = 10 * time.Second
)

// serve runs the web server, the jobs and the tasks until the context ends, then stops them in reverse order.
func (i *instance) serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{Handler: i.server, ReadHeaderTimeout: headerTime, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(i.log.Handler(), slog.LevelWarn)}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return i.scheduler.Run(ctx) })
	g.Go(func() error { return i.queue.Run(ctx) })
	g.Go(func() error {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	debug.FreeOSMemory() // what starting took and serving does not need
	g.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return web.Shutdown(stopping)
	})
	return g.Wait()
}

// listen opens the address and says in plain words when it is taken.
func listen(cfg *Config) (net.Listener, error) {
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (set FUGONG_LISTEN to another address): %w", cfg.Listen, err)
	}
	return l, nil
}

// setupHint prints the one-time link of the first administrator while there is none.
func (i *instance) setupHint(ctx context.Context, out func(format string, args ...any)) error {
	link, err := i.services.auth.EnsureSetupLink(ctx, i.services.clock.Now())
	if err != nil {
		return err
	}
	if link.Token != "" {
		out("%s\n  %s%s\n", i.services.catalog.Printer(i18n.Chinese).T("app.setup_link"), i.cfg.baseURL(), link.Path())
	}
	return nil
}
