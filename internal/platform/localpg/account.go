//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// An account is whom the server runs as. PostgreSQL refuses to run as root.
type account struct {
	uid, gid uint32
	drop     bool // we are root and step down to the account
}

// accountFor chooses the account: ours, or for root the owner of the cluster, else postgres, else nobody.
func accountFor(data string) (account, error) {
	euid := uint32(os.Geteuid())
	info, err := os.Stat(data)
	switch {
	case errors.Is(err, fs.ErrNotExist) && euid == 0:
		return unprivileged()
	case errors.Is(err, fs.ErrNotExist):
		return account{uid: euid, gid: uint32(os.Getegid())}, nil
	case err != nil:
		return account{}, fmt.Errorf("localpg: look at the database: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	switch {
	case owner.Uid == 0:
		return account{}, fmt.Errorf("localpg: %s belongs to root, and PostgreSQL does not run as root: give it to an account that may hold it (chown -R postgres %[1]s)", data)
	case euid == 0:
		return account{uid: owner.Uid, gid: owner.Gid, drop: true}, nil
	case owner.Uid != euid:
		return account{}, fmt.Errorf("localpg: %s belongs to user %s, not to the user this program runs as", data, userName(owner.Uid))
	}
	return account{uid: euid, gid: uint32(os.Getegid())}, nil
}

// unprivileged finds an account that exists by name, since initdb looks its own up.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseInt(u.Uid, 10, 64) // 64 bits: nobody is -2 on macOS
		gid, err2 := strconv.ParseInt(u.Gid, 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return account{}, fmt.Errorf("localpg: account %s: %w", name, err)
		}
		return account{uid: uint32(uid), gid: uint32(gid), drop: true}, nil
	}
	return account{}, errors.New("localpg: PostgreSQL does not run as root, and there is neither an account postgres nor nobody: run as another user, or set FUGONG_DATABASE_URL")
}

func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return strconv.FormatUint(uint64(uid), 10)
	}
	return u.Username
}

// command prepares a program of PostgreSQL to run as the account in dir, in its own session (Ctrl-C in the terminal is for the
// app, which then stops the server in order) and with a bare environment (no PG*, no locale, none of the app's secrets). When
// ctx ends, the whole session is told to end.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "HOME=" + dir}
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH":
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	return cmd
}

// own makes the path the account's.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// ownDir makes the folder if need be and checks that it is the account's alone; in a shared temp folder somebody else may
// have been there first.
func (a account) ownDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil {
		return a.own(path)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if owner := info.Sys().(*syscall.Stat_t); !info.IsDir() || owner.Uid != a.uid || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s is not a private folder of user %s: remove it", path, userName(a.uid))
	}
	return nil
}

// explain adds to a permission error the first folder on the way to one of the paths that the account may not enter.
func (a account) explain(err error, paths ...string) error {
	if err == nil || !a.drop || !strings.Contains(strings.ToLower(err.Error()), "permission denied") {
		return err
	}
	for _, path := range paths {
		if dir, mode := a.barrier(path); dir != "" {
			return fmt.Errorf("%w\nPostgreSQL runs as user %s, who may not enter %s (mode %#o): choose a folder elsewhere, or chmod o+x %[3]s",
				err, userName(a.uid), dir, mode)
		}
	}
	return err
}

func (a account) barrier(path string) (string, fs.FileMode) {
	parents := []string{}
	for dir := path; ; dir = filepath.Dir(dir) {
		parents = append(parents, dir)
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for i := len(parents) - 1; i >= 0; i-- {
		info, err := os.Stat(parents[i])
		if err != nil || !info.IsDir() {
			return "", 0
		}
		if !a.mayEnter(info) {
			return parents[i], info.Mode().Perm()
		}
	}
	return "", 0
}

func (a account) mayEnter(dir fs.FileInfo) bool {
	owner := dir.Sys().(*syscall.Stat_t)
	switch {
	case owner.Uid == a.uid:
		return dir.Mode()&0o100 != 0
	case owner.Gid == a.gid:
		return dir.Mode()&0o010 != 0
	}
	return dir.Mode()&0o001 != 0
}

// makeDir makes the folder and its missing parents so that the server's account may pass, whatever the umask.
func makeDir(path string) error {
	var missing []string
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		missing = append(missing, dir)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("localpg: make the folder of the database: %w", err)
	}
	for _, dir := range missing {
		if err := os.Chmod(dir, 0o755); err != nil {
			return fmt.Errorf("localpg: make the folder of the database: %w", err)
		}
	}
	return nil
}
