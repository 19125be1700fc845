//go:build unix && !aix && !solaris

package localpg

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFolderBehindALockedDoorIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root steps down to another account")
	}
	needPostgres(t)
	home := filepath.Join(newDir(t), "home of root")
	must(t, makeDir(home))
	must(t, os.Chmod(home, 0o700))
	_, err := Start(deadline(t), Config{Dir: filepath.Join(home, "state", "fugong")})
	if err == nil {
		t.Fatal("started")
	}
	wantParts(t, err.Error(), "may not enter "+home+" (mode 0700)", "choose a folder elsewhere")
}

func TestProgramsBehindALockedDoorAreNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root steps down to another account")
	}
	top := newDir(t)
	bin := fakeBin(t, top, "locked/15", "15.1")
	must(t, os.Chmod(filepath.Join(top, "locked"), 0o700))
	_, err := Start(deadline(t), Config{Dir: filepath.Join(top, "pg"), BinDir: bin})
	if err == nil {
		t.Fatal("started")
	}
	wantParts(t, err.Error(), "may not enter "+filepath.Join(top, "locked")+" (mode 0700)")
}

func TestARootUmaskDoesNotLockTheServerOut(t *testing.T) {
	needPostgres(t)
	before := syscall.Umask(0o077)
	defer syscall.Umask(before)
	s := start(t, Config{Dir: filepath.Join(newDir(t), "a", "b")})
	if got := query(t, s, `select 1`); got != "1" {
		t.Errorf("answer %q", got)
	}
}

func TestTheOwnerOfTheClusterRunsIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	data := filepath.Join(newDir(t), "data")
	must(t, makeDir(data))
	if _, err := accountFor(data); err == nil {
		t.Error("a cluster of root's was accepted")
	} else {
		wantParts(t, err.Error(), "belongs to root", "chown")
	}
	must(t, os.Chown(data, 12345, 54321))
	acct, err := accountFor(data)
	must(t, err)
	if acct != (account{uid: 12345, gid: 54321, drop: true}) {
		t.Errorf("account %+v", acct)
	}
}

func TestASharedTempFolderCannotBePreparedByOthers(t *testing.T) {
	acct, err := accountFor("/nonexistent")
	must(t, err)
	top := newDir(t)
	must(t, makeDir(top))
	mine := filepath.Join(top, "mine")
	must(t, acct.ownDir(mine))
	must(t, acct.ownDir(mine)) // the second start finds it
	must(t, os.Chmod(mine, 0o777))
	if err := acct.ownDir(mine); err == nil {
		t.Error("a folder open to everybody was accepted")
	}
	link := filepath.Join(top, "link")
	must(t, os.Symlink(top, link))
	if err := acct.ownDir(link); err == nil {
		t.Error("a symlink was accepted")
	}
}

func TestDefaultDir(t *testing.T) {
	if os.Geteuid() == 0 {
		if dir, err := DefaultDir(); dir != "/var/lib/fugong" || err != nil {
			t.Errorf("root: %q, %v", dir, err)
		}
		return
	}
	t.Setenv("HOME", "/home/wang")
	for state, want := range map[string]string{"": "/home/wang/.local/state/fugong", "relative": "/home/wang/.local/state/fugong", "/state": "/state/fugong"} {
		t.Setenv("XDG_STATE_HOME", state)
		if dir, err := DefaultDir(); dir != want || err != nil {
			t.Errorf("XDG_STATE_HOME=%q: %q, %v, want %q", state, dir, err, want)
		}
	}
}
