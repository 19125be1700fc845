//go:build unix && !linux && !aix && !solaris

package localpg

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// isServer tells whether the process is a living postgres; ps cannot say of which data folder. In doubt it says yes.
func isServer(pid int, _ string) bool {
	out, err := exec.Command("ps", "-o", "stat=,comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return false // ps fails when there is no such process
	}
	state, comm, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	return !strings.HasPrefix(state, "Z") && filepath.Base(strings.TrimSpace(comm)) == "postgres"
}
