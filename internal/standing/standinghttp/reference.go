package standinghttp

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
)

// referencePage shows one answer without the facts, to whoever was handed its reference.
type referencePage struct {
	httpd.Base
	Head    ui.PageHead
	Ref     ui.Field
	Answers []answer
}

// reference is the question that an enterprise handed over. It is sealed, so that it names nobody and cannot be made up.
type reference struct {
	Org      int32     `json:"o"`
	Employee int64     `json:"e"`
	At       time.Time `json:"a"`
	Made     time.Time `json:"m"`
}

// referenceLife is how long a reference may be used.
const referenceLife = 30 * 24 * time.Hour

func referenceAD() secret.AD { return secret.AD{Table: "standing", Column: "reference"} }

func (h *handlers) seal(org int32, employee int64, at, now time.Time) (string, error) {
	b, err := json.Marshal(reference{org, employee, at.UTC().Truncate(time.Second), now.UTC().Truncate(time.Second)})
	if err != nil {
		return "", fmt.Errorf("encode reference: %w", err)
	}
	sealed, err := h.Box.Seal(b, referenceAD())
	if err != nil {
		return "", fmt.Errorf("seal reference: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (h *handlers) open(text string, now time.Time) (reference, error) {
	var r reference
	refused := errs.New(errs.Invalid, "standing.ref.invalid")
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > 500 {
		return r, refused
	}
	b, err := h.Box.Open(sealed, referenceAD())
	if err != nil {
		return r, refused
	}
	if err := json.Unmarshal(b, &r); err != nil || now.Sub(r.Made) > referenceLife {
		return r, refused
	}
	return r, nil
}

func (h *handlers) reference(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &referencePage{Head: ui.NewHead(t, t("standing.ref.title"), ui.Link{Label: t("app.nav.bureau"), Href: "/bureau"})}
	p.Head.Sub = t("standing.ref.sub")
	p.Ref = ui.Field{Kind: ui.FieldText, Name: "ref", Label: t("standing.ref.label"), Value: c.QueryParam("ref")}
	if p.Ref.Value == "" {
		return httpd.Render(c, 200, "standing/reference", p)
	}
	r, err := h.open(p.Ref.Value, now)
	if err != nil {
		p.Ref.Error = t("standing.ref.invalid")
		return httpd.Render(c, 422, "standing/reference", p)
	}
	var inquiry standing.Inquiry
	// The enterprise's rows are read for this one answer; its log says so, and the person can see it.
	reader := authz.System("standing.reference").ForOrg(r.Org)
	err = h.DB.InTx(ctx, reader.Tenant(), func(tx *sqlx.Tx) error {
		if inquiry, err = h.Standings.Ask(ctx, tx, r.Org, r.Employee, r.At); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, now, audit.Event{Org: r.Org, Action: "standing.reference", Subject: "standing", Employee: r.Employee, Read: true})
	})
	if err != nil {
		return err
	}
	v := viewOf(c, t)
	for _, a := range []struct {
		title string
		standing.Answer
	}{{t("standing.ask.then_sub", "At", v.Stamp(r.At)), inquiry.Then}, {t("standing.ask.today_sub"), inquiry.Today}} {
		e := v.WithoutFacts(a.Standing, a.Changes)
		p.Answers = append(p.Answers, answer{Title: a.title, Badge: e.Badge, Facts: factsOf(t, e), Changes: e.Changes})
	}
	return httpd.Render(c, 200, "standing/reference", p)
}
