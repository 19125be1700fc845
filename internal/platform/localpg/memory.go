//go:build unix && !aix && !solaris

package localpg

import (
	"fmt"
	"maps"
)

const (
	mb = 1 << 20
	gb = 1 << 30

	assumedMemory = 2 * gb // of a machine that does not tell
)

// bounded is a share of the memory in whole megabytes, as a setting.
func bounded(memory, part, least, most int64) string {
	return fmt.Sprintf("%dMB", min(max(memory/part, least), most)/mb)
}

// memorySettings divide the memory that the server may count on. A quarter is the server's own cache; what the kernel caches is taken
// to be half. The upper bounds are where more was measured to bring nothing, the lower ones are PostgreSQL's own defaults or less, so
// that a machine of half a gigabyte starts.
func memorySettings(memory int64) map[string]string {
	if memory <= 0 {
		if memory = machineMemory(); memory <= 0 {
			memory = assumedMemory
		}
	}
	return map[string]string{
		"shared_buffers":       bounded(memory, 4, 64*mb, 8*gb),
		"effective_cache_size": bounded(memory, 2, 256*mb, 512*gb),
		"work_mem":             bounded(memory, 384, 4*mb, 64*mb),
		"maintenance_work_mem": bounded(memory, 16, 64*mb, gb),
		"max_wal_size":         bounded(memory, 3, gb, 8*gb),
	}
}

// settingsFor are the settings of a server before those that nobody may override.
func settingsFor(c Config) map[string]string {
	settings := maps.Clone(common)
	if c.Durable {
		maps.Copy(settings, durable)
		maps.Copy(settings, memorySettings(c.Memory))
	} else {
		maps.Copy(settings, disposable)
	}
	maps.Copy(settings, c.Settings)
	return settings
}
