package page

import (
	"math"
	"strconv"
	"time"
)

// AtInstant packs the cursor of a list that is sorted by an instant and then by id.
func AtInstant(at time.Time, id int64) string {
	return Cursor(strconv.FormatInt(at.UnixMicro(), 10), strconv.FormatInt(id, 10))
}

// Start is where a list sorted by an instant and then by id goes on: its cursor, or one before every row when there is none or a
// broken one. up says that the list rises.
func (r Request) Start(up bool) (time.Time, int64) {
	cursor := r.After
	if r.Back() {
		cursor = r.Before
	}
	if keys, ok := Keys(cursor, 2); ok {
		micros, err1 := strconv.ParseInt(keys[0], 10, 64)
		id, err2 := strconv.ParseInt(keys[1], 10, 64)
		if at := time.UnixMicro(micros); err1 == nil && err2 == nil && Plausible(at) {
			return at, id
		}
	}
	if up {
		return time.Unix(0, 0), 0
	}
	return time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64
}
