package app

import "testing"

func TestMemoryIsReadWithItsUnit(t *testing.T) {
	for text, want := range map[string]Memory{"512MB": 512 << 20, "4GB": 4 << 30, "4 gb": 4 << 30} {
		var m Memory
		if err := m.UnmarshalText([]byte(text)); err != nil || m != want {
			t.Errorf("%q is %d (%v), want %d", text, m, err, want)
		}
	}
	for _, text := range []string{"", "4", "0GB", "-1GB", "4TB", "GB", "99999999GB"} {
		if err := new(Memory).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for an amount of memory", text)
		}
	}
}
