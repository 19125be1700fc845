package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/bench/load"
)

// API is what both sides can do for the program of an enterprise. Answers are read whole and decoded, as a program does.
type API interface {
	// Overdue fetches everybody who is overdue, page by page, and counts them.
	Overdue(ctx context.Context, org int32, at time.Time) (int, error)
	// List fetches the first fifty people by name and tells how many there are.
	List(ctx context.Context, org int32) (total int, err error)
	// Search does the same for those whose name contains a text.
	Search(ctx context.Context, org int32, text string) (total int, err error)
	// Timeline fetches the newest fifty samples of a person and counts them.
	Timeline(ctx context.Context, org int32, person int64) (int, error)
	// Log is the request that stores a negative sample of a person.
	Log(org int32, person int64, at time.Time) load.Request
}

const pageSize = 50

// get asks with a client's token.
func get(ctx context.Context, base, path string, q url.Values, token string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d: %.300s", path, r.StatusCode, body)
	}
	return json.NewDecoder(bytes.NewReader(body)).Decode(into)
}

// Fugong is the product's API.
type Fugong struct {
	URL   string
	Token func(org int32) string
}

// fugongPage is what the product answers to a list.
type fugongPage struct {
	Items []struct {
		ID int64 `json:"id"`
	} `json:"items"`
	Total int    `json:"total"`
	Next  string `json:"next"`
}

const largestFugongPage = 200

// Overdue implements API; the product reckons with its own clock.
func (f Fugong) Overdue(ctx context.Context, org int32, _ time.Time) (int, error) {
	q := url.Values{"state": {"overdue"}, "limit": {strconv.Itoa(largestFugongPage)}}
	n := 0
	for {
		var p fugongPage
		if err := get(ctx, f.URL, "/api/v1/employees", q, f.Token(org), &p); err != nil {
			return 0, err
		}
		if n += len(p.Items); p.Next == "" {
			return n, nil
		}
		q.Set("after", p.Next)
	}
}

// List implements API.
func (f Fugong) List(ctx context.Context, org int32) (int, error) {
	return f.first(ctx, org, url.Values{})
}

// Search implements API.
func (f Fugong) Search(ctx context.Context, org int32, text string) (int, error) {
	return f.first(ctx, org, url.Values{"q": {text}})
}

func (f Fugong) first(ctx context.Context, org int32, q url.Values) (int, error) {
	q.Set("sort", "name")
	q.Set("limit", strconv.Itoa(pageSize))
	var p fugongPage
	err := get(ctx, f.URL, "/api/v1/employees", q, f.Token(org), &p)
	return p.Total, err
}

// Timeline implements API.
func (f Fugong) Timeline(ctx context.Context, org int32, person int64) (int, error) {
	var p fugongPage
	err := get(ctx, f.URL, fmt.Sprintf("/api/v1/employees/%d/samples", person), url.Values{"limit": {strconv.Itoa(pageSize)}}, f.Token(org), &p)
	return len(p.Items), err
}

// Log implements API.
func (f Fugong) Log(org int32, person int64, at time.Time) load.Request {
	return load.Request{Method: http.MethodPost, Path: "/api/v1/samples",
		Header: map[string]string{"Authorization": "Bearer " + f.Token(org), "Content-Type": "application/json",
			"Idempotency-Key": fmt.Sprintf("peer-%d-%d", person, at.Unix())},
		Body: fmt.Sprintf(`{"samples":[{"employee_id":%d,"sampled_at":%q,"result":"negative"}]}`, person, at.UTC().Format(time.RFC3339))}
}

// pocketBasePage is what PocketBase answers to a list.
type pocketBasePage struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
	Total int `json:"totalItems"`
}

const (
	largestPocketBasePage = 1000
	people                = "/api/collections/employee/records"
	samples               = "/api/collections/sample/records"
)

// when writes an instant as PocketBase compares it.
func when(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000Z") }

func (p *PocketBase) page(ctx context.Context, org int32, path string, q url.Values) (pocketBasePage, error) {
	var page pocketBasePage
	err := get(ctx, p.URL, path, q, p.Token(org), &page)
	return page, err
}

// Overdue implements API.
func (p *PocketBase) Overdue(ctx context.Context, org int32, at time.Time) (int, error) {
	q := url.Values{"filter": {fmt.Sprintf(`next_due != "" && next_due <= "%s"`, when(at))}, "sort": {"next_due"},
		"perPage": {strconv.Itoa(largestPocketBasePage)}, "skipTotal": {"1"}}
	for n, number := 0, 1; ; number++ {
		q.Set("page", strconv.Itoa(number))
		page, err := p.page(ctx, org, people, q)
		if err != nil {
			return 0, err
		}
		if n += len(page.Items); len(page.Items) < largestPocketBasePage {
			return n, nil
		}
	}
}

// List implements API.
func (p *PocketBase) List(ctx context.Context, org int32) (int, error) { return p.first(ctx, org, "") }

// Search implements API.
func (p *PocketBase) Search(ctx context.Context, org int32, text string) (int, error) {
	return p.first(ctx, org, fmt.Sprintf(`name ~ %q`, text))
}

func (p *PocketBase) first(ctx context.Context, org int32, filter string) (int, error) {
	page, err := p.page(ctx, org, people, url.Values{"filter": {filter}, "sort": {"name,id"}, "perPage": {strconv.Itoa(pageSize)}})
	return page.Total, err
}

// Timeline implements API.
func (p *PocketBase) Timeline(ctx context.Context, org int32, person int64) (int, error) {
	page, err := p.page(ctx, org, samples, url.Values{"filter": {fmt.Sprintf(`employee = "%s"`, RecordID(person))}, "sort": {"-sampled_at"},
		"perPage": {strconv.Itoa(pageSize)}, "skipTotal": {"1"}})
	return len(page.Items), err
}

// Log implements API.
func (p *PocketBase) Log(org int32, person int64, at time.Time) load.Request {
	return load.Request{Method: http.MethodPost, Path: samples,
		Header: map[string]string{"Authorization": "Bearer " + p.Token(org), "Content-Type": "application/json"},
		Body: fmt.Sprintf(`{"org":%q,"employee":%q,"sampled_at":%q,"result":"negative","method":"pcr"}`, RecordID(int64(org)),
			RecordID(person), when(at))}
}

// Since counts the samples that were taken since an instant, and the people whose dates have moved with them, over all enterprises.
func (p *PocketBase) Since(ctx context.Context, at time.Time) (stored, moved int, err error) {
	count := func(path, filter string) (int, error) {
		var page pocketBasePage
		err := get(ctx, p.URL, path, url.Values{"filter": {filter}, "perPage": {"1"}}, p.Owner, &page)
		return page.Total, err
	}
	if stored, err = count(samples, fmt.Sprintf(`sampled_at >= "%s"`, when(at))); err != nil {
		return 0, 0, err
	}
	moved, err = count(people, fmt.Sprintf(`last_sampled >= "%s" && next_due > last_sampled`, when(at)))
	return stored, moved, err
}
