package sheet

// plainInstant reads the two spellings in which systems write nearly every
// instant, 2022-03-24 and 2022-03-24 08:30 with or without seconds, also with
// slashes: what the expressions of parseInstantText would find, at a tenth of
// their cost. ok is false for everything else, and for what cannot be.
func plainInstant(s string) (w wallClock, ok bool) {
	switch len(s) {
	case len("2022-03-24"), len("2022-03-24 08:30"), len("2022-03-24 08:30:15"):
	default:
		return w, false
	}
	if s[4] != '-' && s[4] != '/' || s[7] != s[4] || !isDigits(s[:4]) || !isDigits(s[5:7]) || !isDigits(s[8:10]) {
		return w, false
	}
	w = wallClock{year: number(s[:4]), month: number(s[5:7]), day: number(s[8:10])}
	if len(s) == 10 {
		return w, true
	}
	if s[10] != ' ' || s[13] != ':' || !isDigits(s[11:13]) || !isDigits(s[14:16]) {
		return w, false
	}
	w.hour, w.minute = number(s[11:13]), number(s[14:16])
	if len(s) > 16 {
		if s[16] != ':' || !isDigits(s[17:]) {
			return w, false
		}
		w.second = number(s[17:])
	}
	return w, w.hour < 24 && w.minute < 60 && w.second < 60
}
