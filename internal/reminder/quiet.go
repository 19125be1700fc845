package reminder

import "time"

// Quiet hours, in the org's zone: nothing is sent to a person from 22:00 to 07:00.
const (
	quietFrom = 22
	quietTo   = 7
)

// stillWorth is how long a message that waited for the morning may go out, though its window ended in the night.
const stillWorth = 2 * time.Hour

// window is when a step may be told.
type window struct{ opens, closes time.Time }

// window of a step for a due instant: what opens in the quiet hours waits for their end.
func (st step) window(due time.Time, zone *time.Location) window {
	opens, closes := afterQuiet(due.Add(st.from), zone), due.Add(st.until)
	if least := opens.Add(stillWorth); closes.Before(least) {
		closes = least
	}
	return window{opens, closes}
}

func afterQuiet(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	y, m, d := local.Date()
	switch hour := local.Hour(); {
	case hour >= quietFrom:
		return time.Date(y, m, d+1, quietTo, 0, 0, 0, zone)
	case hour < quietTo:
		return time.Date(y, m, d, quietTo, 0, 0, 0, zone)
	}
	return at
}
