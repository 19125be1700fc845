//go:build unix && !aix && !solaris

package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	socketPort = "5432" // part of the socket's name only
	socketName = ".s.PGSQL." + socketPort

	answerTime = time.Second // a server that takes longer is asked again
)

// A postmaster is what postmaster.pid says about the server. The file may be stale.
type postmaster struct {
	pid       int
	socketDir string
	ready     bool // it said so; it may have died since
}

// readPostmaster reads postmaster.pid: pid, data folder, start time, port, socket folder, address, shared memory, state. The
// lines appear one after the other while the server starts. The error is fs.ErrNotExist when there is no file.
func readPostmaster(data string) (postmaster, error) {
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return postmaster{}, err
	}
	line := append(strings.Split(string(raw), "\n"), make([]string, 8)...)
	pid, err := strconv.Atoi(strings.TrimSpace(line[0]))
	if err != nil || pid <= 0 {
		return postmaster{}, fmt.Errorf("localpg: postmaster.pid in %s names no process (%q)", data, line[0])
	}
	state := strings.TrimSpace(line[7])
	return postmaster{pid: pid, socketDir: line[4], ready: state == "ready" || state == "standby"}, nil
}

// answers tells whether a server talks to us. It must talk: children that outlive their server for a moment may keep its socket
// open. A server in another container that shares the folder talks too, though its pid means nothing here.
func answers(socketDir string) bool {
	c, err := net.DialTimeout("unix", filepath.Join(socketDir, socketName), answerTime)
	if err != nil {
		return false
	}
	defer c.Close()
	asks := []byte{0, 0, 0, 8, 4, 210, 22, 47} // SSLRequest, which every server answers by one letter
	if err := c.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return false
	}
	if _, err := c.Write(asks); err != nil {
		return false
	}
	_, err = c.Read(make([]byte, 1))
	return err == nil
}

// reclaim makes stale lock files harmless. PostgreSQL takes a zombie or a recycled pid in them for a living server and refuses
// to start. Deleting postmaster.pid would also delete the shared-memory interlock that keeps us away from backends which
// outlived their server; but PostgreSQL takes its own parent's pid for stale, so ours goes into the first line.
func (s *Server) reclaim() error {
	pm, err := readPostmaster(s.data)
	if errors.Is(err, fs.ErrNotExist) {
		return s.takeOver(filepath.Join(s.socketDir, socketName+".lock"))
	}
	if err != nil {
		return err
	}
	if isServer(pm.pid, s.data) {
		return nil // never touch the files of a living server: PostgreSQL will refuse, and say why
	}
	if err := s.takeOver(filepath.Join(s.data, "postmaster.pid")); err != nil {
		return err
	}
	return s.takeOver(filepath.Join(s.socketDir, socketName+".lock"))
}

// takeOver replaces the pid in a lock file by ours, at once or not at all.
func (s *Server) takeOver(path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("localpg: stale lock file: %w", err)
	}
	_, rest, _ := strings.Cut(string(raw), "\n")
	mine := path + ".new"
	if err := os.WriteFile(mine, fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600); err != nil {
		return fmt.Errorf("localpg: stale lock file: %w", err)
	}
	if err := errors.Join(s.acct.own(mine), os.Rename(mine, path)); err != nil {
		return fmt.Errorf("localpg: stale lock file: %w", err)
	}
	return nil
}
