package ui

// NavItem is one entry of the main navigation. The first item of a group carries
// the group's name. On a phone the first four (or five, if there are no more)
// stand in the bottom bar and the rest behind "more".
type NavItem struct {
	Label, Href, Icon string
	Group             string
	Current           bool
	Count             int // things waiting; 0 shows nothing
}

// PageHead is the heading of a page. Component "ui/head".
type PageHead struct {
	Title   string
	Sub     string // one quiet line: what this page is about, or the as-of time
	Crumbs  Crumbs
	Badges  []Badge
	Actions []Action
}

// Crumbs are the pages above this one, from the top down. Component "ui/crumbs".
type Crumbs struct {
	Label string // for screen readers
	Items []Link
}

// NewHead is a heading with its title and the pages above.
func NewHead(t Translate, title string, above ...Link) PageHead {
	return PageHead{Title: title, Crumbs: Crumbs{Label: t("nav.crumbs"), Items: above}}
}

// Tabs are links between views of one thing. Component "ui/tabs".
type Tabs struct {
	Label     string // for screen readers
	Segmented bool   // joined buttons, for two to four short choices
	Items     []Tab
}

// Tab is one of Tabs.
type Tab struct {
	Label, Href string
	Count       string
	Current     bool
}

// Notice tells the reader something about the page. Component "ui/notice".
type Notice struct {
	Tone    Tone // ToneInfo, ToneOK, ToneWarn or ToneDanger
	Title   string
	Text    string
	Links   []Link
	Dismiss *Link // closes it; without script it is an ordinary link
}

// Icon is the icon that goes with the tone.
func (n Notice) Icon() string {
	switch n.Tone {
	case ToneOK:
		return "check"
	case ToneWarn, ToneDanger:
		return "alert"
	case ToneHeld:
		return "stop"
	default:
		return "info"
	}
}

// Urgent says whether a screen reader should be interrupted.
func (n Notice) Urgent() bool { return n.Tone == ToneDanger || n.Tone == ToneWarn }

// Empty stands where there is nothing yet and says what to do next.
// Component "ui/empty".
type Empty struct {
	Icon    string
	Title   string
	Text    string
	Actions []Action
}

// Dialog asks before it acts: a title, a text, perhaps fields such as a reason,
// and a button that posts. Without script it unfolds in place; with script it is
// a modal <dialog>. Component "ui/dialog".
type Dialog struct {
	ID      string
	Trigger Action // the button that opens it: Label, Icon and Kind are used
	Title   string
	Text    string
	Action  string // where it posts
	Fields  []Field
	Hidden  []Param
	Submit  string
	Kind    Kind // of the submit button
	Cancel  string
}

// NewDialog is a dialog that posts to action; the trigger's label doubles as
// title and submit label until they are set.
func NewDialog(t Translate, id string, trigger Action, action string) *Dialog {
	return &Dialog{
		ID: id, Trigger: trigger, Title: trigger.Label, Action: action,
		Submit: trigger.Label, Kind: KindPrimary, Cancel: t("common.cancel"),
	}
}

// Facts is a list of names and values, such as the head of a file.
// Component "ui/facts".
type Facts struct {
	Items   []Fact
	Columns bool // two columns where there is room
}

// Fact is one name and value.
type Fact struct {
	Label  string
	Value  string
	Sub    string
	Href   string
	Badges []Badge
	Masked bool    // the value is shown with stars
	Reveal *Dialog // asks for a reason and shows the full value
}

// QR is a square code drawn as one SVG path. Component "ui/qr".
type QR struct {
	Path    string // path data in modules, one unit each
	Size    int    // modules per side, quiet zone included
	Label   string // what scanning it does
	Caption string
}
