package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening/feed"
)

const (
	feedPath = "/samples/feed"

	feedTime = 20 * time.Minute // for a whole feed
	feedIdle = 30 * time.Second // for the next piece of its body to arrive
	maxFeeds = 2                // at once: each takes its part of memory and of the database
)

func mountFeed(s *server) {
	f := &feeds{server: s, clients: map[int32]bool{}}
	op := s.operation(http.MethodPost, feedPath, "feed-samples", tagSamples,
		summary("流式上报检测结果", "Feed results as a stream"), authz.SampleImport)
	op.Description = "As many as a city's laboratories have: up to 1,000,000 rows or 256 MB, plain or gzip, read as they arrive. " +
		"CSV begins with a line that names its columns; NDJSON has an object on each line. The fields are those of a sample of POST /samples, " +
		"in CSV all as text; proof is lab unless it says staff. Rows are merged as in POST /samples, in chunks: a feed that is cut off has " +
		"kept whole chunks, and feeding it again changes nothing, so it needs no Idempotency-Key. A laboratory of the city " +
		"(a token of the bureau or the operator) names people by id_number alone, in whatever enterprise they work, and learns counts and faulty lines only."
	text := &huma.Schema{Type: huma.TypeString}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": {Schema: text, Example: "id_number,sampled_at,result,lab\n370303198506120019,2022-03-24T07:40:00+08:00,negative,市中心医院\n"},
		"application/x-ndjson": {Schema: text,
			Example: `{"id_number":"370303198506120019","sampled_at":"2022-03-24T07:40:00+08:00","result":"negative"}` + "\n"},
	}}
	op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	op.Middlewares = append(op.Middlewares, f.admit)
	huma.Register(s.api, op, f.post)
}

// feeds takes feeds in.
type feeds struct {
	*server
	mu      sync.Mutex
	clients map[int32]bool // that feed just now
}

func (f *feeds) begin(client int32) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clients[client] || len(f.clients) >= maxFeeds {
		return false
	}
	f.clients[client] = true
	return true
}

func (f *feeds) end(client int32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, client)
}

// admit lets a client feed once at a time, and few clients together.
func (f *feeds) admit(ctx huma.Context, next func(huma.Context)) {
	const wait = 10
	k := callOf(ctx.Context())
	if !f.begin(k.client) {
		ctx.SetHeader("Retry-After", "10")
		_ = huma.WriteErr(f.api, ctx, http.StatusTooManyRequests, "", errs.New(errs.TooMany, "api.feed.busy", "Seconds", wait)) // the reader's connection's
		return
	}
	defer f.end(k.client)
	next(ctx)
}

// feedInput is a body that is not read before it is asked for.
type feedInput struct {
	Type     string `header:"Content-Type" required:"true" doc:"text/csv, with a charset if it is not UTF-8 (gb18030), or application/x-ndjson" example:"text/csv"`
	Encoding string `header:"Content-Encoding" enum:"gzip,identity" doc:"gzip, if the body is packed"`
	body     io.Reader
}

// Resolve implements huma.Resolver: it is the way to the body as a stream.
func (in *feedInput) Resolve(ctx huma.Context) []error {
	c := humaecho.Unwrap(ctx)
	in.body = &patient{in: ctx.BodyReader(), control: http.NewResponseController(c.Response())}
	return nil
}

// patient waits for the next piece of a body for a while, however long the whole takes.
type patient struct {
	in      io.Reader
	control *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	// The wire knows only the machine's clock. A connection that cannot be timed is that of a test.
	_ = p.control.SetReadDeadline(time.Now().Add(feedIdle))
	return p.in.Read(b)
}

// source says how the body is to be read.
func (in *feedInput) source() (feed.Source, error) {
	src := feed.Source{Body: in.body, Gzip: in.Encoding == "gzip"}
	media, params, err := mime.ParseMediaType(in.Type)
	switch {
	case err != nil:
		return src, errs.New(errs.Unsupported, "api.feed.type").Because(err)
	case media == "text/csv":
		src.Format, src.Charset = feed.CSV, strings.ToLower(params["charset"])
	case media == "application/x-ndjson":
		src.Format = feed.NDJSON
	default:
		return src, errs.New(errs.Unsupported, "api.feed.type")
	}
	return src, nil
}

// feedReport is the reply to a feed.
type feedReport struct {
	Rows   int            `json:"rows" doc:"Rows that were read"`
	Counts map[string]int `json:"counts" doc:"How many rows had each outcome: new, updated, duplicate, conflict, refused"`
	Faults []lineFault    `json:"faults" nullable:"false" doc:"Why rows were refused, one fault of each: the first 100 by line"`
	More   int            `json:"more_faults" doc:"Refused rows that are not among them"`
}

// lineFault is what is wrong with a line of a feed.
type lineFault struct {
	Line    int    `json:"line" doc:"Of the body, which begins with line 1" example:"2"`
	Code    string `json:"code" doc:"The kind of fault; never changes" example:"api.match.nobody"`
	Field   string `json:"field,omitempty" doc:"Missing where the line as a whole is at fault" example:"id_number"`
	Message string `json:"message" doc:"What is wrong and what to do, in the reader's language"`
}

func (f *feeds) post(ctx context.Context, in *feedInput) (*ok[feedReport], error) {
	k := callOf(ctx)
	src, err := in.source()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, feedTime)
	defer cancel()
	r, err := f.Feeds.Take(ctx, k.scope, src, k.at)
	if err != nil {
		return nil, k.stopped(r, err)
	}
	out := feedReport{Rows: r.Rows, Counts: map[string]int{}, Faults: []lineFault{}, More: r.More}
	for kind, n := range r.Counts {
		out.Counts[string(kind)] = n
	}
	for _, one := range r.Faults {
		m := masked(one.Message)
		out.Faults = append(out.Faults, lineFault{Line: one.Line, Code: m.Key, Field: one.Field, Message: k.printer.M(m)})
	}
	return &ok[feedReport]{out}, nil
}

// stopped words a feed that ended early: what came before was taken in all the same.
func (k *call) stopped(r feed.Report, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errs.New(errs.Unavailable, "api.feed.slow").Because(err)
	}
	p := k.problem(err)
	kept := errs.Msg("api.feed.kept", "Rows", r.Taken())
	p.Errors = append(p.Errors, fault{Code: kept.Key, Location: "body", Message: k.printer.M(kept)})
	return p
}
