package ui

// Table is a list: toolbar, columns, rows, pager. Component "ui/table". On a
// phone each row becomes a card headed by the column whose Head is set.
type Table struct {
	ID      string // unique on the page; htmx replaces the element with this id
	Caption string // read by screen readers, and shown when ShowCaption is set
	Toolbar *Toolbar
	Columns []Column
	Rows    []Row
	Pager   *Pager
	Bulk    *Bulk
	Empty   Empty // shown in place of the rows when there are none
	Words   TableWords

	ShowCaption bool
}

// TableWords are the fixed words of a table.
type TableWords struct{ SelectAll, SelectRow, SortedUp, SortedDown, SortBy string }

// NewTable is an empty table with its fixed words.
func NewTable(t Translate, id, caption string) Table {
	return Table{ID: id, Caption: caption, Words: TableWords{
		SelectAll: t("common.table.select_all"), SelectRow: t("common.table.select_row"),
		SortedUp: t("common.table.sorted_up"), SortedDown: t("common.table.sorted_down"), SortBy: t("common.table.sort_by"),
	}, Empty: Empty{Icon: "search", Title: t("common.table.empty"), Text: t("common.table.empty_hint")}}
}

// Column is one column of a Table.
type Column struct {
	Label    string
	SortHref string // makes the heading a link
	Sorted   string // "", "ascending" or "descending" (the values of aria-sort)
	Numeric  bool   // right-aligned, tabular figures
	Head     bool   // names the row; becomes the card's heading on a phone
	Tight    bool   // as narrow as its content
}

// Row is one row of a Table. Value is what a bulk action receives for it.
type Row struct {
	Value string
	Label string // names the row for the select box, e.g. the person's name
	Cells []Cell
	Tone  Tone // optional mark at the row's edge
}

// Cell is the content of one cell; set what it needs.
type Cell struct {
	Text     string
	Sub      string // a quieter second line
	Href     string // links Text
	DateTime string // machine-readable instant of Text, RFC 3339
	Badges   []Badge
	Rate     *Rate
	Actions  []Action
}

// Text is a cell of plain text.
func Text(s string) Cell { return Cell{Text: s} }

// Count is a cell with a number.
func Count(n int) Cell { return Cell{Text: Number(n)} }

// Badges is a cell of badges.
func Badges(b ...Badge) Cell { return Cell{Badges: b} }

// Toolbar searches and filters a list by a GET form, so that every view of the
// list has an address. Component "ui/toolbar".
type Toolbar struct {
	Action  string // the form's address
	Target  string // id of the table that htmx replaces
	Search  *Search
	Selects []Select
	Chips   []Chip
	Hidden  []Param // further parameters to keep, such as the sort order
	Clear   string  // address without filters; empty when none is set
	Actions []Action
	Words   ToolbarWords
}

// ToolbarWords are the fixed words of a toolbar.
type ToolbarWords struct{ Submit, Clear, Filters string }

// NewToolbar filters the list at address action, shown in the Table with id table.
func NewToolbar(t Translate, action, table string) *Toolbar {
	return &Toolbar{Action: action, Target: table, Words: ToolbarWords{
		Submit: t("common.apply"), Clear: t("common.clear"), Filters: t("common.filters"),
	}}
}

// Search is the search box of a Toolbar.
type Search struct{ Name, Value, Label, Placeholder string }

// Select is one drop-down filter. An option with an empty value means "all".
type Select struct {
	Name, Label string
	Options     Options
}

// Chip is a filter as a link, with the number of rows behind it.
type Chip struct {
	Label   string
	Href    string
	Count   string // ready text; empty shows none
	Tone    Tone
	Current bool
}

// Pager moves through a list by cursors. Component "ui/pager".
type Pager struct {
	Text       string // "本页 50 条，共 1,204 条"
	Prev, Next string // addresses; empty at either end
	Words      PagerWords
}

// PagerWords are the fixed words of a pager.
type PagerWords struct{ Prev, Next, Label string }

// NewPager says how many rows are shown of how many and links the neighbours.
func NewPager(t Translate, shown, total int, prev, next string) *Pager {
	return &Pager{
		Text: t("common.pager.count", "Shown", Number(shown), "Total", Number(total)),
		Prev: prev, Next: next,
		Words: PagerWords{Prev: t("common.pager.prev"), Next: t("common.pager.next"), Label: t("common.pager.label")},
	}
}

// Bulk lets the reader tick rows and act on them together. Ticked values are
// posted as Name to the Href of the chosen action.
type Bulk struct {
	Name    string
	Actions []Action // Label, Href, Icon and Kind are used
	Words   BulkWords
}

// BulkWords are the fixed words of a bulk bar; Count stands before the number.
type BulkWords struct{ Count, Unit, Label string }

// NewBulk is a bulk bar whose ticked values are posted as name.
func NewBulk(t Translate, name string, actions ...Action) *Bulk {
	return &Bulk{Name: name, Actions: actions, Words: BulkWords{
		Count: t("common.bulk.selected"), Unit: t("common.bulk.unit"), Label: t("common.bulk.label"),
	}}
}
