package incidenthttp

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
)

// contactForm is what the acts on contacts send.
type contactForm struct {
	IDs    []string `form:"ids"`
	Links  []string `form:"links"`
	Who    string   `form:"who"`
	Reason string   `form:"reason"`
	All    bool     `form:"all"`
}

func (f contactForm) employees() []int64 {
	var out []int64
	for _, s := range f.IDs {
		if id, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// act binds a form about contacts, does what fn does, and says how it went on the page of the contacts.
func act(c echo.Context, fn func(ctx context.Context, w words, id int64, f contactForm) (done string, n int, err error)) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f contactForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	done, n, err := fn(c.Request().Context(), wordsOf(c), id, f)
	if err != nil {
		return refuse(c, path(id, "contacts"), err)
	}
	return httpd.Done(c, path(id, "contacts"), "incident.done."+done, "N", n)
}

func (h *contactHandlers) assemble(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, f contactForm) (string, int, error) {
		n, err := h.tracing.Assemble(ctx, w.sc, id, f.Links, w.now)
		return "assembled", n, err
	})
}

func (h *contactHandlers) add(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, f contactForm) (string, int, error) {
		return "added", 1, h.tracing.Add(ctx, w.sc, id, f.Who, w.now)
	})
}

func (h *contactHandlers) strike(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, f contactForm) (string, int, error) {
		n, err := h.tracing.Strike(ctx, w.sc, id, f.employees(), w.now)
		return "struck", n, err
	})
}

func (h *contactHandlers) restore(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, f contactForm) (string, int, error) {
		n, err := h.tracing.Restore(ctx, w.sc, id, f.employees(), w.now)
		return "restored", n, err
	})
}

func (h *contactHandlers) wait(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, f contactForm) (string, int, error) {
		chosen := f.employees()
		if len(chosen) == 0 && !f.All {
			return "", 0, fieldFault("who", "incident.refused.none_chosen")
		}
		n, asked, err := h.tracing.Wait(ctx, w.sc, id, chosen, w.now)
		if asked {
			return "asked", n, err
		}
		return "waiting", n, err
	})
}

func (h *contactHandlers) confirm(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, _ contactForm) (string, int, error) {
		n, err := h.tracing.Confirm(ctx, w.sc, id, w.now)
		return "waiting", n, err
	})
}

func (h *contactHandlers) withdraw(c echo.Context) error {
	return act(c, func(ctx context.Context, w words, id int64, _ contactForm) (string, int, error) {
		return "withdrawn", 0, h.tracing.Withdraw(ctx, w.sc, id, w.now)
	})
}
