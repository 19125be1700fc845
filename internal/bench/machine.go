package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine is what a run was made on. Figures of two machines are not to be compared.
type Machine struct {
	Cores      int               `json:"cores"`
	CPU        string            `json:"cpu"`
	MemoryMB   int               `json:"memory_mb"`
	OS         string            `json:"os"`
	Go         string            `json:"go"`
	PostgreSQL string            `json:"postgresql"`
	Settings   map[string]string `json:"settings"`
	FlushPerS  float64           `json:"flush_per_s"` // 8 KB written and made durable, one after the other
	Commit     string            `json:"commit"`
	Date       string            `json:"date"`
}

const sqlSettings = `select name, case when unit is null then setting when unit = '8kB' then pg_size_pretty(setting::bigint * 8192)
        when unit = 'kB' then pg_size_pretty(setting::bigint * 1024) when unit = 'MB' then pg_size_pretty(setting::bigint * 1048576) else setting || ' ' || unit end as setting
    from pg_settings where name in ('shared_buffers', 'effective_cache_size', 'work_mem', 'maintenance_work_mem', 'random_page_cost', 'wal_compression',
        'max_wal_size', 'jit', 'fsync', 'synchronous_commit', 'wal_level', 'full_page_writes', 'data_checksums', 'max_connections', 'max_parallel_workers_per_gather')`

func machineOf(ctx context.Context, w *World) (Machine, error) {
	m := Machine{Cores: runtime.GOMAXPROCS(0), CPU: field("/proc/cpuinfo", "model name"), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		Commit: w.run.cfg.Commit, Date: time.Now().UTC().Format("2006-01-02 15:04 MST"), Settings: map[string]string{}}
	var kb int
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kb); err == nil {
		m.MemoryMB = kb / 1024
	}
	if err := w.Admin.GetContext(ctx, &m.PostgreSQL, "select current_setting('server_version')"); err != nil {
		return m, err
	}
	rows, err := w.Admin.QueryContext(ctx, sqlSettings)
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return m, err
		}
		m.Settings[name] = value
	}
	if m.FlushPerS, err = flushRate(w.run.dir(), w.Brief(time.Second)); err != nil {
		return m, err
	}
	return m, rows.Err()
}

// field is a value of a file of lines "name : value"; "" where there is no such file.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if key, value, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// flushRate writes 8 KB and waits until they are durable, over and over, where the databases lie.
func flushRate(dir string, d time.Duration) (float64, error) {
	f, err := os.CreateTemp(dir, "flush-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 8192)
	if _, err := f.Write(make([]byte, 16<<20)); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	start, n := time.Now(), 0
	for ; time.Since(start) < d; n++ {
		if _, err := f.WriteAt(block, int64(n%2048)*8192); err != nil {
			return 0, err
		}
		if err := datasync(f); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

func (m Machine) String() string {
	return fmt.Sprintf("%d cores (%s), %d MB, PostgreSQL %s, %s, %.0f durable flushes/s, commit %s, %s", m.Cores, m.CPU, m.MemoryMB, m.PostgreSQL, m.Go, m.FlushPerS, m.Commit, m.Date)
}
