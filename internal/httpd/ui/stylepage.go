package ui

import "math"

// StyleData is the content of the style page, which shows every component with
// made-up data. The page is served in development only. It doubles as the test
// that every component template and its struct fit together.
type StyleData struct{ Panels []StylePanel }

// StylePanel is the whole set of components in one theme.
type StylePanel struct {
	Theme, Title string // Theme is "light" or "dark"
	Head         PageHead
	Tabs         Tabs
	Segments     Tabs
	Actions      []Action
	Badges       []Badge
	Results      []Badge
	Works        []Badge
	Rates        []Rate
	Notices      []Notice
	Empty        Empty
	Standings    []Standing
	Tiles        []Tile
	Stats        []Stat
	Table        Table
	Form         Form
	Facts        Facts
	Timeline     []Entry
	Steps        []Step
	Progress     []Progress
	Trend        Chart
	Bars         Chart
	Map          TileMap
	Heat         Heatmap
	QR           QR
	Icons        []string
}

// sample makes the panels; say picks the language of made-up content.
type sample struct {
	t     Translate
	say   func(zh, en string) string
	theme string
}

// StylePage is the style page's content in the language of t, lang being its tag.
func StylePage(t Translate, lang string) StyleData {
	say := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	return StyleData{Panels: []StylePanel{
		sample{t, say, "light"}.panel(t("common.theme.light")),
		sample{t, say, "dark"}.panel(t("common.theme.dark")),
	}}
}

func (s sample) panel(title string) StylePanel {
	p := StylePanel{
		Theme: s.theme, Title: title,
		Head: s.head(), Tabs: s.tabs(), Segments: s.segments(), Actions: s.actions(),
		Rates: s.rates(), Notices: s.notices(), Empty: s.empty(),
		Standings: s.standings(), Tiles: s.tiles(), Stats: s.stats(),
		Table: s.table(), Form: s.form(), Facts: s.facts(),
		Timeline: s.timeline(), Steps: s.steps(), Progress: s.progress(),
		Trend: s.trend(), Bars: s.bars(), Map: s.tileMap(), Heat: s.heat(), QR: s.qr(),
		Icons: IconNames(),
	}
	for _, state := range StandingStates() {
		p.Badges = append(p.Badges, StandingBadge(s.t, state))
	}
	for _, result := range []string{"pending", "negative", "positive", "suspicious", "pool_abnormal", "invalid", "cancelled"} {
		p.Results = append(p.Results, ResultBadge(s.t, result))
	}
	for _, status := range []string{"on_post", "work_from_home", "awaiting_return", "controlled", "leave", "resigned"} {
		p.Works = append(p.Works, WorkBadge(s.t, status))
	}
	return p
}

// id keeps ids apart, because the page shows every component once a theme.
func (s sample) id(name string) string { return s.theme + "-" + name }

func (s sample) asOf() string {
	return s.t("common.as_of", "Time", s.say("2022-03-24 (周四) 09:00", "2022-03-24 (Thu) 09:00"))
}

func (s sample) head() PageHead {
	h := NewHead(s.t, s.say("一人一档", "Employees"), Link{s.say("淄博新华陶瓷", "Zibo Xinhua Ceramics"), "#"}, Link{s.say("二车间", "Workshop 2"), "#"})
	h.Sub = s.asOf()
	h.Actions = []Action{
		{Label: s.say("导入花名册", "Import roster"), Href: "#", Icon: "upload"},
		{Label: s.say("新增职工", "Add employee"), Href: "#", Icon: "plus", Kind: KindPrimary},
	}
	return h
}

func (s sample) tabs() Tabs {
	return Tabs{Label: s.say("视图", "Views"), Items: []Tab{
		{Label: s.say("全部", "All"), Href: "#", Count: "1,238", Current: true},
		{Label: s.say("待办", "To do"), Href: "#", Count: "34"},
		{Label: s.say("已离职", "Left"), Href: "#", Count: "57"},
	}}
}

func (s sample) segments() Tabs {
	return Tabs{Label: s.say("周期", "Period"), Segmented: true, Items: []Tab{
		{Label: s.say("本周", "This week"), Href: "#", Current: true},
		{Label: s.say("上周", "Last week"), Href: "#"},
		{Label: s.say("近八周", "Eight weeks"), Href: "#"},
	}}
}

func (s sample) actions() []Action {
	stop := NewDialog(s.t, s.id("stop"), Action{Label: s.say("办理离职", "Record leaving"), Kind: KindDanger, Icon: "exit"}, "#")
	stop.Text = s.say("离职后不再提醒，档案按保存期留存。", "No more reminders are sent. The file is kept for its retention period.")
	stop.Kind = KindDanger
	stop.Fields = []Field{{Kind: FieldDate, Name: "left_on", ID: s.id("left"), Label: s.say("离职日期", "Last day"), Value: "2022-03-24", Required: true}}
	return []Action{
		{Label: s.say("登记核酸", "Log a test"), Href: "#", Icon: "tube", Kind: KindPrimary},
		{Label: s.t("common.edit"), Href: "#", Icon: "edit"},
		{Label: s.t("common.export"), Href: "#", Icon: "download", Download: true},
		{Label: s.t("common.cancel"), Href: "#", Kind: KindQuiet},
		{Dialog: stop},
	}
}

func (s sample) rates() []Rate {
	label := s.say("核酸检测率", "Tested")
	return []Rate{
		NewRate(s.t, label, 1238, 1238, s.asOf()),
		NewRate(s.t, label, 1204, 1238, s.asOf()),
		NewRate(s.t, label, 1090, 1238, s.asOf()),
		NewRate(s.t, label, 803, 1238, s.asOf()),
		HiddenRate(s.t, label, s.asOf()),
		NewRate(s.t, label, 0, 0, s.asOf()),
	}
}

func (s sample) notices() []Notice {
	closing := &Link{Label: s.t("common.close"), Href: "#"}
	return []Notice{
		{Tone: ToneOK, Text: s.say("已登记 2022-03-24 09:10 的采样。", "The sample of 2022-03-24 09:10 is logged."), Dismiss: closing},
		{Tone: ToneInfo, Title: s.say("本周统计今日 17:00 截止", "This week closes today at 17:00"), Text: s.say("之后的更正会作为差异显示。", "Later corrections are shown as a difference.")},
		{Tone: ToneWarn, Title: s.say("12 人核酸将在 24 小时内到期", "12 tests fall due within 24 hours"), Links: []Link{{s.say("查看名单", "See the list"), "#"}}},
		{Tone: ToneDanger, Title: s.say("文件没有导入", "The file was not imported"), Text: s.say("第 3 行“证件号码”被表格改成了 3.70303E+17，请把该列设为文本后再传。", "Row 3, “证件号码”: the spreadsheet changed it to 3.70303E+17. Set the column to text and send it again.")},
	}
}

func (s sample) empty() Empty {
	return Empty{
		Icon: "people", Title: s.say("还没有职工档案", "No employee files yet"),
		Text:    s.say("下载模板，填好花名册后导入，几分钟即可建档。", "Download the template, fill in the roster and import it."),
		Actions: []Action{{Label: s.say("导入花名册", "Import roster"), Href: "#", Icon: "upload", Kind: KindPrimary}},
	}
}

func (s sample) trend() Chart {
	goal := 98.0
	return NewTrend(s.t, TrendSpec{
		ID: s.id("trend"), Title: s.say("各周核酸检测率", "Tested, by week"), AsOf: s.asOf(), Head: s.say("周", "Week"),
		Labels: []string{"01-31", "02-07", "02-14", "02-21", "02-28", "03-07", "03-14", "03-21"},
		Series: []Series{
			{s.say("本企业", "This company"), []float64{91.2, 93.5, math.NaN(), 95.1, 96.4, 95.8, 97.9, 98.6}},
			{s.say("张店区", "Zhangdian"), []float64{89.7, 90.9, 92.2, 92.8, 94.4, 94.9, 95.6, 96.4}},
		},
		Percent: true, Goal: &goal, GoalLabel: s.say("目标 98%", "Goal 98%"),
	})
}
