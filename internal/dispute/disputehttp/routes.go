// Package disputehttp holds the pages on which people contest what is said about them, on which the office answers by a clock,
// and on which it corrects many records at once.
package disputehttp

import (
	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
)

// Handlers serve the pages.
type Handlers struct {
	disputes    *dispute.Service
	corrections *dispute.Corrections
	samples     *screening.Service // names teams
}

// maxUpload leaves room for a photo that is too large, so that the form can say so.
const maxUpload = 2 * screening.MaxPhoto

// Routes lists the addresses of the feature.
func Routes(disputes *dispute.Service, corrections *dispute.Corrections, samples *screening.Service) []httpd.Route {
	h := &Handlers{disputes, corrections, samples}
	own, answer, correct := httpd.Need(authz.OwnFile), httpd.Need(authz.DisputeAnswer), httpd.Need(authz.SampleRecord)
	return []httpd.Route{
		httpd.GET("/me/disputes", own, h.own),
		httpd.GET("/me/disputes/new", own, h.form),
		httpd.Upload("/me/disputes", own, maxUpload, h.open),
		httpd.GET("/me/disputes/:id", own, h.mine),
		httpd.POST("/me/disputes/:id/withdraw", own, h.withdraw),
		httpd.GET("/disputes", answer, h.list),
		httpd.GET("/disputes/:employee/:id", answer, h.detail),
		httpd.POST("/disputes/:employee/:id/answer", answer, h.answer),
		httpd.GET("/corrections", correct, h.batches),
		httpd.GET("/corrections/new", correct, h.newBatch),
		httpd.POST("/corrections/new", correct, h.newBatch),
		httpd.POST("/corrections/preview", correct, h.preview),
		httpd.POST("/corrections", correct, h.do),
		httpd.GET("/corrections/:id", correct, h.batch),
		httpd.GET("/corrections/:id/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.POST("/corrections/:id/undo", correct, h.undo),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"dispute/own": &ownPage{}, "dispute/new": &newPage{}, "dispute/mine": &minePage{}, "dispute/list": &listPage{},
		"dispute/detail": &detailPage{}, "dispute/batches": &listPage{}, "dispute/correct": &correctPage{}, "dispute/preview": &previewPage{},
		"dispute/batch": &batchPage{}}
}
