package sheetout

import (
	"bufio"
	"io"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet/csvtext"
)

// NewCSV starts a table as CSV the way Excel opens it without asking: UTF-8
// with a byte order mark, every field quoted, and an apostrophe before a text
// that would be taken for a formula.
func NewCSV(w io.Writer, cols []Column) (Writer, error) {
	c := &csvWriter{w: bufio.NewWriter(w), cols: cols}
	_, _ = c.w.WriteString("\uFEFF")
	for i, col := range cols {
		c.field(i, csvtext.Guard(col.Label))
	}
	c.endRow()
	return c, c.err
}

type csvWriter struct {
	w    *bufio.Writer // keeps the first write error and repeats it
	cols []Column
	err  error
}

func (c *csvWriter) Write(values ...any) error {
	if c.err != nil {
		return c.err
	}
	if c.err = checkRow(values, c.cols); c.err != nil {
		return c.err
	}
	for i, value := range values {
		text, ok := plain(value, c.cols[i])
		if !ok {
			c.err = badValue(value, c.cols[i])
			return c.err
		}
		if c.cols[i].Kind == Text {
			text = csvtext.Guard(text)
		}
		c.field(i, text)
	}
	c.endRow()
	return c.err
}

func (c *csvWriter) field(i int, text string) {
	if i > 0 {
		_ = c.w.WriteByte(',')
	}
	_ = c.w.WriteByte('"')
	_, _ = c.w.WriteString(strings.ReplaceAll(text, `"`, `""`))
	_ = c.w.WriteByte('"')
}

func (c *csvWriter) endRow() {
	_, c.err = c.w.WriteString("\r\n")
}

func (c *csvWriter) Close() error {
	if c.err != nil {
		return c.err
	}
	c.err = c.w.Flush()
	return c.err
}
