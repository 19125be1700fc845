package ui

import "html/template"

// Part is a piece of a table's body, with the actions that follow it.
type Part struct {
	HTML    template.HTML
	Actions []Action
}

// Parts are the rows of the table. Actions may hold forms and dialogs, which templates write; everything else is ready.
func (t Table) Parts() ([]Part, error) {
	w := rowWriter{t: &t}
	for i := range t.Rows {
		w.row(&t.Rows[i])
	}
	return append(w.parts, Part{HTML: w.take()}), w.err
}

type rowWriter struct {
	markup
	t     *Table
	parts []Part
}

func (w *rowWriter) row(r *Row) {
	w.raw("\n", `<tr role="row"`)
	if r.Tone != "" {
		w.raw(` class="tone-`, string(r.Tone), ` is-marked"`)
	}
	w.raw(`>`)
	if b := w.t.Bulk; b != nil {
		w.raw(`<td role="cell" class="c-tick"><label class="tick"><input type="checkbox" name="`)
		w.text(b.Name)
		w.raw(`" value="`)
		w.text(r.Value)
		w.raw(`" form="`)
		w.text(w.t.ID)
		w.raw(`-bulk"><span class="sr">`)
		w.text(w.t.Words.SelectRow)
		w.raw(` `)
		w.text(r.Label)
		w.raw(`</span></label></td>`)
	}
	for i := range r.Cells {
		w.cell(&w.t.Columns[i], &r.Cells[i])
	}
	w.raw(`</tr>`)
}

func (w *rowWriter) cell(col *Column, c *Cell) {
	if col.Head {
		w.raw(`<th role="rowheader" scope="row" class="c-head">`)
		w.content(c)
		w.raw(`</th>`, "\n")
		return
	}
	w.raw(`<td role="cell" data-label="`)
	w.text(col.Label)
	w.raw(`" class="`)
	if col.Numeric {
		w.raw(`c-num`)
		if c.Text == "0" {
			w.raw(` is-zero`)
		}
	}
	if col.Tight {
		w.raw(` c-tight`)
	}
	if len(c.Actions) > 0 {
		w.raw(` c-actions`)
	}
	w.raw(`">`)
	w.content(c)
	w.raw(`</td>`)
}

func (w *rowWriter) content(c *Cell) {
	switch {
	case c.Text == "":
	case c.Href != "":
		w.link(c.Href, c.Text)
	case c.DateTime != "":
		w.raw(`<time datetime="`)
		w.text(c.DateTime)
		w.raw(`">`)
		w.text(c.Text)
		w.raw(`</time>`)
	default:
		w.text(c.Text)
	}
	w.badges(c.Badges)
	if c.Rate != nil {
		w.rate(*c.Rate)
	}
	w.optional(`<small class="sub">`, c.Sub, `</small>`)
	if len(c.Actions) > 0 {
		w.raw(`<span class="actions">`)
		w.parts = append(w.parts, Part{w.take(), c.Actions})
		w.raw(`</span>`)
	}
}
