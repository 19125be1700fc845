package main

import (
	"fmt"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func labFiles() []file {
	return []file{
		{"lab-basic.xlsx", "nothing wrong: 40 people, sampled on 21 March, all negative", labBasic},
		{"lab-words.xlsx", "other words for the result: 阴, -, (-), Negative, 未检出, and for positive, unclear and void; unreadable ones", labWords},
		{"lab-pools.xlsx", "mixed samples: ten people to a tube, one tube abnormal, one tube of a single person", labPools},
		{"lab-pending.xlsx", "results not out yet, out late, empty; then the same people again with results", labPending},
		{"lab-employee-no.xlsx", "no identity numbers, only employee numbers; three of them unknown, one with a lost zero", labEmployeeNo},
		{"lab-names.xlsx", "only names; two people bear the same one, one is unknown, one is padded with a space", labNames},
		{"lab-masked.xlsx", "identity numbers and phones masked by the laboratory", labMasked},
		{"lab-conflicts.xlsx", "the same person and instant twice: identical, with another result, with another barcode, a minute apart", labConflicts},
		{"lab-times.xlsx", "sampled in the future, reported before sampled, tested before sampled, months old, only a day, no time at all", labTimes},
		{"lab-gb18030.csv", "a laboratory system's CSV in GB18030 with instants to the second", labCSV},
	}
}

const (
	clinic = "张店区测试社区卫生服务中心"
	labo   = "淄博测试医学检验实验室"
)

// swab is one line of a laboratory's list.
type swab struct {
	p                           person
	sampled, tested, reported   any
	result, barcode, mode, note any
}

// newSwab is a swab of that day whose result came in the evening.
func newSwab(i int, p person, dayOfMonth int) swab {
	sampled := at(dayOfMonth, 8, 0).Add(time.Duration(2*i) * time.Minute)
	return swab{
		p: p, sampled: stamp(sampled), tested: stamp(sampled.Add(6 * time.Hour)), reported: stamp(at(dayOfMonth, 19, 30)),
		result: "阴性", barcode: fmt.Sprintf("ZB2203%02d%05d", dayOfMonth, i+1), mode: "单采",
	}
}

var labKeys = []string{"name", "id_number", "mobile", "sampled_at", "tested_at", "reported_at", "result", "institution", "lab", "barcode", "collect_mode", "method", "note"}

func (s swab) row(keys []string) []any {
	row := make([]any, len(keys))
	for i, key := range keys {
		switch key {
		case "sampled_at":
			row[i] = s.sampled
		case "tested_at":
			row[i] = s.tested
		case "reported_at":
			row[i] = s.reported
		case "result":
			row[i] = s.result
		case "institution":
			row[i] = clinic
		case "lab":
			row[i] = labo
		case "barcode":
			row[i] = s.barcode
		case "collect_mode":
			row[i] = s.mode
		case "method":
			row[i] = "新型冠状病毒核酸检测"
		case "note":
			row[i] = s.note
		default:
			row[i] = s.p.text(key)
		}
	}
	return row
}

func (g *grid) swabs(keys []string, swabs []swab) {
	g.line(labelsOf(labColumns, keys)...)
	for _, s := range swabs {
		g.line(s.row(keys)...)
	}
}

func swabsOf(staff []person, dayOfMonth int) []swab {
	swabs := make([]swab, len(staff))
	for i, p := range staff {
		swabs[i] = newSwab(i, p, dayOfMonth)
	}
	return swabs
}

func labSheet(keys []string, swabs []swab) ([]byte, error) {
	g := newGrid("核酸结果")
	g.swabs(keys, swabs)
	return g.bytes()
}

func labBasic() ([]byte, error) {
	g := newGrid("核酸结果")
	g.line("核酸检测结果汇总表")
	g.merge("A1", "M1")
	g.swabs(labKeys, swabsOf(basicStaff(), 21))
	g.line("检测人数：40", nil, nil, nil, nil, nil, "审核：某某")
	return g.bytes()
}

func labWords() ([]byte, error) {
	words := []any{
		"阴性", "阴", "-", "(-)", "（－）", "Negative", "NEGATIVE", "阴性(-)", "未检出", " 阴 性 ", "阳性", "阳", "+", "(+)", "Positive",
		"可疑", "灰区", "混管异常待复核", "无效", "样本不合格", "作废", "待出", "检测中", "未出", "合格", "0", nil,
	}
	swabs := swabsOf(basicStaff()[:len(words)], 22)
	for i, w := range words {
		swabs[i].result = w
	}
	return labSheet(labKeys, swabs)
}

func labPools() ([]byte, error) {
	swabs := swabsOf(basicStaff()[:31], 22)
	for i := range swabs {
		tube := i / 10
		swabs[i].barcode = fmt.Sprintf("H2203220%02d", tube+1)
		swabs[i].mode = []string{"混采", "10合1混采", "10:1", "单采"}[tube]
		if tube == 1 {
			swabs[i].result, swabs[i].note = "混管异常待复核", "待单管复采"
		}
	}
	return labSheet(labKeys, swabs)
}

func labPending() ([]byte, error) {
	swabs := swabsOf(basicStaff()[:8], 23)
	for i := range swabs {
		swabs[i].result, swabs[i].reported, swabs[i].tested = "待出", nil, nil
	}
	swabs[2].result, swabs[3].result, swabs[4].result = "检测中", "未出", nil
	swabs[5].sampled, swabs[5].note = stamp(at(20, 9, 0)), "超过24小时未出"
	late := swabsOf(basicStaff()[:3], 23)
	late[2].reported = stamp(at(25, 1, 10))
	return labSheet(labKeys, append(swabs, late...))
}

func labEmployeeNo() ([]byte, error) {
	keys := []string{"employee_no", "sampled_at", "result", "institution", "barcode"}
	swabs := swabsOf(basicStaff()[:20], 23)
	swabs[4].p.no, swabs[9].p.no, swabs[14].p.no = "LC0099", "X0010", ""
	swabs[15].p.no = "LC16" // was LC0016
	swabs[16].p.no = "lc0017"
	swabs[17].p.no = "ＬＣ００１８"
	return labSheet(keys, swabs)
}

func labNames() ([]byte, error) {
	keys := []string{"name", "sampled_at", "result"}
	staff := basicStaff()[:30] // two of them bear the same name
	staff[3].name = string([]rune(staff[3].name)[:1]) + "　" + string([]rune(staff[3].name)[1:])
	staff[12].name = "查无此人"
	return labSheet(keys, swabsOf(staff, 23))
}

func labMasked() ([]byte, error) {
	swabs := swabsOf(basicStaff()[:10], 23)
	for i := range swabs {
		p := &swabs[i].p
		p.name = string([]rune(p.name)[:1]) + "**"
		p.id = p.id[:6] + "********" + p.id[14:]
		p.mobile = p.mobile[:3] + "****" + p.mobile[7:]
	}
	return labSheet(labKeys, swabs)
}

func labConflicts() ([]byte, error) {
	swabs := swabsOf(basicStaff()[:10], 22)
	other, barcode, later := swabs[1], swabs[2], swabs[3]
	other.result = "阳性"
	barcode.barcode = "ZB220322999"
	later.sampled = stamp(at(22, 8, 7))
	pending := swabs[4]
	pending.result = "待出"
	positive := swabs[5]
	positive.result, positive.note = "可疑", "复检"
	return labSheet(labKeys, append(swabs, swabs[0], other, barcode, later, pending, positive))
}

func labTimes() ([]byte, error) {
	swabs := swabsOf(basicStaff()[:14], 23)
	swabs[0].sampled = stamp(at(25, 9, 0))
	swabs[1].sampled = stamp(time.Date(2023, 3, 23, 8, 2, 0, 0, time.UTC))
	swabs[2].sampled, swabs[2].reported = stamp(at(23, 8, 4)), stamp(at(22, 19, 30))
	swabs[3].tested = stamp(at(23, 7, 0))
	swabs[4].sampled = stamp(time.Date(2021, 11, 23, 8, 0, 0, 0, time.UTC))
	swabs[5].sampled = day(at(23, 0, 0))
	swabs[6].sampled = "2022年3月23日 上午9:15"
	swabs[7].sampled = "3月23日"
	swabs[8].sampled = nil
	swabs[9].sampled = "23/3/22"
	swabs[10].sampled = "2022-02-30 08:00"
	swabs[11].sampled = shown{44643.375, "General"}
	swabs[12].sampled = "9:15"
	swabs[13].sampled = "2022-03-23T09:15:00+08:00"
	return labSheet(labKeys, swabs)
}

func labCSV() ([]byte, error) {
	rows := [][]string{{"条码号", "姓名", "身份证号", "采样点", "采样时间", "出具时间", "检测机构", "核酸结果", "混采单采"}}
	for i, s := range swabsOf(basicStaff()[:20], 24) {
		sampled := time.Time(s.sampled.(stamp)).Add(time.Duration(i) * time.Second)
		rows = append(rows, []string{
			s.barcode.(string), s.p.name, s.p.id, clinic, sampled.Format(time.DateTime),
			sampled.Add(5 * time.Hour).Format("2006/1/2 15:04"), labo, "阴性", "单采",
		})
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(csvText(",", "\r\n", rows)))
}
