// Package sheetfile writes the sheets that imports are measured with, and reads them with nothing behind the reading: the floor under
// every import.
package sheetfile

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// The columns of the sheets that are imported, twelve each.
var (
	RosterLabels = []string{"工号", "姓名", "身份证号", "性别", "手机号", "部门", "车间", "班组", "岗位", "人员类别", "现住址", "入职日期"}
	LabLabels    = []string{"身份证号", "姓名", "手机号", "采样时间", "检测时间", "报告时间", "检测结果", "采样机构", "检测机构", "条码号", "采集类型", "检测项目"}
)

// RosterRow is the line of one of so many different people.
func RosterRow(i int) []string {
	const surnames, given = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉"
	s, g := []rune(surnames), []rune(given)
	first17 := fmt.Sprintf("370303%04d%02d%02d%03d", 1960+i%45, 1+i/45%12, 1+i/540%28, 1+i/15120)
	sex := "女"
	if first17[16]%2 == 1 {
		sex = "男"
	}
	return []string{fmt.Sprintf("D%05d", i), string(s[i%20]) + string(g[i/20%25]) + string(g[i/500%25]), first17 + string(gb.IDCheckDigit(first17)), sex,
		fmt.Sprintf("139%08d", i), "生产部", fmt.Sprintf("%d车间", i%20), fmt.Sprintf("%d班", i%100), "操作工", "一般职工",
		fmt.Sprintf("淄博市张店区测试路%d号", i), "2020-03-01"}
}

// LabRow is the line of a laboratory about the same person, sampled at the instant.
func LabRow(i int, at time.Time) []string {
	r := RosterRow(i)
	clock := func(after time.Duration) string { return at.Add(after).Format("2006-01-02 15:04:05") }
	return []string{r[2], r[1], r[4], clock(0), clock(time.Minute), clock(2 * time.Minute), "阴性", "厂区采样点", "淄博市检验中心",
		fmt.Sprintf("ZB%011d", i), "单采", "核酸检测"}
}

// CSV writes a sheet as a CSV.
func CSV(labels []string, rows int, row func(int) []string) []byte {
	var b bytes.Buffer
	b.WriteString(strings.Join(labels, ",") + "\r\n")
	for i := range rows {
		b.WriteString(strings.Join(row(i), ",") + "\r\n")
	}
	return b.Bytes()
}

// XLSX writes a sheet as a workbook.
func XLSX(labels []string, rows int, row func(int) []string) ([]byte, error) {
	columns := make([]sheetout.Column, len(labels))
	for i, l := range labels {
		columns[i].Label = l
	}
	var b bytes.Buffer
	x, err := sheetout.NewXLSX(&b, "Sheet1", columns)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		cells := make([]any, 0, len(labels))
		for _, text := range row(i) {
			cells = append(cells, text)
		}
		if err := x.Write(cells...); err != nil {
			return nil, err
		}
	}
	err = x.Close()
	return b.Bytes(), err
}
