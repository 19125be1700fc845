package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/bench/load"
)

// Raw is how many rows a second as many connections insert one by one, each committed durably, into a table with nothing but an
// identity key: the floor under every single write. pgbench does it where it is installed beside the server, since it costs the
// machine least; else this process, by database/sql. how names which.
func (w *World) Raw(ctx context.Context, conns int, d time.Duration) (rate float64, how string, err error) {
	if _, err := w.Admin.ExecContext(ctx, "create table if not exists bench_raw (id bigint generated always as identity primary key, a integer, b bigint, at timestamptz, t text)"); err != nil {
		return 0, "", err
	}
	if _, err := w.Admin.ExecContext(ctx, "truncate bench_raw"); err != nil {
		return 0, "", err
	}
	before, err := countRows(ctx, w, "bench_raw")
	if err != nil {
		return 0, "", err
	}
	var done int64
	if bin := pgbenchBeside(ctx, w); bin != "" {
		how = "pgbench"
		rate, done, err = rawPgbench(ctx, w, bin, conns, d)
	} else {
		how = "database/sql with lib/pq"
		rate, done, err = rawSQL(ctx, w, conns, d)
	}
	if err != nil {
		return 0, how, fmt.Errorf("raw inserts: %w", err)
	}
	after, err := countRows(ctx, w, "bench_raw")
	if err == nil {
		err = checkf(after-before == done && done > 0, "%d raw inserts, %d rows", done, after-before)
	}
	return rate, how, err
}

func countRows(ctx context.Context, w *World, table string) (n int64, err error) {
	err = w.Admin.GetContext(ctx, &n, "select count(*) from "+pq.QuoteIdentifier(table))
	return n, err
}

const fragRaw = `insert into bench_raw (a, b, at, t) values (%s, %s, '2022-03-24 09:00:00+08', 'negative');`

// What pgbench tells at its end.
var (
	processed = regexp.MustCompile(`transactions actually processed: ([0-9]+)`)
	tps       = regexp.MustCompile(`tps = ([0-9.]+)`)
)

func rawPgbench(ctx context.Context, w *World, bin string, conns int, d time.Duration) (rate float64, done int64, err error) {
	script := filepath.Join(os.TempDir(), fmt.Sprintf("fugong-bench-%d.sql", os.Getpid()))
	text := "\\set a random(1, 10000)\n\\set b random(1, 1500000)\n" + fmt.Sprintf(fragRaw, ":a", ":b") + "\n"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return 0, 0, err
	}
	defer os.Remove(script)
	dsn, err := libpq(w)
	if err != nil {
		return 0, 0, err
	}
	seconds := max(1, int(d.Round(time.Second)/time.Second))
	cmd := exec.CommandContext(ctx, bin, "-n", "-M", "prepared", "-c", strconv.Itoa(conns), "-j", strconv.Itoa(min(2, conns)), "-T", strconv.Itoa(seconds), "-f", script, dsn)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	count, speed := processed.FindSubmatch(out), tps.FindSubmatch(out)
	if count == nil || speed == nil {
		return 0, 0, fmt.Errorf("pgbench told no rate: %s", out)
	}
	done, err = strconv.ParseInt(string(count[1]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	rate, err = strconv.ParseFloat(string(speed[1]), 64)
	return rate, done, err
}

// libpq is the address of the database without what only lib/pq understands.
func libpq(w *World) (string, error) {
	var out []string
	for part := range strings.FieldsSeq(w.App.DB.DSN()) {
		if !strings.HasPrefix(part, "binary_parameters") {
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return "", errors.New("the database has no address")
	}
	return strings.Join(out, " "), nil
}

// pgbenchBeside is the program of that name beside the server; "" if there is none, or only assertions matter.
func pgbenchBeside(ctx context.Context, w *World) string {
	if w.Quick() {
		return ""
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	var version int
	if err := w.Admin.GetContext(ctx, &version, "select current_setting('server_version_num')::int / 10000"); err != nil {
		return ""
	}
	for _, dir := range []string{w.run.cfg.PGBin, fmt.Sprintf("/usr/lib/postgresql/%d/bin", version), fmt.Sprintf("/usr/pgsql-%d/bin", version)} {
		if path := filepath.Join(dir, "pgbench"); dir != "" {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	return ""
}

func rawSQL(ctx context.Context, w *World, conns int, d time.Duration) (rate float64, done int64, err error) {
	pool, err := sql.Open("postgres", w.App.DB.DSN())
	if err != nil {
		return 0, 0, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	stmt, err := pool.PrepareContext(ctx, strings.TrimSuffix(fmt.Sprintf(fragRaw, "$1::integer", "$2::bigint"), ";"))
	if err != nil {
		return 0, 0, err
	}
	var n atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	start := time.Now()
	for c := range conns {
		g.Go(func() error {
			for i := 0; time.Since(start) < d; i++ {
				if _, err := stmt.ExecContext(gctx, c, i); err != nil {
					return err
				}
				n.Add(1)
			}
			return nil
		})
	}
	err = g.Wait()
	return float64(n.Load()) / time.Since(start).Seconds(), n.Load(), err
}

// Copy0 is how many rows a second one COPY brings into a table without any index: rows like samples, made before the clock runs.
func (w *World) Copy0(ctx context.Context, rows int) (float64, error) {
	if _, err := w.Admin.ExecContext(ctx, "create table if not exists bench_copy (a integer, b bigint, at timestamptz, told timestamptz, result text, lab text, no text)"); err != nil {
		return 0, err
	}
	if _, err := w.Admin.ExecContext(ctx, "truncate bench_copy"); err != nil {
		return 0, err
	}
	file, err := os.CreateTemp("", "fugong-bench-*.csv")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := writeCopyRows(file, rows); err != nil {
		return 0, err
	}
	start := time.Now()
	n, err := copyFile(ctx, w, "bench_copy", file.Name())
	took := time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("raw COPY: %w", err)
	}
	return float64(rows) / took.Seconds(), checkf(n == int64(rows), "COPY of %d rows wrote %d", rows, n)
}

func writeCopyRows(f *os.File, rows int) error {
	b := make([]byte, 0, 1<<20)
	for i := range rows {
		b = fmt.Appendf(b, "%d,%d,2022-03-24 09:%02d:%02d+08,2022-03-24 19:00:00+08,negative,市中心医院,ZB%010d\n", i%10000, i, i/60%60, i%60, i)
		if len(b) > 1<<20-200 || i == rows-1 {
			if _, err := f.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return nil
}

// copyFile copies a CSV file into a table: by the server itself where it may read the file, which it may on a private server.
func copyFile(ctx context.Context, w *World, table, path string) (int64, error) {
	if err := os.Chmod(path, 0o644); err != nil {
		return 0, err
	}
	res, err := w.Admin.ExecContext(ctx, "copy "+pq.QuoteIdentifier(table)+" from "+pq.QuoteLiteral(path)+" with (format csv)")
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// EmptyHandler is how many requests a second an echo handler answers that reads JSON and writes JSON and does nothing else, asked by
// the same client over as many connections.
func (w *World) EmptyHandler(ctx context.Context, conns int) (load.Result, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return load.Result{}, err
	}
	e := echo.New()
	e.HideBanner = true
	e.POST("/", func(c echo.Context) error {
		var in map[string]any
		if err := c.Bind(&in); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, map[string]int{"rows": len(in)})
	})
	srv := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	go srv.Serve(l) //nolint:errcheck // ends with Close below
	defer srv.Close()
	return load.Run(ctx, load.Spec{URL: "http://" + l.Addr().String(), Conns: conns, Plain: w.Quick(), For: w.Brief(2 * time.Second), Requests: []load.Request{
		{Method: http.MethodPost, Path: "/", Body: `{"samples":[{"employee_id":1,"sampled_at":"2022-03-24T09:00:00+08:00","result":"negative"}]}`,
			Header: map[string]string{"Content-Type": "application/json"}}}, Cycle: true})
}
