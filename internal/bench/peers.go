package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fugong/fugong/internal/bench/load"
	"github.com/fugong/fugong/internal/bench/peer"
)

func init() {
	register(Scenario{Name: "peers", Title: "the same work in PocketBase and in a spreadsheet", Stirs: logs, Run: runPeers})
}

// How much the peers get. PocketBase's rate hardly depends on how many people it holds; a spreadsheet that looks up everybody's
// last sample takes time with the square of them.
const (
	pocketBasePeople  = 50_000
	pocketBaseSamples = 600_000
	pocketBaseWeeks   = 26
	sheetPeople       = 5_000
	sheetInCity       = 20_000 // what opens within a minute
	sheetWeeks        = 4
)

// aWeek is how often people are sampled.
const aWeek = 7 * 24 * time.Hour

// Bounds of what peers do unmeasured or alone. Compiling SQLite takes a minute of two cores, the first time.
const (
	buildWait = 5 * time.Minute
	sheetWait = 2 * time.Minute
)

// peers is one comparison under way.
type peers struct {
	*World
	dir    string
	at     time.Time // as of which the peers got their people
	fugong peer.Fugong
	server *Server
}

func runPeers(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	dir := filepath.Join(w.run.dir(), "peers")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the folder goes with the bench
	byID := map[int32]*Org{}
	for i := range w.City.Orgs {
		byID[w.City.Orgs[i].ID] = &w.City.Orgs[i]
	}
	p := &peers{World: w, dir: dir, server: s, at: between(time.Now()),
		fugong: peer.Fugong{URL: s.URL, Token: func(org int32) string { return tokenOf(w, byID[org]) }}}
	return errors.Join(p.compareSheet(ctx), p.comparePocketBase(ctx))
}

// between is the next instant half way between two seconds. Everything logged so far was reported before it, and no date falls on it.
func between(now time.Time) time.Time { return now.Truncate(time.Second).Add(3 * time.Second / 2) }

// missing records that a peer can't be had here, in place of the figures that it would have given.
func (p *peers) missing(err error, program string, figures ...string) error {
	if !errors.Is(err, peer.ErrAbsent) {
		return err
	}
	for _, f := range figures {
		p.Record(Figure{Scenario: f, Peer: program, Absent: err.Error()})
	}
	return nil
}

// patience bounds what a peer may take; one that takes longer counts as one that can't be had.
func patience(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("%w: it took longer than %v", peer.ErrAbsent, d))
}

// enterprises are the largest and the first of the others, until they have as many people as asked for, and what a peer needs to
// know of everybody there.
func (p *peers) enterprises(ctx context.Context, people, weeks int, each func(*Org, []peer.Person) error) ([]*Org, error) {
	var chosen []*Org
	take := func(o *Org) error {
		list, err := peer.ReadPeople(ctx, p.Admin, o.ID, p.at.Add(-time.Duration(weeks)*aWeek), p.at)
		if err != nil {
			return err
		}
		chosen, people = append(chosen, o), people-len(list)
		return each(o, list)
	}
	if err := take(p.City.Largest); err != nil {
		return nil, err
	}
	for i := range p.City.Orgs {
		if o := &p.City.Orgs[i]; o != p.City.Largest && people > 0 {
			if err := take(o); err != nil {
				return nil, err
			}
		}
	}
	return chosen, nil
}

func ids(orgs []*Org) []int32 {
	out := make([]int32, len(orgs))
	for i, o := range orgs {
		out[i] = o.ID
	}
	return out
}

const pocketBase = "PocketBase"

var pocketBaseFigures = []string{"peers.log.c32", "peers.sweep", "peers.list", "peers.search", "peers.timeline"}

func (p *peers) comparePocketBase(ctx context.Context) error {
	building, cancel := patience(ctx, buildWait)
	defer cancel()
	program, err := peer.BuildPocketBase(building, p.dir, p.Quick())
	if err != nil {
		return p.missing(err, pocketBase, pocketBaseFigures...)
	}
	orgs, file, err := p.peopleFile(ctx)
	if err != nil {
		return err
	}
	pb, err := peer.StartPocketBase(ctx, program, filepath.Join(p.dir, "pocketbase-data"), file)
	if err != nil {
		return err
	}
	p.Say("  PocketBase has %d people and %d samples", pb.People, pb.Samples)
	return errors.Join(p.compareReading(ctx, pb), p.compareLogging(ctx, pb, orgs), pb.Stop())
}

func (p *peers) peopleFile(ctx context.Context) ([]*Org, string, error) {
	people := min(pocketBasePeople, p.City.Spec.People)
	path := filepath.Join(p.dir, "people.ndjson")
	f, err := peer.CreatePeopleFile(path)
	if err != nil {
		return nil, "", err
	}
	weeks := min(max(pocketBaseSamples/people, sheetWeeks), pocketBaseWeeks, p.City.Spec.Weeks)
	orgs, err := p.enterprises(ctx, people, weeks, func(o *Org, people []peer.Person) error {
		if err := f.Org(o.ID, o.Name); err != nil {
			return err
		}
		for _, one := range people {
			if err := f.Person(o.ID, one); err != nil {
				return err
			}
		}
		return nil
	})
	return orgs, path, errors.Join(err, f.Close())
}

// peersConns is how many connections log at once.
const peersConns = 32

// peersTime is how long each side logs in a round.
const peersTime = 2 * time.Second

// logs sends both sides the samples of the same people, one in a request.
func (p *peers) compareLogging(ctx context.Context, pb *peer.PocketBase, orgs []*Org) error {
	run := &logRun{peers: p, orgs: orgs, ticks: map[int64]int{}, touched: map[int64]bool{}}
	var client string
	c, err := p.Compare(ctx,
		func(ctx context.Context) (float64, error) { return run.pocketBase(ctx, pb, p.Brief(peersTime)) },
		func(ctx context.Context) (float64, error) {
			r, err := run.fugong(ctx, p.Brief(peersTime))
			client = r.Client
			return r.Rate, err
		})
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if err := run.checkPocketBase(ctx, pb); err != nil {
		return err
	}
	p.Record(Figure{Scenario: "peers.log.c32", Value: c.Value.Median, Unit: "rows/s", Floor: c.Floor.Median, Peer: pocketBase, Ratio: c.Ratio.Median,
		Low: c.Ratio.Low, High: c.Ratio.High, Target: AtLeast(6),
		Note: fmt.Sprintf("one sample in a request, 32 connections, %d people there; %s; answers = rows, dates moved on both sides", pb.People, client)})
	return nil
}

// logRun keeps count of what PocketBase was told. The product is counted by the World.
type logRun struct {
	*peers
	orgs    []*Org
	round   int
	ticks   map[int64]int  // samples of each person so far
	touched map[int64]bool // people whose request was surely sent
	stored  int            // good answers
	runs    int
}

// people draws whom the requests of a round are about: for both sides the same.
func (r *logRun) people(n int, each func(*Org, int64) error) error {
	total := 0
	for _, o := range r.orgs {
		total += o.Size
	}
	draw := r.Rand(fmt.Sprintf("peers %d", r.round))
	for range n {
		k := draw.IntN(total)
		i := 0
		for k >= r.orgs[i].Size {
			k -= r.orgs[i].Size
			i++
		}
		if err := each(r.orgs[i], r.orgs[i].First+int64(k)); err != nil {
			return err
		}
	}
	return nil
}

// ready is how many requests are made ready for a run.
func (r *logRun) ready(d time.Duration, rate int) int {
	if r.Quick() {
		return 40
	}
	return int(float64(rate) * d.Seconds())
}

func (r *logRun) fugong(ctx context.Context, d time.Duration) (LoadResult, error) {
	r.round++
	before, err := logged(ctx, r.World)
	if err != nil {
		return LoadResult{}, err
	}
	var requests []Request
	err = r.people(r.ready(d, mostRate), func(o *Org, id int64) error {
		at, err := r.SampleAt(id)
		requests = append(requests, r.peers.fugong.Log(o.ID, id, at))
		return err
	})
	if err != nil {
		return LoadResult{}, err
	}
	res, err := r.send(ctx, r.server.URL, requests, d)
	if err != nil {
		return res, fmt.Errorf("the product: %w", err)
	}
	return res, checkLogged(ctx, r.World, before, res, peersConns)
}

func (r *logRun) send(ctx context.Context, url string, requests []Request, d time.Duration) (LoadResult, error) {
	res, err := r.Load(ctx, load.Spec{URL: url, Conns: peersConns, For: d, Requests: requests})
	if err != nil {
		return res, err
	}
	return res, checkf(res.Requests > 0 && res.OK() == res.Requests, "of %d answers %d are good: %v", res.Requests, res.OK(), res.Statuses)
}

// mostOfPocketBase bounds the requests that are made ready for a second of PocketBase.
const mostOfPocketBase = 8000

func (r *logRun) pocketBase(ctx context.Context, pb *peer.PocketBase, d time.Duration) (float64, error) {
	r.runs++
	var requests []Request
	var people []int64
	err := r.people(r.ready(d, mostOfPocketBase), func(o *Org, id int64) error {
		r.ticks[id]++
		requests = append(requests, pb.Log(o.ID, id, r.at.Truncate(time.Second).Add(time.Duration(r.ticks[id])*time.Second)))
		people = append(people, id)
		return nil
	})
	if err != nil {
		return 0, err
	}
	res, err := r.send(ctx, pb.URL, requests, d)
	if err != nil {
		return 0, fmt.Errorf("PocketBase: %w", err)
	}
	r.stored += res.Requests
	for _, id := range people[:min(res.Requests, len(people))] {
		r.touched[id] = true
	}
	return res.Rate, nil
}

// checkPocketBase asserts that each good answer is a row and that the dates of everybody concerned have moved. As many requests as
// there are connections were under way at the end of each run, and may be rows or not.
func (r *logRun) checkPocketBase(ctx context.Context, pb *peer.PocketBase) error {
	stored, moved, err := pb.Since(ctx, r.at)
	if err != nil {
		return err
	}
	open := r.runs * peersConns
	if err := checkf(stored >= r.stored && stored <= r.stored+open, "PocketBase gave %d good answers and has %d rows", r.stored, stored); err != nil {
		return err
	}
	return checkf(moved >= len(r.touched)-open && moved <= len(r.touched)+open, "PocketBase moved the dates of %d people of %d", moved, len(r.touched))
}
