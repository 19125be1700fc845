package client

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// useEvery bounds how often the use of a token is written down.
const useEvery = time.Minute

// plenty bounds the tokens that are remembered.
const plenty = 20_000

// known remembers tokens that work, by their hash. Only who may come in is remembered, so that a flood of made-up tokens takes
// no room; a token that was revoked, on another server too, is forgotten by the stamp.
type known struct {
	watch *stamp.Watch

	mu      sync.Mutex
	stamp   int64
	clients map[[sha256.Size]byte]*holder
}

// holder is the client of a token with the scope it acts in.
type holder struct {
	id      int32
	scope   authz.Scope
	expires time.Time
	used    time.Time // as written down
}

func newKnown(c clock.Clock) *known {
	return &known{watch: stamp.NewWatch(stamp.Access, c, stamp.Every), clients: map[[sha256.Size]byte]*holder{}}
}

// find returns the holder of a token that is remembered, and whether its use is to be written down.
func (k *known) find(hash [sha256.Size]byte, stamp int64, at time.Time) (h *holder, use bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h = k.clients[hash]; h == nil || k.stamp != stamp || !at.Before(h.expires) {
		return nil, false
	}
	if use = at.Sub(h.used) >= useEvery; use {
		h.used = at
	}
	return h, use
}

func (k *known) remember(hash [sha256.Size]byte, stamp int64, h *holder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if stamp > k.stamp || len(k.clients) >= plenty {
		clear(k.clients)
	}
	if stamp >= k.stamp {
		k.stamp, k.clients[hash] = stamp, h
	}
}

const sqlAuthenticate = `select c.id, c.org_id, c.name, c.role, coalesce(c.division, '') as division, c.scopes, c.expires_at, c.last_used_at
    from api_client c join org o on o.id = c.org_id and o.active
    where c.token_hash = $1 and c.revoked_at is null and c.expires_at > $2`

const sqlUsed = `update api_client set last_used_at = $2 where id = $1`

// Authenticate finds the client of a token. Unknown, expired and revoked tokens are the same errs.Unauthenticated. What another
// server revoked ends within seconds, what this one did at once.
func (s *Service) Authenticate(ctx context.Context, token string, at time.Time) (authz.Scope, int32, error) {
	refused := errs.New(errs.Unauthenticated, "error.unauthenticated")
	if !strings.HasPrefix(token, prefix) {
		return authz.Scope{}, 0, refused
	}
	hash := sha256.Sum256([]byte(token))
	n, _, err := s.known.watch.Look(ctx, s.db.Pool())
	if err != nil {
		return authz.Scope{}, 0, err
	}
	h, use := s.known.find(hash, n, at)
	if h == nil {
		if h, use, err = s.lookUp(ctx, hash, at); err != nil {
			return authz.Scope{}, 0, err
		}
		if h == nil {
			return authz.Scope{}, 0, refused
		}
		s.known.remember(hash, n, h)
	}
	if use {
		if _, err := s.db.Pool().ExecContext(ctx, sqlUsed, h.id, at); err != nil {
			return authz.Scope{}, 0, fmt.Errorf("note use: %w", err)
		}
	}
	return h.scope, h.id, nil
}

// lookUp reads the holder of a token, nil if there is none, and whether its use is to be written down.
func (s *Service) lookUp(ctx context.Context, hash [sha256.Size]byte, at time.Time) (h *holder, use bool, err error) {
	var rows []Client
	if err := s.db.Pool().SelectContext(ctx, &rows, sqlAuthenticate, hash[:], at); err != nil {
		return nil, false, fmt.Errorf("find client: %w", err)
	}
	if len(rows) == 0 {
		return nil, false, nil
	}
	c := rows[0]
	scopes := make([]authz.Permission, len(c.Scopes))
	for i, p := range c.Scopes {
		scopes[i] = authz.Permission(p)
	}
	sc := authz.Scope{Account: -int64(c.ID), Actor: "api:" + c.Name, Role: c.Role, Org: c.Org, Division: c.Division}
	h = &holder{id: c.ID, scope: sc.Narrow(scopes), expires: c.ExpiresAt}
	if c.LastUsedAt != nil {
		h.used = *c.LastUsedAt
	}
	if use = at.Sub(h.used) >= useEvery; use {
		h.used = at
	}
	return h, use, nil
}
