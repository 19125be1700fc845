package localpg

import (
	"bytes"
	"fmt"
	"os"
)

// isServer tells whether the process is a living postgres at work in the data folder. In doubt it says yes.
func isServer(pid int, data string) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// pid (name) state …; a zombie has ended but was not reaped
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 || end+2 >= len(stat) || bytes.IndexByte([]byte("ZXx"), stat[end+2]) >= 0 {
		return false
	}
	if !bytes.HasSuffix(stat[:end], []byte("(postgres")) {
		return false
	}
	cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return true
	}
	home, err := os.Stat(data)
	return err != nil || os.SameFile(cwd, home)
}
