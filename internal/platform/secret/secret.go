// Package secret guards values at rest: it seals a column's value so that it
// opens only with a key kept outside the database and only in the row it was
// sealed for, and it computes blind indexes by which a sealed value can still
// be looked up exactly.
//
// Sealing is AES-256-GCM (Tink), 33 bytes longer than the value. The row is
// bound in as associated data, so a ciphertext moved to another row, column or
// org does not open. A blind index is the first 16 bytes of HMAC-SHA256 under a
// key of its own: equal values have equal indexes, and without the key nothing
// else can be told from them.
//
// The keys live in one JSON file (LoadOrCreate) or environment variable
// (FromJSON), never in the database, its backups or the logs. Whoever has the
// keys and the database reads everything; whoever loses the keys has lost the
// values for good. So keep a copy of the keys, apart from the database backups.
package secret

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// IndexSize is the length of a blind index in bytes.
const IndexSize = 16

// ErrOpen means that a ciphertext was not sealed for this place with any of
// these keys, or was changed since.
var ErrOpen = errors.New("secret: not sealed for this row with these keys")

// AD is the place that a value is sealed for. Changing any part of it means
// sealing again.
type AD struct {
	Table  string // [a-z0-9_]+
	Org    int32  // 0 for global tables
	ID     int64
	Column string // [a-z0-9_]+
}

// String renders the place as table/org/id/column, which is what is bound into
// the ciphertext. Never change it.
func (a AD) String() string {
	return fmt.Sprintf("%s/%d/%d/%s", a.Table, a.Org, a.ID, a.Column)
}

var adName = regexp.MustCompile(`^[a-z0-9_]+$`)

func (a AD) check() error {
	if !adName.MatchString(a.Table) || !adName.MatchString(a.Column) {
		return fmt.Errorf("secret: %q is not a table and column", a.String())
	}
	return nil
}

// Box seals, opens and indexes. It is safe for concurrent use and prints as
// "secret.Box" whatever the verb.
type Box struct {
	aead  tink.AEAD
	index *prf.Set
}

func newBox(k keys) (*Box, error) {
	a, err := aead.New(k.seal)
	if err != nil {
		return nil, fmt.Errorf("secret: sealing keys: %w", err)
	}
	set, err := prf.NewPRFSet(k.index)
	if err != nil {
		return nil, fmt.Errorf("secret: index keys: %w", err)
	}
	b := &Box{a, set}
	// Index has no error to return, so what could fail there must fail here.
	if _, err := set.ComputePrimaryPRF(nil, IndexSize); err != nil {
		return nil, fmt.Errorf("secret: index keys: %w", err)
	}
	return b, nil
}

// Seal encrypts a value for one place.
func (b *Box) Seal(plain []byte, ad AD) ([]byte, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	sealed, err := b.aead.Encrypt(plain, []byte(ad.String()))
	if err != nil {
		return nil, fmt.Errorf("secret: seal %s.%s: %w", ad.Table, ad.Column, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. It fails with ErrOpen.
func (b *Box) Open(sealed []byte, ad AD) ([]byte, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	plain, err := b.aead.Decrypt(sealed, []byte(ad.String()))
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", ad.Table, ad.Column, ErrOpen)
	}
	return plain, nil
}

// Index returns the blind index of a value, IndexSize bytes. kind keeps values
// of different sorts apart ("id_number", "mobile"): the same digits as another
// kind give another index. Normalise first; the index knows no near misses.
func (b *Box) Index(kind, normalized string) []byte {
	// The kind's length in front keeps ("ab", "c") and ("a", "bc") apart.
	input := binary.AppendUvarint(make([]byte, 0, len(kind)+len(normalized)+2), uint64(len(kind)))
	input = append(append(input, kind...), normalized...)
	out, err := b.index.ComputePrimaryPRF(input, IndexSize)
	if err != nil {
		panic("secret: " + err.Error()) // newBox tried it
	}
	return out
}

// Fingerprint tells one set of keys from another without revealing anything of
// them; it stays the same through rotations. Store it beside the sealed data
// and compare at start: a mislaid key file is otherwise replaced by a new one
// without notice, and nothing opens any more.
func (b *Box) Fingerprint() string {
	return hex.EncodeToString(b.Index("fingerprint", ""))
}

const boxText = "secret.Box"

// String implements fmt.Stringer without the keys.
func (*Box) String() string { return boxText }

// Format implements fmt.Formatter, so that no verb prints the keys.
func (*Box) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(boxText)) }

// LogValue implements slog.LogValuer without the keys.
func (*Box) LogValue() slog.Value { return slog.StringValue(boxText) }

// MarshalText implements encoding.TextMarshaler, and so covers JSON.
func (*Box) MarshalText() ([]byte, error) { return []byte(boxText), nil }
