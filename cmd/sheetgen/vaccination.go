package main

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func vaccinationFiles() []file {
	return []file{
		{"vaccination-basic.xlsx", "a line per person with the number of doses and the last date; merged title, signatures below, three people not vaccinated", vaccinationBasic},
		{"vaccination-wide.xlsx", "a line per person with a column per dose under two-storey headings; gaps, dates out of order", vaccinationWide},
		{"vaccination-doses.xlsx", "a line per dose; one told twice, one told twice with different dates", vaccinationDoses},
		{"vaccination-words.xlsx", "three needles in twenty ways of saying it, and words that say too little", vaccinationWords},
		{"vaccination-dates.xlsx", "dates as people type them: with dots, without a year, serial numbers, with an hour, tomorrow, before there was a vaccine", vaccinationDates},
		{"vaccination-none.xlsx", "people who are not vaccinated: each reason in words, no reason, a reason with a date", vaccinationNone},
		{"vaccination-wrong-ids.xlsx", "identity numbers ruined by Excel, masked, of nobody, of somebody with another name; a name that two people bear", vaccinationWrongIDs},
		{"vaccination-nothing.xlsx", "names and identity numbers only: nothing about vaccination", vaccinationNothing},
		{"vaccination-gb18030.csv", "a health centre's CSV in GB18030", vaccinationCSV},
	}
}

// shot is a day on which somebody was vaccinated.
func shot(month time.Month, dayOfMonth int) day {
	year := 2021
	if month <= time.March {
		year = 2022
	}
	return day(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC))
}

// sign writes what stands below a list of an office.
func (g *grid) sign(columns int) {
	row := make([]any, columns)
	row[0], row[columns-2] = "填表人：某某", "审核：某某"
	g.line(row...)
	g.line("注：本表数据截至2022年3月24日。")
}

func (g *grid) title(text string, columns int) {
	row := g.line(text)
	last := string(rune('A' + columns - 1))
	g.merge(fmt.Sprintf("A%d", row), fmt.Sprintf("%s%d", last, row))
}

func vaccinationBasic() ([]byte, error) {
	g := newGrid("接种情况")
	g.title("淄博某某机械有限公司员工新冠疫苗接种情况统计表", 8)
	g.line("单位：淄博某某机械有限公司", nil, nil, nil, nil, nil, "2022年3月24日")
	g.line("序号", "姓名", "身份证号", "部门", "接种剂次", "末次接种日期", "疫苗厂家", "未接种原因")
	makers := []string{"北京生物", "科兴中维", "武汉生物", "智飞生物", "康希诺"}
	for i, p := range basicStaff() {
		switch {
		case i%13 == 12:
			g.line(i+1, p.name, p.id, p.workshop, "未接种", nil, nil, []string{"禁忌症", "未满间隔", "本人不愿"}[i/13])
		case i%5 == 4: // one dose makes a full course of this one
			g.line(i+1, p.name, p.id, p.workshop, 1, shot(time.July, 1+i%28), makers[4], nil)
		case i%3 == 0:
			g.line(i+1, p.name, p.id, p.workshop, 2, shot(time.August, 1+i%28), makers[i%4], nil)
		default:
			g.line(i+1, p.name, p.id, p.workshop, "3针", shot(time.January, 1+i%28), makers[i%4], nil)
		}
	}
	g.line("合计", nil, "40人")
	g.sign(8)
	return g.bytes()
}

func vaccinationWide() ([]byte, error) {
	g := newGrid("Sheet1")
	g.title("新冠疫苗接种台账", 9)
	top := g.line("姓名", "身份证号码", "第一针", nil, "第二针", nil, "加强针", nil, "备注")
	g.line(nil, nil, "接种日期", "生产企业", "接种日期", "生产企业", "接种日期", "生产企业")
	for _, pair := range []string{"CD", "EF", "GH"} {
		g.merge(fmt.Sprintf("%c%d", pair[0], top), fmt.Sprintf("%c%d", pair[1], top))
	}
	for i, p := range basicStaff()[:14] {
		row := []any{p.name, p.id, shot(time.May, 1+i), "北京生物", shot(time.June, 8+i), "北京生物", shot(time.January, 5+i), "北京生物", nil}
		switch i {
		case 2: // has had two
			row[6], row[7] = nil, nil
		case 3: // the first one's date was lost
			row[2], row[3] = nil, nil
		case 4:
			row[2], row[4] = row[4], row[2] // the wrong way round
		case 5:
			row[4] = "2021.6.13"
		case 6:
			row[2], row[4], row[6] = nil, nil, nil
		case 7:
			row[4] = "六月"
		case 8:
			row[4] = row[2]
		}
		g.line(row...)
	}
	return g.bytes()
}

func vaccinationDoses() ([]byte, error) {
	g := newGrid("接种明细")
	g.line("工号", "姓名", "剂次", "接种时间", "疫苗名称")
	dose := func(p person, n any, at any) {
		g.line(p.no, p.name, n, at, "新型冠状病毒灭活疫苗(Vero细胞)")
	}
	for i, p := range basicStaff()[:6] {
		dose(p, 1, shot(time.May, 3+i))
		dose(p, 2, shot(time.June, 3+i))
		if i > 2 {
			dose(p, 3, shot(time.December, 20+i))
		}
	}
	staff := basicStaff()
	dose(staff[0], 2, shot(time.June, 3))     // said before
	dose(staff[1], "第二剂", shot(time.June, 5)) // said before, on another day
	dose(staff[2], 3, shot(time.June, 1))     // before the second
	dose(staff[6], 4, stamp(at(24, 8, 30)))   // this morning
	dose(staff[7], "3", "2022年3月23日下午3点20分")  // yesterday, to the minute
	return g.bytes()
}

func vaccinationWords() ([]byte, error) {
	words := []any{
		"3", 3, "3针", "三针", "第三针", "已接种三针", "已接种3剂次", "加强针", "已加强", "已接种加强针", "３剂", "三剂次", "打了三针", "全程+加强",
		"2针", "两针", "第二剂", "全程", "已全程接种", "全程接种", "1针", "第一针", "一针", "部分接种", "未全程",
		"已接种", "是", "有", "多针", "12", nil,
	}
	g := newGrid("接种情况")
	g.line("姓名", "身份证号", "疫苗接种情况", "末次接种时间")
	for i, w := range words {
		p := basicStaff()[i]
		g.line(p.name, p.id, w, shot(time.January, 10))
	}
	return g.bytes()
}

func vaccinationDates() ([]byte, error) {
	dates := []any{
		"2022-01-10", "2022/1/10", "2022.1.10", "2022年1月10日", "1月10日", "20220110", shown{44571, "General"}, shot(time.January, 10),
		"2022-01-10 09:30", "2022年1月10日上午9点半", "2022-03-24", "2022-03-23 16:00", stamp(at(24, 8, 0)), "3月22日",
		"2022-03-25", "2023-01-10", "2020-01-10", "2022-02-30", "1.10", "10/1/22", "上周", nil, "9:30", "#N/A",
	}
	g := newGrid("接种情况")
	g.line("姓名", "身份证号", "接种针次", "最后一次接种时间")
	for i, d := range dates {
		p := basicStaff()[i]
		g.line(p.name, p.id, 3, d)
	}
	return g.bytes()
}

func vaccinationNone() ([]byte, error) {
	reasons := []any{
		"禁忌症", "对疫苗成分过敏", "备孕", "哺乳期", "未满间隔", "间隔期未到", "暂缓接种", "拒绝", "本人不愿接种", "个人原因",
		"contraindicated", nil, "不清楚",
	}
	g := newGrid("未接种")
	g.line("姓名", "身份证号", "接种剂次", "末次接种日期", "未种原因")
	for i, r := range reasons {
		p := basicStaff()[i]
		g.line(p.name, p.id, []any{"未接种", 0, "未种", "无"}[i%4], nil, r)
	}
	p := basicStaff()[20]
	g.line(p.name, p.id, "未接种", shot(time.January, 10), "禁忌症")
	p = basicStaff()[21]
	g.line(p.name, p.id, "2针", shot(time.August, 10), "禁忌症")
	return g.bytes()
}

func vaccinationWrongIDs() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("接种情况")
	g.line("姓名", "身份证号", "接种剂次", "末次接种日期")
	line := func(name string, id any) { g.line(name, id, 2, shot(time.August, 10)) }
	line(staff[0].name, staff[0].id)
	line(staff[1].name, shown{3.70302199002289e17, "General"})
	line(staff[2].name, "3.70303E+17")
	line(staff[3].name, staff[3].id[:6]+"********"+staff[3].id[14:])
	line("查无此人", "370303198705189970")
	line("张冠李戴", staff[4].id)
	line(staff[5].name, nil) // two people of that name
	line(staff[6].name, nil)
	line(staff[7].name, strings.ToLower(staff[7].id)+" ")
	line("", "'"+staff[8].id)
	line("", nil)
	return g.bytes()
}

func vaccinationNothing() ([]byte, error) {
	g := newGrid("名单")
	g.line("姓名", "身份证号", "部门")
	for _, p := range basicStaff()[:3] {
		g.line(p.name, p.id, p.dept)
	}
	return g.bytes()
}

func vaccinationCSV() ([]byte, error) {
	rows := [][]string{{"姓名", "证件号码", "接种剂次", "接种日期", "生产企业"}}
	for i, p := range basicStaff()[:12] {
		rows = append(rows, []string{p.name, p.id, fmt.Sprint(1 + i%3), fmt.Sprintf("2021-%02d-%02d", 4+i%3*3, 2+i), "国药集团中国生物北京生物制品研究所"})
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(csvText(",", "\r\n", rows)))
}
