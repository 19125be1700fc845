package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
)

// keys are the two Tink keysets: sealing keys, of which the primary seals and
// all open, and the index key.
type keys struct{ seal, index *keyset.Handle }

// keysJSON is the file: each member a Tink keyset in clear JSON.
type keysJSON struct {
	Seal  json.RawMessage `json:"aead"`
	Index json.RawMessage `json:"index"`
}

func generate() (keys, error) {
	seal, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return keys{}, fmt.Errorf("secret: generate: %w", err)
	}
	index, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return keys{}, fmt.Errorf("secret: generate: %w", err)
	}
	return keys{seal, index}, nil
}

// FromJSON makes a Box from the content of a key file, for installations that
// keep it in an environment variable or a secret store.
func FromJSON(data []byte) (*Box, error) {
	k, err := parse(data)
	if err != nil {
		return nil, err
	}
	return newBox(k)
}

// errKeys stands in for the errors of the JSON and Tink readers, which may
// quote what they could not read.
var errKeys = errors.New("secret: not a key file")

func parse(data []byte) (keys, error) {
	var file keysJSON
	if err := json.Unmarshal(data, &file); err != nil {
		return keys{}, errKeys
	}
	seal, sealErr := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Seal)))
	index, indexErr := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(file.Index)))
	if sealErr != nil || indexErr != nil {
		return keys{}, errKeys
	}
	return keys{seal, index}, nil
}

func (k keys) encode() ([]byte, error) {
	var file keysJSON
	for _, part := range []struct {
		from *keyset.Handle
		to   *json.RawMessage
	}{{k.seal, &file.Seal}, {k.index, &file.Index}} {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(part.from, keyset.NewJSONWriter(&b)); err != nil {
			return nil, fmt.Errorf("secret: encode keys: %w", err)
		}
		*part.to = b.Bytes()
	}
	return json.MarshalIndent(file, "", "  ")
}

// rotated returns the keys with a new primary sealing key; the old ones still
// open. The index key stays: a new one would orphan every stored index.
func (k keys) rotated() (keys, error) {
	manager := keyset.NewManagerFromHandle(k.seal)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return keys{}, fmt.Errorf("secret: rotate: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return keys{}, fmt.Errorf("secret: rotate: %w", err)
	}
	seal, err := manager.Handle()
	if err != nil {
		return keys{}, fmt.Errorf("secret: rotate: %w", err)
	}
	return keys{seal, k.index}, nil
}
