package regime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// ParsePack reads and checks a pack. Every member of the JSON must be known,
// spelt exactly, present once and of the right type, and every value must make
// sense; the error names the faulty fields by path, such as
// tests[2].interval_hours.
func ParsePack(data []byte) (*Pack, error) {
	p := new(Pack)
	d := json.NewDecoder(bytes.NewReader(data))
	if err := decode(d, reflect.ValueOf(p).Elem(), ""); err != nil {
		return nil, fmt.Errorf("regime: pack: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("regime: pack: text after the end")
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("regime: pack: %w", err)
	}
	return p, nil
}

// decode reads the next JSON value into v. It refuses what encoding/json would
// forgive, because a slip in a rule must not quietly become a zero: unknown,
// repeated and missing members, names in another case, and null for a value.
func decode(d *json.Decoder, v reflect.Value, path string) error {
	if s, ok := v.Addr().Interface().(*Stage); ok {
		return decodeStage(d, s, path)
	}
	switch v.Kind() {
	case reflect.Struct:
		return decodeObject(d, v, path)
	case reflect.Slice:
		return decodeArray(d, v, path)
	}
	return decodeValue(d, v, path)
}

func decodeObject(d *json.Decoder, v reflect.Value, path string) error {
	if _, err := opened(d, '{', path); err != nil {
		return err
	}
	fields := make(map[string]int, v.NumField())
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("json")] = i
	}
	seen := make(map[string]bool, len(fields))
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return fault(path, "%v", err)
		}
		name := token.(string) // inside an object, tokens before values are names
		member := join(path, name)
		i, known := fields[name]
		switch {
		case !known:
			return fault(member, "unknown field")
		case seen[name]:
			return fault(member, "given twice")
		}
		seen[name] = true
		if err := decode(d, v.Field(i), member); err != nil {
			return err
		}
	}
	for i := range v.NumField() {
		if name := v.Type().Field(i).Tag.Get("json"); !seen[name] {
			return fault(join(path, name), "missing")
		}
	}
	return closed(d, path)
}

// decodeArray reads null as an empty array.
func decodeArray(d *json.Decoder, v reflect.Value, path string) error {
	null, err := opened(d, '[', path)
	if null || err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := decode(d, item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	return closed(d, path)
}

// decodeStage reads [level, days].
func decodeStage(d *json.Decoder, s *Stage, path string) error {
	null, err := opened(d, '[', path)
	if null {
		return fault(path, "want [level, days], got null")
	}
	if err != nil {
		return err
	}
	if err := decodeValue(d, reflect.ValueOf(&s.Level).Elem(), path+"[0]"); err != nil {
		return err
	}
	if err := decodeValue(d, reflect.ValueOf(&s.Days).Elem(), path+"[1]"); err != nil {
		return err
	}
	if d.More() {
		return fault(path, "want [level, days], got more")
	}
	return closed(d, path)
}

// decodeValue reads a scalar; null only into a pointer.
func decodeValue(d *json.Decoder, v reflect.Value, path string) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return fault(path, "%v", err)
	}
	if v.Kind() != reflect.Pointer && bytes.Equal(raw, []byte("null")) {
		return fault(path, "want %s, got null", v.Type())
	}
	var wrong *json.UnmarshalTypeError
	err := json.Unmarshal(raw, v.Addr().Interface())
	if errors.As(err, &wrong) {
		return fault(path, "want %s, got %s", v.Type(), wrong.Value)
	}
	return err
}

// opened consumes the delimiter that begins an object or array, or reports null.
func opened(d *json.Decoder, delim json.Delim, path string) (null bool, err error) {
	token, err := d.Token()
	switch {
	case err != nil:
		return false, fault(path, "%v", err)
	case token == nil && delim == '[':
		return true, nil
	case token != delim:
		return false, fault(path, "want %v, got %v", delim, token)
	}
	return false, nil
}

// closed consumes the delimiter that ends an object or array.
func closed(d *json.Decoder, path string) error {
	if _, err := d.Token(); err != nil {
		return fault(path, "%v", err)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func fault(path, format string, args ...any) error {
	problem := fmt.Sprintf(format, args...)
	if path == "" {
		return errors.New(problem)
	}
	return errors.New(path + ": " + problem)
}
