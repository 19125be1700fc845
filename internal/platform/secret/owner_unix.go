//go:build unix

package secret

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file at path to the owner that info names.
func keepOwner(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() {
		return nil
	}
	return os.Chown(path, int(stat.Uid), int(stat.Gid))
}
