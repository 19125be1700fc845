//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// majorOf reads which major version made the cluster; 0 when there is none yet.
func majorOf(data string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(data); err == nil {
			return 0, fmt.Errorf("localpg: %s is there but holds no PostgreSQL database: move it away", data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("localpg: look at the database: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("localpg: version of the database in %s: %w", data, err)
	}
	return major, nil
}

// create makes the cluster in a folder of its own name and renames it at the end, so a half-made cluster never looks whole and
// an orphaned initdb of a killed try cannot write into this one.
func (s *Server) create(ctx context.Context, inst installation) error {
	s.removeHalfMade()
	fresh, err := os.MkdirTemp(s.dir, "data.new-")
	if err != nil {
		return fmt.Errorf("localpg: make the database: %w", err)
	}
	defer os.RemoveAll(fresh) // nothing there any more after the rename
	if err := s.acct.own(fresh); err != nil {
		return fmt.Errorf("localpg: make the database: %w", err)
	}
	args := []string{
		"-D", fresh, "-U", Superuser, "-E", "UTF8", "--locale=C", "--data-checksums", "--no-instructions",
		"--auth-local=trust", "--auth-host=reject",
	}
	if !s.cfg.Durable {
		args = append(args, "--no-sync")
	}
	out, err := s.acct.command(ctx, fresh, inst.program("initdb"), args...).CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("localpg: initdb: %w", context.Cause(ctx))
	}
	if err != nil {
		err = fmt.Errorf("localpg: initdb: %w\n%s", err, strings.TrimSpace(string(out)))
		return s.acct.explain(err, fresh, inst.bin)
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("localpg: make the database: %w", err)
	}
	if s.cfg.Durable {
		return syncDir(s.dir)
	}
	return nil
}

// removeHalfMade clears what killed tries left. One that is still being written stays for the next time.
func (s *Server) removeHalfMade() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return // create reports what is wrong with the folder
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "data.new-") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
			s.log.Warn("half-made database not removed", "path", e.Name(), "error", err)
		}
	}
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("localpg: make the rename durable: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("localpg: make the rename durable: %w", err)
	}
	return nil
}
