package httpd

import (
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd/ui"
)

const (
	keyAccount = "account"
	keyEpoch   = "epoch"
	keyFlash   = "flash"
	langCookie = "fugong_lang"
)

func newSessions(cfg Config) *scs.SessionManager {
	m := scs.New()
	m.Store = cfg.Sessions
	m.HashTokenInStore = true
	m.Lifetime = 14 * 24 * time.Hour
	m.IdleTimeout = 3 * 24 * time.Hour
	m.Cookie.Name = "fugong_session"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = cfg.Secure
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		cfg.Log.Error("session", "error", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
	return m
}

// SignIn starts a session for the account under a new token.
func (s *Server) SignIn(c echo.Context, account int64, epoch int) error {
	ctx := c.Request().Context()
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, keyAccount, account)
	s.sessions.Put(ctx, keyEpoch, epoch)
	return nil
}

// SignOut ends the session.
func (s *Server) SignOut(c echo.Context) error { return s.sessions.Destroy(c.Request().Context()) }

// Flash leaves a notice for the next page that is shown.
func Flash(c echo.Context, tone ui.Tone, key string, args ...any) {
	st := stateOf(c)
	text := st.printer.T(key, args...)
	st.server.sessions.Put(c.Request().Context(), keyFlash, string(tone)+"\x00"+text)
}

// Done leaves a notice of success and sends the reader to a page.
func Done(c echo.Context, to, key string, args ...any) error {
	Flash(c, ui.ToneOK, key, args...)
	return c.Redirect(http.StatusSeeOther, to)
}
