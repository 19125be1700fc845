// Package workerhttp holds the pages of people on the shop floor: a worker's own home, sample entry, file and reminders, and
// the team leader's list of who is due. They are meant for old phones and wet gloves: few words, large targets, no script
// needed, and after each act what happens next.
package workerhttp

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
)

// Inbox is the scope's own reminders.
type Inbox interface {
	Inbox(ctx context.Context, sc authz.Scope, limit int) ([]reminder.Note, error)
	MarkRead(ctx context.Context, sc authz.Scope, at time.Time) error
}

// Deps are the services that the pages are composed of.
type Deps struct {
	DB        *db.DB
	People    *employee.Service
	Standings *standing.Service
	Samples   *screening.Service
	Reports   *symptom.Service
	Holds     *hold.Service
	Inbox     Inbox

	// What other features have to say to the person: on the home page, among the particulars, and in the course of the file.
	Notices []func(echo.Context) ([]ui.Notice, error)
	Leader  []func(echo.Context) ([]ui.Notice, error) // to whoever leads a team, above the list of it
	Facts   []func(echo.Context, db.Q) ([]ui.Fact, error)
	Entries []func(c echo.Context, q db.Q, before time.Time, limit int) ([]ui.Dated, error)
}

// Handlers serve the pages.
type Handlers struct{ Deps }

// maxUpload leaves room for a photo that is too large, so that the form can say so.
const maxUpload = 2 * screening.MaxPhoto

// Routes lists the addresses of the feature.
func Routes(d Deps) []httpd.Route {
	h := &Handlers{d}
	own := httpd.Need(authz.OwnFile)
	return []httpd.Route{
		httpd.GET("/me", own, h.home),
		httpd.GET("/me/sample", own, h.sample),
		httpd.Upload("/me/sample", own, maxUpload, h.recordSample),
		httpd.GET("/me/file", own, h.file),
		httpd.GET("/me/reminders", own, h.reminders),
		httpd.POST("/me/reminders/read", own, h.readReminders),
		httpd.GET("/team", httpd.Need(authz.TeamView), h.team),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"worker/home": &homePage{}, "worker/sample": &samplePage{}, "worker/file": &filePage{},
		"worker/reminders": &remindersPage{}, "worker/team": &teamPage{}}
}
