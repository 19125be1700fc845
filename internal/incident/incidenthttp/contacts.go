package incidenthttp

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
)

type contactsPage struct {
	httpd.Base
	Head     ui.PageHead
	Tabs     *ui.Tabs
	Notice   *ui.Notice
	Asking   *ui.Notice
	Answers  []ui.Action // of the second person
	Assemble *ui.Form
	Again    bool // a list stands already
	Table    ui.Table
}

func (h *contactHandlers) contacts(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	q := c.QueryParams()
	f := incident.ContactFilter{Query: q.Get("q"), Link: q.Get("link"), State: q.Get("state"), Request: httpd.PageRequest(c)}
	res, err := h.tracing.Contacts(c.Request().Context(), w.sc, id, f, w.now)
	if err != nil {
		return err
	}
	here := path(id, "contacts")
	p := &contactsPage{Head: headOf(w, res.Incident), Tabs: tabsOf(w, res.Incident, res.Counts, here), Notice: w.drillNotice(res.Incident.Drill),
		Table: contactTable(w, res)}
	if res.Incident.IsOpen() {
		p.Head.Actions = contactActions(w, res)
		form := assembleForm(w, id, len(res.Counts) == 0)
		p.Assemble, p.Again = &form, len(res.Counts) > 0
		p.Asking, p.Answers = askingNotice(w, id, res.Asking)
	} else {
		p.Head.Actions = append(handoverAction(w, res.Incident), releaseAction(w, res)...)
	}
	p.Table.Toolbar = contactToolbar(w, here, res.Counts)
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href(here, q, "after", "", "before", "", name, cursor)
	}
	p.Table.Pager = ui.NewPager(w.t, len(res.Rows), res.Total, turn("before", res.Prev), turn("after", res.Next))
	return httpd.Render(c, 200, "incident/contacts", p)
}

// assembleForm asks by which links; the wide one is left out unless ticked. Once a list stands, it is no more the first thing to do.
func assembleForm(w words, id int64, first bool) ui.Form {
	choices := ui.Choose(options(w.t, "incident.link.", incident.Links()), incident.CloseLinks()...)
	form := ui.NewForm(w.t, path(id, "contacts", "assemble"), w.t("incident.assemble"),
		ui.Field{Kind: ui.FieldChecks, Name: "links", Label: w.t("incident.assemble.links"), Hint: w.t("incident.assemble.hint"), Inline: true, Options: choices})
	if !first {
		form.Kind = ui.KindPlain
	}
	return form
}

// askingNotice tells of contacts that a second person shall let wait.
func askingNotice(w words, id int64, a incident.Asking) (*ui.Notice, []ui.Action) {
	if a.N == 0 {
		return nil, nil
	}
	n := &ui.Notice{Tone: ui.ToneWarn, Title: w.t("incident.asking", "Name", a.Name, "N", a.N), Text: w.t("incident.asking.text", "Max", hold.GroupLimit)}
	back := ui.Action{Label: w.t("incident.withdraw"), Href: path(id, "contacts", "withdraw"), Icon: "undo", Post: true}
	if a.Own {
		n.Text = w.t("incident.asking.own", "Max", hold.GroupLimit)
		return n, []ui.Action{back}
	}
	return n, []ui.Action{{Label: w.t("incident.confirm", "N", a.N), Href: path(id, "contacts", "confirm"), Icon: "check", Kind: ui.KindPrimary, Post: true}, back}
}

func contactActions(w words, res incident.Contacts) []ui.Action {
	id := res.Incident.ID
	add := ui.NewDialog(w.t, "add-contact", ui.Action{Label: w.t("incident.contact.add"), Icon: "plus"}, path(id, "contacts", "add"))
	add.Fields = []ui.Field{{Kind: ui.FieldText, Name: "who", ID: "add-contact-who", Label: w.t("incident.field.who"), Required: true, MaxLength: 80}}
	actions := append(handoverAction(w, res.Incident), ui.Action{Dialog: add})
	actions = append(actions, releaseAction(w, res)...)
	if n := res.Counts[incident.Listed]; n > 0 {
		wait := ui.NewDialog(w.t, "wait-all", ui.Action{Label: w.t("incident.wait.all", "N", n), Icon: "stop", Kind: ui.KindPrimary}, path(id, "contacts", "wait"))
		wait.Text, wait.Submit = w.t("incident.wait.text"), w.t("incident.wait")
		if n > hold.GroupLimit && !res.Incident.Drill {
			wait.Text = w.t("incident.wait.second", "Max", hold.GroupLimit)
		}
		wait.Hidden = []ui.Param{{Name: "all", Value: "1"}}
		actions = append(actions, ui.Action{Dialog: wait})
	}
	return actions
}

// releaseAction leads to the release of all who are held in place, with the form filled in. Each is judged by the rules there.
func releaseAction(w words, res incident.Contacts) []ui.Action {
	if len(res.InPlace) == 0 {
		return nil
	}
	return []ui.Action{{Label: w.t("incident.release", "N", len(res.InPlace)), Href: "/holds/release/back", Icon: "undo", Post: true, Hidden: []ui.Param{
		{Name: "by", Value: hold.ByList}, {Name: "kind", Value: hold.KindTempIsolation}, {Name: "value", Value: strings.Join(res.InPlace, "\n")}}}}
}

// handoverAction takes the list out for the CDC; there is none of a drill.
func handoverAction(w words, i incident.Incident) []ui.Action {
	if i.Drill || !w.sc.Can(authz.EmployeeReveal) {
		return nil
	}
	d := ui.NewDialog(w.t, "handover", ui.Action{Label: w.t("incident.handover"), Icon: "download"}, path(i.ID, "contacts", "handover"))
	d.Text = w.t("incident.handover.text")
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "handover-reason", Label: w.t("common.reason"), Hint: w.t("common.reason_hint"),
		Required: true, MaxLength: 200}}
	return []ui.Action{{Dialog: d}}
}

var contactFaces = map[string]face{
	incident.Listed:   {ui.ToneInfo, "list", false},
	incident.Asked:    {ui.ToneWarn, "hourglass", false},
	incident.Waiting:  {ui.ToneHeld, "stop", false},
	incident.Released: {ui.ToneOK, "check", false},
	incident.Cleared:  {ui.ToneNeutral, "away", false},
}

// contactStates, in order of display.
var contactStates = []string{incident.Listed, incident.Asked, incident.Waiting, incident.Released, incident.Cleared}

// contactState is the state's word for texts and filters.
func contactState(state string) string {
	if state == incident.Listed {
		return incident.ListedFilter
	}
	return state
}

func contactBadge(w words, p incident.Person) ui.Badge {
	f := contactFaces[p.State]
	return ui.Badge{Label: w.t("incident.contact." + contactState(p.State)), Tone: f.tone, Icon: f.icon, Solid: f.solid}
}

func contactTable(w words, res incident.Contacts) ui.Table {
	tb := ui.NewTable(w.t, "contacts", w.t("incident.tab.contacts"))
	tb.Columns = []ui.Column{{Label: w.t("incident.field.name"), Head: true}, {Label: w.t("incident.field.links")}, {Label: w.t("common.status")},
		{Label: w.t("incident.field.sampled")}}
	for _, p := range res.Rows {
		id := strconv.FormatInt(p.Employee, 10)
		links := make([]ui.Badge, len(p.Links))
		for i, l := range p.Links {
			links[i] = ui.Badge{Label: w.t("incident.link." + l), Tone: ui.ToneNeutral, Icon: linkIcons[l]}
		}
		sampled := ui.Text("—")
		if !p.SampledAt.IsZero() {
			sampled = ui.Cell{Badges: []ui.Badge{ui.ResultBadge(w.t, p.Result)}, Sub: w.instant(p.SampledAt)}
		}
		tb.Rows = append(tb.Rows, ui.Row{Value: id, Label: p.Name, Cells: []ui.Cell{{Text: p.Name, Href: "/employees/" + id,
			Sub: w.place(p.Workshop, p.TeamName, p.Shift)}, ui.Badges(links...), ui.Badges(contactBadge(w, p)), sampled}})
	}
	tb.Empty = ui.Empty{Icon: "people", Title: w.t("incident.contacts.empty"), Text: w.t("incident.contacts.empty.hint")}
	if res.Incident.IsOpen() {
		at := func(act string) string { return path(res.Incident.ID, "contacts", act) }
		tb.Bulk = ui.NewBulk(w.t, "ids", ui.Action{Label: w.t("incident.wait"), Href: at("wait"), Icon: "stop"},
			ui.Action{Label: w.t("incident.strike"), Href: at("strike"), Icon: "away"}, ui.Action{Label: w.t("incident.restore"), Href: at("restore"), Icon: "undo"})
	}
	return tb
}

var linkIcons = map[string]string{incident.LinkTeam: "people", incident.LinkDorm: "home", incident.LinkBus: "truck", incident.LinkCanteen: "inbox",
	incident.LinkWorkshop: "building", incident.LinkHand: "edit"}

func contactToolbar(w words, here string, counts map[string]int) *ui.Toolbar {
	q := w.c.QueryParams()
	tb := ui.NewToolbar(w.t, here, "contacts")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: w.t("incident.contact.search")}
	tb.Selects = []ui.Select{{Name: "link", Label: w.t("incident.field.links"), Options: ui.Choose(append([]ui.Option{{Label: w.t("common.all")}},
		options(w.t, "incident.link.", append(incident.Links(), incident.LinkHand))...), q.Get("link"))}}
	tb.Chips = []ui.Chip{{Label: w.t("common.all"), Href: ui.Href(here, q, "after", "", "before", "", "state", ""), Current: q.Get("state") == ""}}
	for _, s := range contactStates {
		word := contactState(s)
		tb.Chips = append(tb.Chips, ui.Chip{Label: w.t("incident.contact." + word), Count: ui.Number(counts[s]), Tone: contactFaces[s].tone,
			Href: ui.Href(here, q, "after", "", "before", "", "state", word), Current: q.Get("state") == word})
	}
	if state := q.Get("state"); state != "" {
		tb.Hidden = []ui.Param{{Name: "state", Value: state}}
	}
	if q.Get("q")+q.Get("link")+q.Get("state") != "" {
		tb.Clear = here
	}
	return tb
}
