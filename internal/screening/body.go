package screening

import (
	"encoding/json"
	"fmt"

	"github.com/fugong/fugong/internal/regime"
)

// body is the JSON form of a version in sample_revision; results are written by their ids.
type body struct {
	Result string `json:"result"`
	version
}

func (v *version) body() (string, error) {
	b, err := json.Marshal(body{v.Result.String(), *v})
	if err != nil {
		return "", fmt.Errorf("encode version: %w", err)
	}
	return string(b), nil
}

func parseBody(data []byte) (version, error) {
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		return version{}, fmt.Errorf("decode version: %w", err)
	}
	result, err := regime.ParseResult(b.Result)
	if err != nil {
		return version{}, fmt.Errorf("decode version: %w", err)
	}
	b.version.Result = result
	return b.version, nil
}
