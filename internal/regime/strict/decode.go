// Package strict reads JSON that people write by hand and holds it to its word: a
// slip must be named, not forgiven. It knows nothing of what the JSON means.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// A Pair is read from an array of its two values.
type Pair interface {
	// Pair returns pointers to the two, and how they are called.
	Pair() (first, second any, want string)
}

// Decode reads one JSON value into the struct that v points to. It refuses
// what encoding/json would forgive, because a slip in a rule must not quietly
// become a zero: unknown and repeated members, members missing that are not
// omitempty or omitzero, names in another case, null for a value, and text after the end. The
// error names the faulty member by path.
func Decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := decode(d, reflect.ValueOf(v).Elem(), ""); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("text after the end")
	}
	return nil
}

// decode reads the next JSON value into v.
func decode(d *json.Decoder, v reflect.Value, path string) error {
	switch into := v.Addr().Interface().(type) {
	case Pair:
		return decodePair(d, into, path)
	case json.Unmarshaler:
		return decodeValue(d, v, path)
	}
	switch v.Kind() {
	case reflect.Struct:
		return decodeObject(d, v, path)
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.New(v.Type().Elem()))
			return decode(d, v.Elem(), path)
		}
	case reflect.Slice:
		return decodeArray(d, v, path)
	}
	return decodeValue(d, v, path)
}

func decodeObject(d *json.Decoder, v reflect.Value, path string) error {
	if _, err := opened(d, '{', path); err != nil {
		return err
	}
	fields := make(map[string]reflect.StructField, v.NumField())
	for _, field := range reflect.VisibleFields(v.Type()) {
		if name, _ := tag(field); name != "-" && !field.Anonymous {
			fields[name] = field
		}
	}
	seen := make(map[string]bool, len(fields))
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return Fault(path, "%v", err)
		}
		name := token.(string) // inside an object, tokens before values are names
		member := join(path, name)
		field, known := fields[name]
		switch {
		case !known:
			return Fault(member, "unknown field")
		case seen[name]:
			return Fault(member, "given twice")
		}
		seen[name] = true
		if err := decode(d, v.FieldByIndex(field.Index), member); err != nil {
			return err
		}
	}
	for _, field := range reflect.VisibleFields(v.Type()) {
		if name, optional := tag(field); fields[name].Name == field.Name && !optional && !seen[name] {
			return Fault(join(path, name), "missing")
		}
	}
	return closed(d, path)
}

// tag returns the name of a field and whether it may be missing.
func tag(field reflect.StructField) (name string, optional bool) {
	name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name, option == "omitempty" || option == "omitzero"
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

// decodePair reads an array of two.
func decodePair(d *json.Decoder, p Pair, path string) error {
	first, second, want := p.Pair()
	null, err := opened(d, '[', path)
	if null {
		return Fault(path, "want %s, got null", want)
	}
	if err != nil {
		return err
	}
	if err := decodeValue(d, reflect.ValueOf(first).Elem(), path+"[0]"); err != nil {
		return err
	}
	if err := decodeValue(d, reflect.ValueOf(second).Elem(), path+"[1]"); err != nil {
		return err
	}
	if d.More() {
		return Fault(path, "want %s, got more", want)
	}
	return closed(d, path)
}

// decodeValue reads a scalar; null only into a pointer.
func decodeValue(d *json.Decoder, v reflect.Value, path string) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return Fault(path, "%v", err)
	}
	if v.Kind() != reflect.Pointer && bytes.Equal(raw, []byte("null")) {
		return Fault(path, "want %s, got null", v.Type())
	}
	var wrong *json.UnmarshalTypeError
	err := json.Unmarshal(raw, v.Addr().Interface())
	if errors.As(err, &wrong) {
		return Fault(path, "want %s, got %s", v.Type(), wrong.Value)
	}
	if err != nil {
		return Fault(path, "%v", err)
	}
	return nil
}

// opened consumes the delimiter that begins an object or array, or reports null.
func opened(d *json.Decoder, delim json.Delim, path string) (null bool, err error) {
	token, err := d.Token()
	switch {
	case err != nil:
		return false, Fault(path, "%v", err)
	case token == nil && delim == '[':
		return true, nil
	case token != delim:
		return false, Fault(path, "want %v, got %v", delim, token)
	}
	return false, nil
}

// closed consumes the delimiter that ends an object or array.
func closed(d *json.Decoder, path string) error {
	if _, err := d.Token(); err != nil {
		return Fault(path, "%v", err)
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Fault is an error that begins with the path, if there is one.
func Fault(path, format string, args ...any) error {
	problem := fmt.Sprintf(format, args...)
	if path == "" {
		return errors.New(problem)
	}
	return errors.New(path + ": " + problem)
}
