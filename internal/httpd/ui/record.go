package ui

import (
	"strconv"
	"time"
)

// Entry is one thing that happened. Component "ui/timeline" takes []Entry,
// newest first.
type Entry struct {
	Day      string // heading; see GroupDays
	Time     string
	DateTime string // RFC 3339
	Icon     string
	Tone     Tone
	Title    string
	Badges   []Badge
	Text     string
	Facts    []Fact
	Actor    string // who recorded it, and by which way
	Actions  []Action
	Replaced *Link // the newer record that corrects this one; the entry is then struck
}

// GroupDays keeps Day only on the first entry of each day.
func GroupDays(entries []Entry) []Entry {
	out := make([]Entry, len(entries))
	last := ""
	for i, e := range entries {
		day := e.Day
		if day == last {
			e.Day = ""
		}
		last = day
		out[i] = e
	}
	return out
}

// Progress is a long piece of work. It refreshes itself by htmx while Poll is
// set; without script the page reloads by "ui/progress-head" or by the link.
// Component "ui/progress".
type Progress struct {
	ID      string
	Title   string
	Tone    Tone // ToneInfo while running, then ToneOK, ToneWarn or ToneDanger
	State   string
	Percent int // 0 to 100; below 0 when the total is unknown
	Done    string
	Poll    string // address that shows this page again; empty once it has ended
	Reload  string // text of the link for readers without script
	Counts  []Tally
	Text    string
	Actions []Action // result file, next step
}

// Tally is a counted outcome.
type Tally struct {
	Label string
	Count string
	Tone  Tone
	Href  string
}

// Width is the bar's width as an SVG percentage.
func (p Progress) Width() string { return strconv.Itoa(min(max(p.Percent, 0), 100)) + "%" }

// Known says whether the share done is known.
func (p Progress) Known() bool { return p.Percent >= 0 }

// NewProgress is running work that can be asked again at poll.
func NewProgress(t Translate, id, title, poll string) Progress {
	return Progress{
		ID: id, Title: title, Tone: ToneInfo, State: t("common.progress.running"),
		Poll: poll, Reload: t("common.progress.reload"), Percent: -1,
	}
}

// Stat is one figure on a tile. Component "ui/stats" takes []Stat.
type Stat struct {
	Label string
	Value string
	Unit  string
	Sub   string
	Href  string
	Icon  string
	Tone  Tone
	Delta *Delta
	Rate  *Rate
	Spark *Spark
}

// Delta is the change against an earlier figure. Text says against which.
type Delta struct {
	Text string
	Up   bool
	Tone Tone
}

// Dated is an entry with the instant by which entries of several sources are sorted. Whoever shows it fills in day and time.
type Dated struct {
	At time.Time
	Entry
}

// Standing is the large card that tells one person where they stand, what to do
// next and why. Component "ui/standing".
type Standing struct {
	Badge    Badge
	Title    string // "11月24日 (周二) 09:00 前完成采样"
	Text     string
	DateTime string
	Left     string // "还剩 21 小时"
	Action   *Action
	Why      string   // label of the explanation
	Reasons  []string // rule, facts used, next change
	Source   string   // rule pack and version
	Links    []Link   // to more of the explanation
}

// Tile is a large target on a worker's home page. Component "ui/tiles" takes
// []Tile.
type Tile struct {
	Label, Sub, Href, Icon string
	Primary                bool
}

// Step is one timed step of a response. Component "ui/steps" takes []Step.
type Step struct {
	Title   string
	Due     string // "10:42 前"
	Badge   Badge
	Text    string
	Owner   string
	Done    bool
	Current bool
	Actions []Action
}
