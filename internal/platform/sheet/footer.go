package sheet

import (
	"regexp"
	"strings"
)

// IsBlank reports whether the row holds nothing in any column that the header
// knows: a row that was only numbered beforehand, or has a stray mark beside
// the table.
func IsBlank(row Row, h Header) bool {
	for _, i := range h.Columns {
		if !row.Cell(i).Empty() {
			return false
		}
	}
	return true
}

// IsRepeat reports whether the row is the header again, as in a list that was
// pasted together or laid out for printing: at least two columns, and all that
// are filled, say what their header says.
func IsRepeat(row Row, h Header) bool {
	for _, i := range h.Columns {
		if text := row.Cell(i).Text; isDigits(text) && h.words[text] == "" {
			return false // by far the most rows: told without reading a label
		}
	}
	same := 0
	for key, i := range h.Columns {
		cell := row.Cell(i)
		if cell.Empty() {
			continue
		}
		if lookup(h.words, cell.Text) != key {
			return false
		}
		same++
	}
	return same >= 2
}

// IsFooter reports whether the row belongs to the form and not to its data:
// sums, signatures, remarks below the table, the title of another list pasted
// below, or a template's example.
//
// The rule: the first filled cell begins with a footer's word (合计, 填表人 and so
// on; spaces do not count), and no required column is filled. A word that
// could as well be data, such as 备注 or 负责人, must be followed by a colon.
// Three things in a required column do not fill it, since that is only where
// the form's author put them: another such word, a label with a colon such as
// “日期：2022.3.24”, and after a sum a count such as “40人”. A title is a row's
// only text and ends in 名单, 登记表 and the like. An example is recognised by
// its first word alone.
func IsFooter(row Row, h Header) bool {
	first := 0
	for first < len(row.Cells) && row.Cells[first].Empty() {
		first++
	}
	if first == len(row.Cells) {
		return false
	}
	start := footerText(row.Cells[first])
	switch {
	case hasAnyPrefix(start, exampleWords):
		return true
	case strings.ContainsAny(start, "名表账") && titleRE.MatchString(start):
		return isOnly(row, first)
	case !isFooterText(start):
		return false
	}
	isSum := hasAnyPrefix(start, sumWords)
	for _, i := range h.required {
		text := footerText(row.Cell(i))
		if i == first || text == "" || isFooterText(text) || isLabelled(text) || isSum && countRE.MatchString(text) {
			continue
		}
		return false
	}
	return true
}

func isOnly(row Row, first int) bool {
	for _, c := range row.Cells[first+1:] {
		if !c.Empty() {
			return false
		}
	}
	return true
}

// ExampleMark begins the first cell of a template's example row.
const ExampleMark = "示例/Example"

var (
	exampleWords = []string{"示例", "样例", "范例", "例:", "例如", "example"}

	titleRE = regexp.MustCompile(`(名单|名册|登记表|汇总表|统计表|明细表|一览表|信息表|情况表|台账)(\([^)]*\))?$`)
	countRE = regexp.MustCompile(`^共?\d{1,6}(人|名|个|份|次|人次)?$`)

	sumWords = []string{"合计", "总计", "小计", "共计", "总人数", "检测人数", "total", "subtotal", "grandtotal"}

	// footerWords are, beside those, words that do not begin data.
	footerWords = []string{
		"填表人", "填报人", "填表日期", "填报日期", "填报单位",
		"制表", "审核人", "审批人", "复核人", "经办人", "签字", "签名", "盖章", "(盖章)", "单位(盖章)", "单位盖章",
		"preparedby", "reviewedby", "signature",
	}
	// footerLabels are words that also occur as data or in names.
	footerLabels = []string{
		"备注", "说明", "注", "注意", "注意事项", "填表说明", "审核", "复核", "负责人", "联系人", "联系电话", "单位",
		"日期", "主管", "报送单位", "单位负责人", "note", "notes", "remark", "remarks", "contact", "date",
	}
)

// footerText is the cell's text without spaces, full-width forms and case, so
// that “合　计” is found.
func footerText(c Cell) string {
	return strings.ToLower(strings.ReplaceAll(NormalizeText(c.Text), " ", ""))
}

func isFooterText(text string) bool {
	if hasAnyPrefix(text, sumWords) || hasAnyPrefix(text, footerWords) {
		return true
	}
	label, _, found := strings.Cut(text, ":")
	if !found {
		return false
	}
	for _, word := range footerLabels {
		if label == word || strings.HasPrefix(label, word+"(") {
			return true
		}
	}
	return false
}

// isLabelled reports a short label with a colon and perhaps a value: 日期:2022.3.24.
func isLabelled(text string) bool {
	label, _, found := strings.Cut(text, ":")
	return found && label != "" && len([]rune(label)) <= 8 && strings.IndexFunc(label, isDigit) < 0
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
