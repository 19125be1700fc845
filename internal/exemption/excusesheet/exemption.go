package excusesheet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
)

// How offices head the columns that say whom a row is about.
var (
	idWords     = []string{"证件号码", "身份证号", "身份证号码", "身份证", "证件号", "公民身份号码", "ID number"}
	numberWords = []string{"工号", "员工编号", "职工编号", "员工号", "Employee No"}
	nameWords   = []string{"姓名", "员工姓名", "职工姓名", "接种人", "请假人", "Name"}
)

// excuseWords is how offices head the columns of a list of people who owe no test for a while.
var excuseWords = sheet.Vocabulary{
	{Key: "id_number", Synonyms: idWords},
	{Key: "employee_no", Synonyms: numberWords},
	{Key: "name", Synonyms: nameWords},
	{Key: "ground", Synonyms: []string{"免检原因", "免检事由", "免检类别", "暂缓原因", "暂缓采样原因", "未检原因", "未检测原因", "不检测原因", "原因", "事由", "Ground"}, Required: true},
	{Key: "from", Synonyms: []string{"开始时间", "开始日期", "起始时间", "起始日期", "免检开始", "免检开始时间", "自", "From"}},
	{Key: "to", Synonyms: []string{"结束时间", "结束日期", "截止时间", "截止日期", "免检截止", "免检结束时间", "至", "To"}},
	{Key: "period", Synonyms: []string{"起止时间", "起止日期", "免检时间", "免检期限", "免检期", "暂缓时间", "Period"}},
	{Key: "proof", Synonyms: []string{"证明", "证明材料", "证明文件", "凭证", "依据", "Proof"}},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note"}},
}

// grounds are words by which offices name a ground; the first that occurs decides.
var grounds = []struct {
	ground string
	words  []string
}{
	{"in_quarantine", []string{"隔离", "quarantine"}},
	{regime.GroundVaccinated, []string{"接种", "疫苗", "vaccin"}},
	{"fever_symptom", []string{"发热", "发烧", "咳嗽", "呼吸道", "感冒", "咽痛", "fever", "symptom"}},
	{"off_post", []string{"不在岗", "未在岗", "离岗", "出差", "外出", "休假", "休班", "请假", "offpost"}},
	{"medical", []string{"医学", "医疗", "手术", "住院", "孕", "病", "medical"}},
}

// excuse is what a line says about an exemption, with the columns to point at.
type excuse struct {
	Told             exemption.Input
	FromColumn, Ends string
}

func (x excuse) of(employee int64) excuse {
	x.Told.Employee = employee
	return x
}

func (x excuse) said() []saying {
	in := x.Told
	return []saying{{key: fmt.Sprint(in.Employee, in.Ground, in.From.Unix()), content: fmt.Sprint(in.To.Unix(), in.Proof), column: x.FromColumn}}
}

func readExcuse(r *reader) excuse {
	in := exemption.Input{Ground: r.ground(), Proof: r.text("proof"), Source: exemption.ByImport}
	s, ok := r.span()
	if in.From, in.To = s.from, s.to; ok && in.Proof == "" && r.has("proof") {
		r.warn("proof", "exemption.sheet.no_proof")
	}
	return excuse{Told: in, FromColumn: s.fromColumn, Ends: s.column}
}

func (r *reader) ground() string {
	word := r.word("ground")
	if word == "" || slices.Contains(regime.ExemptionGrounds(), word) {
		if word == "" && r.line.Outcome == "" {
			r.fault("ground", "exemption.sheet.no_ground")
		}
		return word
	}
	for _, g := range grounds {
		for _, w := range g.words {
			if strings.Contains(word, w) {
				return g.ground
			}
		}
	}
	r.fault("ground", "exemption.sheet.ground_word", "value", r.text("ground"))
	return ""
}

// excuseWork brings exemptions into the records.
type excuseWork struct{ records *exemption.Service }

func (excuseWork) resigned() bool { return false }

func told(says []excuse) []exemption.Input {
	ins := make([]exemption.Input, len(says))
	for i, x := range says {
		ins[i] = x.Told
	}
	return ins
}

func (w excuseWork) plan(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []excuse) ([]verdict, error) {
	outcomes, err := w.records.PlanExemptions(ctx, tx, env.Scope, told(says), env.At)
	if err != nil {
		return nil, err
	}
	out := make([]verdict, len(says))
	for i, x := range says {
		out[i] = verdictOf(outcomes[i:i+1], func(_ int, field string) string {
			switch field {
			case "from":
				return x.FromColumn
			case "to":
				return x.Ends
			}
			return field
		})
	}
	return out, nil
}

func (w excuseWork) merge(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []excuse) (map[string]int, error) {
	outcomes, err := w.records.MergeExemptions(ctx, tx, env.Scope, told(says), env.At)
	return tally(outcomes), err
}

// verdictOf is what becomes of a row that tells of several things; column says where a field of the k-th stands.
func verdictOf(outcomes []exemption.Outcome, column func(k int, field string) string) verdict {
	v := verdict{outcome: intake.RowUnchanged}
	for k, o := range outcomes {
		switch o.Kind {
		case exemption.Refused:
			v.faults = append(v.faults, fault{column(k, o.Field), o.Message})
		case exemption.Changed:
			v.outcome = intake.RowChanged
		case exemption.Added:
			if v.outcome == intake.RowUnchanged {
				v.outcome = intake.RowNew
			}
		}
	}
	return v
}

func tally(outcomes []exemption.Outcome) map[string]int {
	counts := map[string]int{}
	for _, o := range outcomes {
		counts[string(o.Kind)]++
	}
	return counts
}
