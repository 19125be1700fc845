package main

import (
	"golang.org/x/text/encoding/simplifiedchinese"
)

func exemptionFiles() []file {
	return []file{
		{"exemption-basic.xlsx", "every ground with days from and to; merged title and workshops, signatures below", exemptionBasic},
		{"exemption-period.xlsx", "from and to in one cell, written in ten ways", exemptionPeriod},
		{"exemption-merged.xlsx", "ground and days merged over the people of a room: only the first row holds them", exemptionMerged},
		{"exemption-limits.xlsx", "longer than the ground allows, ended before begun, no end, no beginning, an unknown ground, told twice", exemptionLimits},
		{"exemption-gb18030.csv", "a CSV in GB18030 with instants to the minute", exemptionCSV},
	}
}

func leaveFiles() []file {
	return []file{
		{"leave-basic.xlsx", "leave of a month by days, the kind of leave in a column of its own", leaveBasic},
		{"leave-days.xlsx", "beginning and number of days; half days; a number that does not fit the end", leaveDays},
		{"leave-trouble.xlsx", "leave that begins tomorrow, ends before it begins, has no end; one person twice; people unknown or not on post", leaveTrouble},
	}
}

// march is a day of the story's month.
func march(dayOfMonth int) day { return day(at(dayOfMonth, 0, 0)) }

func exemptionBasic() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("暂缓采样人员")
	g.title("暂缓核酸采样人员登记表", 7)
	g.line("序号", "姓名", "身份证号", "暂缓原因", "起始日期", "截止日期", "证明材料")
	for i, x := range []struct {
		ground, proof string
		from, to      int
	}{
		{"48小时内接种疫苗", "接种凭证", 23, 24}, {"发热", "区医院发热门诊病历", 23, 25}, {"呼吸道症状", "发热门诊就诊单", 24, 24},
		{"隔离点已检", "隔离点证明", 20, 27}, {"集中隔离", "隔离通知书", 15, 28}, {"不在岗", "出差审批单", 21, 26}, {"休假", "请假单", 22, 25},
		{"医学原因", "医院证明", 23, 26}, {"鼻部手术后", "出院小结", 22, 25}, {"医学原因", "", 24, 25},
	} {
		p := staff[i]
		g.line(i+1, p.name, p.id, x.ground, march(x.from), march(x.to), x.proof)
	}
	g.sign(7)
	return g.bytes()
}

func exemptionPeriod() ([]byte, error) {
	g := newGrid("Sheet1")
	g.line("姓名", "工号", "免检原因", "起止时间", "证明")
	for i, period := range []any{
		"2022-03-22至2022-03-25", "2022/3/22-2022/3/25", "2022-03-22-2022-03-25", "2022.3.22～2022.3.25", "2022年3月22日到3月25日", "3月22日—25日",
		"3月22日-3月25日", "2022-03-22 08:00 至 2022-03-24 20:00", "2022年3月22日上午8点~2022年3月24日下午6点", "3月24日", "3.22-3.25", "本周", nil,
	} {
		p := basicStaff()[i]
		g.line(p.name, p.no, "隔离点已检", period, "隔离点证明")
	}
	return g.bytes()
}

func exemptionMerged() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("Sheet1")
	g.title("隔离人员名单", 5)
	g.line("宿舍", "姓名", "身份证号", "免检原因", "起止日期")
	for i, p := range staff[:6] {
		if i%3 == 0 {
			g.line("2号楼"+string(rune('1'+i/3))+"01", p.name, p.id, "隔离点已检", "3月20日至3月27日")
			continue
		}
		g.line(nil, p.name, p.id)
	}
	for _, column := range []string{"A", "D", "E"} {
		g.merge(column+"3", column+"5")
		g.merge(column+"6", column+"8")
	}
	return g.bytes()
}

func exemptionLimits() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("免检")
	g.line("姓名", "身份证号", "免检原因", "开始时间", "结束时间", "证明材料")
	line := func(i int, ground any, from, to any) { g.line(staff[i].name, staff[i].id, ground, from, to, "证明") }
	line(0, "48小时内接种疫苗", march(21), march(25))
	line(1, "48小时内接种疫苗", stamp(at(23, 8, 0)), stamp(at(25, 8, 0)))
	line(2, "48小时内接种疫苗", stamp(at(23, 8, 0)), stamp(at(25, 8, 1)))
	line(3, "48小时内接种疫苗", stamp(at(23, 8, 0)), nil)
	line(4, "隔离点已检", march(25), march(22))
	line(5, "隔离点已检", march(20), nil)
	line(6, "隔离点已检", nil, march(25))
	line(7, "晕针", march(22), march(24))
	line(8, nil, march(22), march(24))
	line(9, "医学原因", march(22), march(24))
	line(9, "医学原因", march(22), march(24))
	line(10, "医学原因", march(22), march(24))
	line(10, "医学原因", march(22), march(25))
	line(11, "发热", "2020-03-22", "2020-03-24")
	line(12, "不在岗", "2025-03-22", "2025-03-24")
	return g.bytes()
}

func exemptionCSV() ([]byte, error) {
	rows := [][]string{{"姓名", "证件号码", "事由", "开始时间", "截止时间", "凭证", "备注"}}
	for i, ground := range []string{"隔离", "发热", "不在岗", "医学原因", "已接种疫苗"} {
		p := basicStaff()[i]
		rows = append(rows, []string{p.name, p.id, ground, "2022/3/23 9:30", "2022/3/24 18:00", "扫描件已存档", "某某提供"})
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(csvText(",", "\r\n", rows)))
}

func leaveBasic() ([]byte, error) {
	g := newGrid("3月请假明细")
	g.title("2022年3月职工请假明细表", 7)
	g.line("工号", "姓名", "车间", "请假类型", "开始日期", "结束日期", "请假事由")
	staff := basicStaff()
	for i := range 8 {
		p := staff[i]
		g.line(p.no, p.name, p.workshop, []string{"事假", "病假", "婚假", "年假"}[i%4], march(17+i), march(20+i), []any{"家中有事", nil, "结婚", nil}[i%4])
	}
	g.line("小计", nil, nil, nil, nil, nil, "8人")
	g.sign(7)
	return g.bytes()
}

func leaveDays() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("请假")
	g.line("姓名", "身份证号", "请假开始时间", "请假结束时间", "请假天数", "事由")
	line := func(i int, from, to, days any) { g.line(staff[i].name, staff[i].id, from, to, days, "事假") }
	line(0, march(22), nil, 3)
	line(1, march(24), nil, "2天")
	line(2, march(24), nil, 0.5)
	line(3, march(22), march(24), 3)
	line(4, march(22), march(24), 5)
	line(5, "2022-03-24 08:00", "2022-03-24 20:00", nil)
	line(6, march(22), nil, "三天左右")
	line(7, march(22), nil, 0)
	return g.bytes()
}

func leaveTrouble() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("请假")
	g.line("姓名", "身份证号", "请假时间", "请假类型")
	line := func(p person, period any) { g.line(p.name, p.id, period, "事假") }
	line(staff[0], "2022-03-25至2022-03-28")
	line(staff[1], "2022-03-24至2022-03-20")
	line(staff[2], "2022-03-23")
	line(staff[3], nil)
	line(staff[4], "3月10日-3月12日")
	line(staff[4], "3月22日-3月26日")
	line(staff[7], "3月22日-3月26日")
	line(staff[7], "3月22日-3月26日")
	line(staff[8], "3月22日-3月26日")
	line(staff[8], "3月22日-3月27日")
	line(staff[9], "3月22日-3月26日")  // on leave without an end
	line(staff[18], "3月22日-3月26日") // waiting to return
	line(person{name: "查无此人", id: "370303198705189970"}, "3月22日-3月26日")
	line(staff[10], "2021年12月1日-2021年12月3日")
	return g.bytes()
}
