package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// JSON binds a Go value to a jsonb column. It travels as text: with binary parameters PostgreSQL would read bytes as its
// own versioned format.
type JSON[T any] struct{ V T }

// J wraps a value for a jsonb parameter.
func J[T any](v T) JSON[T] { return JSON[T]{V: v} }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	if err != nil {
		return nil, fmt.Errorf("encode jsonb: %w", err)
	}
	return string(b), nil
}

// Scan implements sql.Scanner.
func (j *JSON[T]) Scan(src any) error {
	switch b := src.(type) {
	case []byte:
		return json.Unmarshal(b, &j.V)
	case string:
		return json.Unmarshal([]byte(b), &j.V)
	case nil:
		return nil
	}
	return fmt.Errorf("jsonb: cannot read %T", src)
}
