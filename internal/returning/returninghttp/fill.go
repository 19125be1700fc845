package returninghttp

import (
	"fmt"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/returning"
)

type stepPage struct {
	httpd.Base
	Head    ui.PageHead
	Tabs    ui.Tabs
	Missing *ui.Notice
	Gate    []ui.Step // on the last step
	Pledge  []string
	Form    *ui.Form
}

// desk is where a declaration is filled in: by the person on the phone, or by the health officer from paper.
type desk struct {
	c    echo.Context
	w    words
	own  bool
	back string // where the case is shown
	base string // the steps are below it
	view returning.View
}

// sit opens the case of the address for filling in. People whose consent is still to be asked are sent to where it is asked.
func (h *Handlers) sit(c echo.Context) (desk, error) {
	d := desk{c: c, w: wordsOf(c), own: c.Param("employee") == "", back: "/me/return", base: "/me/return"}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	if d.own {
		mine, err := h.returns.Mine(ctx, sc, now)
		if err != nil {
			return d, err
		}
		if mine.Case == nil || mine.Case.ConsentAt.IsZero() {
			return d, errNotBegun
		}
		d.view = *mine.Case
	} else {
		k, err := keyOf(c)
		if err != nil {
			return d, err
		}
		d.back = address(k)
		d.base = d.back + "/edit"
		if d.view, err = h.returns.Get(ctx, sc, k, now); err != nil {
			return d, err
		}
	}
	if !editable(d.view.State) || !d.own && d.view.State == returning.Draft && d.view.Source == returning.BySelf {
		return d, errNotBegun
	}
	return d, nil
}

// errNotBegun sends the reader to the case's own page, which says what can be done.
var errNotBegun = errs.New(errs.Conflict, "returning.refused.state")

func editable(s returning.State) bool {
	return s == returning.Draft || s == returning.Submitted || s == returning.Deferred
}

func keyOf(c echo.Context) (returning.Key, error) {
	employee, err := httpd.ID(c, "employee")
	if err != nil {
		return returning.Key{}, err
	}
	id, err := httpd.ID(c, "id")
	return returning.Key{Employee: employee, ID: id}, err
}

func address(k returning.Key) string { return fmt.Sprintf("/returns/%d/%d", k.Employee, k.ID) }

func (h *Handlers) step(c echo.Context) error {
	if !slices.Contains(steps, c.Param("step")) {
		return errs.Missing()
	}
	d, err := h.sit(c)
	switch {
	case err == errNotBegun:
		return c.Redirect(303, d.back)
	case err != nil:
		return err
	}
	return d.show(200, c.Param("step"), form{w: d.w, c: c, v: values(c, &d.view.Case)})
}

func (d desk) show(status int, step string, f form) error {
	p := &stepPage{Tabs: d.tabs(step)}
	n := slices.Index(steps, step)
	above := ui.Link{Label: d.w.t("returning.own.title"), Href: d.back}
	if !d.own {
		above.Label = d.w.t("returning.case.title", "Name", d.view.Name)
	}
	p.Head = ui.NewHead(d.w.t, d.w.t("returning.step."+step+".title"), above)
	p.Head.Sub = d.w.t("returning.step.of", "N", n+1, "Of", len(steps))
	missing := d.view.Declaration.Missing()
	switch {
	case step != stepSign:
		p.Form = d.form(step, f)
	case len(missing) > 0:
		p.Missing = d.missing(missing)
	default:
		p.Form = d.form(step, f)
		p.Gate = d.w.items(withoutPledge(d.view.Items))
		p.Pledge = []string{d.w.t("returning.pledge.1"), d.w.t("returning.pledge.2"), d.w.t("returning.pledge.3"), d.w.t("returning.pledge.4")}
	}
	return httpd.Render(d.c, status, "returning/step", p)
}

func (d desk) form(step string, f form) *ui.Form {
	path := d.base + "/" + step
	submit := d.w.t("returning.next")
	if step == stepSign {
		submit = d.w.t("returning.submit")
	}
	x := ui.NewGroupedForm(d.w.t, path, submit, f.groups(step)...)
	x.Hidden = []ui.Param{{Name: "version", Value: fmt.Sprint(d.view.Version)}}
	switch step {
	case stepSign:
		x.Note = d.w.t("returning.submit.note")
	case stepStays:
		x.Also = &ui.Action{Label: d.w.t("returning.more"), Href: path + "?then=more"}
	default:
		x.Also = &ui.Action{Label: d.w.t("returning.later"), Href: path + "?then=later"}
	}
	return &x
}

func (d desk) tabs(current string) ui.Tabs {
	tabs := ui.Tabs{Label: d.w.t("returning.steps"), Segmented: true}
	for _, step := range steps {
		tabs.Items = append(tabs.Items, ui.Tab{Label: d.w.t("returning.step." + step), Href: d.base + "/" + step, Current: step == current})
	}
	return tabs
}

// missing names the questions without an answer, each as a link to it.
func (d desk) missing(names []string) *ui.Notice {
	n := &ui.Notice{Tone: ui.ToneWarn, Title: d.w.t("returning.unanswered", "Count", len(names))}
	for _, name := range names {
		key := name
		if name == stayField("area", 0) {
			key = "stay_area"
		}
		n.Links = append(n.Links, ui.Link{Label: d.w.t("returning.field." + key), Href: d.base + "/" + stepOf(name) + "#f-" + name})
	}
	return n
}

// withoutPledge leaves out the item that the step itself is about.
func withoutPledge(items []returning.Item) []returning.Item {
	return slices.DeleteFunc(slices.Clone(items), func(it returning.Item) bool { return it.Code == returning.ItemPledge })
}

func (h *Handlers) saveStep(c echo.Context) error {
	step := c.Param("step")
	if !slices.Contains(steps, step) {
		return errs.Missing()
	}
	d, err := h.sit(c)
	switch {
	case err == errNotBegun:
		httpd.Flash(c, ui.ToneWarn, "returning.refused.state")
		return c.Redirect(303, d.back)
	case err != nil:
		return err
	}
	var posted struct {
		Version string `form:"version"`
		Planned string `form:"planned_on"`
		Pledge  bool   `form:"pledge"`
	}
	if err := httpd.Bind(c, &posted); err != nil {
		return err
	}
	version := atoi(posted.Version)
	if step == stepSign {
		_, err = h.returns.Submit(c.Request().Context(), httpd.ScopeOf(c), d.view.Key, version, posted.Pledge, httpd.NowOf(c))
	} else {
		err = h.save(d, step, version, posted.Planned)
	}
	if errs.FieldsOf(err) != nil {
		return d.show(422, step, form{w: d.w, c: c, v: c.Request().Form, fault: err})
	}
	if errs.Is(err, errs.Conflict) {
		httpd.Flash(c, ui.ToneWarn, "error.conflict")
		return c.Redirect(303, d.base+"/"+step)
	}
	if err != nil {
		return err
	}
	return d.goOn(step)
}

func (h *Handlers) save(d desk, step string, version int, planned string) error {
	r := reader{d.c, d.c.Request().Form, errs.Fields{}}
	told := d.view.Declaration
	r.apply(step, &told)
	if step == stepTrip && planned == "" {
		r.faults.Add("planned_on", "error.required")
	}
	if err := r.faults.Err(); err != nil {
		return err
	}
	if step != stepTrip {
		planned = ""
	}
	_, err := h.returns.Save(d.c.Request().Context(), httpd.ScopeOf(d.c), d.view.Key, version, returning.Telling{Planned: planned, Declaration: told},
		httpd.NowOf(d.c))
	return err
}

// goOn leads to the next step, or to where the reader wants to go.
func (d desk) goOn(step string) error {
	switch d.c.QueryParam("then") {
	case "later":
		return httpd.Done(d.c, d.back, "returning.done.saved")
	case "more":
		return d.c.Redirect(303, d.base+"/"+step)
	}
	if step == stepSign {
		return httpd.Done(d.c, d.back, "returning.done.submitted")
	}
	return d.c.Redirect(303, d.base+"/"+steps[slices.Index(steps, step)+1])
}
