package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
)

func init() {
	register(Scenario{Name: "feed", Title: "a laboratory of the city feeds results of random people of all enterprises", Stirs: feeds, Run: runFeed})
}

// feedTargets are the bounds of the ratio to a bare COPY, by rows.
var feedTargets = []struct {
	rows  int
	ratio float64
}{{10_000, 0.06}, {100_000, 0.08}, {1_000_000, 0.12}}

// feedFormats are the forms of a body: the type, and a row of an identity number and an instant.
var feedFormats = []struct{ name, media, head, row string }{
	{"csv", "text/csv", "id_number,sampled_at,reported_at,result,collect_mode,lab\n", "%s,%s,%s,negative,single,市中心医院\n"},
	{"ndjson", "application/x-ndjson", "",
		`{"id_number":"%s","sampled_at":"%s","reported_at":"%s","result":"negative","collect_mode":"single","lab":"市中心医院"}` + "\n"},
}

func runFeed(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	_, token, err := w.App.Clients.Create(ctx, w.Bureau(), client.Input{Name: "市疾控检测中心", Role: authz.Lab,
		Scopes: []authz.Permission{authz.SampleImport}, ExpiresAt: time.Now().Add(24 * time.Hour)}, time.Now())
	if err != nil {
		return err
	}
	rest, err := s.RSS()
	if err != nil {
		return err
	}
	if err := s.ResetPeak(); err != nil {
		return err
	}
	for _, t := range feedTargets {
		if w.Quick() {
			t.rows /= 100
		}
		if t.rows > 4*w.City.Spec.People && !w.Quick() {
			continue // nobody is sampled that often between two feeds
		}
		for i := range feedFormats {
			if err := compareFeed(ctx, w, s, token, i, t.rows, t.ratio); err != nil {
				return fmt.Errorf("%d rows of %s: %w", t.rows, feedFormats[i].name, err)
			}
		}
	}
	peak, err := s.Peak()
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "feed.memory", Value: peak - rest, Unit: "MB", Target: Under(60), Note: "peak of the server above its memory before"})
	return nil
}

func compareFeed(ctx context.Context, w *World, s *Server, token string, format, rows int, target float64) error {
	floor := func(ctx context.Context) (float64, error) { return w.Copy0(ctx, rows) }
	subject := func(ctx context.Context) (float64, error) { return feedOnce(ctx, w, s, token, format, rows) }
	compare := w.Compare
	if rows >= 1_000_000 {
		compare = once // one is as long as many rounds of a smaller, which have warmed up for it
	}
	c, err := compare(ctx, floor, subject)
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: fmt.Sprintf("feed.%s.%d", feedFormats[format].name, rows), Value: c.Value.Median, Unit: "rows/s", Floor: c.Floor.Median,
		Ratio: c.Ratio.Median, Low: c.Ratio.Low, High: c.Ratio.High, Target: AtLeast(target),
		Note: "net/http; answered = rows = rows in the enterprises' logs, all standings moved"})
	return nil
}

const sqlFedInLog = `select coalesce(sum((detail ->> 'new')::bigint), 0) from audit_log where action = 'sample.feed'`

// feedOnce sends a body and asserts that every row is a sample, that every standing moved, and that the enterprises' logs know of
// every row. The body is made before the clock runs.
func feedOnce(ctx context.Context, w *World, s *Server, token string, format, rows int) (float64, error) {
	file, err := os.CreateTemp("", "fugong-bench-*.feed")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	before, err := logged(ctx, w)
	if err != nil {
		return 0, err
	}
	if err := writeFeed(w, file, format, rows); err != nil {
		return 0, err
	}
	var logBefore, logAfter int
	if err := w.Admin.GetContext(ctx, &logBefore, sqlFedInLog); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := sendFeed(ctx, s, token, feedFormats[format].media, file, rows); err != nil {
		return 0, err
	}
	took := time.Since(start)
	after, err := count(ctx, w)
	if err != nil {
		return 0, err
	}
	if err := w.Admin.GetContext(ctx, &logAfter, sqlFedInLog); err != nil {
		return 0, err
	}
	return float64(rows) / took.Seconds(), checkf(after.Rows-before == rows && logAfter-logBefore == rows && after.Unmoved == 0,
		"%d rows fed: %d samples, %d in the logs, %d standings did not move", rows, after.Rows-before, logAfter-logBefore, after.Unmoved)
}

func writeFeed(w *World, file *os.File, format, rows int) error {
	f := feedFormats[format]
	out := bufio.NewWriterSize(file, 1<<20)
	if _, err := out.WriteString(f.head); err != nil {
		return err
	}
	r := w.Rand(fmt.Sprint("feed", rows))
	for range rows {
		o, id := w.City.Random(r)
		at, err := w.SampleAt(id)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, f.row, o.Person(id).IDNumber, at.Format(time.RFC3339), at.Add(time.Second).Format(time.RFC3339))
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}

func sendFeed(ctx context.Context, s *Server, token, media string, body io.Reader, rows int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v1/samples/feed", io.NopCloser(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var reply struct {
		Rows   int
		Counts map[string]int
		Detail string
	}
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		return err
	}
	return checkf(res.StatusCode == http.StatusOK && reply.Rows == rows && reply.Counts["new"] == rows, "%d %s: %d rows, %v",
		res.StatusCode, reply.Detail, reply.Rows, reply.Counts)
}
