package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Flatten maps the path of every value in the JSON of v to its text. An entry of
// a list of objects is named by its texts under the keys, in their order, such as
// tests.driver.rolling; those texts are then left out. Any other list is one value.
func Flatten(v any, keys ...string) (map[string]string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	out := make(map[string]string)
	flatten(out, "", tree, keys)
	return out, nil
}

func flatten(out map[string]string, path string, node any, keys []string) {
	switch node := node.(type) {
	case nil:
	case map[string]any:
		for name, value := range node {
			flatten(out, join(path, name), value, keys)
		}
	case []any:
		for i, item := range node {
			entry, ok := item.(map[string]any)
			if !ok {
				out[path] = fmt.Sprint(node)
				return
			}
			flattenEntry(out, path, i, entry, keys)
		}
	default:
		out[path] = fmt.Sprint(node)
	}
}

func flattenEntry(out map[string]string, path string, i int, entry map[string]any, keys []string) {
	at := path
	for _, key := range keys {
		if name, ok := entry[key].(string); ok {
			at = join(at, name)
		}
	}
	if at == path {
		at = fmt.Sprintf("%s[%d]", path, i)
	}
	for name, value := range entry {
		if !slices.Contains(keys, name) {
			flatten(out, join(at, name), value, keys)
		}
	}
}
