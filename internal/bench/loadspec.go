package bench

import (
	"context"

	"github.com/fugong/fugong/internal/bench/load"
)

// LoadSpec and LoadResult are of the client that asks the server.
type (
	LoadSpec   = load.Spec
	LoadResult = load.Result
	Request    = load.Request
)

// Load asks a server in a closed loop: as many connections as told, each asking again as soon as it is answered, for a bounded time
// or until the requests are used up.
func (w *World) Load(ctx context.Context, s LoadSpec) (LoadResult, error) {
	if w.Quick() {
		s.Plain = true
	}
	return load.Run(ctx, s)
}
