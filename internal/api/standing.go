package api

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing/standingview"
)

// standingReply is where a person stands at an instant, with everything that it rests on.
type standingReply struct {
	EmployeeID int64         `json:"employee_id"`
	At         *time.Time    `json:"at" doc:"The instant asked about"`
	State      string        `json:"state" enum:"ok,due_soon,overdue,no_record,pending,result_late,exempt,off_post" doc:"Held people are off_post"`
	Since      *time.Time    `json:"since,omitempty" doc:"When the state began; missing if the records show no beginning"`
	NextChange *nextState    `json:"next_change,omitempty" doc:"What the state becomes by itself; missing if only a new record can change it"`
	DueAt      *time.Time    `json:"due_at,omitempty" doc:"By when a sample is owed that turns out negative; missing when none is owed"`
	MayWork    bool          `json:"may_work"`
	Holds      []holdReply   `json:"holds" nullable:"false" doc:"Why the person may not be on post, the oldest first"`
	Rule       ruleReply     `json:"rule"`
	Counted    *sampleFact   `json:"counted,omitempty" doc:"The newest known negative, from which due_at counts"`
	Latest     *sampleFact   `json:"latest,omitempty" doc:"The newest PCR sample"`
	Reasons    []reasonReply `json:"reasons" nullable:"false" doc:"What decided the state, then what else one should know"`
}

type nextState struct {
	At    *time.Time `json:"at"`
	State string     `json:"state"`
}

type holdReply struct {
	ID    *int64     `json:"id,omitempty" doc:"Missing for a hold that follows from a result"`
	Kind  string     `json:"kind"`
	From  *time.Time `json:"from,omitempty"`
	Until *time.Time `json:"until,omitempty"`
}

// ruleReply names the rule that was applied.
type ruleReply struct {
	Pack           string `json:"pack" example:"zibo-2022-03"`
	Version        int    `json:"version"`
	Category       string `json:"category"`
	IntervalHours  int    `json:"interval_hours"`
	Mode           string `json:"mode"`
	BlockOnOverdue bool   `json:"block_on_overdue" doc:"Whoever is overdue may not work"`
	Basis          string `json:"basis" doc:"The text that the rule rests on"`
	Text           string `json:"text" doc:"In the reader's language"`
}

// sampleFact is what a standing needs of a sample, with its result as it was known at the instant.
type sampleFact struct {
	SampledAt  *time.Time `json:"sampled_at"`
	ReportedAt *time.Time `json:"reported_at,omitempty"`
	Result     string     `json:"result"`
	Method     string     `json:"method"`
	Mode       string     `json:"collect_mode"`
	Source     string     `json:"source"`
}

type reasonReply struct {
	Code string            `json:"code" doc:"Never changes" example:"negative_counts"`
	At   *time.Time        `json:"at,omitempty"`
	Args map[string]string `json:"args,omitempty"`
	Text string            `json:"text" doc:"In the reader's language"`
}

type standingInput struct {
	FileID
	At time.Time `query:"at" doc:"Any instant, by what was known then; a future one shows what comes if nothing new does. Now, if missing"`
}

// The instants that can be asked about.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (s *server) getStanding(ctx context.Context, in *standingInput) (*ok[standingReply], error) {
	k := callOf(ctx)
	at := in.At
	switch {
	case at.IsZero():
		at = k.at
	case at.Before(earliest) || at.After(latest):
		return nil, inQuery("at", "api.fault.range", "Detail", "2000-2100")
	}
	// Opening the file asks for the permission, answers for foreign and missing files alike, and writes the reading down.
	if _, err := s.Employees.Get(ctx, k.scope, in.ID, k.at); err != nil {
		return nil, err
	}
	var st regime.Standing
	err := s.DB.Read(ctx, k.scope.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		st, err = s.Standings.Explain(ctx, tx, k.scope.Org, in.ID, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ok[standingReply]{k.standing(in.ID, st, at)}, nil
}

func (k *call) standing(id int64, st regime.Standing, at time.Time) standingReply {
	view := standingview.New(k.printer.T, func(t time.Time) string { return httpd.DateTime(k.printer, t, k.zone) })
	r := standingReply{
		EmployeeID: id, At: k.instant(at), State: st.State.String(), Since: k.instant(st.Since), DueAt: k.instant(st.DueAt), MayWork: st.MayWork,
		Holds: []holdReply{}, Counted: k.sampleFact(st.Counted), Latest: k.sampleFact(st.Latest), Reasons: []reasonReply{},
		Rule: ruleReply{Pack: st.Rule.Pack, Version: st.Rule.Version, Category: string(st.Rule.Category), IntervalHours: st.Rule.IntervalHours,
			Mode: string(st.Rule.Mode), BlockOnOverdue: st.Rule.BlockOnOverdue, Basis: st.Rule.Basis, Text: view.Rule(st.Rule)},
	}
	if !st.NextChange.IsZero() {
		r.NextChange = &nextState{At: k.instant(st.NextChange), State: st.Next.String()}
	}
	for _, h := range st.Held {
		r.Holds = append(r.Holds, holdReply{ID: orNil(h.ID), Kind: h.Kind, From: k.instant(h.From), Until: k.instant(h.To)})
	}
	for _, reason := range st.Reasons {
		r.Reasons = append(r.Reasons, reasonReply{Code: reason.Code, At: k.instant(reason.At), Args: reason.Args, Text: view.Reason(reason)})
	}
	return r
}

func (k *call) sampleFact(s *regime.Sample) *sampleFact {
	if s == nil {
		return nil
	}
	return &sampleFact{SampledAt: k.instant(s.SampledAt), ReportedAt: k.instant(s.ReportedAt), Result: s.Result.String(),
		Method: string(s.Method), Mode: string(s.Mode), Source: string(s.Source)}
}
