package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var here = AD{Table: "employee", Org: 7, ID: 42, Column: "id_number"}

func newTestBox(t *testing.T) *Box {
	t.Helper()
	box, err := LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	box := newTestBox(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		ad := AD{
			Table: rapid.StringMatching(`[a-z_]{1,10}`).Draw(t, "table"),
			Org:   rapid.Int32().Draw(t, "org"), ID: rapid.Int64().Draw(t, "id"),
			Column: rapid.StringMatching(`[a-z_]{1,10}`).Draw(t, "column"),
		}
		sealed, err := box.Seal(plain, ad)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(plain)+33 || len(plain) > 3 && bytes.Contains(sealed, plain) {
			t.Fatalf("%d bytes became %d", len(plain), len(sealed))
		}
		opened, err := box.Open(sealed, ad)
		if err != nil || !bytes.Equal(opened, plain) {
			t.Fatalf("%q, %v", opened, err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := box.Open(sealed, ad); !errors.Is(err, ErrOpen) {
			t.Fatalf("a changed ciphertext opens: %v", err)
		}
	})
}

func TestSealIsRandom(t *testing.T) {
	t.Parallel()
	box := newTestBox(t)
	a, _ := box.Seal([]byte("370303198503149970"), here)
	b, _ := box.Seal([]byte("370303198503149970"), here)
	if a == nil || bytes.Equal(a, b) {
		t.Fatal("the same value seals to the same bytes")
	}
}

func TestMovedCiphertextFails(t *testing.T) {
	t.Parallel()
	box := newTestBox(t)
	sealed, err := box.Seal([]byte("370303198503149970"), here)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []AD{
		{"employee", 7, 43, "id_number"}, {"employee", 8, 42, "id_number"},
		{"employee", 7, 42, "mobile"}, {"visitor", 7, 42, "id_number"},
		{"employee", 74, 2, "id_number"},
	}
	for _, ad := range elsewhere {
		if plain, err := box.Open(sealed, ad); !errors.Is(err, ErrOpen) || plain != nil {
			t.Errorf("%s: %q, %v", ad, plain, err)
		}
	}
	if _, err := newTestBox(t).Open(sealed, here); !errors.Is(err, ErrOpen) {
		t.Errorf("other keys: %v", err)
	}
	for _, garbage := range [][]byte{nil, {}, []byte("x"), bytes.Repeat([]byte("x"), 100)} {
		if _, err := box.Open(garbage, here); !errors.Is(err, ErrOpen) {
			t.Errorf("garbage: %v", err)
		}
	}
}

func TestAD(t *testing.T) {
	t.Parallel()
	if got := here.String(); got != "employee/7/42/id_number" {
		t.Errorf("%q", got)
	}
	box := newTestBox(t)
	for _, ad := range []AD{{}, {Table: "a/b", Column: "c"}, {Table: "a", Column: ""}, {Table: "A", Column: "c"}} {
		if _, err := box.Seal(nil, ad); err == nil {
			t.Errorf("%q seals", ad)
		}
		if _, err := box.Open(nil, ad); err == nil || errors.Is(err, ErrOpen) {
			t.Errorf("%q opens: %v", ad, err)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	box := newTestBox(t)
	seen := map[string]string{}
	for _, in := range [][2]string{
		{"id_number", "13900000001"}, {"mobile", "13900000001"}, {"mobile", "13900000002"},
		{"mobil", "e13900000001"}, {"", "mobile13900000001"}, {"mobile", ""},
	} {
		index := box.Index(in[0], in[1])
		if len(index) != IndexSize {
			t.Fatalf("%d bytes", len(index))
		}
		if again := box.Index(in[0], in[1]); !bytes.Equal(again, index) {
			t.Fatalf("%q: not the same twice", in)
		}
		if other, taken := seen[string(index)]; taken {
			t.Fatalf("%q has the index of %s", in, other)
		}
		seen[string(index)] = fmt.Sprintf("%q", in)
	}
	if bytes.Equal(newTestBox(t).Index("mobile", "13900000001"), box.Index("mobile", "13900000001")) {
		t.Fatal("the index does not depend on the key")
	}
}

// The vector pins the key file's format and the index's definition: a change to
// either would orphan every stored value.
func TestVector(t *testing.T) {
	t.Parallel()
	box, err := FromJSON([]byte(vectorKeys))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", box.Index("mobile", "13900000001")); got != vectorIndex {
		t.Errorf("index %s", got)
	}
	if got := box.Fingerprint(); got != vectorFingerprint {
		t.Errorf("fingerprint %s", got)
	}
	plain, err := box.Open(vectorSealed, here)
	if err != nil || string(plain) != "370303198503149970" {
		t.Errorf("%q, %v", plain, err)
	}
}

func TestFromJSONRefuses(t *testing.T) {
	t.Parallel()
	swapped := strings.NewReplacer(`"aead"`, `"index"`, `"index"`, `"aead"`).Replace(vectorKeys)
	for name, data := range map[string]string{
		"empty": "", "text": "hunter2", "no keys": "{}", "null": "null", "wrong shape": `{"aead":"hunter2","index":1}`,
		"no index": strings.Replace(vectorKeys, `"index"`, `"hunter2"`, 1), "swapped": swapped,
	} {
		box, err := FromJSON([]byte(data))
		if err == nil || box != nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the input: %v", name, err)
		}
	}
}

func TestBoxNeverPrints(t *testing.T) {
	t.Parallel()
	box, err := FromJSON([]byte(vectorKeys))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb+verb, box, struct{ B *Box }{box})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "box", box)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "box", box)
	raw, err := json.Marshal(map[string]any{"box": box})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(raw)
	got := strings.ReplaceAll(out.String(), boxText, "")
	for _, leak := range []string{"aead", "index", "Encrypt", "keyset", vectorSealKey, vectorIndexKey} {
		if strings.Contains(got, leak) {
			t.Fatalf("%q is printed in %s", leak, got)
		}
	}
}
