package httpd

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// Page is a page struct: one that embeds Base.
type Page interface{ base() *Base }

// Base is what every page knows: the reader, the language, the clock. The renderer fills it.
type Base struct {
	User    User
	Nav     []ui.NavItem
	Flash   []ui.Notice
	Path    string
	Now     time.Time
	Dev     bool
	Banner  string
	Alerts  string // address of the alerts that this reader's open pages ask for; "" for none
	Stale   string // as of when the page is, when a part of it came from a replica
	Bare    bool   // no navigation: sign-in, activation, print sheets
	printer *i18n.Printer
	zone    *time.Location
}

// User is the reader as the layout shows them.
type User struct {
	Name, RoleLabel, OrgName string
	SignedIn                 bool
}

func (b *Base) base() *Base { return b }

// T translates a key; args are pairs of name and value.
func (b *Base) T(key string, args ...any) string { return b.printer.T(key, args...) }

// Lang is the page's language tag.
func (b *Base) Lang() string { return b.printer.Lang() }

// OtherLang is the language the reader can switch to.
func (b *Base) OtherLang() string {
	if b.Lang() == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}

// Day writes a civil day: 2026-11-23 (周一).
func (b *Base) Day(t time.Time) string { return Day(b.printer, t) }

// Date writes the civil day of an instant in the reader's zone.
func (b *Base) Date(t time.Time) string { return Day(b.printer, t.In(b.zone)) }

// DateTime writes an instant in the reader's zone to the minute.
func (b *Base) DateTime(t time.Time) string { return DateTime(b.printer, t, b.zone) }

// ClockTime writes the time of day of an instant in the reader's zone.
func (b *Base) ClockTime(t time.Time) string { return t.In(b.zone).Format("15:04") }

// Day writes a civil day with its weekday.
func Day(p *i18n.Printer, t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.Format("2006-01-02") + " (" + p.T("common.weekday."+strings.ToLower(t.Format("Mon"))) + ")"
}

// DateTime writes an instant in a zone with its weekday, to the minute.
func DateTime(p *i18n.Printer, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "—"
	}
	local := t.In(zone)
	return Day(p, local) + " " + local.Format("15:04")
}

func (s *Server) fill(c echo.Context, b *Base, whole bool) {
	st := stateOf(c)
	b.printer, b.zone, b.Now = st.printer, ZoneOf(c), s.cfg.Clock.Now()
	b.Path, b.Dev = c.Request().URL.Path, s.cfg.Dev
	if s.cfg.Banner != "" {
		b.Banner = st.printer.T(s.cfg.Banner, "At", DateTime(st.printer, b.Now, b.zone))
	}
	s.stale(c, b)
	if whole && st.session { // a fragment must not swallow the notice that waits for the next page
		s.flash(c, b)
	}
	v := st.viewer
	if v.Scope.Account == 0 {
		return
	}
	b.User = User{Name: v.Name, OrgName: v.OrgName, RoleLabel: st.printer.T("role." + string(v.Scope.Role)), SignedIn: true}
	if s.cfg.Nav != nil && !b.Bare {
		b.Nav = s.cfg.Nav(v, st.printer.T, b.Path)
	}
	if v.Scope.Can(authz.SymptomRecord) && !b.Bare {
		b.Alerts = "/alerts"
	}
}

// flash shows the notice that the page before left.
func (s *Server) flash(c echo.Context, b *Base) {
	if tone, text, ok := strings.Cut(s.sessions.PopString(c.Request().Context(), keyFlash), "\x00"); ok {
		b.Flash = append(b.Flash, ui.Notice{Tone: ui.Tone(tone), Text: text})
	}
}
