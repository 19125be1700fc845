package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/bench/sheetfile"
)

// guest is an enterprise made for one scenario, with a health officer and an API client, and taken out again afterwards: whatever comes
// into it, the others find the city as it was loaded.
type guest struct {
	w      *World
	server *Server
	org    int32
	cookie string
	token  string
}

const guestLogin = "officer.sheets"

func newGuest(ctx context.Context, w *World) (*guest, error) {
	s, err := w.Server(ctx)
	if err != nil {
		return nil, err
	}
	like := &w.City.Orgs[0]
	g := &guest{w: w, server: s, token: fmt.Sprintf("fg_sheets_%d", time.Now().UnixNano())}
	hash := sha256.Sum256([]byte(g.token))
	err = w.Admin.GetContext(ctx, &g.org, "insert into org (kind, code, name, admin_zone, industry, go_live_at, created_at, updated_at) select kind, $2, name, admin_zone, industry, go_live_at, created_at, updated_at from org where id = $1 returning id",
		like.ID, fmt.Sprintf("G%d", time.Now().UnixNano()))
	if err != nil {
		return nil, fmt.Errorf("make an enterprise: %w", err)
	}
	for _, made := range []struct {
		text string
		arg  any
	}{
		{"insert into account (org_id, role, login, display_name, password_hash, state, created_at, updated_at) select $1, role, $2, display_name, password_hash, state, created_at, updated_at from account where login = '" + like.Officer() + "'", guestLogin},
		{"insert into api_client (org_id, name, token_hash, role, scopes, created_by, created_at, expires_at) select $1, name, $2, role, scopes, created_by, created_at, expires_at from api_client where org_id = " + strconv.Itoa(int(like.ID)), hash[:]},
	} {
		if _, err := w.Admin.ExecContext(ctx, made.text, g.org, made.arg); err != nil {
			return nil, errors.Join(fmt.Errorf("make accounts: %w", err), g.leave(ctx))
		}
	}
	g.cookie, err = s.SignIn(ctx, guestLogin)
	return g, err
}

// empty takes out everything that came into the enterprise; its officer and its client stay.
func (g *guest) empty(ctx context.Context) error { return g.clear(ctx, "account", "api_client", "org") }

// leave takes the enterprise out altogether.
func (g *guest) leave(ctx context.Context) error {
	g.server.mu.Lock()
	delete(g.server.cookies, guestLogin)
	g.server.mu.Unlock()
	return g.clear(ctx, "org")
}

const sqlTenantTables = `select c.table_name from information_schema.columns c join pg_class k on k.relname = c.table_name
    where c.table_schema = 'public' and c.column_name = 'org_id' and k.relkind in ('r', 'p') and not k.relispartition`

// clear deletes the enterprise's rows of every table but the kept ones. Keys are not checked meanwhile, since all goes.
func (g *guest) clear(ctx context.Context, keep ...string) error {
	var tables []string
	if err := g.w.Admin.SelectContext(ctx, &tables, sqlTenantTables); err != nil {
		return err
	}
	tx, err := g.w.Admin.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func(tx *sqlx.Tx) { _ = tx.Rollback() }(tx) // after a commit it does nothing
	kept := " " + strings.Join(keep, " ") + " "
	statements := []string{"set local session_replication_role = replica"}
	for _, t := range tables {
		if !strings.Contains(kept, " "+t+" ") {
			statements = append(statements, fmt.Sprintf("delete from %s where org_id = %d", pq.QuoteIdentifier(t), g.org))
		}
	}
	if len(keep) == 1 {
		statements = append(statements, fmt.Sprintf("delete from org where id = %d", g.org))
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("take the enterprise out: %w", err)
		}
	}
	return tx.Commit()
}

// take uploads a sheet as a browser does, waits for its check, decides for it, and waits until it is in. The time is that of both tasks
// with their requests; a person would look at the preview between.
func (g *guest) take(ctx context.Context, kind, name string, data []byte, rows int, outcome string) (time.Duration, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return 0, err
	}
	if _, err := part.Write(data); err != nil {
		return 0, err
	}
	if err := errors.Join(form.WriteField("kind", kind), form.Close()); err != nil {
		return 0, err
	}
	start := time.Now()
	to, err := g.post(ctx, "/imports", form.FormDataContentType(), &body)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(to, "/imports/"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the upload led to %q", to)
	}
	counts, err := g.await(ctx, id, "ready")
	if err != nil {
		return 0, err
	}
	checked := time.Since(start)
	if err := checkf(counts[outcome] == rows, "%s %s: %d of %d rows are %s: %v", kind, name, counts[outcome], rows, outcome, counts); err != nil {
		return 0, err
	}
	start = time.Now()
	if _, err := g.post(ctx, to+"/commit", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"rows": {"all"}}.Encode())); err != nil {
		return 0, err
	}
	_, err = g.await(ctx, id, "done")
	return checked + time.Since(start), err
}

// post sends a form as the officer and returns where it leads.
func (g *guest) post(ctx context.Context, path, media string, body io.Reader) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.server.URL+path, body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Cookie", g.cookie)
	r, err := noRedirect.Do(req)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: status %d: %.300s", path, r.StatusCode, text)
	}
	return r.Header.Get("Location"), err
}

const sqlImportState = `select state, counts from import where org_id = $1 and id = $2`

// await waits until the import has the state.
func (g *guest) await(ctx context.Context, id int64, want string) (map[string]int, error) {
	for {
		var state string
		var raw []byte
		if err := g.w.Admin.QueryRowxContext(ctx, sqlImportState, g.org, id).Scan(&state, &raw); err != nil {
			return nil, fmt.Errorf("state of the import: %w", err)
		}
		switch state {
		case want:
			counts := map[string]int{}
			return counts, json.Unmarshal(raw, &counts)
		case "refused", "failed", "cancelled":
			return nil, fmt.Errorf("the import is %s", state)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// put sends people to the API as a program does, a thousand in a request, one request after the other.
func (g *guest) put(ctx context.Context, rows int, outcome string) (time.Duration, error) {
	const most = 1000
	var bodies [][]byte
	for from := 0; from < rows; from += most {
		var people []map[string]string
		for i := from; i < min(rows, from+most); i++ {
			r := sheetfile.RosterRow(i)
			people = append(people, map[string]string{"employee_no": r[0], "name": r[1], "id_number": r[2], "sex": r[3], "mobile": r[4], "dept": r[5],
				"workshop": r[6], "team": r[7], "post": r[8], "test_category": r[9], "home_address": r[10], "joined_on": r[11]})
		}
		body, err := json.Marshal(map[string]any{"employees": people})
		if err != nil {
			return 0, err
		}
		bodies = append(bodies, body)
	}
	start, done := time.Now(), 0
	for _, body := range bodies {
		n, err := g.putOne(ctx, body, outcome)
		if err != nil {
			return 0, err
		}
		done += n
	}
	return time.Since(start), checkf(done == rows, "of %d people put %d are %s", rows, done, outcome)
}

func (g *guest) putOne(ctx context.Context, body []byte, outcome string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, g.server.URL+"/api/v1/employees", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("Idempotency-Key", fmt.Sprintf("sheets-%d", time.Now().UnixNano()))
	r, err := noRedirect.Do(req)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("PUT employees: status %d, %w: %.300s", r.StatusCode, err, answer)
	}
	var told struct {
		Counts map[string]int `json:"counts"`
	}
	err = json.Unmarshal(answer, &told)
	return told.Counts[outcome], err
}
