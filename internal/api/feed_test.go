package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const feedAt = "/api/v1/samples/feed"

// feedReply is the reply to a feed as a program reads it.
type feedReply struct {
	Rows   int
	Counts map[string]int
	Faults []struct {
		Code, Field, Message string
		Line                 int
	}
	MoreFaults int `json:"more_faults"`
}

func (w *world) feed(as, body string, headers ...string) reply {
	w.t.Helper()
	all := map[string]string{"Content-Type": "text/csv"}
	for i := 0; i+1 < len(headers); i += 2 {
		all[headers[i]] = headers[i+1]
	}
	return w.call(as, http.MethodPost, feedAt, body, all)
}

func (w *world) fed(as, body string, headers ...string) feedReply {
	w.t.Helper()
	r := w.feed(as, body, headers...)
	if r.status != http.StatusOK {
		w.t.Fatalf("%d %s", r.status, r.body)
	}
	var f feedReply
	r.json(w.t, &f)
	return f
}

func packed(t testing.TB, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFeedOfAnEnterprise(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := "\ufeffid_number,employee_no,name,employee_id,sampled_at,result,lab\n" +
		idNumber(1) + ",,,,2022-03-24T08:00:00+08:00,negative,市中心医院\n" +
		",10002,李秀英,,2022-03-24T08:00:00+08:00,pending,\"市, 中心\"\n" +
		",10003,王建国,,2022-03-24T08:00:00+08:00,negative,\n" +
		",,张伟,,2022-03-24T08:00:00+08:00,negative,\n" +
		",,,4,2022-03-24T08:00:00+08:00,negative,\n" +
		idNumber(5) + ",,,,2022-03-24T08:00:00+08:00,negative,\n" + // of another enterprise
		",,,5,2022-03-24T08:00:00+08:00,negative,\n" +
		idNumber(1) + ",,,,2022-03-24T08:00:00,negative,\n" +
		idNumber(1) + ",,,,2022-03-24T08:00:00+08:00,maybe,\n" +
		",,,,2022-03-24T08:00:00+08:00,negative,\n"
	got := w.fed("importer", body)
	if got.Rows != 10 || fmt.Sprint(got.Counts) != "map[new:3 refused:7]" || got.MoreFaults != 0 {
		t.Errorf("%+v", got)
	}
	want := "4 name api.match.name_differs|5 name api.match.several|7 id_number api.match.nobody|8 employee_id api.match.nobody|" +
		"9 sampled_at api.fault.datetime|10 result error.choice|11 employee_id api.match.nothing"
	var faults []string
	for _, f := range got.Faults {
		if f.Message == "" || strings.Contains(f.Message, "⟦") {
			t.Errorf("a text is missing: %+v", f)
		}
		faults = append(faults, fmt.Sprint(f.Line, " ", f.Field, " ", f.Code))
	}
	if strings.Join(faults, "|") != want {
		t.Errorf("faults %s", strings.Join(faults, "|"))
	}
	if n := w.count(`select count(*) from sample where org_id = 1 and proof = 'lab' and source = 'import'`); n != 3 {
		t.Errorf("%d samples", n)
	}
	if n := w.count(`select count(*) from sample where org_id <> 1`); n != 0 {
		t.Errorf("%d samples of others", n)
	}
	if again := w.fed("importer", body); fmt.Sprint(again.Counts) != "map[duplicate:3 refused:7]" {
		t.Errorf("again: %+v", again)
	}
}

func TestFeedOfALaboratory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hire(foreign, w.clock.Now().Add(-time.Hour), "陈静")
	w.Exec(`update employee set id_number_bidx = (select id_number_bidx from employee where id = 1) where id = 6`) // works at both
	body := fmt.Sprintf(`{"id_number":%q,"sampled_at":"2022-03-24T08:00:00+08:00","result":"negative"}
{"id_number":%q,"sampled_at":"2022-03-24T08:00:00+08:00","result":"positive","collect_mode":"single"}

{"id_number":"37030319900101999X","sampled_at":"2022-03-24T08:00:00+08:00","result":"negative"}
{"employee_id":1,"sampled_at":"2022-03-24T08:00:00+08:00","result":"negative"}
{"employee_no":"10001","name":"王建国","sampled_at":"2022-03-24T08:00:00+08:00","result":"negative"}
{"id_number":%q,"sampled_at":"2022-03-24T08:00:00+08:00","result":"negative","sample_id":"7"}
not json
`, idNumber(1), idNumber(5), idNumber(2))
	r := w.feed("city lab", packed(t, body), "Content-Type", "application/x-ndjson", "Content-Encoding", "gzip")
	var got feedReply
	r.json(t, &got)
	if r.status != http.StatusOK || got.Rows != 7 || fmt.Sprint(got.Counts) != "map[new:2 refused:5]" || len(got.Faults) != 5 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, secret := range []string{"王建国", "单位", "overdue", "held"} {
		if strings.Contains(string(r.body), secret) {
			t.Errorf("the laboratory reads %s: %s", secret, r.body)
		}
	}
	for org, want := range map[int32]int{firm: 1, foreign: 2} {
		if n := w.count(`select count(*) from sample where org_id = $1`, org); n != want {
			t.Errorf("enterprise %d has %d samples, want %d", org, n, want)
		}
		if n := w.count(`select sum((detail->>'new')::int) from audit_log where org_id = $1 and action = 'sample.feed'
			and actor_name = 'api:city lab' and role = 'lab'`, org); n != want {
			t.Errorf("enterprise %d has %d samples in its log", org, n)
		}
	}
	for _, path := range []string{"/api/v1/employees", "/api/v1/employees/1", "/api/v1/employees/1/samples", "/api/v1/employees/1/standing", "/api/v1/week",
		"/api/v1/symptom-reports", "/api/v1/rollups/now", "/api/v1/rollups/weeks", "/api/v1/rollups/orgs/1"} {
		w.wantProblem(path, w.get("city lab", path), http.StatusForbidden, "forbidden")
	}
	w.wantProblem("batch", w.call("city lab", http.MethodPost, "/api/v1/samples", sampleOf(1, "2022-03-24T08:00:00+08:00"), key("x")),
		http.StatusForbidden, "forbidden")
	for _, as := range []string{"reader", "lab", "city", "district"} {
		w.wantProblem(as, w.feed(as, "id_number,sampled_at,result\n"), http.StatusForbidden, "forbidden")
	}
}

func TestFeedBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const head = "id_number,sampled_at,result\n"
	line := idNumber(1) + ",2022-03-24T08:00:00+08:00,negative\n"
	bomb := packed(t, head+strings.Repeat(strings.Repeat("x", 8000)+"\n", 40_000))
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"type":      {head, []string{"Content-Type", "application/json"}, 415, "unsupported"},
		"packing":   {head, []string{"Content-Encoding", "br"}, 422, "invalid"},
		"charset":   {head, []string{"Content-Type", "text/csv; charset=shift-jis"}, 415, "unsupported"},
		"binary":    {"\x00\xff\xfe\x00\x01\n", nil, 415, "unsupported"},
		"empty":     {"", nil, 422, "invalid"},
		"column":    {"id_number,sampled_at,result,colour\n" + line, nil, 422, "invalid"},
		"missing":   {"id_number,result\n", nil, 422, "invalid"},
		"no gzip":   {head, []string{"Content-Encoding", "gzip"}, 422, "invalid"},
		"cut gzip":  {bomb[:len(bomb)/2], []string{"Content-Encoding", "gzip"}, 422, "invalid"},
		"gzip bomb": {bomb, []string{"Content-Encoding", "gzip"}, 413, "too_large"},
	} {
		w.wantProblem(name, w.feed("importer", c.body, c.headers...), c.status, c.code)
	}
	got := w.fed("importer", head+line+strings.Repeat("x", 20_000)+",,\n"+line+"\xd5\xc5,2022-03-24T08:00:00+08:00,negative\n")
	if got.Rows != 4 || got.Counts["refused"] != 2 || got.Faults[0].Code != "api.feed.long" || got.Faults[1].Code != "api.feed.encoding" {
		t.Errorf("%+v", got)
	}
	if n := w.count(`select count(*) from sample`); n != 1 {
		t.Errorf("%d samples", n)
	}
}

func TestFeedInGB18030(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := "id_number,sampled_at,result,lab\n" + idNumber(1) + ",2022-03-24T08:00:00+08:00,negative,\xca\xd0\xd6\xd0\xd0\xc4\xd2\xbd\xd4\xba\n"
	for _, kind := range []string{"text/csv", "text/csv; charset=GB18030"} {
		w.fed("importer", body, "Content-Type", kind)
	}
	if n := w.count(`select count(*) from sample where lab = '市中心医院'`); n != 1 {
		t.Errorf("%d samples", n)
	}
}
