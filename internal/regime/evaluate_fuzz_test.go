package regime

import (
	"testing"
	"time"
)

// FuzzEvaluate makes a file of the bytes, five of them a record, and asks for
// answers that hang together.
func FuzzEvaluate(f *testing.F) {
	f.Add([]byte{0, 1, 0, 8, 1, 2, 40, 0, 1, 0}, int16(100), uint8(0))
	f.Add([]byte{0, 1, 0, 8, 4, 0, 9, 0, 4, 1, 1, 9, 0, 1, 0, 3, 5, 0, 9, 1, 4, 8, 0, 0, 0}, int16(300), uint8(1))
	f.Add([]byte{5, 9, 0, 0, 0, 6, 9, 0, 0, 0, 2, 1, 0, 4, 1}, int16(50), uint8(7))
	start := cst("2022-03-24 00:00:00")
	all := []Rules{Fixed(pack), twice, from(pack, twice.At(start)), Fixed(mustPack("cn-9-2022-06-28"))}
	f.Fuzz(func(t *testing.T, data []byte, when int16, which uint8) {
		if len(data) > 250 {
			return
		}
		file := base()
		file.GoLive = start
		for ; len(data) >= 5; data = data[5:] {
			at := start.Add(time.Duration(int(data[1])+256*int(data[2]%4)) * time.Hour)
			to := at.Add(time.Duration(data[3]) * time.Hour)
			switch data[0] % 7 {
			case 0:
				file.Samples = append(file.Samples, Sample{SampledAt: at, ReportedAt: to, Method: MethodPCR, Mode: ModeSingle, Result: Result(data[4])})
			case 1:
				file.Categories = append(file.Categories, CategorySpan{pack.Tests[int(data[4])%len(pack.Tests)].Category, at})
			case 2:
				file.Statuses = append(file.Statuses, StatusSpan{StatusLeave, at, to})
			case 3:
				file.Exemptions = append(file.Exemptions, Exemption{"medical", at, to})
			case 4:
				file.Holds = append(file.Holds, Hold{holdKinds[int(data[4])%len(holdKinds)], at, to, int64(data[4])})
			case 5:
				file.Vaccinations = append(file.Vaccinations, at)
			case 6:
				file.Releases = append(file.Releases, Release{"positive", at})
			}
		}
		r, at := all[int(which)%len(all)], start.Add(time.Duration(when)*time.Hour)
		s := Evaluate(r, file, at)
		if s.State < OK || s.State > OffPost || s.Since.After(at) || !s.NextChange.IsZero() && !s.NextChange.After(at) || len(s.Reasons) == 0 {
			t.Fatalf("%+v", s)
		}
		first := Schedule(r, file, at)[0]
		if first.State != s.State || !first.DueAt.Equal(s.DueAt) || first.Held != (len(s.Held) > 0) {
			t.Fatalf("scheduled %+v, evaluated %+v", first, s)
		}
		Changes(r, file, at)
	})
}
