package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// source is where the module that sets up PocketBase lies in the repository.
const source = "internal/bench/pocketbase"

// BuildPocketBase compiles the module into dir and returns the program. Offline it uses only modules that are on this machine.
func BuildPocketBase(ctx context.Context, dir string, offline bool) (string, error) {
	from, err := findSource()
	if err != nil {
		return "", err
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", absent("there is no go to build it with")
	}
	program := filepath.Join(dir, "pocketbase")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	cmd.Dir = from
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	if offline {
		cmd.Env = append(cmd.Env, "GOPROXY=off")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("build PocketBase: %w", context.Cause(ctx))
		}
		return "", absent("it doesn't build: %s", lastLine(out, err))
	}
	return program, nil
}

// findSource looks upwards from the working directory, since the program may be run or tested anywhere in the repository.
func findSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, source, "go.mod")); err == nil {
			return filepath.Join(dir, source), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", absent("its set-up is built from %s, and this is not the repository", source)
		}
		dir = parent
	}
}

func lastLine(out []byte, err error) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return last
	}
	return err.Error()
}

// PocketBase is a running one.
type PocketBase struct {
	URL     string            `json:"url"`
	People  int               `json:"people"`
	Samples int               `json:"samples"`
	Tokens  map[string]string `json:"tokens"` // by RecordID of the enterprise
	Owner   string            `json:"owner"`  // token of somebody who sees all of them

	cmd  *exec.Cmd
	said *bytes.Buffer // on its standard error
}

// RecordID is the id that an enterprise or a person has in PocketBase, where ids have fifteen characters.
func RecordID(id int64) string { return fmt.Sprintf("%015d", id) }

// Token is that of an enterprise's client.
func (p *PocketBase) Token(org int32) string { return p.Tokens[RecordID(int64(org))] }

// PID is the child's.
func (p *PocketBase) PID() int { return p.cmd.Process.Pid }

// StartPocketBase starts the program on an empty folder, with the people of a file written by PeopleFile, and waits until it
// answers. It ends with ctx or this process, at the latest.
func StartPocketBase(ctx context.Context, program, dir, people string) (*PocketBase, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	p := &PocketBase{said: &bytes.Buffer{}}
	p.cmd = exec.CommandContext(ctx, program, "-dir", dir, "-people", people, "-attached")
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, environment("HOME="+dir), p.said
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 5 * time.Second
	// Its standard input ends with this process, or with Wait.
	if _, err := p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PocketBase: %w", err)
	}
	if err := json.NewDecoder(bufio.NewReader(stdout)).Decode(p); err != nil {
		return nil, errors.Join(fmt.Errorf("PocketBase did not get ready: %w", err), p.Stop(), errors.New(p.said.String()))
	}
	return p, nil
}

// Stop ends it in order.
func (p *PocketBase) Stop() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop PocketBase: %w", err)
	}
	stuck := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() }) // it may have ended meanwhile
	defer stuck.Stop()
	err = p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return fmt.Errorf("PocketBase: %w: %s", err, p.said)
	}
	return nil
}

// PeopleFile writes the file that PocketBase loads.
type PeopleFile struct {
	f   *os.File
	buf *bufio.Writer
	enc *json.Encoder
}

// CreatePeopleFile begins a file.
func CreatePeopleFile(path string) (*PeopleFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	return &PeopleFile{f: f, buf: buf, enc: json.NewEncoder(buf)}, nil
}

// Org adds an enterprise; its people follow.
func (f *PeopleFile) Org(id int32, name string) error {
	return f.enc.Encode(map[string]any{"id": RecordID(int64(id)), "name": name})
}

// Person adds somebody who works there.
func (f *PeopleFile) Person(org int32, p Person) error {
	line := map[string]any{"id": RecordID(p.ID), "org": RecordID(int64(org)), "name": p.Name, "employee_no": p.No, "team": p.Team,
		"interval_hours": p.Interval.Hours(), "samples": p.Samples}
	if !p.Due.IsZero() {
		line["next_due"] = p.Due
	}
	return f.enc.Encode(line)
}

// Close ends the file.
func (f *PeopleFile) Close() error { return errors.Join(f.buf.Flush(), f.f.Close()) }
