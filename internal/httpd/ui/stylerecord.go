package ui

// The parts of the style page that look back and down: timeline, steps, charts.

func (s sample) timeline() []Entry {
	today, before := s.say("2022-03-24 (周四)", "2022-03-24 (Thu)"), s.say("2022-03-18 (周五)", "2022-03-18 (Fri)")
	return GroupDays([]Entry{
		{
			Day: today, Time: "10:02", DateTime: "2022-03-24T10:02:00+08:00", Icon: "eye", Title: s.say("查阅了档案", "File read"),
			Text: s.say("理由：核对返岗材料", "Reason: checking return papers"), Actor: s.say("李* · 疫情防控专员", "Li * · health officer"),
		},
		{
			Day: today, Time: "09:10", DateTime: "2022-03-24T09:10:00+08:00", Icon: "tube", Tone: ToneInfo, Title: s.say("核酸采样", "PCR sample"),
			Badges: []Badge{ResultBadge(s.t, "pending")}, Actor: s.say("本人登记", "Logged by the person"),
			Facts:   []Fact{{Label: s.say("采样点", "Site"), Value: s.say("厂区东门", "East gate")}, {Label: s.say("方式", "Mode"), Value: s.t("collect_mode.pool10")}},
			Actions: []Action{{Label: s.say("更正", "Correct"), Href: "#", Kind: KindQuiet, Icon: "edit"}},
		},
		{
			Day: before, Time: "09:00", DateTime: "2022-03-18T09:00:00+08:00", Icon: "check", Tone: ToneOK, Title: s.say("核酸采样", "PCR sample"),
			Badges: []Badge{ResultBadge(s.t, "negative")}, Actor: s.say("表格导入，第 214 行", "Imported, row 214"),
		},
		{
			Day: before, Time: "08:40", DateTime: "2022-03-18T08:40:00+08:00", Icon: "tube", Title: s.say("核酸采样", "PCR sample"),
			Badges: []Badge{ResultBadge(s.t, "negative")}, Actor: s.say("班组长代登记", "Logged by the team leader"), Replaced: &Link{s.say("已由 09:00 的记录更正", "Corrected by the record of 09:00"), "#"},
		},
	})
}

func (s sample) steps() []Step {
	done := Badge{Label: s.say("已完成 10:06", "Done 10:06"), Tone: ToneOK, Icon: "check"}
	return []Step{
		{Title: s.say("停工、戴口罩、转入临时隔离室", "Stop work, mask, isolation room"), Badge: done, Done: true, Owner: s.say("班组长 王**", "Team leader Wang **")},
		{
			Title: s.say("报告社区、疾控和工信部门", "Report to community, CDC and bureau"), Due: s.say("10:32 前", "by 10:32"), Current: true,
			Badge: Badge{Label: s.t("common.left", "Duration", s.t("common.minutes", "N", 18)), Tone: ToneWarn, Icon: "clock"},
			Text:  s.say("最迟 12:02，不得瞒报、缓报。", "At the latest 12:02. It may not be held back."), Owner: s.say("疫情防控专员 李*", "Health officer Li *"),
			Actions: []Action{{Label: s.say("记为已报告", "Mark as reported"), Href: "#", Kind: KindPrimary}},
		},
		{Title: s.say("初排接触人员", "List contacts"), Due: s.say("12:02 前", "by 12:02"), Badge: Badge{Label: s.say("未开始", "Not started"), Tone: ToneNeutral, Icon: "dot"}},
	}
}

// styleAreas are made-up figures for the districts, as tested of due.
var styleAreas = []struct {
	code     string
	num, den int
}{
	{"370303", 48204, 49310}, {"370302", 31877, 33920}, {"370304", 15820, 17410}, {"370305", 40112, 40988},
	{"370306", 18765, 19904}, {"370321", 27310, 27310}, {"370322", 9120, 10980}, {"370323", 8003, 10466},
	{"zb-gaoxin", 22190, 22641}, {"zb-jingkai", 6870, 7533}, {"zb-wenchanghu", 0, 0},
}

func (s sample) tileMap() TileMap {
	var areas []Area
	for _, a := range styleAreas {
		area := Area{Code: a.code, Name: s.t("zone." + a.code), Value: Percent(a.num, a.den), Level: RateLevel(a.num, a.den)}
		if a.den > 0 {
			area.Detail, area.Href = Number(a.num)+" / "+Number(a.den), "#"
		}
		areas = append(areas, area)
	}
	return NewTileMap(s.t, s.id("map"), s.say("各区县核酸检测率", "Tested, by district"), s.asOf(), areas)
}

func (s sample) heat() Heatmap {
	h := Heatmap{
		ID: s.id("heat"), Title: s.say("各区县每周检测率", "Tested, by district and week"), AsOf: s.asOf(),
		Corner: s.say("区县", "District"), Cols: []string{"02-14", "02-21", "02-28", "03-07", "03-14", "03-21"}, Legend: RateLegend(s.t),
	}
	for i, a := range styleAreas {
		row := HeatRow{Label: s.t("zone." + a.code), Href: "#"}
		for w := range h.Cols {
			row.Cells = append(row.Cells, NewHeatCell(s.t, a.num*(80+4*w-i%3)/100, a.den, 5))
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

func (s sample) bars() Chart {
	c := Chart{
		ID: s.id("bars"), Kind: "bar", Title: s.say("未检人数最多的行业", "Industries with most people untested"), AsOf: s.asOf(), ShowRow: s.t("common.chart.table"),
		Head: []string{s.say("行业", "Industry"), s.say("未检人数", "Untested")},
	}
	for _, row := range []struct {
		code string
		n    int
	}{{"C30", 812}, {"C26", 640}, {"C17", 402}, {"C35", 377}, {"C14", 120}} {
		c.Rows = append(c.Rows, ChartRow{Label: s.t("industry." + row.code), Cells: []ChartCell{{Number(row.n), num(float64(row.n))}}})
	}
	return c
}

// qr shows the frame of a code; a real one comes from a QR library.
func (s sample) qr() QR {
	return QR{
		Path: "M4 4h7v7h-7zM5 5v5h5v-5zM6 6h3v3h-3zM18 4h7v7h-7zM19 5v5h5v-5zM20 6h3v3h-3zM4 18h7v7h-7zM5 19v5h5v-5zM6 20h3v3h-3zM13 5h1v3h2v2h-3zM13 13h3v1h2v3h-2v2h-3zM20 14h2v2h3v3h-2v2h-3zM15 21h2v4h-4v-2h2z",
		Size: 29, Label: s.say("扫码登记核酸", "Scan to log a test"), Caption: s.say("二车间 甲班 · 有效期至 18:00", "Workshop 2, team A · valid until 18:00"),
	}
}
