//go:build unix && !aix && !solaris

package localpg

import "testing"

func TestMemoryIsDividedWithinBounds(t *testing.T) {
	for _, c := range []struct {
		memory                               int64
		buffers, cache, work, upkeep, maxWAL string
	}{
		{256 * mb, "64MB", "256MB", "4MB", "64MB", "1024MB"},
		{2 * gb, "512MB", "1024MB", "5MB", "128MB", "1024MB"},
		{24 * gb, "6144MB", "12288MB", "64MB", "1024MB", "8192MB"},
		{512 * gb, "8192MB", "262144MB", "64MB", "1024MB", "8192MB"},
	} {
		got := memorySettings(c.memory)
		for name, want := range map[string]string{"shared_buffers": c.buffers, "effective_cache_size": c.cache, "work_mem": c.work,
			"maintenance_work_mem": c.upkeep, "max_wal_size": c.maxWAL} {
			if got[name] != want {
				t.Errorf("with %d MB %s = %s, want %s", c.memory/mb, name, got[name], want)
			}
		}
	}
	if machineMemory() < 0 || memorySettings(0)["shared_buffers"] == "" {
		t.Error("no settings for the memory of this machine")
	}
}

func TestATestClusterStaysSmallAndSettingsOverride(t *testing.T) {
	if got := settingsFor(Config{Memory: 64 * gb})["shared_buffers"]; got != "128MB" {
		t.Errorf("a test cluster takes %s", got)
	}
	if got := settingsFor(Config{Durable: true, Memory: gb, Settings: map[string]string{"shared_buffers": "32MB"}})["shared_buffers"]; got != "32MB" {
		t.Errorf("shared_buffers = %s although it was told", got)
	}
}
