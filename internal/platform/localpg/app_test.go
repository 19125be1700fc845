//go:build unix && !aix && !solaris

package localpg

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// The test binary is also the program under test: started with this variable it is an app that uses the server in the folder.
const appDir = "FUGONG_LOCALPG_TEST_APP_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(appDir); dir != "" {
		if err := runApp(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	_ = os.RemoveAll(madeTop) // "" removes nothing
	os.Exit(code)
}

func runApp(dir string) error {
	ctx := context.Background()
	s, err := Start(ctx, Config{Dir: dir, Durable: os.Getenv("DURABLE") != ""})
	if err != nil {
		return err
	}
	fmt.Println("started")
	db, err := sql.Open("postgres", s.DSN("postgres"))
	if err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "insert":
			for i := 1; ; i++ {
				if _, err := db.ExecContext(ctx, `insert into event (id, note) values ($1, repeat('x', 500))`, i); err != nil {
					return err
				}
				fmt.Println(i)
			}
		case "busy":
			go func() { _, _ = db.ExecContext(ctx, `select count(*) from generate_series(1, 6000000)`) }()
		case "stop":
			if err := errors.Join(db.Close(), s.Stop(ctx)); err != nil {
				return err
			}
			fmt.Println("stopped")
			return nil
		}
	}
	return in.Err()
}

type app struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startApp(t *testing.T, dir string, env ...string) *app {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), appDir+"="+dir), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	a := &app{t: t, cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(a.kill)
	return a
}

func (a *app) says(want string) {
	a.t.Helper()
	if !a.lines.Scan() || a.lines.Text() != want {
		a.t.Fatalf("the app says %q, want %q", a.lines.Text(), want)
	}
}

func (a *app) do(command string) {
	a.t.Helper()
	_, err := fmt.Fprintln(a.in, command)
	must(a.t, err)
}

func (a *app) leave() {
	a.t.Helper()
	a.do("stop")
	a.says("stopped")
	must(a.t, a.cmd.Wait())
}

func (a *app) kill() {
	_ = a.cmd.Process.Kill() // it may have ended
	_ = a.cmd.Wait()         // "signal: killed"
}
