// Package feed takes in a laboratory's results as a stream: as many rows as a city has in a day, for people of many enterprises,
// in memory that does not grow with them.
//
// Rows are read and checked as they arrive and laid into chunks. Each chunk is one transaction: its lines go to a passing table,
// find their files by keyed blind index, and are merged by few statements with the meaning of screening's batches: a sample that
// is not known is stored, everything else is folded in by the same code, and then follow standings, tubes and a row in the log of
// each enterprise whose files changed. So a feed that is cut off has kept whole chunks, and feeding it again changes nothing.
//
// Chunks are merged in two lanes at once. A person's rows keep to one lane, and with it to their order.
package feed

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
)

// Bounds of one feed.
const (
	MaxRows   = 1_000_000
	MaxBytes  = 256 << 20 // as sent, and as unpacked
	MaxLine   = 16 << 10  // bytes of one row
	MaxFaults = 100       // that are told one by one
)

const (
	lanes      = 2
	chunkRows  = 20_000
	chunkBytes = 2 << 20
	batchRows  = 1000 // that are looked up together
	movedRows  = 2500 // whose standings are moved together
)

// Standings brings people's standings after samples of theirs that changed, in the transaction of the change.
type Standings interface {
	Advance(ctx context.Context, q db.Q, moved []standing.Moved, at time.Time) error
}

// Tubes is told of the barcodes of an enterprise's mixed tubes whose samples are new or changed, each once and in order.
type Tubes interface {
	Stored(ctx context.Context, q db.Q, sc authz.Scope, barcodes []string, at time.Time) error
}

// Config is what a Service stands on.
type Config struct {
	DB        *db.DB
	Box       *secret.Box
	Employees *employee.Service
	Standings Standings
	Tubes     Tubes // may be nil
}

// Service takes in feeds.
type Service struct {
	cfg       Config
	lanes     int
	chunkRows int
	maxRows   int
}

// New returns a service.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, lanes: lanes, chunkRows: chunkRows, maxRows: MaxRows}
}

// Fault is a row that was not taken, and why.
type Fault struct {
	Line    int    // of the body, the first is 1
	Field   string // as the row names it; "" for the row as a whole
	Message errs.Message
}

// Report is what became of a feed.
type Report struct {
	Rows   int
	Counts map[screening.Kind]int // rows by outcome; of a person with two files the first file's
	Faults []Fault                // the first by line
	More   int                    // faults that are not among them
}

// Taken is how many rows were taken in.
func (r *Report) Taken() int {
	n := 0
	for kind, count := range r.Counts {
		if kind != screening.Refused {
			n += count
		}
	}
	return n
}

// Source says how a body is to be read.
type Source struct {
	Body   io.Reader
	Format Format
	// Charset is the encoding of a CSV if it was named; "" is to be found out.
	Charset string
	Gzip    bool // the body is packed
}

// Take reads a body to its end and takes its rows in. An error says why it stopped early; the report then tells of the rows that
// were kept all the same.
func (s *Service) Take(ctx context.Context, sc authz.Scope, src Source, at time.Time) (Report, error) {
	if err := sc.Require(authz.SampleImport); err != nil {
		return Report{}, err
	}
	f := &feeder{service: s, sc: sc, at: at, tally: newTally(), lanes: make([]*lane, s.lanes)}
	rows, err := open(src)
	if err != nil {
		return Report{}, err
	}
	g, within := errgroup.WithContext(ctx)
	for i := range f.lanes {
		f.lanes[i] = newLane(f)
		g.Go(func() error { return f.lanes[i].run(within) })
	}
	var stopped error // by the body: what was read before is kept
	g.Go(func() error {
		stopped = f.read(within, rows)
		if within.Err() != nil {
			return fmt.Errorf("feed: %w", within.Err())
		}
		return f.close(within)
	})
	err = g.Wait()
	if err == nil {
		err = stopped
	}
	return f.tally.report(), err
}
