package main

import (
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

func valueFiles() []file {
	return []file{
		{"roster-words.xlsx", "other words for sex, yes and no, employment, category, status and commute; spaces and full-width signs around them", rosterWords},
		{"roster-dates.xlsx", "every way to write a date, and ways that must be refused; the remark says what the cell is", rosterDates},
		{"roster-dates-1904.xlsx", "date cells and bare serial numbers in a workbook that counts from 1904", rosterDates1904},
		{"roster-formulas.xlsx", "formulas with stored values (CONCATENATE, =A2, TEXT), shared formulas, errors, and one never calculated", rosterFormulas},
		{"roster-ids-ruined.xlsx", "identity and phone numbers that Excel turned into numbers and into 3.70303E+17", rosterRuined},
		{"roster-id-faults.xlsx", "numbers of 15 digits, lower-case x, full-width digits, wrong check digit, 30 February, future birth, spaces and apostrophes within", rosterIDFaults},
		{"roster-permits.xlsx", "passports, permits of Hong Kong, Macau and Taiwan, residence permits, and numbers under the wrong type", rosterPermits},
		{"roster-rare-names.xlsx", "rare characters, dots, padded two-character names, Latin names, invisible characters", rosterRareNames},
		{"roster-repeats.xlsx", "the same person twice: identical, with another team, with another name; one phone for two people", rosterRepeats},
	}
}

func rosterWords() ([]byte, error) {
	keys := []string{"name", "id_number", "sex", "key_post", "employment", "test_category", "work_status", "commute"}
	words := [][]any{
		{"男", "是", "正式", "车间生产人员", "在岗", "步行"},
		{"女性", "否", "正式工", "生产人员", "上班", "走路"},
		{"M", "√", "合同工", "在岗职工", "居家办公", "自驾车"},
		{"F", "×", "派遣", "保安", "待返岗", "厂车"},
		{"male", 1, "劳务派遣工", "食堂", "管控", "公交车"},
		{"Female", 0, "外包", "司机", "休假", "电动车"},
		{1, true, "临时", "保洁", "离职", "拼车"},
		{2, false, "实习生", "进口冷链装卸", " 在岗 ", "班　车"},
		{"未知", "也许", "合伙", "高管", "出差", "飞机"},
	}
	g := newGrid("花名册")
	g.line(labelsOf(rosterColumns, keys)...)
	for i, w := range words {
		p := basicStaff()[i]
		g.line(append([]any{p.name, p.id}, w...)...)
	}
	return g.bytes()
}

type dateForm struct {
	value any
	what  string
}

func dateForms() []dateForm {
	forms := []dateForm{
		{day(at(24, 0, 0)), "日期单元格"},
		{stamp(at(24, 8, 30)), "日期时间单元格"},
		{shown{44644, "General"}, "常规格式的序列值"},
		{shown{44644.354166666664, "General"}, "常规格式的序列值带时间"},
		{shown{44644, `yyyy"年"m"月"d"日"`}, "中文日期格式"},
		{shown{44644, `[$-804]yyyy"年"m"月"d"日" dddd`}, "带星期的日期格式"},
		{20220324, "八位整数"},
		{shown{0.354166666666667, "h:mm"}, "只有时间"},
		{shown{2022, "General"}, "只有年份"},
	}
	texts := []string{
		"2022-03-24", "2022/3/24", "2022.3.24", "2022年3月24日", "2022年03月24号", "3月24日", "12月30日", "20220324", "44644",
		"2022-03-24 08:30", "2022/3/24 8:30:15", "2022.3.24 8：30", "2022年3月24日 上午8:30", "2022年3月24日下午3点5分",
		"2022-3-24 下午12:10", "2022年3月24日8时", "2022-03-24 24:00", "2022-03-24T08:30:00+08:00", "2022-03-24T00:30:00Z",
		"２０２２－０３－２４", " 2022-03-24 ", "2022年3月24日 星期四", "2022-03-24（周四）", "20220324083000",
		"2022-02-30", "2022-13-01", "2021年2月29日", "2022-03-24 25:00", "24/3/22", "22/3/24", "3/24/2022", "22年3月24日", "3.24", "昨天", "2022年3月", "8:30",
	}
	for _, text := range texts {
		forms = append(forms, dateForm{text, "文本 " + strings.TrimSpace(text)})
	}
	return forms
}

func rosterDates() ([]byte, error) {
	g := newGrid("花名册")
	keys := []string{"employee_no", "name", "id_number"}
	g.line(append(labelsOf(rosterColumns, keys), "入职日期", "备注")...)
	for i, form := range dateForms() {
		p := manyStaff(100)[i]
		g.line(append(p.row(keys), form.value, form.what)...)
	}
	return g.bytes()
}

func rosterDates1904() ([]byte, error) {
	g := newGrid("花名册")
	on := true
	g.do(g.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on}))
	const later = 1462 // days from 1899-12-30 to 1904-01-01
	g.line("姓名", "证件号码", "入职日期", "备注")
	forms := []dateForm{
		{shown{44644 - later, "yyyy/m/d"}, "2022-03-24"},
		{shown{44644.5 - later, "yyyy/m/d h:mm"}, "2022-03-24 12:00"},
		{shown{44644 - later, "General"}, "2022-03-24 常规格式"},
		{"2022-03-24", "文本"},
	}
	for i, form := range forms {
		p := basicStaff()[i]
		g.line(p.name, p.id, form.value, form.what)
	}
	return g.bytes()
}

// asNumber is what a spreadsheet makes of a long number that is typed in: a
// number of 15 digits, and zeros.
func asNumber(digits string) float64 {
	n, err := strconv.ParseFloat(digits[:15]+strings.Repeat("0", len(digits)-15), 64)
	if err != nil {
		panic(err) // the digits are this program's own
	}
	return n
}

func rosterRuined() ([]byte, error) {
	staff := basicStaff()
	g := newGrid("花名册")
	g.line("工号", "姓名", "身份证号", "手机号")
	g.line(staff[0].no, staff[0].name, staff[0].id, staff[0].mobile)
	g.line(staff[1].no, staff[1].name, shown{asNumber(staff[1].id), "General"}, 13900000002)
	g.line(staff[3].no, staff[3].name, shown{asNumber(staff[3].id), "0"}, shown{13900000004, "0"})
	g.line(staff[5].no, staff[5].name, "3.70303E+17", "1.39E+10")
	g.line(staff[6].no, staff[6].name, "3.70306196612111E+17", staff[6].mobile)
	g.line(shown{7, "00000"}, staff[7].name, "'"+staff[7].id, "'"+staff[7].mobile)
	g.line(shown{8, "General"}, staff[8].name, staff[8].id+" ", "139 0000 0009")
	return g.bytes()
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune { return r - '!' + 0xFF01 }, s)
}

func rosterIDFaults() ([]byte, error) {
	g := newGrid("花名册")
	g.line("姓名", "证件号码", "备注")
	for i, c := range [][2]string{
		{"370303198503149970", "正确"},
		{"370303850314997", "15位旧号"},
		{"37030319870508997x", "小写x"},
		{fullWidth("370302199002289965"), "全角数字"},
		{fullWidth("37030319870508997X"), "全角X"},
		{"370303198503149971", "校验位错误"},
		{"370303198502309979", "2月30日，校验位正确"},
		{"370303209001019974", "未来出生，校验位正确"},
		{"37030319850314997", "17位"},
		{"3703031985031499700", "19位"},
		{"37030319870508997Y", "末位字母错误"},
		{"370304 19791001 9964", "中间空格"},
		{" 370306199306159970\t", "首尾空白"},
		{"\u202d370305199512319991\u202c", "粘贴带入的不可见字符"},
		{"37232019780620", "位数不足"},
		{"372330197806209973", "已撤销的行政区划代码，仍有效"},
		{"37032320000229995X", "闰日出生"},
		{"", "未填"},
		{"无", "写了无"},
	} {
		var id any
		if c[0] != "" {
			id = c[0]
		}
		g.line(personName(i), id, c[1])
	}
	return g.bytes()
}

func rosterPermits() ([]byte, error) {
	g := newGrid("花名册")
	g.line("姓名", "证件种类", "证件号码", "性别", "备注")
	for _, row := range [][]any{
		{"陈大文", "港澳居民来往内地通行证", "H01234567", "男", "9位"},
		{"何小姐", "回乡证", "M0123456701", "女", "11位旧证"},
		{"林台生", "台湾居民来往大陆通行证", "01234567", "男", "8位，首位为0"},
		{"黄美玲", "台胞证", shown{1234567, "00000000"}, "女", "数字单元格，显示为8位"},
		{"SMITH JOHN", "护照", "X1234567", "男", "外国护照"},
		{"王海外", "护照", "E12345678", "男", "中国护照"},
		{"李港", "港澳居民居住证", "81000019900101997X", "男", ""},
		{"吴澳", "港澳台居民居住证", "82000019900101998X", "女", ""},
		{"郑台", "台湾居民居住证", "83000019900101999X", "男", ""},
		{"MÜLLER ANNA", "外国人永久居留身份证", "DEU370085031499", "女", "旧版"},
		{"赵某", "护照", "370303198503149970", "男", "类型与号码不符"},
		{"钱某", "居民身份证", "E12345678", "女", "类型与号码不符"},
		{"孙某", "军官证", "军字第001234号", "男", "其他证件"},
	} {
		g.line(row...)
	}
	return g.bytes()
}

func rosterRareNames() ([]byte, error) {
	g := newGrid("花名册")
	g.line("姓名", "证件号码", "备注")
	for i, c := range [][2]string{
		{"王龘", "生僻字"}, {"李㐂", "扩展A区"}, {"张𠮷", "扩展B区"}, {"䶮海", "扩展A区姓"}, {"逯\U0002CE93", "扩展F区"},
		{"阿依古丽·买买提", "间隔号"}, {"阿卜杜拉•艾力", "圆点"}, {"买买提・吐尔逊", "日文间隔号"}, {"古丽．热合曼", "全角点"},
		{"张　三", "两字名加全角空格"}, {"李 四", "两字名加空格"}, {"欧阳 晓燕", "复姓加空格"}, {"王\u00a0伟", "不换行空格"},
		{"\u200b赵明", "零宽空格"}, {"孙明\u202c", "方向控制符"}, {"ＪＯＨＮ　ＳＭＩＴＨ", "全角拉丁"}, {"Anna Maria Müller", "拉丁名"},
		{"周\n静", "单元格内换行"}, {"吴丽(大)", "同名区分"}, {"葛\U000E0100优", "异体字选择符"}, {"羽\uF9A8", "兼容汉字"},
	} {
		g.line(c[0], manyStaff(50)[i].id, c[1])
	}
	return g.bytes()
}

func rosterRepeats() ([]byte, error) {
	staff := basicStaff()
	keys := []string{"employee_no", "name", "id_number", "mobile", "team", "joined_on"}
	moved, renamed, lower, shared := staff[1], staff[2], staff[4], staff[5]
	moved.team = "二车间乙班"
	renamed.name = "刘丽丽"
	lower.id = fullWidth(lower.id)
	lower.joined = lower.joined.AddDate(0, 0, 1)
	shared.mobile = staff[4].mobile
	again := staff[7]
	again.no = "LC9999"
	g := newGrid("花名册")
	g.people(keys, append(staff[:10:10], staff[0], moved, renamed, lower, shared, again))
	return g.bytes()
}
