package excusesheet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// doseWords is how offices and health centres head the columns of a list of vaccinations: a line per person with the number of doses
// and the last day, or a column per dose, or a line per dose.
var doseWords = sheet.Vocabulary{
	{Key: "id_number", Synonyms: idWords},
	{Key: "employee_no", Synonyms: numberWords},
	{Key: "name", Synonyms: nameWords},
	{Key: "dose", Synonyms: []string{"接种剂次", "剂次", "针次", "接种针次", "接种针数", "针数", "疫苗接种情况", "新冠疫苗接种情况", "接种情况", "疫苗接种剂次", "Dose", "Doses"}},
	{Key: "at", Synonyms: []string{"末次接种日期", "末次接种时间", "最后一次接种日期", "最后一次接种时间", "最近一次接种时间", "最近接种日期", "接种日期", "接种时间", "Vaccinated on"}},
	{Key: "product", Synonyms: []string{"疫苗厂家", "生产企业", "生产厂家", "厂家", "疫苗名称", "疫苗种类", "疫苗类型", "接种疫苗", "Product"}},
	{Key: "none_reason", Synonyms: []string{"未接种原因", "未种原因", "未接种疫苗原因", "不能接种原因", "Reason for none"}},
	{Key: "dose1", Synonyms: doseColumn(dates, "一", "1", "首")},
	{Key: "dose2", Synonyms: doseColumn(dates, "二", "2")},
	{Key: "dose3", Synonyms: append(doseColumn(dates, "三", "3", "加强"), "加强免疫")},
	{Key: "dose4", Synonyms: doseColumn(dates, "四", "4", "第二次加强")},
	{Key: "product1", Synonyms: doseColumn(products, "一", "1", "首")},
	{Key: "product2", Synonyms: doseColumn(products, "二", "2")},
	{Key: "product3", Synonyms: doseColumn(products, "三", "3", "加强")},
	{Key: "product4", Synonyms: doseColumn(products, "四", "4", "第二次加强")},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note"}},
}

// What follows the number of the dose in the head of a column.
var (
	dates    = []string{"", "日期", "时间", "接种日期", "接种时间"}
	products = []string{"生产企业", "生产厂家", "疫苗厂家", "厂家", "疫苗名称", "疫苗种类", "疫苗"}
)

// doseColumn is the ways to head a column of one dose, by the ways to write its number: 第一针接种日期, 加强针厂家.
func doseColumn(tails []string, ordinals ...string) []string {
	var out []string
	for _, n := range ordinals {
		if len([]rune(n)) == 1 && n != "首" {
			n = "第" + n
		}
		for _, unit := range []string{"针", "剂", "剂次"} {
			for _, tail := range tails {
				out = append(out, n+unit+tail)
			}
		}
	}
	return out
}

// maxWide is the number of doses that have columns of their own.
const maxWide = 4

func dateColumn(n int) string { return "dose" + strconv.Itoa(n) }

// doses is what a line says about vaccinations; Columns are where the dates stand.
type doses struct {
	Told    []exemption.DoseInput
	Columns []string
}

func (d doses) of(employee int64) doses {
	d.Told = slices.Clone(d.Told)
	for i := range d.Told {
		d.Told[i].Employee = employee
	}
	return d
}

func (d doses) said() []saying {
	out := make([]saying, len(d.Told))
	for i, in := range d.Told {
		out[i] = saying{key: fmt.Sprint(in.Employee, "/", in.Number), content: fmt.Sprint(in.At.Unix(), in.Product, in.None), column: d.Columns[i]}
	}
	return out
}

func (d *doses) add(column string, in exemption.DoseInput) {
	in.Source = exemption.ByImport
	d.Told, d.Columns = append(d.Told, in), append(d.Columns, column)
}

func readDoses(r *reader) doses {
	var d doses
	if !r.has("dose", "none_reason", "dose1", "dose2", "dose3", "dose4") {
		r.fault("", "exemption.sheet.no_dose_column")
		return d
	}
	product, none := r.text("product"), r.noneReason()
	number, said := r.doseNumber(exemption.Course(product))
	var at time.Time
	dayOnly, ok := r.instant("at", &at)
	for n := 1; n <= maxWide; n++ {
		in := exemption.DoseInput{Number: n, Product: cmp.Or(r.text("product"+strconv.Itoa(n)), product)}
		if in.DayOnly, ok = r.shot(dateColumn(n), &in.At, ok); !in.At.IsZero() {
			d.add(dateColumn(n), in)
		}
	}
	if !ok || r.line.Outcome != "" {
		return d
	}
	last := exemption.DoseInput{Number: number, At: at, DayOnly: dayOnly, Product: product, None: none}
	r.putLast(&d, last, said)
	for i, in := range d.Told {
		if in.DayOnly && in.At.After(r.env.At.Add(-recent)) && !in.At.After(r.env.At) {
			r.warn(d.Columns[i], "exemption.sheet.no_hour")
		}
	}
	return d
}

// recent is how long ago a vaccination still excuses, grace included: then its hour matters.
const recent = 72 * time.Hour

// shot reads the date of one dose.
func (r *reader) shot(key string, into *time.Time, ok bool) (dayOnly, still bool) {
	dayOnly, good := r.instant(key, into)
	return dayOnly, ok && good
}

// putLast adds what the number of doses and the last day say, which must fit the columns of single doses.
func (r *reader) putLast(d *doses, last exemption.DoseInput, said bool) {
	same := slices.IndexFunc(d.Told, func(in exemption.DoseInput) bool { return in.Number == last.Number })
	switch {
	case said && last.Number == 0:
		for _, column := range d.Columns {
			r.fault(column, "exemption.refused.none_and_some")
		}
		d.add("at", last)
	case said && last.At.IsZero() && same >= 0:
		d.Told[same].None = last.None
	case said && last.At.IsZero():
		r.fault("at", "exemption.sheet.no_date")
	case said && same >= 0 && !d.Told[same].At.Equal(last.At):
		r.fault("at", "exemption.sheet.dates_differ")
	case said && same < 0:
		d.add("at", last)
	case said:
	case !last.At.IsZero():
		r.fault("dose", "exemption.sheet.no_number")
	case last.None != "" && len(d.Told) == 0:
		d.add("at", last)
	case len(d.Told) == 0:
		r.fault("dose", "exemption.sheet.nothing")
	}
}

// doseWork brings vaccinations into the records.
type doseWork struct{ records *exemption.Service }

func (doseWork) resigned() bool { return false }

func flat(says []doses) (all []exemption.DoseInput) {
	for _, d := range says {
		all = append(all, d.Told...)
	}
	return all
}

func (w doseWork) plan(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []doses) ([]verdict, error) {
	outcomes, err := w.records.PlanDoses(ctx, tx, env.Scope, flat(says), env.At)
	if err != nil {
		return nil, err
	}
	out := make([]verdict, len(says))
	for i, d := range says {
		out[i] = verdictOf(outcomes[:len(d.Told)], func(k int, field string) string {
			switch field {
			case "number":
				return "dose"
			case "none":
				return "none_reason"
			case "at":
				return d.Columns[k]
			}
			return field
		})
		outcomes = outcomes[len(d.Told):]
	}
	return out, nil
}

func (w doseWork) merge(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []doses) (map[string]int, error) {
	outcomes, err := w.records.MergeDoses(ctx, tx, env.Scope, flat(says), env.At)
	return tally(outcomes), err
}
