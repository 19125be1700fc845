package profile

import (
	"encoding/binary"
	"errors"
)

var errPacked = errors.New("profile: not packed values")

// Append packs the values behind dst: each column in the order of Columns, its length before it.
func (v *Values) Append(dst []byte) []byte {
	for i := range Columns {
		s := *Columns[i].field(v)
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// Unpack reads what Append wrote. The values share the memory of packed.
func Unpack(packed string) (Values, error) {
	var v Values
	for i := range Columns {
		n, width := uvarint(packed)
		if width <= 0 || n > uint64(len(packed)-width) {
			return Values{}, errPacked
		}
		*Columns[i].field(&v), packed = packed[width:width+int(n)], packed[width+int(n):]
	}
	if packed != "" {
		return Values{}, errPacked
	}
	return v, nil
}

// uvarint is binary.Uvarint of a string: most lengths are one byte.
func uvarint(s string) (uint64, int) {
	if s != "" && s[0] < 0x80 {
		return uint64(s[0]), 1
	}
	return binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
}
