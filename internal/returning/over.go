package returning

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// over lays what another telling answers over the declaration; what it leaves blank stays.
func (d Declaration) over(newer Declaration) (Declaration, error) {
	if newer.HealthCode == d.HealthCode && !d.CodeCheckedAt.IsZero() {
		newer.CodeCheckedAt = time.Time{} // the same code told again was not looked at again
	}
	b, err := json.Marshal(newer)
	if err != nil {
		return d, fmt.Errorf("encode declaration: %w", err)
	}
	out := d
	out.Stays, out.Contacts, out.Symptoms = slices.Clone(d.Stays), slices.Clone(d.Contacts), slices.Clone(d.Symptoms)
	if d.Temperature != nil {
		t := *d.Temperature
		out.Temperature = &t
	}
	if newer.Well {
		out.Symptoms = nil
	}
	if newer.NoContact {
		out.Contacts = nil
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return d, fmt.Errorf("decode declaration: %w", err)
	}
	out.Well = out.Well && len(newer.Symptoms) == 0
	out.NoContact = out.NoContact && len(newer.Contacts) == 0
	return out, nil
}

func equal(a, b Declaration) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode declaration: %w", err)
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}
