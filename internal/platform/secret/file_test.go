package secret

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestLoadOrCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "keys.json")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load of nothing: %v", err)
	}
	first, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
		info, err := os.Stat(name)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	second, err := LoadOrCreate(path)
	if err != nil || second.Fingerprint() != first.Fingerprint() {
		t.Fatalf("the second start has other keys, %v", err)
	}
	onlyFile(t, path)
}

// onlyFile checks that no temporary file with keys in it stays behind.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("in the folder: %v, %v", entries, err)
	}
}

func TestExposedFileIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := LoadOrCreate(path); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o660, 0o644, 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if box, err := LoadOrCreate(path); !errors.Is(err, ErrExposed) || box != nil {
			t.Errorf("%04o: %v", mode, err)
		}
		if err := Rotate(path); !errors.Is(err, ErrExposed) {
			t.Errorf("rotate with %04o: %v", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(path); err != nil {
		t.Errorf("0400: %v", err)
	}
}

func TestBrokenFileIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreate(path); err == nil {
		t.Fatal("a broken file loads")
	}
	if data, _ := os.ReadFile(path); string(data) != "{broken" {
		t.Fatalf("the file became %q", data)
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	before, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := before.Seal([]byte("old"), here)
	if err != nil {
		t.Fatal(err)
	}
	if err := Rotate(path); err != nil {
		t.Fatal(err)
	}
	after, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := after.Open(old, here); err != nil || string(plain) != "old" {
		t.Errorf("an old row: %q, %v", plain, err)
	}
	fresh, err := after.Seal([]byte("new"), here)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(fresh[:5], old[:5]) { // Tink's prefix names the key
		t.Error("the new row is sealed with the old key")
	}
	if _, err := before.Open(fresh, here); !errors.Is(err, ErrOpen) {
		t.Errorf("the old keys open the new row: %v", err)
	}
	if after.Fingerprint() != before.Fingerprint() || !bytes.Equal(after.Index("a", "b"), before.Index("a", "b")) {
		t.Error("the blind index changed")
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	onlyFile(t, path)
}

func TestRotateStopsBesideAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := LoadOrCreate(path); err != nil {
		t.Fatal(err)
	}
	was, _ := os.ReadFile(path)
	if err := os.WriteFile(path+".rotating", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Rotate(path); err == nil || !strings.Contains(err.Error(), path+".rotating") {
		t.Errorf("%v", err)
	}
	if is, _ := os.ReadFile(path); !bytes.Equal(was, is) {
		t.Error("the keys changed")
	}
	if err := Rotate(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

const helperPath = "SECRET_TEST_KEYS"

// TestHelperProcess is what TestProcessesAgree runs.
func TestHelperProcess(t *testing.T) {
	path := os.Getenv(helperPath)
	if path == "" {
		t.Skip("only as a child of TestProcessesAgree")
	}
	var start [1]byte
	_, _ = os.Stdin.Read(start[:]) // until the parent lets all go at once
	box, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("\nfingerprint " + box.Fingerprint() + "\n")
}

// Processes that start at once on an empty folder end up with the same keys.
func TestProcessesAgree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "keys.json")
	gate, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	const n = 6
	outputs, errs := make([]bytes.Buffer, n), make([]error, n)
	var done sync.WaitGroup
	for i := range n {
		child := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$", "-test.count=1")
		child.Env = append(os.Environ(), helperPath+"="+path)
		child.Stdin, child.Stdout, child.Stderr = gate, &outputs[i], &outputs[i]
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		done.Go(func() { errs[i] = child.Wait() })
	}
	open.Close()
	done.Wait()

	box, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if errs[i] != nil || !strings.Contains(outputs[i].String(), "\nfingerprint "+box.Fingerprint()+"\n") {
			t.Errorf("process %d: %v\n%s", i, errs[i], outputs[i].String())
		}
	}
	onlyFile(t, path)
}

func TestGoroutinesAgree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	var done sync.WaitGroup
	fingerprints := make([]string, 16)
	for i := range fingerprints {
		done.Go(func() {
			box, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			fingerprints[i] = box.Fingerprint()
		})
	}
	done.Wait()
	for _, f := range fingerprints {
		if f != fingerprints[0] || f == "" {
			t.Fatalf("%q", fingerprints)
		}
	}
	onlyFile(t, path)
}
