//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

const (
	shared    = syscall.LOCK_SH
	exclusive = syscall.LOCK_EX
)

// A fileLock is a flock. The kernel gives it back when its process ends, however it ends, so nothing is ever counted.
type fileLock struct{ file *os.File }

// openLock opens the lock file without taking the lock. The descriptor is close-on-exec: the server must not inherit it.
func openLock(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("localpg: open lock: %w", err)
	}
	return &fileLock{file: f}, nil
}

// acquire opens the lock file and waits for the lock.
func acquire(ctx context.Context, path string, how int) (*fileLock, error) {
	l, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := l.wait(ctx, how); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

// wait polls, since a blocking flock would not hear the context.
func (l *fileLock) wait(ctx context.Context, how int) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		taken, err := l.try(how)
		if taken || err != nil {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("localpg: wait for %s: %w", l.file.Name(), err)
		}
	}
}

// try takes or converts the lock without waiting. A conversion that fails may lose the lock held before.
func (l *fileLock) try(how int) (bool, error) {
	err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return false, nil
	}
	return false, fmt.Errorf("localpg: lock %s: %w", l.file.Name(), err)
}

func (l *fileLock) release() { _ = l.file.Close() } // closing cannot lose data: nothing is written to a lock

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
