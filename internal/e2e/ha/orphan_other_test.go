//go:build !linux

package ha

import "syscall"

// mortal changes nothing where the kernel knows of no such bond.
func mortal(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
