package intake_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// benchRows is the size of a large enterprise's sheet.
const benchRows = 50_000

var rosterLabels = []string{"工号", "姓名", "身份证号", "性别", "手机号", "部门", "车间", "班组", "岗位", "人员类别", "现住址", "入职日期"}

// rosterRow is one of so many different people.
func rosterRow(i int) []string {
	const surnames, given = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉"
	s, g := []rune(surnames), []rune(given)
	first17 := fmt.Sprintf("370303%04d%02d%02d%03d", 1960+i%45, 1+i/45%12, 1+i/540%28, 1+i/15120)
	id := first17 + string(gb.IDCheckDigit(first17))
	sex := "女"
	if (first17[16]-'0')%2 == 1 {
		sex = "男"
	}
	return []string{fmt.Sprintf("D%05d", i), string(s[i%20]) + string(g[i/20%25]) + string(g[i/500%25]), id, sex,
		fmt.Sprintf("139%08d", i), "生产部", fmt.Sprintf("%d车间", i%20), fmt.Sprintf("%d班", i%100), "操作工", "一般职工",
		fmt.Sprintf("淄博市张店区测试路%d号", i), "2020-03-01"}
}

var labLabels = []string{"身份证号", "姓名", "手机号", "采样时间", "检测时间", "报告时间", "检测结果", "采样机构", "检测机构", "条码号", "采集类型", "检测项目"}

func labRow(i int) []string {
	r := rosterRow(i)
	return []string{r[2], r[1], r[4], fmt.Sprintf("2022-03-23 08:%02d", i%60), fmt.Sprintf("2022-03-23 15:%02d", i%60),
		fmt.Sprintf("2022-03-23 20:%02d", i%60), "阴性", "厂区采样点", "淄博市检验中心", fmt.Sprintf("ZB220323%06d", i), "10混1", "核酸检测"}
}

func csvOf(labels []string, row func(int) []string, n int) []byte {
	var b strings.Builder
	b.WriteString(strings.Join(labels, ",") + "\r\n")
	for i := range n {
		b.WriteString(strings.Join(row(i), ",") + "\r\n")
	}
	return []byte(b.String())
}

func xlsxOf(t testing.TB, labels []string, row func(int) []string, n int) []byte {
	t.Helper()
	cols := make([]sheetout.Column, len(labels))
	for i, l := range labels {
		cols[i].Label = l
	}
	var out bytes.Buffer
	w, err := sheetout.NewXLSX(&out, "Sheet1", cols)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		var cells []any
		for _, s := range row(i) {
			cells = append(cells, s)
		}
		if err := w.Write(cells...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Benchmark takes a roster in as new, again unchanged, and a lab's sheet about the same people: each from the upload to the end
// of the check, and from the decision to the end of the commit.
func Benchmark(b *testing.B) {
	for _, format := range []string{"csv", "xlsx"} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				o := open(b)
				file := func(labels []string, row func(int) []string) []byte {
					if format == "xlsx" {
						return xlsxOf(b, labels, row, benchRows)
					}
					return csvOf(labels, row, benchRows)
				}
				people, samples := file(rosterLabels, rosterRow), file(labLabels, labRow)
				b.StartTimer()
				o.timed(b, "roster", "new", format, people, intake.RowNew)
				o.timed(b, "roster", "unchanged", format, people, intake.RowUnchanged)
				o.timed(b, "lab", "new", format, samples, intake.RowNew)
			}
		})
	}
}

// memory is the resident memory of this process and the most it had since the last call, in MB.
func memory(b *testing.B) (now, peak float64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %f kB", &now)
		_, _ = fmt.Sscanf(line, "VmHWM: %f kB", &peak)
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Skip(err)
	}
	return now / 1024, peak / 1024
}

func (o *office) timed(b *testing.B, kind, what, format string, data []byte, want intake.Outcome) {
	debug.FreeOSMemory()
	rest, _ := memory(b)
	begun := time.Now()
	i, err := o.upload(kind, "sheet."+format, data)
	if err != nil {
		b.Fatal(err)
	}
	checked := time.Now()
	if i.Counts[string(want)] != benchRows {
		b.Fatalf("%s %s: %v %v", kind, i.State, i.Counts, i.Error)
	}
	if done := o.commit(i); done.State != intake.Done {
		b.Fatalf("%s: %s", kind, done.State)
	}
	name := kind + "-" + what
	b.ReportMetric(checked.Sub(begun).Seconds(), name+"-check-s")
	b.ReportMetric(time.Since(checked).Seconds(), name+"-commit-s")
	_, peak := memory(b)
	b.ReportMetric(peak-rest, name+"-peak-MB")
}
