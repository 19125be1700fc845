// Command pocketbase is the same work as Fugong's, as somebody would set it up who uses PocketBase for it: enterprises, people
// and samples as collections, one client of the API per enterprise, and a hook that keeps everybody's next due date. The
// benchmark starts it beside Fugong and sends both the same load. It is a module of its own, so that the product does not
// depend on PocketBase.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
)

func main() {
	dir := flag.String("dir", "", "empty directory for the data")
	people := flag.String("people", "", "file to load: one enterprise or person as JSON in each line")
	listen := flag.String("listen", "127.0.0.1:0", "address to serve at")
	attached := flag.Bool("attached", false, "end when the standard input ends: with whoever started this")
	flag.Parse()
	if *dir == "" || *people == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if *attached {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it
			os.Exit(0)
		}()
	}
	if err := run(*dir, *people, *listen); err != nil {
		log.Fatal(err)
	}
}

// ready is what the program says, in one line, when it can be asked.
type ready struct {
	URL string `json:"url"`
	loaded
}

func run(dir, people, listen string) error {
	// The arguments are this program's own; PocketBase would read them as its own too.
	os.Args = os.Args[:1]
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: dir, HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if err := createCollections(app); err != nil {
		return fmt.Errorf("collections: %w", err)
	}
	told, err := load(app, people)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	keepNextDue(app)
	stopOnSignal(app)
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // nobody sits in front of it
		l, err := net.Listen("tcp", listen)
		if err != nil {
			return err
		}
		e.Listener = l
		if err := e.Next(); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(ready{URL: "http://" + l.Addr().String(), loaded: told})
	})
	return apis.Serve(app, apis.ServeConfig{HttpAddr: listen})
}

// stopOnSignal ends the server as PocketBase's own command does.
func stopOnSignal(app core.App) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		err := app.OnTerminate().Trigger(&core.TerminateEvent{App: app}, func(e *core.TerminateEvent) error {
			return e.App.ResetBootstrapState()
		})
		if err != nil {
			log.Print(err)
		}
		os.Exit(0)
	}()
}
