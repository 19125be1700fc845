// Package password hashes and judges passwords. Hashing is argon2id, a few at a time, since each takes megabytes of memory and
// most of a core. Judging refuses what is short, at the top of every list of stolen passwords, or known to colleagues.
package password

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/fugong/fugong/internal/platform/errs"
)

// Params is the cost of a hash.
type Params = argon2id.Params

// Hasher computes hashes. It is safe for concurrent use.
type Hasher struct {
	params *Params
	slots  chan struct{}
	dummy  string // hash of a password that nobody has
}

// NewHasher hashes at a cost, nil for 19 MiB and two passes (the least that OWASP advises for argon2id), as many at once as
// told, 0 for one per processor.
func NewHasher(p *Params, atOnce int) *Hasher {
	if p == nil {
		p = &Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	}
	if atOnce <= 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	return &Hasher{params: p, slots: make(chan struct{}, atOnce), dummy: nobodys(p)}
}

// nobodys is a hash of the shape that the cost gives, drawn and not computed: no password is known that has it, and starting costs
// neither the time nor the memory of a hash.
func nobodys(p *Params) string {
	salt, key := make([]byte, p.SaltLength), make([]byte, p.KeyLength)
	_, _ = rand.Read(salt) // never fails
	_, _ = rand.Read(key)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Iterations, p.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// enter waits for a free slot. Under a flood of sign-ins callers give up when their request ends.
func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errs.New(errs.Unavailable, "error.unavailable").Because(ctx.Err())
	}
}

// Hash returns the text to store for a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	out, err := argon2id.CreateHash(fold(password), h.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return out, nil
}

// Verify compares a password with a stored hash. It takes the same time when there is none, and then says no.
func (h *Hasher) Verify(ctx context.Context, password, stored string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	against := stored
	if against == "" {
		against = h.dummy
	}
	same, err := argon2id.ComparePasswordAndHash(fold(password), against)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return same && stored != "", nil
}

// fold makes one password of the full-width and the plain form, which Chinese keyboards mix up.
func fold(password string) string { return norm.NFKC.String(password) }
