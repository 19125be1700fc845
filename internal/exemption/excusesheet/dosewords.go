package excusesheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	counted = regexp.MustCompile(`(\d+|[一二两三四五])(?:针|剂|次)`)
	bare    = regexp.MustCompile(`^(\d|[一二两三四五])$`)
	figures = map[string]int{"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
	without = []string{"未接种", "未种", "未打", "没打", "没有", "没接种", "无", "否", "0", "0针", "0剂", "not", "none"}
)

// doseNumber reads how many doses somebody has had. said is false for an empty cell. What names a full course or a booster
// without a number is counted by the course of the product.
func (r *reader) doseNumber(course int) (n int, said bool) {
	word := r.word("dose")
	if word == "" {
		return 0, false
	}
	if slices.Contains(without, word) {
		return 0, true
	}
	if n, ok := figure(word); ok {
		return n, true
	}
	switch {
	case strings.Contains(word, "加强") || strings.Contains(word, "booster"):
		return course + 1, true
	case strings.Contains(word, "未全程") || strings.Contains(word, "未完成") || strings.Contains(word, "部分") || word == "partial":
		return 1, true
	case strings.Contains(word, "全程") || word == "full":
		return course, true
	}
	r.fault("dose", "exemption.sheet.dose_word", "value", r.text("dose"))
	return 0, false
}

// figure finds the number in words such as 3, 3针, 第三剂, 已接种三针.
func figure(word string) (int, bool) {
	m := counted.FindStringSubmatch(word)
	if m == nil {
		m = bare.FindStringSubmatch(word)
	}
	if m == nil {
		return 0, false
	}
	if n, ok := figures[m[1]]; ok {
		return n, true
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

// noneReasons are words that tell why somebody is not vaccinated; the first that occurs decides.
var noneReasons = []struct {
	reason string
	words  []string
}{
	{"interval", []string{"间隔", "未满", "暂缓", "推迟", "时间未到", "interval"}},
	{"contraindicated", []string{"禁忌", "过敏", "孕", "哺乳", "疾病", "病", "身体", "contraindicat"}},
	{"refused", []string{"拒绝", "不愿", "不想", "不同意", "个人", "refus"}},
}

func (r *reader) noneReason() string {
	word := r.word("none_reason")
	if word == "" {
		return ""
	}
	for _, n := range noneReasons {
		for _, w := range n.words {
			if strings.Contains(word, w) {
				return n.reason
			}
		}
	}
	r.fault("none_reason", "exemption.sheet.none_word", "value", r.text("none_reason"))
	return ""
}
