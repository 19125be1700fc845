package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/screening"
)

// written is a request that changes something.
type written[B any] struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" pattern:"^[!-~]+$" doc:"Of your choice, in visible ASCII, new for each write, the same when you repeat it" example:"2f0c7a4e-roster-2022-03-24"`
	Body B
}

// answered is the reply to a write.
type answered[T any] struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when the write was done by an earlier request, whose reply this is"`
	Body     T
}

// endWithin bounds how long the key of a write takes to be settled once the write is over, whatever became of its reader.
const endWithin = 5 * time.Second

// write registers an operation that is done once per Idempotency-Key: the key is claimed before, the reply is kept after,
// and a repetition gets that reply. A write that failed gives its key back. Should the process die between a write and the
// keeping of its reply, the key may be used again after two minutes: so each write is one that finds out what was done.
//
// quick, which may be nil, does a write and keeps key and reply with it in one transaction, or says that it is not for such a
// write; then nothing was done.
func write[B, T any](s *server, op huma.Operation, do func(context.Context, *call, *B) (T, error),
	quick func(ctx context.Context, k *call, body *B, r screening.Receipt) (T, bool, error)) {
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	method, path := op.Method, prefix+op.Path
	huma.Register(s.api, op, func(ctx context.Context, in *written[B]) (*answered[T], error) {
		k := callOf(ctx)
		asked, err := json.Marshal(in.Body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		hash := client.RequestHash(method, path, asked)
		if quick != nil {
			reply, done, err := quick(ctx, k, &in.Body, screening.Receipt{Client: k.client, Key: in.Key, Request: hash})
			if done || err != nil {
				return &answered[T]{Body: reply}, err
			}
		}
		earlier, err := s.Clients.Begin(ctx, s.DB.Pool(), k.client, in.Key, hash, k.at)
		if err != nil {
			return nil, err
		}
		if earlier.Done() {
			a := &answered[T]{Replayed: "true"}
			return a, json.Unmarshal([]byte(earlier.Body), &a.Body)
		}
		reply, err := do(ctx, k, &in.Body)
		k.settle(ctx, in.Key, reply, err)
		if err != nil {
			return nil, err
		}
		return &answered[T]{Body: reply}, nil
	})
}

// settle keeps the reply to a write, or gives the key back when it failed. A reply that cannot be kept is still given: the
// write was done.
func (k *call) settle(ctx context.Context, key string, reply any, failed error) {
	s := k.server
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	var err error
	if failed != nil {
		err = s.Clients.Forget(ctx, s.DB.Pool(), k.client, key)
	} else {
		var body []byte
		if body, err = json.Marshal(reply); err == nil {
			err = s.Clients.Finish(ctx, s.DB.Pool(), k.client, key, client.Answer{Status: http.StatusOK, Body: string(body)})
		}
	}
	if err != nil {
		s.Log.Error("settle idempotency key", "route", k.route, "error", err, "id", k.id)
	}
}

// batch is the reply to a write of many rows.
type batch[T any] struct {
	Counts map[string]int `json:"counts" doc:"How many rows had each outcome"`
	Rows   []T            `json:"rows" nullable:"false" doc:"One for each row sent, in that order"`
}

// outcome is what became of one row.
type outcome interface{ kind() string }

func batchOf[T outcome](rows []T) batch[T] {
	b := batch[T]{Counts: map[string]int{}, Rows: rows}
	for _, r := range rows {
		b.Counts[r.kind()]++
	}
	return b
}

// renamed lays the names that a service has for fields over those of the API.
func renamed[V any](fields map[string]V, names map[string]string) map[string]V {
	out := maps.Clone(fields)
	for from, to := range names {
		if v, there := out[from]; there {
			delete(out, from)
			out[to] = v
		}
	}
	return out
}
