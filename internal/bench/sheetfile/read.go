package sheetfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/platform/sheet"
)

// allRead asserts that every row was read, and the header.
func allRead(n, rows int) error {
	if n == rows+1 {
		return nil
	}
	return fmt.Errorf("%d rows read of %d", n-1, rows)
}

// Read is how long the rows of a workbook take to read when nobody does anything with them.
func Read(data []byte, rows int) (time.Duration, error) {
	start := time.Now()
	book, err := sheet.Open("bare.xlsx", data, sheet.Limits{})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, err := range book.Sheets[0].Rows() {
		if err != nil {
			return 0, err
		}
		n++
	}
	return time.Since(start), allRead(n, rows)
}

// Unpack is how long the worksheets of a workbook take to unpack.
func Unpack(data []byte) (time.Duration, error) {
	start := time.Now()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return 0, err
	}
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/worksheets/") {
			continue
		}
		part, err := f.Open()
		if err != nil {
			return 0, err
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return 0, errors.Join(err, part.Close())
		}
		if err := part.Close(); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// Excelize is how long the same rows take with the library that writes our workbooks.
func Excelize(data []byte, rows int) (took time.Duration, err error) {
	start := time.Now()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipXMLSizeLimit: 1 << 20})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	it, err := f.Rows("Sheet1")
	if err != nil {
		return 0, err
	}
	n := 0
	for it.Next() {
		if _, err := it.Columns(); err != nil {
			return 0, err
		}
		n++
	}
	return time.Since(start), errors.Join(it.Close(), allRead(n, rows))
}
