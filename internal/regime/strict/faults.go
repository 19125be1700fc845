package strict

import "regexp"

var wordID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Faults collects every fault of a value, so that one reading shows them all.
type Faults []error

// Must notes a fault of the path unless ok.
func (f *Faults) Must(ok bool, path, format string, args ...any) {
	if !ok {
		*f = append(*f, Fault(path, format, args...))
	}
}

// Between wants n from low to high.
func (f *Faults) Between(path string, n, low, high int) {
	f.Must(low <= n && n <= high, path, "must be from %d to %d, is %d", low, high, n)
}

// Word wants an id such as home_monitor.
func (f *Faults) Word(path, id string) {
	f.Must(wordID.MatchString(id), path, "must be an id of small letters, digits and _, is %q", id)
}
