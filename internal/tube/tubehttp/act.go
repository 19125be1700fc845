package tubehttp

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// act is a button of a tube's page.
func act(c echo.Context, done string, do func(ctx context.Context, sc authz.Scope, id int64, now time.Time) error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c)); err != nil {
		return warn(c, address(id), err)
	}
	return httpd.Done(c, address(id), done)
}

func (h *Handlers) seal(c echo.Context) error   { return act(c, "tube.done.sealed", h.tubes.Seal) }
func (h *Handlers) reopen(c echo.Context) error { return act(c, "tube.done.reopened", h.tubes.Reopen) }

// reasonForm is what dialogs ask for.
type reasonForm struct {
	Reason    string `form:"reason"`
	SampledAt string `form:"sampled_at"`
}

func (h *Handlers) void(c echo.Context) error {
	var f reasonForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	return act(c, "tube.done.void", func(ctx context.Context, sc authz.Scope, id int64, now time.Time) error {
		return h.tubes.Void(ctx, sc, id, f.Reason, now)
	})
}

func (h *Handlers) remove(c echo.Context) error {
	_, employee, err := tubeMember(c)
	if err != nil {
		return err
	}
	var f reasonForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	return act(c, "tube.done.removed", func(ctx context.Context, sc authz.Scope, id int64, now time.Time) error {
		return h.tubes.Remove(ctx, sc, id, employee, f.Reason, now)
	})
}

func (h *Handlers) retime(c echo.Context) error {
	_, employee, err := tubeMember(c)
	if err != nil {
		return err
	}
	var f reasonForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	faults := errs.Fields{}
	sampled := timeField(c, faults, "sampled_at", f.SampledAt)
	if sampled.IsZero() {
		faults.Add("sampled_at", "error.datetime")
	}
	return act(c, "tube.done.retimed", func(ctx context.Context, sc authz.Scope, id int64, now time.Time) error {
		if err := faults.Err(); err != nil {
			return err
		}
		return h.tubes.Retime(ctx, sc, id, employee, sampled, f.Reason, now)
	})
}

// taken notes that a member was swabbed alone just now.
func (h *Handlers) taken(c echo.Context) error {
	_, employee, err := tubeMember(c)
	if err != nil {
		return err
	}
	return act(c, "tube.done.taken", func(ctx context.Context, sc authz.Scope, id int64, now time.Time) error {
		return h.tubes.TakeSingle(ctx, sc, id, employee, now)
	})
}
