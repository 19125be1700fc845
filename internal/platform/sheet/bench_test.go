package sheet_test

import (
	"bytes"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// benchRow is a row of twelve columns, nine of them different in every row.
func benchRow(i int) []any {
	return []any{
		fmt.Sprintf("D%05d", i), fmt.Sprintf("王伟%d", i%5000), fmt.Sprintf("37030319850%07d", i),
		"男", fmt.Sprintf("1390001%04d", i%10000), "生产部", fmt.Sprintf("%d车间", i%20), fmt.Sprintf("%d班", i%100),
		"操作工", fmt.Sprintf("ZB220324%05d", i), fmt.Sprintf("淄博市张店区测试路%d号", i), float64(44000 + i%600),
	}
}

// inlineBook holds its texts in the cells, as streaming writers do; sharedBook
// in the table of shared strings, as office programs do.
func inlineBook(b *testing.B, rows int) []byte {
	b.Helper()
	cols := make([]sheetout.Column, 12)
	for i := range cols {
		cols[i].Label = fmt.Sprint("列", i)
	}
	cols[11].Kind = sheetout.Number
	var out bytes.Buffer
	w, err := sheetout.NewXLSX(&out, "Sheet1", cols)
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(benchRow(i)...); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func sharedBook(b *testing.B, rows int) []byte {
	b.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i := range rows {
		row := benchRow(i)
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkRead(b *testing.B) {
	for _, rows := range []int{10_000, 50_000} {
		b.Run(fmt.Sprintf("shared-%d", rows), func(b *testing.B) { benchRead(b, sharedBook(b, rows), readSheet) })
		b.Run(fmt.Sprintf("inline-%d", rows), func(b *testing.B) { benchRead(b, inlineBook(b, rows), readSheet) })
	}
	b.Run("excelize-shared-10000", func(b *testing.B) { benchRead(b, sharedBook(b, 10_000), readExcelize) })
}

// benchRead reports rows per second and, from one reading apart, how far the
// heap grew.
func benchRead(b *testing.B, data []byte, read func(*testing.B, []byte, func()) int) {
	runtime.GC()
	before, peak := heap(), uint64(0)
	n := 0
	read(b, data, func() {
		if n++; n%500 == 0 {
			peak = max(peak, heap())
		}
	})
	b.ReportAllocs()
	b.ResetTimer()
	rows, cpu := 0, cpuTime(b)
	for b.Loop() {
		rows = read(b, data, func() {})
	}
	cpu = cpuTime(b) - cpu
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(rows)*float64(b.N)/cpu.Seconds(), "rows/cpu-s")
	b.ReportMetric(float64(peak-min(before, peak))/(1<<20), "peak-MB")
	b.ReportMetric(float64(len(data))/(1<<20), "file-MB")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cpuTime is what this process has used, which on a busy machine says more
// than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func readSheet(b *testing.B, data []byte, each func()) (rows int) {
	book, err := sheet.Open("bench.xlsx", data, sheet.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for row, err := range book.Sheets[0].Rows() {
		if err != nil {
			b.Fatal(err)
		}
		if len(row.Cells) != 12 {
			b.Fatal("cells:", len(row.Cells))
		}
		rows++
		each()
	}
	return rows
}

func readExcelize(b *testing.B, data []byte, each func()) (rows int) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipXMLSizeLimit: 1 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	it, err := f.Rows("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = it.Close() }()
	for it.Next() {
		if _, err := it.Columns(); err != nil {
			b.Fatal(err)
		}
		rows++
		each()
	}
	return rows
}
