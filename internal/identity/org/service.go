package org

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// Config is what a Service may be told.
type Config struct {
	Clock clock.Clock
	// RobotHosts are addresses whose origins a group robot's address may have, so that an enterprise cannot make the server call
	// addresses of its own network.
	RobotHosts []string
	// Moved is told, in the transaction of the change, of an org for which other rules apply now: another pack, place, zone or
	// first day. Nil is nobody.
	Moved func(ctx context.Context, q db.Q, org int32) error
}

// DefaultRobotHost is the origin of WeCom group robots (企业微信群机器人).
const DefaultRobotHost = "https://qyapi.weixin.qq.com"

// Service reads and writes orgs.
type Service struct {
	db    *db.DB
	box   *secret.Box
	watch *stamp.Watch
	hosts []string
	moved func(ctx context.Context, q db.Q, org int32) error

	mu        sync.Mutex
	stamp     int64 // that the cached orgs belong to
	cached    map[int32]Org
	divisions []Division // they change only by migration
}

// plenty bounds the orgs that are remembered.
const plenty = 20_000

// New builds the service.
func New(d *db.DB, box *secret.Box, cfg Config) *Service {
	hosts := origins(cfg.RobotHosts)
	if len(hosts) == 0 {
		hosts = []string{DefaultRobotHost}
	}
	return &Service{db: d, box: box, watch: stamp.NewWatch(stamp.Access, cfg.Clock, stamp.Every), hosts: hosts, moved: cfg.Moved, cached: map[int32]Org{}}
}

// origins cuts addresses down to scheme and host; empty ones go.
func origins(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		if u, err := url.Parse(a); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

const fragColumns = `id, kind, code, name, short_name, time_zone, coalesce(gb_district, '') as gb_district,
    coalesce(admin_zone, '') as admin_zone, industry, size, above_scale, resume_status, rule_pack, go_live_at, active, created_at`

const sqlGet = `select ` + fragColumns + ` from org where id = $1`

// Get returns an org, as it was at most seconds ago. An unknown id is errs.NotFound.
func (s *Service) Get(ctx context.Context, id int32) (Org, error) {
	n, _, err := s.watch.Look(ctx, s.db.Pool())
	if err != nil {
		return Org{}, err
	}
	s.mu.Lock()
	o, ok := s.cached[id]
	ok = ok && s.stamp == n
	s.mu.Unlock()
	if ok {
		return o, nil
	}
	o = Org{}
	if err := s.db.Pool().GetContext(ctx, &o, sqlGet, id); err != nil {
		return Org{}, db.OneRow(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.stamp || len(s.cached) >= plenty {
		clear(s.cached)
	}
	if n >= s.stamp {
		s.stamp, s.cached[id] = n, o
	}
	return o, nil
}

// forget has the next Get look whether what is remembered holds, after a change that raised the stamp.
func (s *Service) forget() { s.watch.Again() }

const sqlDivisions = `select code, kind, name, name_en, coalesce(gb_code, '') as gb_code, coalesce(parent, '') as parent,
    tile_row, tile_col from division order by kind = 'city' desc, code`

// Divisions lists the administrative areas and reporting lines, the city first.
func (s *Service) Divisions(ctx context.Context) ([]Division, error) {
	s.mu.Lock()
	known := s.divisions
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var ds []Division
	if err := s.db.Pool().SelectContext(ctx, &ds, sqlDivisions); err != nil {
		return nil, fmt.Errorf("divisions: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.divisions = ds
	return ds, nil
}
