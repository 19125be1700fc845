package dbtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/fugong/fugong/internal/platform/localpg"
)

func ownCluster(t *testing.T) (*cluster, string) {
	t.Helper()
	base := memoryDir()
	if base == "" {
		base = "/tmp"
	}
	dir, err := os.MkdirTemp(base, "fugong-dbtest-test-")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	c, err := openCluster(t.Context(), dir)
	if errors.Is(err, localpg.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, NOTHING IS PROVED: %v", err)
	}
	must(t, err)
	t.Cleanup(func() {
		leave(t, c)
		stopped(t, dir)
	})
	return c, dir
}

func leave(t *testing.T, c *cluster) {
	t.Helper()
	_ = c.session.Close() // the test may have ended the server before
	_ = c.admin.Close()
	must(t, c.server.Stop(context.Background()))
}

func stopped(t *testing.T, dir string) {
	t.Helper()
	eventually(t, "the server has stopped", func() bool {
		_, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
		return errors.Is(err, fs.ErrNotExist)
	})
}

func startOther(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), otherProcessDir+"="+dir)
	_, err = cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { kill(cmd) })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "test_") {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd, strings.TrimSpace(line)
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // "signal: killed"
}

func databases(t *testing.T, c *cluster) []string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	names, err := c.names(t.Context(), `select datname from pg_database`)
	must(t, err)
	return names
}

func TestDatabasesOfKilledProcessesAreDroppedAndThoseOfLivingOnesStay(t *testing.T) {
	c, dir := ownCluster(t)
	mine, err := c.clone(t.Context(), small("mine"))
	must(t, err)
	_, living := startOther(t, dir)
	dead, left := startOther(t, dir)
	kill(dead)
	eventually(t, "the leftover is dropped", func() bool {
		must(t, c.sweep(t.Context()))
		return !slices.Contains(databases(t, c), left)
	})
	for _, name := range []string{mine, living} {
		if !slices.Contains(databases(t, c), name) {
			t.Errorf("%s of a living process is gone", name)
		}
	}
}

func TestTheServerStopsWhenTheLastTestProcessIsKilled(t *testing.T) {
	c, dir := ownCluster(t)
	first, _ := startOther(t, dir)
	second, _ := startOther(t, dir)
	leave(t, c)
	kill(first)
	rejoined, err := openCluster(t.Context(), dir) // the second kept it running
	must(t, err)
	leave(t, rejoined)
	kill(second)
	stopped(t, dir)
	_, _ = startOther(t, dir) // and a later test process finds its way again
}

func TestProcessesThatStartTogetherBuildOneTemplate(t *testing.T) {
	c, dir := ownCluster(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { startOther(t, dir) })
	}
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	templates, err := c.names(t.Context(), sqlTemplates)
	must(t, err)
	if len(templates) != 1 {
		t.Errorf("templates %q", templates)
	}
}

func TestAnotherByteInAMigrationIsAnotherTemplate(t *testing.T) {
	base := fstest.MapFS{"0001_a.sql": {Data: []byte("ab")}, "0002_b.sql": {Data: []byte("c")}, "readme.txt": {Data: []byte("x")}}
	want, err := identify(base)
	must(t, err)
	for what, c := range map[string]struct {
		files fstest.MapFS
		same  bool
	}{
		"the same":       {fstest.MapFS{"0001_a.sql": {Data: []byte("ab")}, "0002_b.sql": {Data: []byte("c")}}, true},
		"another byte":   {fstest.MapFS{"0001_a.sql": {Data: []byte("aB")}, "0002_b.sql": {Data: []byte("c")}}, false},
		"another border": {fstest.MapFS{"0001_a.sql": {Data: []byte("a")}, "0002_b.sql": {Data: []byte("bc")}}, false},
		"another name":   {fstest.MapFS{"0001_a.sql": {Data: []byte("ab")}, "0003_b.sql": {Data: []byte("c")}}, false},
		"one more":       {fstest.MapFS{"0001_a.sql": {Data: []byte("ab")}, "0002_b.sql": {Data: []byte("c")}, "0003_c.sql": {}}, false},
	} {
		if got, err := identify(c.files); err != nil || (got == want) != c.same {
			t.Errorf("%s: %s, base %s, %v", what, got, want, err)
		}
	}
}

func TestABrokenMigrationIsReportedAndLeavesNoTemplate(t *testing.T) {
	c, _ := ownCluster(t)
	before := databases(t, c)
	_, err := c.clone(t.Context(), fstest.MapFS{"0001_bad.sql": {Data: []byte("-- +goose Up\ncreate table t (id int);\ncreate nonsense;\n")}})
	if err == nil || !strings.Contains(err.Error(), "version:1") || !strings.Contains(err.Error(), "syntax error") {
		t.Errorf("error %v", err)
	}
	if after := databases(t, c); !slices.Equal(before, after) {
		t.Errorf("databases before %q, after %q", before, after)
	}
	if _, err := c.clone(t.Context(), small("good")); err != nil {
		t.Errorf("the next template: %v", err)
	}
}

func TestOldTemplatesGoUnlessTheyAreInUse(t *testing.T) {
	c, dir := ownCluster(t)
	startOther(t, dir) // uses its template as long as it lives
	other, err := identify(small("other"))
	must(t, err)
	mine, err := identify(small("0"))
	must(t, err)
	for i := range keepTemplates {
		_, err := c.template(t.Context(), small(fmt.Sprint(i)))
		must(t, err)
	}
	c.mu.Lock()
	clear(c.prepared) // as if another process had used them …
	for i := range keepTemplates {
		name, err := identify(small(fmt.Sprint(i)))
		must(t, err)
		must(t, c.unlock(t.Context(), lockTemplate, keyOf(name))) // … and ended
	}
	c.mu.Unlock()
	_, err = c.template(t.Context(), small("newest"))
	must(t, err)
	left := databases(t, c)
	if slices.Contains(left, mine) {
		t.Error("the oldest template that nobody uses is still there")
	}
	if !slices.Contains(left, other) {
		t.Error("a template in use was dropped")
	}
}
