package main

import "fmt"

// shortKeys are the columns most rosters have.
var shortKeys = []string{"employee_no", "name", "id_number", "mobile", "workshop", "team", "joined_on"}

func allKeys() []string {
	keys := make([]string, len(rosterColumns))
	for i, c := range rosterColumns {
		keys[i] = c.Key
	}
	return keys
}

func layoutFiles() []file {
	return []file{
		{"roster-basic.xlsx", "nothing wrong: all columns, 40 people, 2 workshops, 4 teams; LC0006 and LC0026 have the same name", rosterBasic},
		{"roster-title.xlsx", "title rows, a merged title and a remark above the header; an unknown column first", rosterTitle},
		{"roster-grouped.xlsx", "a header of two rows: group titles above, single labels merged over both", rosterGrouped},
		{"roster-footer.xlsx", "sums, signatures and remarks below the table, also in the columns of the data", rosterFooter},
		{"roster-hidden-blank.xlsx", "hidden and filtered rows, blank rows between, rows only numbered beforehand, a hidden column", rosterHidden},
		{"roster-pasted.xlsx", "three lists pasted below each other, each with its title and header; subtotals", rosterPasted},
		{"roster-labels-1.xlsx", "labels with asterisks, brackets and line breaks", rosterLabels(0)},
		{"roster-labels-2.xlsx", "the second word for every label, with spaces, colons and full-width signs", rosterLabels(1)},
		{"roster-labels-3.xlsx", "the third words, two words in one label, English and keys", rosterLabels(2)},
		{"roster-twice-labelled.xlsx", "two columns 手机号 and a second 姓名: the first counts, the others are reported", rosterTwiceLabelled},
		{"roster-two-sheets.xlsx", "a sheet of instructions first, then the roster, then a hidden sheet with an old roster", rosterTwoSheets},
		{"roster-no-id-column.xlsx", "a required column is missing", rosterNoID},
		{"roster-odd-xml.xlsx", "written by another program: missing references, rich text, inline text, phonetic hints, prefixes, dates as text", rosterOddXML},
		{"roster-10000.xlsx", "10,000 people, 16 columns", rosterMany},
	}
}

func rosterBasic() ([]byte, error) {
	g := newGrid("花名册")
	g.people(allKeys(), basicStaff())
	return g.bytes()
}

func rosterTitle() ([]byte, error) {
	g := newGrid("Sheet1")
	g.line("淄博某某陶瓷有限公司复工人员花名册")
	g.merge("A1", "H1")
	g.line("填报单位：淄博某某陶瓷有限公司（盖章）", nil, nil, nil, nil, "填报日期：2022年3月24日")
	g.merge("A2", "E2")
	g.merge("F2", "H2")
	g.line("说明：姓名、身份证号必填；手机号用于接收核酸提醒")
	g.merge("A3", "H3")
	g.skip(1)
	g.line(append([]any{"序号"}, labelsOf(rosterColumns, shortKeys)...)...)
	for i, p := range basicStaff()[:12] {
		g.line(append([]any{i + 1}, p.row(shortKeys)...)...)
	}
	return g.bytes()
}

func rosterGrouped() ([]byte, error) {
	g := newGrid("人员信息")
	g.line("复工人员信息登记表")
	g.merge("A1", "J1")
	g.line("序号", "姓名", "证件信息", nil, "联系电话", "所在单位", nil, nil, "宿舍", nil)
	g.line(nil, nil, "证件类型", "证件号码", nil, "车间", "班组", "岗位", "楼", "房间号")
	for _, cells := range [][2]string{{"A2", "A3"}, {"B2", "B3"}, {"C2", "D2"}, {"E2", "E3"}, {"F2", "H2"}, {"I2", "J2"}} {
		g.merge(cells[0], cells[1])
	}
	keys := []string{"name", "id_type", "id_number", "mobile", "workshop", "team", "post", "dorm_building", "dorm_room"}
	for i, p := range basicStaff()[:10] {
		g.line(append([]any{i + 1}, p.row(keys)...)...)
	}
	return g.bytes()
}

func rosterFooter() ([]byte, error) {
	g := newGrid("花名册")
	g.people(shortKeys, basicStaff()[:8])
	g.line("合计", "8人")
	g.line("合　计：", nil, nil, 8)
	g.skip(1)
	g.line("填表人：张某", nil, "审核：李某", nil, "联系电话：0533-0000000", nil, "日期：2022.3.24")
	g.line(nil, "负责人（签字）：")
	g.line("备注：1.身份证号必填；2.离职人员不填")
	g.line("说明:本表一式两份")
	return g.bytes()
}

func rosterHidden() ([]byte, error) {
	g := newGrid("花名册")
	staff := basicStaff()
	header := append([]any{"序号"}, labelsOf(rosterColumns, shortKeys)...)
	g.line(header...)
	for i, p := range staff[:12] {
		row := g.line(append([]any{i + 1}, p.row(shortKeys)...)...)
		switch i {
		case 2, 3, 7:
			g.hideRow(row)
		case 5:
			g.skip(2)
		case 9:
			g.line(" ", nil, "　") // blank to the eye
		}
	}
	for i := range 5 {
		g.line(13 + i)
	}
	g.do(g.file.SetColVisible(g.sheet, "E", false))
	return g.bytes()
}

func rosterPasted() ([]byte, error) {
	g := newGrid("汇总")
	staff := basicStaff()
	for i, team := range []string{"一车间甲班", "一车间乙班", "二车间甲班"} {
		title := g.line(team + "人员名单")
		g.merge(fmt.Sprintf("A%d", title), fmt.Sprintf("G%d", title))
		g.people(shortKeys, staff[i*10:i*10+4])
		g.line("小计", "4人")
		g.skip(1)
	}
	return g.bytes()
}

// rosterLabels writes the same roster under three ways of labelling.
func rosterLabels(style int) func() ([]byte, error) {
	return func() ([]byte, error) {
		keys := allKeys()
		if style == 2 {
			keys = []string{"name", "id_number", "mobile", "email", "post", "test_category", "dorm_room", "home_address", "joined_on", "employment"}
		}
		labels := make([]any, len(keys))
		for i, key := range keys {
			labels[i] = oddLabel(style, i, key)
		}
		g := newGrid("花名册")
		g.line(labels...)
		for _, p := range basicStaff()[:6] {
			g.line(p.row(keys)...)
		}
		return g.bytes()
	}
}

func oddLabel(style, i int, key string) string {
	var words []string
	for _, c := range rosterColumns {
		if c.Key == key {
			words = c.Labels
		}
	}
	word := words[min(style, len(words)-1)]
	switch style {
	case 0:
		return []string{"*" + word, word + "（必填）", word + "\n(选填)", "【必填】" + word, "＊ " + word + " "}[i%5]
	case 1:
		runes := []rune(word)
		return []string{
			string(runes[0]) + "　" + string(runes[1:]), word + "：", " " + word + "\r\n", word + ":*", word + "[文本]",
		}[i%5]
	}
	switch key {
	case "mobile":
		return "联系电话/手机"
	case "email":
		return "Ｅ-mail"
	case "post":
		return "post"
	case "joined_on":
		return "Joined_On"
	}
	return word
}

func rosterTwiceLabelled() ([]byte, error) {
	g := newGrid("花名册")
	g.line("姓名", "证件号码", "手机号", "手机号码", "紧急联系人", "姓名", "政治面貌")
	for _, p := range basicStaff()[:5] {
		g.line(p.name, p.id, p.mobile, "1390000999"+p.no[5:], "家属", "某某", "群众")
	}
	return g.bytes()
}

func rosterTwoSheets() ([]byte, error) {
	g := newGrid("填写说明")
	g.line("填写说明")
	g.line("列名", "要求", "举例")
	g.line("姓名", "必填，与身份证一致", "张三")
	g.line("证件号码", "必填，18位", "370303198503149970")
	g.line("手机号", "11位", "13900000001")
	g.addSheet("人员名单")
	g.people(shortKeys, basicStaff()[:9])
	g.addSheet("2021年旧表")
	g.people(shortKeys, basicStaff()[20:22])
	g.do(g.file.SetSheetVisible("2021年旧表", false))
	return g.bytes()
}

func rosterNoID() ([]byte, error) {
	g := newGrid("花名册")
	g.people([]string{"employee_no", "name", "mobile", "team"}, basicStaff()[:5])
	return g.bytes()
}

func rosterMany() ([]byte, error) {
	return rawTable([]string{
		"employee_no", "name", "id_type", "id_number", "sex", "mobile", "dept", "workshop", "team", "shift", "post",
		"key_post", "employment", "test_category", "work_status", "joined_on",
	}, manyStaff(10_000))
}
