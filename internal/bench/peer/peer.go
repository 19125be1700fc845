// Package peer runs what people use today for the product's work, so that the bench can compare: PocketBase, a database with an
// API in one program, and a spreadsheet recalculated by LibreOffice. Both get people and samples that the product's own database
// holds, and run as child processes that end with the bench.
package peer

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrAbsent is wrapped by the errors that say why a peer can't be had on this machine.
var ErrAbsent = errors.New("not available")

// Person is somebody as far as a peer needs to know.
type Person struct {
	ID       int64
	No       string
	Name     string
	Team     string
	Interval time.Duration // from a negative sample to the next one owed; 0 if none is owed
	Due      time.Time     // zero if no sample is owed
	Samples  []time.Time   // that are known to be negative, the newest first
}

// environment is what a peer gets of this process's: nothing that is the product's.
func environment(more ...string) []string {
	env := append([]string{"LC_ALL=C.UTF-8"}, more...)
	for _, name := range []string{"PATH", "TMPDIR"} {
		if v, set := os.LookupEnv(name); set {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// absent says why a peer can't be had.
func absent(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrAbsent}, args...)...)
}
