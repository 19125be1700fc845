//go:build !unix

package dbtest

import (
	"io/fs"
	"syscall"
)

func detached() *syscall.SysProcAttr { return nil }

func ours(fs.FileInfo) bool { return true }
