package returninghttp

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/returning"
)

type casePage struct {
	httpd.Base
	Head     ui.PageHead
	Notices  []ui.Notice
	Gate     []ui.Step
	Summary  string // of the gate
	Acts     []ui.Action
	Facts    ui.Facts
	Empty    *ui.Empty // in place of the declaration
	About    ui.Facts
	Timeline []ui.Entry
}

func (h *Handlers) show(c echo.Context) error {
	k, err := keyOf(c)
	if err != nil {
		return err
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	v, err := h.returns.Get(ctx, sc, k, httpd.NowOf(c))
	if err != nil {
		return err
	}
	events, err := h.returns.History(ctx, sc, k)
	if err != nil {
		return err
	}
	w := wordsOf(c)
	cv := caseView{w, sc, &v}
	p := &casePage{Head: ui.NewHead(w.t, w.t("returning.case.title", "Name", v.Name), ui.Link{Label: w.t("returning.title"), Href: "/returns"}),
		Notices: cv.notices(), Acts: cv.acts(), Facts: w.facts(&v.Case), About: cv.about(), Timeline: cv.timeline(c, events)}
	p.Head.Sub = w.t("returning.case.sub", "Day", w.day(v.PlannedAt))
	p.Head.Badges = []ui.Badge{w.state(v.State), ui.WorkBadge(w.t, v.Status)}
	p.Head.Actions = []ui.Action{{Label: w.t("returning.file"), Href: "/employees/" + strconv.FormatInt(k.Employee, 10), Icon: "file"}}
	private := v.State == returning.Draft && v.Source == returning.BySelf
	if !private {
		p.Gate = w.items(v.Items)
		p.Summary = cv.summary()
	}
	if private || v.Erased() {
		key := "returning.erased"
		if private {
			key = "returning.private"
		}
		p.Empty = &ui.Empty{Icon: "file", Title: w.t(key), Text: w.t(key + ".text")}
	}
	return httpd.Render(c, 200, "returning/case", p)
}

// caseView makes the parts of a case's page for a reviewer.
type caseView struct {
	w  words
	sc authz.Scope
	v  *returning.View
}

func (x caseView) summary() string {
	if !x.v.State.Waiting() {
		return ""
	}
	if n := len(returning.Failing(x.v.Items)); n > 0 {
		return x.w.t("returning.case.missing", "Count", n)
	}
	return x.w.t("returning.case.ready")
}

// mine reports whether the reader proposed the override and so cannot confirm it.
func (x caseView) mine() bool { return x.v.ReviewedBy == x.sc.Account }

func (x caseView) notices() []ui.Notice {
	t, v := x.w.t, x.v
	if v.State != returning.Override {
		return nil
	}
	var then []string
	for _, code := range v.Failed {
		then = append(then, t("returning.chip."+code))
	}
	n := ui.Notice{Tone: ui.ToneHeld, Title: t("returning.override.asks", "Name", v.ReviewedByName, "At", x.w.when(v.ReviewedAt)),
		Text: t("returning.override.because", "Reason", v.ReviewReason, "Items", x.w.join(then))}
	out := []ui.Notice{n}
	if x.mine() {
		out = append(out, ui.Notice{Tone: ui.ToneInfo, Text: t("returning.override.yours")})
	}
	worse := func(code string) bool { return !slices.Contains(v.Failed, code) }
	if slices.ContainsFunc(returning.Failing(v.Items), worse) {
		out = append(out, ui.Notice{Tone: ui.ToneWarn, Text: t("returning.refused.worse")})
	}
	return out
}

func (x caseView) post(name string) string { return address(x.v.Key) + "/" + name }

func (x caseView) version() []ui.Param {
	return []ui.Param{{Name: "version", Value: strconv.Itoa(x.v.Version)}}
}

// plain is a decision without a question.
func (x caseView) plain(name, icon string, kind ui.Kind) ui.Action {
	return ui.Action{Label: x.w.t("returning.act." + name), Href: x.post(name), Icon: icon, Kind: kind, Post: true, Hidden: x.version()}
}

// asks is a decision that takes a reason.
func (x caseView) asks(name, icon string, kind ui.Kind, needed bool) ui.Action {
	t := x.w.t
	d := ui.NewDialog(t, name, ui.Action{Label: t("returning.act." + name), Icon: icon}, x.post(name))
	d.Text, d.Hidden, d.Kind = t("returning.act."+name+".text"), x.version(), kind
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: name + "-reason", Label: t("common.reason"), Hint: t("returning.reason_hint"),
		Required: needed, MaxLength: 200}}
	return ui.Action{Dialog: d}
}

// acts are the decisions that the case allows its reader now; at most one is primary.
func (x caseView) acts() []ui.Action {
	v, failing := x.v, returning.Failing(x.v.Items)
	edit := ui.Action{Label: x.w.t("returning.fill"), Href: address(v.Key) + "/edit/" + stepTrip, Icon: "edit"}
	switch v.State {
	case returning.Draft:
		if v.Source == returning.BySelf {
			return nil
		}
		edit.Kind = ui.KindPrimary
		return []ui.Action{edit, x.plain("withdraw", "undo", ui.KindQuiet)}
	case returning.Submitted, returning.Deferred:
		var out []ui.Action
		if failing == nil {
			out = append(out, x.plain("approve", "check", ui.KindPrimary))
		}
		out = append(out, x.asks("defer", "clock", ui.KindPrimary, failing == nil), x.asks("reject", "close", ui.KindDanger, true))
		if failing != nil && !returning.HeldBack(v.Items) {
			out = append(out, x.asks("override", "people", ui.KindPrimary, true))
		}
		return append(out, edit)
	case returning.Override:
		if x.mine() {
			return []ui.Action{x.asks("defer", "undo", ui.KindPrimary, failing == nil)}
		}
		return []ui.Action{x.plain("confirm", "check", ui.KindPrimary), x.asks("refuse", "close", ui.KindDanger, true)}
	}
	return nil
}

// about tells how the case came about.
func (x caseView) about() ui.Facts {
	t, v := x.w.t, x.v
	f := ui.Facts{Columns: true, Items: []ui.Fact{
		{Label: t("returning.column.source"), Value: t("returning.source." + string(v.Source))},
		{Label: t("returning.about.submitted"), Value: x.w.when(v.SubmittedAt)},
		{Label: t("returning.consent"), Value: t("returning.consent.none")},
		{Label: t("returning.about.pledge"), Value: x.w.when(v.PledgeAt)},
	}}
	if !v.ConsentAt.IsZero() {
		f.Items[2].Value, f.Items[2].Sub = x.w.when(v.ConsentAt), t("returning.about.notice", "Version", v.NoticeVersion)
	}
	return f
}

var eventIcons = map[string]string{"return.approve": "check", "return.confirm": "check", "return.defer": "clock", "return.reject": "close",
	"return.refuse": "close", "return.override": "people", "return.withdraw": "undo", "return.import": "upload", "return.submit": "right"}

func (x caseView) timeline(c echo.Context, events []returning.Event) []ui.Entry {
	var out []ui.Entry
	for _, e := range events {
		out = append(out, entryAt(c, e.At, eventIcons[e.Action], x.w.t("audit.action."+e.Action), e.Reason, e.Actor))
	}
	return ui.GroupDays(out)
}

func entryAt(c echo.Context, at time.Time, icon, title, text, actor string) ui.Entry {
	local := at.In(httpd.ZoneOf(c))
	return ui.Entry{Day: httpd.Day(httpd.PrinterOf(c), local), Time: local.Format("15:04"), DateTime: local.Format(time.RFC3339), Icon: icon, Title: title,
		Text: text, Actor: actor}
}

// decide is one decision about a case at a version, with a reason where one is asked for.
type decide func(ctx context.Context, sc authz.Scope, k returning.Key, version int, reason string, at time.Time) error

// decisions are the decisions by the last part of their address.
func (h *Handlers) decisions() map[string]decide {
	plain := func(fn func(context.Context, authz.Scope, returning.Key, int, time.Time) error) decide {
		return func(ctx context.Context, sc authz.Scope, k returning.Key, version int, _ string, at time.Time) error {
			return fn(ctx, sc, k, version, at)
		}
	}
	return map[string]decide{
		"approve": plain(h.returns.Approve), "confirm": plain(h.returns.Confirm), "defer": h.returns.Defer, "reject": h.returns.Reject,
		"override": h.returns.ProposeOverride, "refuse": h.returns.Refuse,
		"withdraw": func(ctx context.Context, sc authz.Scope, k returning.Key, _ int, _ string, at time.Time) error {
			return h.returns.Withdraw(ctx, sc, k, at)
		},
	}
}

func (h *Handlers) decision(name string, fn decide) echo.HandlerFunc {
	return func(c echo.Context) error {
		k, err := keyOf(c)
		if err != nil {
			return err
		}
		var f struct {
			Version string `form:"version"`
			Reason  string `form:"reason"`
		}
		if err := httpd.Bind(c, &f); err != nil {
			return err
		}
		if err := fn(c.Request().Context(), httpd.ScopeOf(c), k, atoi(f.Version), f.Reason, httpd.NowOf(c)); err != nil {
			return refused(c, err, address(k))
		}
		return httpd.Done(c, address(k), "returning.done."+name)
	}
}
