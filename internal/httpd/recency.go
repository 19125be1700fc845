package httpd

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/platform/db"
)

const (
	// The instant of the reader's last write travels with the browser, so that every server knows it at once, whatever else it
	// remembers of the session. Whoever changes it deceives only himself.
	wroteCookie = "fugong_wrote"
	asOfHeader  = "Fugong-Data-As-Of"

	// wroteFor is how long a browser remembers it: longer than any state that is read is old.
	wroteFor = 10 * time.Minute

	// skew is how far the clocks of two servers may be apart.
	skew = time.Second
)

// withRecency lets pages read from a replica, but never a state older than what the reader wrote. A page that is only looked at
// writes nothing that a later page has to show, though it may leave an audit row.
func (s *Server) withRecency(c echo.Context, st *state) {
	var after time.Time
	if k, err := c.Cookie(wroteCookie); err == nil {
		if ms, err := strconv.ParseInt(k.Value, 10, 64); err == nil {
			after = time.UnixMilli(ms).Add(skew)
		}
	}
	var onWrite func(time.Time)
	if m := c.Request().Method; m != http.MethodGet && m != http.MethodHead {
		onWrite = func(at time.Time) {
			h := c.Response().Header()
			h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(v string) bool { return strings.HasPrefix(v, wroteCookie+"=") })
			c.SetCookie(&http.Cookie{Name: wroteCookie, Value: strconv.FormatInt(at.UnixMilli(), 10), Path: "/",
				MaxAge: int(wroteFor / time.Second), HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode})
		}
	}
	ctx, r := db.WithRecency(c.Request().Context(), after, onWrite)
	st.recency = r
	c.SetRequest(c.Request().WithContext(ctx))
}

// stale says on the page, and to programs in a header, that a part of it is a replica's and as of when.
func (s *Server) stale(c echo.Context, b *Base) {
	st := stateOf(c)
	if st.recency == nil {
		return
	}
	at, old := st.recency.AsOf()
	if !old {
		return
	}
	b.Stale = st.printer.T("common.from_replica", "Time", at.In(b.zone).Format(time.TimeOnly))
	c.Response().Header().Set(asOfHeader, at.UTC().Format(time.RFC3339Nano))
}
