package ha

import "syscall"

// mortal has a child die with us, also when a test that hangs is ended without its clean-up.
func mortal(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	a.Pdeathsig = syscall.SIGKILL
	return a
}
