package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

func (s *server) mountSamples() {
	post := s.operation(http.MethodPost, "/samples", "post-samples", tagSamples,
		summary("批量上报采样与结果", "Tell of samples and results"), authz.SampleRecord, authz.SampleImport)
	post.MaxBodyBytes = 8 << 20
	post.Description = "Up to 5,000 samples. A sample is known by whose it is and the second at which it was taken: telling of it again " +
		"completes it or changes nothing. Of two results for one swab the worse stands and the record is flagged for review. " +
		"Each row has its own outcome: a refused row does not hold up the others."
	write(s, post, s.postSamples, s.postSample)
}

// samplesBody is a batch of samples.
type samplesBody struct {
	Samples []sampleInput `json:"samples" minItems:"1" maxItems:"5000" nullable:"false"`
}

// sampleInput is what a program says of one sample.
type sampleInput struct {
	Person
	SampledAt   time.Time  `json:"sampled_at" example:"2022-03-24T07:40:00+08:00"`
	ReportedAt  *time.Time `json:"reported_at,omitempty" doc:"When the result became known; now, if missing"`
	TestedAt    *time.Time `json:"tested_at,omitempty"`
	Result      resultID   `json:"result"`
	Method      methodID   `json:"method,omitempty" default:"pcr"`
	Mode        modeID     `json:"collect_mode,omitempty" default:"single"`
	Source      sourceID   `json:"source,omitempty" doc:"Who had the sample taken; follows from proof if missing"`
	Proof       proofID    `json:"proof,omitempty" default:"staff" doc:"lab: from a laboratory's own system; needs the scope sample.import"`
	Institution string     `json:"institution,omitempty" doc:"Where the sample was taken"`
	Lab         string     `json:"lab,omitempty"`
	Barcode     string     `json:"barcode,omitempty"`
	Note        string     `json:"note,omitempty"`
	LateReason  string     `json:"late_reason,omitempty" doc:"Why a sample older than 30 days is told of only now"`
}

func (in *sampleInput) input(employee int64) (screening.Input, error) {
	result, err := regime.ParseResult(string(in.Result))
	if err != nil {
		return screening.Input{}, errs.New(errs.Invalid, "error.choice").Because(err)
	}
	out := screening.Input{
		Employee: employee, SampledAt: in.SampledAt, Result: result, Method: regime.Method(in.Method), Mode: regime.CollectMode(in.Mode),
		Source: regime.Source(in.Source), Proof: screening.Proof(in.Proof), Institution: in.Institution, Lab: in.Lab, Barcode: in.Barcode,
		Note: in.Note, LateReason: in.LateReason,
	}
	if in.ReportedAt != nil {
		out.ReportedAt = *in.ReportedAt
	}
	if in.TestedAt != nil {
		out.TestedAt = *in.TestedAt
	}
	return out, nil
}

// sampleOutcome is what became of one sample of a batch.
type sampleOutcome struct {
	Outcome    string     `json:"outcome" enum:"new,updated,duplicate,conflict,refused" doc:"conflict: contradicts what was known; the worse result stands"`
	EmployeeID *int64     `json:"employee_id,omitempty"`
	SampledAt  *time.Time `json:"sampled_at,omitempty" doc:"To the second: with the employee, the key of the sample"`
	Result     string     `json:"result,omitempty" doc:"That stands now"`
	MatchedBy  string     `json:"matched_by,omitempty" enum:"employee_id,id_number,employee_no,name"`
	Warnings   []string   `json:"warnings,omitempty" nullable:"false" doc:"matched_by_name, name_differs, resigned"`
	Faults     []fault    `json:"faults,omitempty" nullable:"false" doc:"Why the row was refused"`
}

func (o sampleOutcome) kind() string { return o.Outcome }

const refusedRow = string(screening.Refused)

func (s *server) postSamples(ctx context.Context, k *call, body *samplesBody) (batch[sampleOutcome], error) {
	if k.scope.CityLab() {
		return batch[sampleOutcome]{}, errs.New(errs.Forbidden, "api.feed.only")
	}
	rows := make([]sampleOutcome, len(body.Samples))
	people := make([]Person, len(body.Samples))
	for i, in := range body.Samples {
		if people[i] = in.Person; in.Proof == proofID(screening.ProofLab) {
			if err := k.scope.Require(authz.SampleImport); err != nil {
				return batch[sampleOutcome]{}, errs.New(errs.Forbidden, "api.scope", "Scopes", string(authz.SampleImport)).Because(err)
			}
		}
	}
	found, err := s.match(ctx, k, people)
	if err != nil {
		return batch[sampleOutcome]{}, err
	}
	var inputs []screening.Input
	var places []int
	for i, m := range found {
		if m.faults != nil {
			rows[i] = sampleOutcome{Outcome: refusedRow, Faults: k.faults(sampleAt(i), m.faults)}
			continue
		}
		in, err := body.Samples[i].input(m.id)
		if err != nil {
			return batch[sampleOutcome]{}, err
		}
		inputs, places = append(inputs, in), append(places, i)
	}
	outcomes, err := s.Samples.RecordBatch(ctx, k.scope, inputs, k.at)
	if err != nil {
		return batch[sampleOutcome]{}, err
	}
	for n, i := range places {
		rows[i] = k.sampleOutcome(i, outcomes[n], found[i])
	}
	return batchOf(rows), nil
}

// postSample records a batch of one whose file is named by its id, if it is plain.
func (s *server) postSample(ctx context.Context, k *call, body *samplesBody, r screening.Receipt) (batch[sampleOutcome], bool, error) {
	var none batch[sampleOutcome]
	if len(body.Samples) != 1 || body.Samples[0].Person != (Person{EmployeeID: body.Samples[0].EmployeeID}) {
		return none, false, nil
	}
	if body.Samples[0].Proof == proofID(screening.ProofLab) && !k.scope.Can(authz.SampleImport) {
		return none, false, nil
	}
	in, err := body.Samples[0].input(body.Samples[0].EmployeeID)
	if err != nil {
		return none, false, err
	}
	reply := func(o screening.Outcome) batch[sampleOutcome] {
		return batchOf([]sampleOutcome{k.sampleOutcome(0, o, matched{id: in.Employee, by: byEmployeeID})})
	}
	r.Answer = func(o screening.Outcome) (string, error) {
		text, err := json.Marshal(reply(o))
		return string(text), err
	}
	out, done, err := s.Samples.RecordOne(ctx, k.scope, in, &r, k.at)
	if !done || err != nil {
		return none, false, err
	}
	return reply(out), true, nil
}

func sampleAt(i int) string { return fmt.Sprintf("body.samples[%d]", i) }

// sampleFields are the fields that screening calls by another name.
var sampleFields = map[string]string{"employee": "employee_id", "mode": "collect_mode"}

func (k *call) sampleOutcome(i int, o screening.Outcome, m matched) sampleOutcome {
	if o.Kind == screening.Refused {
		fields := errs.FieldsOf(o.Fault())
		if fields == nil {
			fields = errs.Fields{"employee": errs.Msg("api.match.nobody")}
		}
		return sampleOutcome{Outcome: refusedRow, Faults: k.faults(sampleAt(i), renamed(fields, sampleFields))}
	}
	return sampleOutcome{Outcome: string(o.Kind), EmployeeID: orNil(o.Key.Employee), SampledAt: k.instant(o.Key.SampledAt),
		Result: o.Result.String(), MatchedBy: m.by, Warnings: m.warnings}
}

// sampleRow is a sample as it stands.
type sampleRow struct {
	SampledAt   *time.Time `json:"sampled_at"`
	ReportedAt  *time.Time `json:"reported_at,omitempty" doc:"Missing while the result is awaited"`
	TestedAt    *time.Time `json:"tested_at,omitempty"`
	Result      string     `json:"result" doc:"Also cancelled: a record that was withdrawn"`
	Method      string     `json:"method"`
	Mode        string     `json:"collect_mode"`
	Source      string     `json:"source"`
	Proof       string     `json:"proof" doc:"How much stands behind the result: self, photo, staff, lab"`
	Institution string     `json:"institution,omitempty"`
	Lab         string     `json:"lab,omitempty"`
	Barcode     string     `json:"barcode,omitempty"`
	Note        string     `json:"note,omitempty"`
	Flag        string     `json:"flag,omitempty" doc:"conflict: two results for one swab, to be looked at"`
	EnteredAt   *time.Time `json:"entered_at"`
	Rev         int        `json:"rev" doc:"1 for a record that never changed"`
}

func (k *call) sampleRow(s screening.Sample) sampleRow {
	return sampleRow{SampledAt: k.instant(s.SampledAt), ReportedAt: k.instant(s.ReportedAt), TestedAt: k.instant(s.TestedAt),
		Result: s.Result.String(), Method: string(s.Method), Mode: string(s.Mode), Source: string(s.Source), Proof: string(s.Proof),
		Institution: s.Institution, Lab: s.Lab, Barcode: s.Barcode, Note: s.Note, Flag: s.Flag, EnteredAt: k.instant(s.EnteredAt), Rev: s.Rev}
}

type listSamplesOfInput struct {
	FileID
	PageQuery
}

// history is a page of somebody's records, the newest first.
type history[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"To be sent as after; missing on the last page"`
}

// beyond is later than every sample may be.
const beyond = 24 * time.Hour

// instantIn reads a cursor that holds an instant, to the second.
func instantIn(cursor string) (time.Time, bool) {
	keys, fine := page.Keys(cursor, 1)
	if !fine {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseUint(keys[0], 10, 32)
	return time.Unix(int64(seconds), 0), err == nil
}

func (s *server) listSamplesOf(ctx context.Context, in *listSamplesOfInput) (*ok[history[sampleRow]], error) {
	k := callOf(ctx)
	before := k.at.Add(beyond)
	if in.After != "" {
		var fine bool
		if before, fine = instantIn(in.After); !fine {
			return nil, inQuery("after", "api.cursor")
		}
	}
	// Opening the file asks for the permission, answers for foreign and missing files alike, and writes the reading down.
	if _, err := s.Employees.Get(ctx, k.scope, in.ID, k.at); err != nil {
		return nil, err
	}
	var samples []screening.Sample
	err := s.DB.Read(ctx, k.scope.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		samples, err = screening.OfEmployee(ctx, tx, k.scope.Org, in.ID, before, in.Limit+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	h := history[sampleRow]{Items: []sampleRow{}}
	for i, sample := range samples {
		if i == in.Limit {
			h.Next = page.Cursor(strconv.FormatInt(samples[i-1].SampledAt.Unix(), 10))
			break
		}
		h.Items = append(h.Items, k.sampleRow(sample))
	}
	return &ok[history[sampleRow]]{h}, nil
}
