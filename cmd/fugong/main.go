// Command fugong keeps one health file per employee, plans tests and reminders, and shows the bureau how every enterprise
// stands. See README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of packs and orgs, on machines that have none

	"github.com/fugong/fugong/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := app.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "fugong:", err)
		os.Exit(1)
	}
}
