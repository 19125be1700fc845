package api_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Rows that have the right form, with anything in them, get an outcome each.
func TestRowsOfAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w.clock.Advance(time.Second)
		kind := rapid.SampledFrom([]string{"samples", "reports", "employees"}).Draw(t, "kind")
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any { return anyRow(t, kind) }), 1, 4).Draw(t, "rows")
		method, path := http.MethodPost, "/api/v1/"+kind
		switch kind {
		case "reports":
			path = "/api/v1/symptom-reports"
		case "employees":
			method = http.MethodPut
		}
		r := w.call("officer", method, path, map[string]any{kind: rows}, key(strconv.Itoa(n)))
		var got struct {
			Counts map[string]int
			Rows   []struct {
				Outcome string
				Faults  []struct{ Code, Location, Message string }
			}
		}
		r.json(t, &got)
		if r.status != http.StatusOK || len(got.Rows) != len(rows) {
			t.Fatalf("%d %s", r.status, r.body)
		}
		for _, row := range got.Rows {
			if (row.Outcome == "refused") != (len(row.Faults) > 0) || got.Counts[row.Outcome] == 0 {
				t.Fatalf("%s", r.body)
			}
		}
	})
}

// anyRow has the fields that a row must have, some others, and in them what comes along.
func anyRow(t *rapid.T, kind string) map[string]any {
	row := map[string]any{}
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "\x00", " ", "张伟", "李秀英", "10002", idNumber(1), idNumber(5), "3703**********0017", "=1+1", "ｆ"}),
		rapid.StringN(0, 30, 120))
	instant := rapid.OneOf(rapid.SampledFrom([]string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z",
		"2022-03-24T08:00:00+14:00", "2021-03-01T00:00:00Z", "2022-03-23T08:00:00+08:00"}),
		rapid.Map(rapid.Int64Range(1640000000, 1655000000), func(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }))
	put := func(name string, value any) { row[name] = value }
	maybe := func(name string, value any) {
		if rapid.Bool().Draw(t, name+"?") {
			put(name, value)
		}
	}
	if kind != "employees" {
		maybe("employee_id", rapid.OneOf(rapid.Int64Range(1, 6), rapid.Int64Range(1, 1<<53)).Draw(t, "employee_id"))
		for _, name := range []string{"id_number", "employee_no", "name"} {
			maybe(name, text.Draw(t, name))
		}
	}
	switch kind {
	case "samples":
		put("sampled_at", instant.Draw(t, "sampled_at"))
		put("result", rapid.SampledFrom([]string{"pending", "negative", "positive", "suspicious", "pool_abnormal", "invalid"}).Draw(t, "result"))
		maybe("reported_at", instant.Draw(t, "reported_at"))
		maybe("tested_at", instant.Draw(t, "tested_at"))
		maybe("method", rapid.SampledFrom([]string{"pcr", "antigen_self"}).Draw(t, "method"))
		maybe("proof", rapid.SampledFrom([]string{"staff", "lab"}).Draw(t, "proof"))
		for _, name := range []string{"institution", "lab", "barcode", "note", "late_reason"} {
			maybe(name, text.Draw(t, name))
		}
	case "reports":
		put("at", instant.Draw(t, "at"))
		maybe("temperature", rapid.OneOf(rapid.Float64Range(33, 44), rapid.Float64Range(-1e300, 1e300)).Draw(t, "temperature"))
		maybe("symptoms", rapid.SliceOfN(rapid.SampledFrom([]string{"fever", "headache", "myalgia"}), 0, 4).Draw(t, "symptoms"))
		maybe("none", rapid.Bool().Draw(t, "none"))
		maybe("confirmed", true)
		maybe("note", text.Draw(t, "note"))
	default:
		put("name", text.Draw(t, "name"))
		put("id_number", rapid.OneOf(text, rapid.Map(rapid.IntRange(1, 19), idNumber)).Draw(t, "id_number"))
		for _, name := range []string{"id_type", "employee_no", "sex", "mobile", "email", "workshop", "team", "post", "test_category", "work_status",
			"home_address", "commute", "joined_on", "note"} {
			maybe(name, text.Draw(t, name))
		}
	}
	return row
}
