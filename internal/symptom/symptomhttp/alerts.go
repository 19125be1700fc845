package symptomhttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/symptom"
)

type alertsPage struct {
	httpd.Base
	Href   string // where to ask again
	Notice *ui.Notice
}

// alerts answers the open pages of health officers: nothing while nothing changed since the reader's last answer, else a small
// notice that names the newest alert and never a symptom.
func (h *Handlers) alerts(c echo.Context) error {
	news, err := h.reports.Unseen(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return err
	}
	tag := news.Tag()
	if since := c.QueryParam("since"); since == tag || since == "" && news.Count == 0 {
		return c.NoContent(204)
	}
	p := &alertsPage{Href: "/alerts?since=" + tag}
	p.Bare = true
	if news.Count > 0 {
		p.Notice = notice(c, news)
	}
	return httpd.Fragment(c, 200, "symptom/alerts", "symptom/alerts", p)
}

func notice(c echo.Context, news symptom.News) *ui.Notice {
	t := ui.Translate(httpd.PrinterOf(c).T)
	return &ui.Notice{Tone: ui.ToneHeld, Title: t("symptom.alert.title", "N", news.Count),
		Text:  t("symptom.alert.text", "Name", news.Name, "At", httpd.DateTime(httpd.PrinterOf(c), news.At, httpd.ZoneOf(c))),
		Links: []ui.Link{{Label: t("symptom.alert.open"), Href: "/symptoms?show=unseen"}, {Label: t("symptom.alert.incidents"), Href: "/incidents"}}}
}
