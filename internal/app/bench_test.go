package app

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/bench"
	"github.com/fugong/fugong/internal/platform/localpg"
)

// childMark tells the test program that it is to be the program under test: the bench starts it as its server.
const childMark = "FUGONG_TEST_IS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(childMark) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

// Every scenario of the bench still does what it asserts, in a world of sixty people. Nothing is timed.
func TestTheScenariosOfTheBenchHold(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "fugong-bench-")
	if err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o755) // the server may run as another account
	}
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	cfg := Config{PoolSize: 16, Listen: "127.0.0.1:0", PGMemory: 256 << 20}
	err = bench.Run(t.Context(), bench.Config{Scale: bench.Tiny, Rounds: 1, Budget: 5 * time.Minute, Dir: dir, Out: &log, Log: &log,
		Open: cfg.openBench, Program: program, Env: []string{childMark + "=1", "FUGONG_PG_MEMORY=256MB"}, Commit: "test"})
	if errors.Is(err, localpg.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, NOTHING IS PROVED: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, &log)
	}
}
