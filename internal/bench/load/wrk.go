package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// script reads requests that are written out whole, each behind a line with its length, and tells the result as JSON. One thread
// sends them all, in order.
const script = `
local list, next = {}, 0
function init(args)
  local f = assert(io.open(args[1], "rb"))
  while true do
    local n = f:read("*n")
    if not n then break end
    f:read(1)
    list[#list + 1] = f:read(n)
  end
  f:close()
  cycle = args[2] == "cycle"
end
function request()
  next = next + 1
  if next > #list then
    if not cycle then
      wrk.thread:stop()
      next = #list
    else
      next = 1
    end
  end
  return list[next]
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\nresult {"requests":%d,"micros":%d,"bytes":%d,"bad":%d,"broken":%d,"p50":%d,"p99":%d}\n', summary.requests,
    summary.duration, summary.bytes, e.status, e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`

func runWrk(ctx context.Context, wrk string, s Spec) (Result, error) {
	dir, err := os.MkdirTemp("", "fugong-load-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	lua, data := filepath.Join(dir, "load.lua"), filepath.Join(dir, "requests")
	if err := os.WriteFile(lua, []byte(script), 0o600); err != nil {
		return Result{}, err
	}
	if err := writeRequests(data, s); err != nil {
		return Result{}, err
	}
	mode := "once"
	if s.Cycle {
		mode = "cycle"
	}
	seconds := max(1, int(s.For.Round(time.Second)/time.Second))
	cmd := exec.CommandContext(ctx, wrk, "-t1", "-c"+strconv.Itoa(s.Conns), "-d"+strconv.Itoa(seconds)+"s", "--timeout", "30s", "-s", lua, s.URL, "--", data, mode)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	_, text, found := strings.Cut(string(out), "\nresult ")
	if !found {
		return Result{}, fmt.Errorf("wrk told no result: %s", out)
	}
	var told struct{ Requests, Micros, Bytes, Bad, Broken, P50, P99 int64 }
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		return Result{}, fmt.Errorf("read wrk's result: %w", err)
	}
	if told.Broken > 0 {
		return Result{}, fmt.Errorf("%d connections broke: %s", told.Broken, out)
	}
	r := Result{Requests: int(told.Requests), Statuses: map[int]int{200: int(told.Requests - told.Bad)}, Bytes: told.Bytes, Client: "wrk",
		Took: time.Duration(told.Micros) * time.Microsecond, P50: float64(told.P50) / 1000, P99: float64(told.P99) / 1000}
	if told.Bad > 0 {
		r.Statuses[400] = int(told.Bad)
	}
	r.Rate = float64(r.Requests) / r.Took.Seconds()
	return r, nil
}

func writeRequests(path string, s Spec) error {
	u, err := url.Parse(s.URL)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for _, r := range s.Requests {
		text := r.raw(u.Host)
		if _, err := fmt.Fprintf(w, "%d\n%s", len(text), text); err != nil {
			f.Close()
			return err
		}
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
