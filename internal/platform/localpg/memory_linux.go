package localpg

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// machineMemory is what this process and its children may use, in bytes: the machine's memory, or less where a container limits it.
func machineMemory() int64 {
	var memory int64
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for sc := bufio.NewScanner(f); sc.Scan(); {
			if parts := strings.Fields(sc.Text()); len(parts) > 1 && parts[0] == "MemTotal:" {
				kb, _ := strconv.ParseInt(parts[1], 10, 64) // the kernel writes a number
				memory = kb << 10
				break
			}
		}
	}
	for _, limit := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		raw, err := os.ReadFile(limit)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil && (memory == 0 || n < memory) { // "max" is none
			memory = n
		}
	}
	return memory
}
