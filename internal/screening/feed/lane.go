package feed

import (
	"context"
	"time"
)

// chunk is what one transaction takes in: lines for the passing table, with what is known of them.
type chunk struct {
	blocks   [][]byte
	rows     int
	size     int
	from, to time.Time // bounds of the instants of sampling
	late     bool      // some row gives a reason
}

const blockSize = 64 << 10

// add lays a row into the chunk.
func (c *chunk) add(r *row) {
	n := len(c.blocks)
	if n == 0 || len(c.blocks[n-1]) > blockSize {
		if n < cap(c.blocks) && c.blocks[:n+1][n] != nil {
			c.blocks = c.blocks[:n+1] // of an earlier chunk
		} else {
			c.blocks = append(c.blocks, make([]byte, 0, blockSize+MaxLine))
		}
		n++
	}
	last := &c.blocks[n-1]
	before := len(*last)
	*last = r.appendLine(*last)
	c.size += len(*last) - before
	if c.rows == 0 || r.sampled.Before(c.from) {
		c.from = r.sampled
	}
	if r.sampled.After(c.to) {
		c.to = r.sampled
	}
	c.late = c.late || r.late != ""
	c.rows++
}

// reset empties the chunk and keeps its memory.
func (c *chunk) reset() {
	for i := range c.blocks {
		c.blocks[i] = c.blocks[i][:0]
	}
	*c = chunk{blocks: c.blocks[:0]}
}

// lane merges the chunks of its people one after the other. One is filled while the one before is merged.
type lane struct {
	feeder *feeder
	open   *chunk
	full   chan *chunk
	empty  chan *chunk
}

func newLane(f *feeder) *lane {
	l := &lane{feeder: f, open: &chunk{}, full: make(chan *chunk), empty: make(chan *chunk, 2)}
	l.empty <- &chunk{}
	return l
}

// add lays a row into the open chunk and hands it over when it is full.
func (l *lane) add(ctx context.Context, r *row) error {
	l.open.add(r)
	if l.open.rows < l.feeder.service.chunkRows && l.open.size < chunkBytes {
		return nil
	}
	return l.hand(ctx)
}

func (l *lane) hand(ctx context.Context) error {
	if l.open.rows == 0 {
		return nil
	}
	select {
	case l.full <- l.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case l.open = <-l.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) run(ctx context.Context) error {
	for {
		select {
		case c, more := <-l.full:
			if !more {
				return nil
			}
			if err := l.feeder.merge(ctx, c); err != nil {
				return err
			}
			c.reset()
			l.empty <- c
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
