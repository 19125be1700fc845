package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/fugong/fugong/internal/platform/localpg"
)

// A test process cannot see its own end: there is no hook after the last test, and none at all when it is killed. So the test
// binary is started once more as a keeper that does nothing but wait until no test process uses the server, and stops it.
const keeperDir = "FUGONG_DBTEST_KEEPER_DIR"

// init, because a package has no other way to run before the tests of a binary that it is linked into.
func init() {
	dir := os.Getenv(keeperDir)
	if dir == "" {
		return
	}
	if err := localpg.StopWhenUnused(context.Background(), dir); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// spawnKeeper starts the keeper apart from us: neither Ctrl-C nor the end of go test may take it away. Where one is at work
// already, the new one ends at once.
func spawnKeeper(dir string) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("dbtest: start keeper: %w", err)
	}
	keeper := exec.Command(exe)
	keeper.Args[0] = "fugong-dbtest-keeper"
	keeper.Dir = "/"
	keeper.Env = []string{keeperDir + "=" + dir}
	keeper.SysProcAttr = detached()
	if err := keeper.Start(); err != nil {
		return fmt.Errorf("dbtest: start keeper: %w", err)
	}
	go func() { _ = keeper.Wait() }() // reaps one that ends before us
	return nil
}
