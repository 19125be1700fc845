package labsheet

import (
	"regexp"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// vocabulary is how laboratories and offices head the columns of a sheet of results.
var vocabulary = sheet.Vocabulary{
	{Key: "id_number", Synonyms: []string{"证件号码", "身份证号", "身份证号码", "身份证", "证件号", "ID number"}},
	{Key: "employee_no", Synonyms: []string{"工号", "员工编号", "职工编号", "员工号", "Employee No"}},
	{Key: "name", Synonyms: []string{"姓名", "受检者姓名", "受检人", "Name"}},
	{Key: "mobile", Synonyms: []string{"手机号", "手机号码", "联系电话", "电话号码", "联系方式", "Mobile"}},
	{Key: "sampled_at", Synonyms: []string{"采样时间", "采样日期", "Sampled at"}, Required: true},
	{Key: "tested_at", Synonyms: []string{"检测时间", "检测日期", "Tested at"}},
	{Key: "reported_at", Synonyms: []string{"报告时间", "结果填报时间", "出具时间", "报告日期", "Reported at"}},
	{Key: "result", Synonyms: []string{"检测结果", "核酸结果", "结果", "Result"}, Required: true},
	{Key: "institution", Synonyms: []string{"采样机构", "采样点", "采样地点", "Sampling site"}},
	{Key: "lab", Synonyms: []string{"检测机构", "检测单位", "Laboratory"}},
	{Key: "barcode", Synonyms: []string{"样本条形码", "条码号", "管号", "样本编号", "条形码", "Barcode"}},
	{Key: "collect_mode", Synonyms: []string{"采集类型", "混采单采", "采样方式", "Pooling"}},
	{Key: "method", Synonyms: []string{"检测方法", "检测项目", "Method"}},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note"}},
}

// results are the words for results, without spaces and in lower case.
var results = words(map[regime.Result]string{
	regime.Negative: "阴性 阴 - (-) negative neg 未检出", regime.Positive: "阳性 阳 + (+) positive pos 检出",
	regime.ResultPending: "待出 检测中 未出 待出结果 待检 pending", regime.Suspicious: "可疑 灰区 待定 suspicious",
	regime.PoolAbnormal: "混管异常 混管异常待复核 混检异常 混管阳性 待复核 pool_abnormal", regime.Invalid: "无效 不合格 样本不合格 invalid", regime.Cancelled: "作废 cancelled",
})

func words[V comparable](m map[V]string) map[string]V {
	out := map[string]V{}
	for v, list := range m {
		for _, w := range strings.Fields(list) {
			out[w] = v
		}
	}
	return out
}

var bracketed = regexp.MustCompile(`[(\[].*[)\]]$`)

// resultOf also takes a word with its sign behind it, such as 阴性(-).
func resultOf(word string) (regime.Result, bool) {
	if r, ok := results[word]; ok {
		return r, true
	}
	r, ok := results[bracketed.ReplaceAllString(word, "")]
	return r, ok
}

var poolSize = regexp.MustCompile(`(\d+)[合混:]`)

// modeOf reads 单采, 5混1, 10合1混采, 20:1 and the like; 混采 without a size is taken as ten, the usual one.
func modeOf(word string) (regime.CollectMode, bool) {
	if m := poolSize.FindStringSubmatch(word); m != nil {
		mode, ok := map[string]regime.CollectMode{"1": regime.ModeSingle, "5": regime.ModePool5, "10": regime.ModePool10, "20": regime.ModePool20}[m[1]]
		return mode, ok
	}
	switch {
	case strings.Contains(word, "单") || word == "single":
		return regime.ModeSingle, true
	case strings.Contains(word, "混"):
		return regime.ModePool10, true
	}
	mode := regime.CollectMode(word)
	return mode, mode.Valid()
}

// methodOf tells antigen tests from nucleic-acid tests by the words in what the sheet calls them.
func methodOf(word string) (regime.Method, bool) {
	switch {
	case strings.Contains(word, "抗原") && strings.Contains(word, "自测"):
		return regime.MethodAntigenSelf, true
	case strings.Contains(word, "抗原") || strings.Contains(word, "antigen"):
		return regime.MethodAntigenStaff, true
	case strings.Contains(word, "核酸") || strings.Contains(word, "pcr"):
		return regime.MethodPCR, true
	}
	return "", false
}

// plain brings a cell's word to the form of the tables above.
func plain(c sheet.Cell) string {
	return strings.ToLower(strings.ReplaceAll(sheet.NormalizeText(c.Text), " ", ""))
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

// who says whom the row means. A number that the office program ruined is a fault: the row would land with a namesake.
func (r reader) who() match.Key {
	k := match.Key{Name: sheet.NormalizeName(r.text("name")), EmployeeNo: r.text("employee_no")}
	id := r.cell("id_number")
	switch {
	case id.Empty():
	case id.LostDigits():
		r.line.Fault("id_number", id.Ref(), errs.Msg("intake.problem.lost_digits", "value", id.Text))
	default:
		k.IDNumber = gb.NormalizeID(r.text("id_number"))
	}
	if k == (match.Key{}) && r.line.Outcome == "" {
		r.line.Fault("id_number", id.Ref(), errs.Msg("screening.sheet.who"))
	}
	return k
}

func (r reader) input() screening.Input {
	in := screening.Input{Source: regime.SourceImport, Proof: screening.ProofLab, Institution: r.text("institution"), Lab: r.text("lab"),
		Barcode: r.text("barcode"), Note: r.text("note")}
	in.SampledAt = r.instant("sampled_at", true)
	in.ReportedAt, in.TestedAt = r.instant("reported_at", false), r.instant("tested_at", false)
	in.Result = choose(r, "result", resultOf, regime.ResultPending)
	in.Mode = choose(r, "collect_mode", modeOf, "") // unsaid: as the record, or the others in the tube, have it
	in.Method = choose(r, "method", methodOf, regime.MethodPCR)
	if in.Result == regime.ResultPending {
		in.ReportedAt = time.Time{}
	}
	if in.SampledAt.Before(r.checker.env.At.AddDate(0, 0, -30)) {
		in.LateReason = "lab sheet"
	}
	return in
}

func (r reader) instant(key string, required bool) time.Time {
	c := r.cell(key)
	if c.Empty() && !required {
		return time.Time{}
	}
	at, dateOnly, err := sheet.ParseInstant(c, r.checker.env.Zone, r.checker.env.At)
	if err != nil {
		r.line.Fault(key, c.Ref(), intake.ProblemOf(err))
		return time.Time{}
	}
	if dateOnly && required {
		// Without an hour the duty is counted from the day's beginning: the earlier due instant, never a later one.
		r.line.Warn(key, c.Ref(), errs.Msg("screening.sheet.no_hour"))
	}
	if dateOnly && !required {
		return time.Time{} // a report's day without an hour could lie before the sampling
	}
	return at
}

// choose reads a cell's word; an empty cell means the value without.
func choose[V any](r reader, key string, read func(word string) (V, bool), without V) V {
	c := r.cell(key)
	if c.Empty() {
		return without
	}
	v, ok := read(plain(c))
	if !ok {
		r.line.Fault(key, c.Ref(), errs.Msg("screening.sheet.word", "value", sheet.NormalizeText(c.Text)))
	}
	return v
}
