package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/page"
)

func key(s string) map[string]string { return map[string]string{"Idempotency-Key": s} }

func sampleOf(employee int64, at string) map[string]any {
	return map[string]any{"samples": []map[string]any{{"employee_id": employee, "sampled_at": at, "result": "negative"}}}
}

func TestOnceForAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(as, k string, body any) reply {
		return w.call(as, http.MethodPost, "/api/v1/samples", body, key(k))
	}
	first := send("officer", "k", sampleOf(1, "2022-03-24T08:00:00+08:00"))
	if first.status != http.StatusOK || first.header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("%d %s", first.status, first.body)
	}
	// The same request in other words: what counts is what is asked for.
	again := send("officer", "k", `{ "samples" : [ {"result":"negative","sampled_at":"2022-03-24T08:00:00+08:00","employee_id":1} ] }`)
	if again.status != http.StatusOK || again.header.Get("Idempotency-Replayed") != "true" || !bytes.Equal(again.body, first.body) {
		t.Errorf("again: %d %v %s", again.status, again.header, again.body)
	}
	if !strings.Contains(string(again.body), `"new"`) || w.count(`select count(*) from audit_log where action = 'sample.record'`) != 1 {
		t.Errorf("the write ran twice: %s", again.body)
	}
	w.wantProblem("another request", send("officer", "k", sampleOf(2, "2022-03-24T08:00:00+08:00")), http.StatusConflict, "conflict")
	w.wantProblem("another operation", w.call("officer", http.MethodPut, "/api/v1/employees",
		map[string]any{"employees": []map[string]any{{"name": "王建国", "id_number": idNumber(1)}}}, key("k")), http.StatusConflict, "conflict")
	if r := send("lab", "k", sampleOf(1, "2022-03-24T08:00:00+08:00")); r.status != http.StatusOK || !strings.Contains(string(r.body), `"duplicate"`) {
		t.Errorf("another client's key: %d %s", r.status, r.body)
	}
	for name, headers := range map[string]map[string]string{"none": nil, "blank": key(" "), "no text": key("schlüssel"), "long": key(strings.Repeat("k", 129))} {
		r := w.call("officer", http.MethodPost, "/api/v1/samples", sampleOf(1, "2022-03-24T08:00:00+08:00"), headers)
		p := w.wantProblem(name, r, http.StatusUnprocessableEntity, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Location != "header.Idempotency-Key" {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	w.clock.Advance(24*time.Hour - time.Minute)
	if r := send("officer", "k", sampleOf(1, "2022-03-24T08:00:00+08:00")); !bytes.Equal(r.body, first.body) {
		t.Errorf("a day later: %d %s", r.status, r.body)
	}
}

func TestParallelWritesUnderOneKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := map[string]any{"reports": []map[string]any{{"employee_id": 1, "at": "2022-03-24T08:00:00+08:00", "temperature": 38.5}}}
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			r := w.call("officer", http.MethodPost, "/api/v1/symptom-reports", report, key("one"))
			mu.Lock()
			defer mu.Unlock()
			statuses[r.status]++
		})
	}
	wg.Wait()
	if statuses[http.StatusOK]+statuses[http.StatusConflict] != 10 || statuses[http.StatusOK] == 0 {
		t.Errorf("%v", statuses)
	}
	if n := w.count(`select count(*) from symptom_report`); n != 1 {
		t.Errorf("%d reports", n)
	}
}

// What is wrong with a request as such is refused as a whole, each fault named with its place.
func TestFaultyRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const samples, employees, reports = "/api/v1/samples", "/api/v1/employees", "/api/v1/symptom-reports"
	many := func(n int) string {
		return `{"samples":[` + strings.TrimSuffix(strings.Repeat(`{"employee_id":1,"sampled_at":"2022-03-24T08:00:00Z","result":"negative"},`, n), ",") + `]}`
	}
	for name, tc := range map[string]struct {
		path, body string
		status     int
		places     string
	}{
		"no body":           {samples, ``, 400, ``},
		"not JSON":          {samples, `{"samples":`, 400, `body api.fault.value`},
		"no batch":          {samples, `{}`, 422, `body.samples error.required`},
		"null batch":        {samples, `{"samples":null}`, 422, `body.samples api.fault.type`},
		"empty batch":       {samples, `{"samples":[]}`, 422, `body.samples api.fault.range`},
		"too many rows":     {samples, many(5001), 422, `body.samples api.fault.range`},
		"no list":           {samples, `{"samples":{}}`, 422, `body.samples api.fault.type`},
		"unknown field":     {samples, `{"samples":[{"employee_id":1,"sampled_at":"2022-03-24T08:00:00Z","result":"negative","colour":"red"}]}`, 422, `body.samples[0].colour api.fault.unknown`},
		"another case":      {samples, `{"samples":[{"Employee_ID":1,"sampled_at":"2022-03-24T08:00:00Z","result":"negative"}]}`, 422, `body.samples[0].Employee_ID api.fault.unknown`},
		"unknown on top":    {samples, strings.Replace(many(1), `{`, `{"dry_run":true,`, 1), 422, `body.dry_run api.fault.unknown`},
		"no zone":           {samples, `{"samples":[{"employee_id":1,"sampled_at":"2022-03-24T08:00:00","result":"negative"}]}`, 422, `body.samples[0].sampled_at api.fault.datetime`},
		"a day":             {samples, `{"samples":[{"employee_id":1,"sampled_at":"2022-03-24","result":"negative"}]}`, 422, `body.samples[0].sampled_at api.fault.datetime`},
		"missing and wrong": {samples, `{"samples":[{"employee_id":1,"result":"阴性"}]}`, 422, `body.samples[0].result api.fault.choice|body.samples[0].sampled_at error.required`},
		"withdrawn":         {samples, `{"samples":[{"employee_id":1,"sampled_at":"2022-03-24T08:00:00Z","result":"cancelled"}]}`, 422, `body.samples[0].result api.fault.choice`},
		"no id":             {samples, `{"samples":[{"employee_id":0,"sampled_at":"2022-03-24T08:00:00Z","result":"negative"}]}`, 422, `body.samples[0].employee_id api.fault.range`},
		"a text for a number": {samples, `{"samples":[{"employee_id":"1","sampled_at":"2022-03-24T08:00:00Z","result":"negative"}]}`, 422,
			`body.samples[0].employee_id api.fault.type`},
		"a huge number":        {samples, `{"samples":[{"employee_id":1e300,"sampled_at":"2022-03-24T08:00:00Z","result":"negative"}]}`, 422, `body api.fault.value`},
		"a number for a text":  {employees, `{"employees":[{"name":5,"id_number":"x"}]}`, 422, `body.employees[0].name api.fault.type`},
		"no name":              {employees, `{"employees":[{"id_number":"x"}]}`, 422, `body.employees[0].name error.required`},
		"unknown symptom":      {reports, `{"reports":[{"employee_id":1,"at":"2022-03-24T08:00:00Z","symptoms":["itch"]}]}`, 422, `body.reports[0].symptoms[0] api.fault.choice`},
		"temperature in words": {reports, `{"reports":[{"employee_id":1,"at":"2022-03-24T08:00:00Z","temperature":"38"}]}`, 422, `body.reports[0].temperature api.fault.type`},
	} {
		method := http.MethodPost
		if tc.path == employees {
			method = http.MethodPut
		}
		r := w.call("officer", method, tc.path, tc.body, key("k"))
		p := w.wantProblem(name, r, tc.status, "invalid")
		if got := strings.Join(p.places(), "|"); got != tc.places {
			t.Errorf("%s: %s, want %s", name, got, tc.places)
		}
		w.clock.Advance(time.Second)
	}
	text := key("text")
	text["Content-Type"] = "text/plain"
	w.wantProblem("another form", w.call("officer", http.MethodPost, samples, many(1), text), http.StatusUnsupportedMediaType, "unsupported")
	large := `{"samples":[{"note":"` + strings.Repeat("x", 8<<20) + `"}]}`
	w.wantProblem("too large", w.call("officer", http.MethodPost, samples, large, key("large")), http.StatusRequestEntityTooLarge, "too_large")
	wrong := `{"samples":[` + strings.TrimSuffix(strings.Repeat(`{},`, 300), ",") + `]}`
	if p := w.wantProblem("many faults", w.call("officer", http.MethodPost, samples, wrong, key("faults")), 422, "invalid"); len(p.Errors) != 100 {
		t.Errorf("%d faults are told", len(p.Errors))
	}
	if n := w.count(`select (select count(*) from idempotency) + (select count(*) from sample) + (select count(*) from symptom_report)`); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

func TestFaultyQueries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"/employees?colour=red":                             "query.colour api.fault.unknown",
		"/employees?state=gone":                             "query.state api.fault.choice",
		"/employees?work_status=gone":                       "query.work_status api.fault.choice",
		"/employees?category=gone":                          "query.category api.fault.choice",
		"/employees?sort=age":                               "query.sort api.fault.choice",
		"/employees?team=x":                                 "query.team api.fault.type",
		"/employees?limit=201":                              "query.limit api.fault.range",
		"/employees?after=x":                                "query.after api.cursor",
		"/employees?q=" + idNumber(1):                       "query.q api.number_in_address",
		"/employees?q=13912340001":                          "query.q api.number_in_address",
		"/employees?q=%00":                                  "query.q api.fault.value",
		"/employees?q=%ff%fe":                               "query.q api.fault.value",
		"/employees/x":                                      "path.id api.fault.type",
		"/employees/0":                                      "path.id api.fault.range",
		"/employees/1/standing?at=2022-03-24":               "query.at api.fault.datetime",
		"/employees/1/standing?at=9999-12-31T23:59:59Z":     "query.at api.fault.range",
		"/employees/1/samples?after=WyI5OTk5OTk5OTk5OTki":   "query.after api.cursor",
		"/employees/1/samples?after=WyI5OTk5OTk5OTk5OTkiXQ": "query.after api.cursor",
		"/employees?after=" + page.Cursor("\x00", "1"):      "query.after api.cursor",
		"/employees?after=" + page.Cursor("wang", "x"):      "query.after api.cursor",
		"/symptom-reports?after=" + page.Cursor("-9223372036854775807", "1"): "query.after api.cursor",
		"/symptom-reports?alert=perhaps":                                     "query.alert api.fault.type",
		"/symptom-reports?after=x":                                           "query.after api.cursor",
		"/symptom-reports?q=13912340001":                                     "query.q api.number_in_address",
	} {
		p := w.wantProblem(path, w.get("officer", "/api/v1"+path), http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.places(), "|"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"/rollups/now?by=person":    "query.by api.fault.choice",
		"/rollups/weeks?by=org":     "query.by api.fault.choice",
		"/rollups/now?zone=%00":     "query.zone api.fault.value",
		"/rollups/now?industry=x":   "query.industry api.fault.value",
		"/rollups/now?size=huge":    "query.size api.fault.choice",
		"/rollups/now?after=x":      "query.after api.cursor",
		"/rollups/orgs/99999999999": "path.id api.fault.range",
	} {
		p := w.wantProblem(path, w.get("city", "/api/v1"+path), http.StatusUnprocessableEntity, "invalid")
		if got := strings.Join(p.places(), "|"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// Every page of a list together is the list, and its total says so.
func TestPagesMakeTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var names []string
	for i := range 23 {
		names = append(names, fmt.Sprintf("职工%c", 'A'+i))
	}
	w.hire(firm, w.clock.Now(), names...)
	var ids []int64
	next, pages := "", 0
	for {
		var page struct {
			Items []struct{ ID int64 }
			Total int
			Next  string
		}
		r := w.get("reader", "/api/v1/employees?limit=7&sort=due&after="+next)
		r.json(t, &page)
		pages++
		for _, row := range page.Items {
			ids = append(ids, row.ID)
		}
		if page.Total != 27 {
			t.Fatalf("total %d: %s", page.Total, r.body)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 27 || pages != 4 {
		t.Errorf("%d pages with %v", pages, ids)
	}
}

// The largest batches are taken whole.
func TestLargestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var people []map[string]any
	for i := range 1000 {
		people = append(people, map[string]any{"name": "张三", "id_number": idNumber(i), "employee_no": fmt.Sprint("N", i)})
	}
	people = slices.DeleteFunc(people, func(p map[string]any) bool { return p["id_number"] == idNumber(5) }) // of the other enterprise
	var merged struct{ Counts map[string]int }
	w.call("officer", http.MethodPut, "/api/v1/employees", map[string]any{"employees": people}, key("people")).json(t, &merged)
	if merged.Counts["new"] != 995 || merged.Counts["changed"] != 4 {
		t.Errorf("%v", merged.Counts)
	}
	var samples []map[string]any
	for i := range 5000 {
		at := w.clock.Now().Add(-time.Duration(i/1000+1) * 24 * time.Hour)
		samples = append(samples, map[string]any{"employee_no": fmt.Sprint("N", i%1000), "sampled_at": at, "result": "negative"})
	}
	var told struct {
		Counts map[string]int
		Rows   []struct{ Outcome string }
	}
	w.call("officer", http.MethodPost, "/api/v1/samples", map[string]any{"samples": samples}, key("samples")).json(t, &told)
	if told.Counts["new"] != 4995 || told.Counts["refused"] != 5 || len(told.Rows) != 5000 || told.Rows[5].Outcome != "refused" {
		t.Errorf("%v", told.Counts)
	}
}
