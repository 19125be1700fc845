package orghttp

import (
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
)

// listing is a list's address with what its reader chose.
type listing struct {
	path  string
	query url.Values
	t     ui.Translate
}

func listingOf(c echo.Context) listing {
	return listing{path: c.Request().URL.Path, query: c.QueryParams(), t: httpd.PrinterOf(c).T}
}

func (l listing) get(name string) string { return l.query.Get(name) }

// sortable is a heading by which the list can be ordered; the first is so at first.
func (l listing) sortable(label, key string, first bool) ui.Column {
	col := ui.Column{Label: label}
	current, down := l.get("sort"), l.get("desc") != ""
	next := ""
	if current == key || current == "" && first {
		col.Sorted = "ascending"
		if down {
			col.Sorted = "descending"
		} else {
			next = "1"
		}
	}
	col.SortHref = ui.Href(l.path, l.query, "sort", key, "desc", next, "after", "", "before", "")
	return col
}

func (l listing) pager(shown, total int, prev, next string) *ui.Pager {
	var prevHref, nextHref string
	if prev != "" {
		prevHref = ui.Href(l.path, l.query, "before", prev, "after", "")
	}
	if next != "" {
		nextHref = ui.Href(l.path, l.query, "after", next, "before", "")
	}
	return ui.NewPager(l.t, shown, total, prevHref, nextHref)
}

// toolbar searches and filters; extra names parameters to keep.
func (l listing) toolbar(table, searchLabel string, selects []ui.Select, extra ...string) *ui.Toolbar {
	bar := ui.NewToolbar(l.t, l.path, table)
	bar.Search = &ui.Search{Name: "q", Value: l.get("q"), Label: searchLabel}
	bar.Selects = selects
	filtered := l.get("q") != ""
	for _, s := range selects {
		filtered = filtered || l.get(s.Name) != ""
	}
	for _, name := range append([]string{"sort", "desc"}, extra...) {
		if v := l.get(name); v != "" {
			bar.Hidden = append(bar.Hidden, ui.Param{Name: name, Value: v})
		}
	}
	if filtered {
		bar.Clear = l.path
	}
	return bar
}

// choice is a drop-down filter over values whose labels are keys with a common beginning.
func (l listing) choice(name, label, prefix string, values []string) ui.Select {
	return ui.Select{Name: name, Label: label, Options: ui.Choose(options(l.t, prefix, values, l.t("common.all")), l.get(name))}
}

// options are choices labelled by keys with a common beginning; with a text for "nothing chosen" first, if it has one.
func options(t ui.Translate, prefix string, values []string, none string) []ui.Option {
	var out []ui.Option
	if none != "" {
		out = append(out, ui.Option{Label: none})
	}
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: t(prefix + v)})
	}
	return out
}
