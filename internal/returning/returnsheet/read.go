package returnsheet

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/returning"
)

// vocabulary is how offices head the columns of a returning batch.
var vocabulary = sheet.Vocabulary{
	{Key: "employee_no", Synonyms: []string{"工号", "员工编号", "职工编号", "员工号", "Employee No"}},
	{Key: "name", Synonyms: []string{"姓名", "员工姓名", "职工姓名", "Name"}},
	{Key: "id_number", Synonyms: []string{"证件号码", "身份证号", "身份证号码", "身份证", "证件号", "ID number"}},
	{Key: "planned_on", Synonyms: []string{"返岗日期", "返回日期", "抵淄日期", "计划返岗日期", "返岗时间", "Return date"}, Required: true},
	{Key: "origin_area", Synonyms: []string{"来源地", "出发地", "返岗前所在地", "来自哪里", "From"}},
	{Key: "transport", Synonyms: []string{"交通方式", "交通工具", "Transport"}},
	{Key: "trip_no", Synonyms: []string{"车次", "航班号", "车牌号", "车次航班号", "Trip No"}},
	{Key: "outside", Synonyms: []string{"是否市外返淄", "市外返回", "是否外地返回", "From outside"}},
	{Key: "reported", Synonyms: []string{"社区报备", "是否向社区报备", "是否报备", "报备", "Reported to community"}},
	{Key: "risk_stay", Synonyms: []string{"中高风险地区旅居史", "14天内中高风险地区旅居史", "是否到过中高风险地区", "旅居史", "Risk areas"}},
	{Key: "overseas", Synonyms: []string{"境外旅居史", "21天内境外旅居史", "境外史", "Abroad"}},
	{Key: "contacts", Synonyms: []string{"接触史", "密接情况", "Contacts"}},
	{Key: "health_code", Synonyms: []string{"健康码", "健康码颜色", "Health code"}},
	{Key: "trip_card", Synonyms: []string{"行程码", "行程卡", "通信大数据行程卡", "Trip card"}},
	{Key: "temperature", Synonyms: []string{"体温", "返岗体温", "Temperature"}},
	{Key: "symptoms", Synonyms: []string{"症状", "有无症状", "身体状况", "Symptoms"}},
	{Key: "pledge", Synonyms: []string{"承诺书", "是否签承诺书", "已签承诺书", "Pledge"}},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note"}},
}

// word is a part of what a cell says, and what it means. The first that fits decides.
type word struct{ part, means string }

var (
	codeWords = []word{{"金", "gold_vaccinated"}, {"gold", "gold_vaccinated"}, {"绿", "green"}, {"green", "green"}, {"黄", "yellow"},
		{"yellow", "yellow"}, {"红", "red"}, {"red", "red"}}
	cardWords = []word{{"星", "starred"}, {"*", "starred"}, {"star", "starred"}, {"绿", "green"}, {"green", "green"}, {"黄", "yellow"},
		{"橙", "orange"}, {"红", "red"}}
	transportWords = []word{{"自驾", "self_drive"}, {"私家车", "self_drive"}, {"开车", "self_drive"}, {"火车", "train"}, {"高铁", "train"}, {"动车", "train"},
		{"列车", "train"}, {"飞机", "plane"}, {"航班", "plane"}, {"拼车", "carpool"}, {"顺风车", "carpool"}, {"班车", "company_bus"}, {"包车", "company_bus"},
		{"客车", "coach"}, {"大巴", "coach"}, {"汽车", "coach"}}
	contactWords = []word{{"次密", "secondary_contact"}, {"密接的密接", "secondary_contact"}, {"密接", "confirmed_contact"}, {"密切", "confirmed_contact"},
		{"发热", "fever_contact"}, {"进口", "overseas_goods_contact"}, {"冷链", "overseas_goods_contact"}}
	symptomWords = []word{{"发热", "fever"}, {"发烧", "fever"}, {"干咳", "dry_cough"}, {"咳", "cough"}, {"乏力", "fatigue"}, {"无力", "fatigue"},
		{"咽", "sore_throat"}, {"嗓子", "sore_throat"}, {"嗅觉", "smell_loss"}, {"味觉", "taste_loss"}, {"腹泻", "diarrhea"}, {"拉肚子", "diarrhea"},
		{"鼻塞", "nasal_congestion"}, {"流涕", "runny_nose"}, {"流鼻涕", "runny_nose"}, {"结膜", "conjunctivitis"}, {"肌肉", "myalgia"}, {"肌痛", "myalgia"},
		{"头痛", "headache"}, {"头疼", "headache"}, {"气促", "dyspnea"}, {"呼吸困难", "dyspnea"}}
)

// nothing are the words for no symptom and no contact.
var nothing = []string{"无", "否", "没有", "正常", "无症状", "良好", "健康", "无异常", "无接触史", "x", "×", "0", "no", "none"}

func meaning(words []word, text string) (string, bool) {
	for _, w := range words {
		if strings.Contains(text, w.part) {
			return w.means, true
		}
	}
	return "", false
}

// trip numbers that say by themselves what they are numbers of.
var (
	trainNo  = regexp.MustCompile(`^[GDCZTKYSgdcztkys]\d{1,4}$`)
	flightNo = regexp.MustCompile(`^[A-Za-z0-9]{2}\d{3,4}$`)
)

// transportOf reads how somebody travelled; a number of a train or a flight will do.
func transportOf(text, number string) string {
	if id, ok := meaning(transportWords, text); ok {
		return id
	}
	for _, n := range []string{number, text} {
		switch {
		case trainNo.MatchString(n):
			return "train"
		case flightNo.MatchString(n):
			return "plane"
		}
	}
	if text != "" {
		return "other"
	}
	return ""
}

// zibo are the names by which a place is known to lie in the city.
var zibo = []string{"淄博", "张店", "淄川", "博山", "临淄", "周村", "桓台", "高青", "沂源", "文昌湖"}

func local(area string) bool {
	return slices.ContainsFunc(zibo, func(name string) bool { return strings.Contains(area, name) })
}

// reader reads one row; problems go to the line.
type reader struct {
	checker *checker
	row     sheet.Row
	line    *intake.Line
}

func (r reader) cell(key string) sheet.Cell { return r.checker.header.Cell(r.row, key) }

// text is the cell's text; a spoiled cell is a fault.
func (r reader) text(key string) string {
	c := r.cell(key)
	if c.Empty() {
		return ""
	}
	if err := c.Check(); err != nil {
		r.line.Fault(key, c.Ref(), intake.ProblemOf(err))
		return ""
	}
	return sheet.NormalizeText(c.Text)
}

func (r reader) unknown(key, text string) {
	r.line.Fault(key, r.cell(key).Ref(), errs.Msg("returning.sheet.word", "value", text))
}

// who says whom the row means. A number that the office program ruined is a fault: the row would land with a namesake.
func (r reader) who() match.Key {
	k := match.Key{Name: sheet.NormalizeName(r.text("name")), EmployeeNo: r.text("employee_no")}
	switch id := r.cell("id_number"); {
	case id.Empty():
	case id.LostDigits():
		r.line.Fault("id_number", id.Ref(), errs.Msg("intake.problem.lost_digits", "value", id.Text))
	default:
		k.IDNumber = gb.NormalizeID(r.text("id_number"))
	}
	if k == (match.Key{}) && r.line.Outcome == "" {
		r.line.Fault("name", r.cell("name").Ref(), errs.Msg("screening.sheet.who"))
	}
	return k
}

func (r reader) incoming() returning.Incoming {
	d := returning.Declaration{OriginArea: r.text("origin_area"), TripNo: r.text("trip_no"), Note: r.text("note")}
	by := r.text("transport")
	d.Transport = transportOf(by, d.TripNo)
	if d.TripNo == "" && (d.Transport == "other" || trainNo.MatchString(by) || flightNo.MatchString(by)) {
		d.TripNo = by
	}
	d.Outside, d.Reported = r.answer("outside"), r.answer("reported")
	if d.Outside == "" && d.OriginArea != "" {
		d.Outside = returning.Yes // and so must have told the community: the stricter reading of a place that is not known
		if local(d.OriginArea) {
			d.Outside = returning.No
		}
	}
	d.RiskStay, d.Overseas = r.answer("risk_stay"), r.answer("overseas")
	d.HealthCode, d.TripCard = r.choice("health_code", codeWords), r.choice("trip_card", cardWords)
	d.Temperature = r.temperature()
	d.Symptoms, d.Well = r.some("symptoms", symptomWords)
	d.Contacts, d.NoContact = r.some("contacts", contactWords)
	return returning.Incoming{Planned: r.day(), Declaration: d, Pledged: r.answer("pledge") == returning.Yes}
}

func (r reader) day() string {
	c := r.cell("planned_on")
	at, _, err := sheet.ParseInstant(c, r.checker.env.Zone, r.checker.env.At)
	if err != nil {
		r.line.Fault("planned_on", c.Ref(), intake.ProblemOf(err))
		return ""
	}
	return at.Format(time.DateOnly)
}

// answer reads a yes or a no, also 已报备, 未签 and the like. An empty cell has not been answered.
func (r reader) answer(key string) returning.Answer {
	c := r.cell(key)
	if c.Empty() {
		return ""
	}
	yes, err := sheet.ParseYesNo(c)
	switch text := sheet.NormalizeText(c.Text); {
	case err == nil && yes, strings.HasPrefix(text, "已"):
		return returning.Yes
	case err == nil, strings.HasPrefix(text, "未"), strings.HasPrefix(text, "无"), strings.HasPrefix(text, "不"):
		return returning.No
	}
	r.line.Fault(key, c.Ref(), intake.ProblemOf(err))
	return ""
}

func (r reader) choice(key string, words []word) string {
	text := strings.ToLower(r.text(key))
	if text == "" {
		return ""
	}
	id, ok := meaning(words, text)
	if !ok {
		r.unknown(key, text)
	}
	return id
}

func (r reader) temperature() *float64 {
	c := r.cell("temperature")
	if c.Empty() {
		return nil
	}
	c.Text = strings.TrimRight(sheet.NormalizeText(c.Text), "℃°cC度 ")
	t, err := sheet.ParseDecimal(c)
	if err != nil {
		r.line.Fault("temperature", c.Ref(), intake.ProblemOf(err))
		return nil
	}
	return &t
}

// some reads several words, or one that says there is nothing.
func (r reader) some(key string, words []word) (chosen []string, none bool) {
	text := strings.ToLower(r.text(key))
	if text == "" {
		return nil, false
	}
	if slices.Contains(nothing, text) {
		return nil, true
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("、,;，；/ ", c) })
	for _, part := range parts {
		if slices.Contains(nothing, part) || strings.HasPrefix(part, "无") || strings.HasPrefix(part, "没") { // 无发热、无咳嗽
			continue
		}
		id, ok := meaning(words, part)
		if !ok {
			r.unknown(key, part)
			return nil, false
		}
		chosen = append(chosen, id)
	}
	return chosen, len(chosen) == 0
}
