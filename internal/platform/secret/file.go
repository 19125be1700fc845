package secret

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// ErrExposed means that others than its owner may read or write a key file.
var ErrExposed = errors.New("secret: key file is open to others than its owner; chmod 600")

// LoadOrCreate reads the key file, or creates it (and its folder, mode 0700)
// with fresh keys, readable by the owner alone. Of several processes that
// create at once one wins, and all return its keys. A file that others may
// read is refused with ErrExposed, since its keys must be taken as known.
func LoadOrCreate(path string) (*Box, error) {
	box, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return box, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	return Load(path)
}

// Load reads the key file. Unlike LoadOrCreate it fails with fs.ErrNotExist if
// there is none; use it where sealed data exists already.
func Load(path string) (*Box, error) {
	k, _, err := readKeys(path)
	if err != nil {
		return nil, err
	}
	return newBox(k)
}

// Rotate puts a new primary key into the key file. What was sealed before still
// opens. A running process knows only the keys it started with and cannot open
// what others seal with the new one, so restart all of them together. Two
// rotations at once fail, all but one.
func Rotate(path string) error {
	old, info, err := readKeys(path)
	if err != nil {
		return err
	}
	next, err := old.rotated()
	if err != nil {
		return err
	}
	tmp := path + ".rotating"
	if err := write(tmp, next); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("secret: another rotation runs or was cut off; if none runs, remove %s", tmp)
		}
		return err
	}
	// Root may rotate for the service's user, who must still be able to read.
	err = keepOwner(tmp, info)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("secret: rotate: %w", err), os.Remove(tmp))
	}
	return syncDir(path)
}

// create writes fresh keys beside the path and links them to it: the link
// fails if the path exists by then, and nobody ever sees half a file.
func create(path string) error {
	k, err := generate()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	tmp := path + "." + rand.Text()
	if err := write(tmp, k); err != nil {
		return err
	}
	err = os.Link(tmp, path)
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		err = nil
	}
	if err := errors.Join(err, os.Remove(tmp)); err != nil {
		return fmt.Errorf("secret: create: %w", err)
	}
	return syncDir(path)
}

// write creates a file that must not exist, and makes it durable.
func write(path string, k keys) error {
	data, err := k.encode()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("secret: %w", err), os.Remove(path))
	}
	return nil
}

func readKeys(path string) (keys, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return keys{}, nil, fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of the open file, which nobody can swap any more
	if err != nil {
		return keys{}, nil, fmt.Errorf("secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return keys{}, nil, fmt.Errorf("%w: %s has mode %04o", ErrExposed, path, info.Mode().Perm())
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return keys{}, nil, fmt.Errorf("secret: %w", err)
	}
	k, err := parse(data)
	if err != nil {
		return keys{}, nil, fmt.Errorf("%w: %s", err, path)
	}
	return k, info, nil
}

// syncDir makes a new name in the path's folder durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	err = dir.Sync()
	if runtime.GOOS == "windows" { // folders cannot be synced there
		err = nil
	}
	return errors.Join(err, dir.Close())
}
