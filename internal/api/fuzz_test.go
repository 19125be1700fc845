package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// Whatever a program sends as a batch, it gets an outcome for each row or a problem that is not the server's.
func FuzzBatches(f *testing.F) {
	for _, body := range []string{
		`{"samples":[{"employee_id":1,"sampled_at":"2022-03-24T08:00:00+08:00","result":"negative"}]}`,
		`{"samples":[{"id_number":"370303199001010025","name":"李秀英","sampled_at":"2022-03-23T23:59:59.999999999-12:00","reported_at":"2022-03-24T00:00:00Z","tested_at":"2022-03-24T00:00:00Z","result":"pool_abnormal","method":"pcr","collect_mode":"pool20","source":"community","proof":"lab","institution":"医院","lab":"\u0000","barcode":"=1+1","note":"\ud800","late_reason":"x"}]}`,
		`{"samples":[{"employee_no":"\u0000","name":"\u0000","sampled_at":"0000-01-01T00:00:00Z","result":"pending"}]}`,
		`{"samples":[{"name":"张伟","sampled_at":"9999-12-31T23:59:59Z","result":"invalid"},{"sampled_at":"0001-01-01T00:00:00Z","result":"positive"}]}`,
		`{"reports":[{"employee_id":2,"at":"2022-03-24T08:00:00Z","temperature":36.6,"site":"ear","symptoms":["fever","fever"],"none":true,"note":"\u0000"}]}`,
		`{"reports":[{"employee_id":9223372036854775807,"at":"2022-03-24T08:00:00Z","temperature":-1e308,"none":true}]}`,
		`{"reports":[{"employee_id":1,"at":"9999-12-31T23:59:59+00:00","none":true},{"employee_id":1,"at":"0000-01-01T00:00:00Z","none":true}]}`,
		`{"employees":[{"name":"\u0000","id_number":"\u0000","employee_no":"1e5","mobile":"+86 139 1234 0099","email":"<a@b.c>","joined_on":"0000-00-00","key_post":false,"note":"\ufeff"}]}`,
		`{"employees":[{"name":"阿·卜","id_number":"E12345678","id_type":"护照","home_address":"x","work_status":"请假","test_category":"driver"}]}`,
		`{"samples":[{}]}`, `[]`, `null`, `{"samples":[null]}`, `{"samples":[[[[]]]],"samples":1}`, "\xff", `{"employees":[{"name":{"a":1}}]}`,
	} {
		f.Add([]byte(body))
	}
	w := newWorld(f)
	n := 0
	f.Fuzz(func(t *testing.T, body []byte) {
		w.t = t
		for _, target := range []struct{ method, path, rows string }{
			{http.MethodPost, "/api/v1/samples", "samples"}, {http.MethodPost, "/api/v1/symptom-reports", "reports"}, {http.MethodPut, "/api/v1/employees", "employees"},
		} {
			n++
			w.clock.Advance(200 * time.Millisecond)
			r := w.call("officer", target.method, target.path, string(body), key(strconv.Itoa(n)))
			if r.status >= http.StatusInternalServerError {
				t.Fatalf("%s: %d %s", target.path, r.status, r.body)
			}
			if r.status != http.StatusOK {
				continue
			}
			var sent map[string][]any
			var got struct{ Rows []any }
			if err := json.Unmarshal(body, &sent); err != nil {
				t.Fatalf("%s took what is no batch: %v", target.path, err)
			}
			r.json(t, &got)
			if len(got.Rows) != len(sent[target.rows]) || len(got.Rows) == 0 {
				t.Errorf("%s: %d rows of %d have an outcome", target.path, len(got.Rows), len(sent[target.rows]))
			}
		}
	})
}
