//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	maxLog       = 8 << 20 // bytes; a longer log is put aside at the next start
	orphanWait   = 30 * time.Second
	shutdownWait = 10 * time.Second
)

// launch starts the server and waits until it answers.
func (s *Server) launch(ctx context.Context, inst installation) error {
	if s.socketDir != s.data {
		if err := s.acct.ownDir(s.socketDir); err != nil {
			return fmt.Errorf("localpg: folder of the socket: %w", err)
		}
	}
	if err := s.reclaim(); err != nil {
		return err
	}
	log, err := s.openLog()
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own descriptor

	// Backends that outlive a killed server finish their statement first; until then a new server would not be safe.
	patience, cancel := context.WithTimeout(ctx, orphanWait)
	defer cancel()
	for {
		err := s.launchOnce(ctx, inst, log)
		if err == nil || !strings.Contains(err.Error(), "pre-existing shared memory block") {
			return err
		}
		if sleep(patience, 20*time.Millisecond) != nil {
			return err
		}
	}
}

func (s *Server) launchOnce(ctx context.Context, inst installation, log *os.File) error {
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("localpg: server log: %w", err)
	}
	// The server outlives ctx and, if need be, this process.
	cmd := s.acct.command(context.WithoutCancel(ctx), s.data, inst.program("postgres"), serverArgs(s.configured(ctx, inst), s.data, s.socketDir)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return s.acct.explain(fmt.Errorf("localpg: start the server: %w", err), s.data, inst.bin)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // reaps; how it ended stands in its log
		close(ended)
	}()
	for {
		if pm, err := readPostmaster(s.data); err == nil && pm.pid == cmd.Process.Pid && pm.ready {
			s.log.Info("private PostgreSQL started", "dir", s.dir, "version", inst.major, "pid", pm.pid)
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("localpg: the server in %s did not start:\n%s", s.dir, tail(log, from))
		case <-ctx.Done():
			abandon(cmd, ended)
			return fmt.Errorf("localpg: wait for the server to start: %w", context.Cause(ctx))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// configured is the configuration with what depends on how this PostgreSQL was built: lz4 compresses the log at a third of the
// cost of what every server has.
func (s *Server) configured(ctx context.Context, inst installation) Config {
	c := s.cfg
	if _, told := c.Settings["wal_compression"]; told || !c.Durable || inst.major < 15 {
		return c
	}
	const best = "wal_compression=lz4"
	if s.acct.command(ctx, s.data, inst.program("postgres"), "-D", s.data, "-c", best, "-C", "wal_compression").Run() != nil {
		return c // built without it
	}
	c.Settings = maps.Clone(c.Settings)
	if c.Settings == nil {
		c.Settings = map[string]string{}
	}
	c.Settings["wal_compression"] = "lz4"
	return c
}

// abandon shuts down a server that nobody waits for any more. One that takes its time ends by itself; the next start waits for it.
func abandon(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGINT) // fails only when it has ended
	select {
	case <-ended:
	case <-time.After(shutdownWait):
	}
}

func (s *Server) openLog() (*os.File, error) {
	path := filepath.Join(s.dir, "postgres.log")
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("localpg: server log: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("localpg: server log: %w", err)
	}
	return log, nil
}

// tail returns the last lines that the server wrote since from.
func tail(log *os.File, from int64) string {
	raw, err := io.ReadAll(io.NewSectionReader(log, from, 64<<10))
	if err != nil {
		return "its log could not be read: " + err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
